import os
from pathlib import Path

import pytest

from saxsfeeder import scanning
from saxsfeeder.scanning import READ_ANYWAY, RECENT, Scanner
from tests.helpers.clocks import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def complaints():
    return []


@pytest.fixture
def scan(tmp_path, clock, complaints):
    """Scan the folder and return names relative to it."""
    scanner = Scanner(str(tmp_path), (".tif", ".cbf"), clock, complaints.append)
    return lambda: sorted(os.path.relpath(path, tmp_path) for path in scanner.scan())


def write(path, content=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_every_image_is_found_once(tmp_path, scan):
    for name in ("a.tif", "B.TIF", "sub/deep/c.cbf", "notes.txt", ".hidden.tif", ".git/d.tif"):
        write(tmp_path / name)
    assert scan() == ["B.TIF", "a.tif", "sub/deep/c.cbf"]
    assert scan() == []


def test_new_images_are_found_in_old_and_in_new_folders(tmp_path, scan):
    write(tmp_path / "sub" / "a.tif")
    scan()
    write(tmp_path / "sub" / "b.tif")
    write(tmp_path / "new" / "c.tif")
    assert scan() == ["new/c.tif", "sub/b.tif"]


def test_an_image_that_replaces_another_is_new(tmp_path, scan):
    write(tmp_path / "a.tif")
    scan()
    write(tmp_path / ".a.tif.part")
    (tmp_path / ".a.tif.part").replace(tmp_path / "a.tif")
    assert scan() == ["a.tif"]


def test_a_renamed_folder_brings_its_images_again(tmp_path, scan):
    write(tmp_path / "a" / "x.tif")
    scan()
    (tmp_path / "a").rename(tmp_path / "b")
    assert scan() == ["b/x.tif"]


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path, scan):
    write(tmp_path / "a" / "x.tif")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "itself").symlink_to("itself")
    assert scan() == ["a/x.tif"]
    assert scan() == []


def test_quiet_folders_are_not_read(tmp_path, scan, clock, monkeypatch):
    write(tmp_path / "a" / "x.tif")
    write(tmp_path / "b" / "x.tif")
    scan()
    clock.now += RECENT + 1
    read = []
    scandir = os.scandir
    monkeypatch.setattr(
        scanning.os, "scandir", lambda path: read.append(Path(path).name) or scandir(path)
    )
    scan()
    assert read == []
    write(tmp_path / "b" / "y.tif")
    assert scan() == ["b/y.tif"]
    assert read == ["b"]
    scan()
    assert read == ["b", "b"]


def test_a_change_within_the_same_time_stamp_is_noticed(tmp_path, scan, clock):
    folder = tmp_path / "a"
    write(folder / "x.tif")
    before = folder.stat()
    scan()
    write(folder / "y.tif")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    clock.now += RECENT
    assert scan() == ["a/y.tif"]


def test_a_file_system_that_keeps_changes_to_itself_is_read_now_and_then(tmp_path, scan, clock):
    folder = tmp_path / "a"
    write(folder / "x.tif")
    before = folder.stat()
    scan()
    clock.now += RECENT + 1
    write(folder / "y.tif")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert scan() == []
    clock.now += READ_ANYWAY
    assert scan() == ["a/y.tif"]


def test_a_folder_that_goes_away_and_comes_back_is_complained_of_once(tmp_path, clock, complaints):
    root = tmp_path / "mount"
    write(root / "a.tif")
    scanner = Scanner(str(root), (".tif",), clock, complaints.append)
    assert len(scanner.scan()) == 1
    assert scanner.is_there
    root.rename(tmp_path / "away")
    assert scanner.scan() == []
    assert not scanner.is_there
    assert scanner.scan() == []
    assert complaints == [f"{root}: cannot be read: No such file or directory"]
    (tmp_path / "away").rename(root)
    write(root / "b.tif")
    assert scanner.scan() == [str(root / "b.tif")]
    assert scanner.is_there


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_folder_that_cannot_be_read_does_not_hide_the_others(tmp_path, scan, complaints):
    write(tmp_path / "a" / "x.tif")
    write(tmp_path / "b" / "y.tif")
    (tmp_path / "a").chmod(0)
    try:
        assert scan() == ["b/y.tif"]
        assert len(complaints) == 1
    finally:
        (tmp_path / "a").chmod(0o755)
    assert scan() == ["a/x.tif"]


def test_names_of_any_bytes_are_found(tmp_path, scan):
    name = os.fsdecode(b"\xff\xfe.tif")
    write(tmp_path / name)
    assert scan() == [name]
