import os
import shutil

import pytest

from saxsfeeder import copying
from saxsfeeder.copying import ChangedWhileCopyingError, Copier


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def destination(tmp_path):
    folder = tmp_path / "destination"
    folder.mkdir()
    return folder


@pytest.fixture
def copier(source, destination):
    return Copier(str(source), str(destination))


def write(path, content=b"12345"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def names_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_comes_to_the_same_relative_place(copier, source, destination):
    path = write(source / "a" / "b" / "x.tif")
    assert copier.copy(path).target == str(destination / "a" / "b" / "x.tif")
    assert names_below(destination) == ["a/b/x.tif"]
    assert (destination / "a" / "b" / "x.tif").read_bytes() == b"12345"
    assert names_below(source) == ["a/b/x.tif"]


def test_the_copy_keeps_the_time_of_the_last_change(copier, source, destination):
    path = write(source / "x.tif")
    os.utime(path, ns=(1, 1_600_000_000_123_456_789))
    copier.copy(path)
    copied, original = (destination / "x.tif").stat(), (source / "x.tif").stat()
    assert copied.st_mtime_ns == original.st_mtime_ns


def test_what_is_there_already_is_not_copied_again(copier, source, destination):
    path = write(source / "x.tif")
    copier.copy(path)
    inode = (destination / "x.tif").stat().st_ino
    assert not copier.copy(path).is_new
    assert (destination / "x.tif").stat().st_ino == inode


@pytest.mark.parametrize("unit", [2_000_000_000, 1_000_000_000, 1_000, 100, 1])
def test_a_copy_is_known_again_whatever_the_file_system_makes_of_its_time(
    copier, source, destination, unit
):
    path = write(source / "x.tif")
    os.utime(path, ns=(1, 1_600_000_001_987_654_321))
    copied = copier.copy(path).target
    time = (source / "x.tif").stat().st_mtime_ns
    os.utime(copied, ns=(1, time // unit * unit))
    assert not copier.copy(path).is_new


def test_a_changed_file_is_copied_again(copier, source, destination):
    path = write(source / "x.tif")
    os.utime(path, ns=(1, 1_600_000_000_500_000_000))
    copier.copy(path)
    write(source / "x.tif", b"54321")
    os.utime(path, ns=(1, 1_600_000_000_600_000_000))
    assert copier.copy(path).target == str(destination / "x.tif")
    assert (destination / "x.tif").read_bytes() == b"54321"


def test_a_copy_appears_only_when_it_is_whole_and_flushed(copier, source, destination, monkeypatch):
    seen = []
    fsync = os.fsync

    def note(descriptor):
        seen.append(names_below(destination))
        fsync(descriptor)

    monkeypatch.setattr(copying.os, "fsync", note)
    copier.copy(write(source / "x.tif"))
    assert seen[0] == [".x.tif.saxsfeeder"]
    assert seen[1:] == ([["x.tif"]] if os.name == "posix" else [])


def test_what_a_killed_feeder_left_is_overwritten(copier, source, destination):
    write(destination / ".x.tif.saxsfeeder", b"half of a longer file")
    copier.copy(write(source / "x.tif"))
    assert names_below(destination) == ["x.tif"]
    assert (destination / "x.tif").read_bytes() == b"12345"


def test_a_file_that_changes_while_it_is_copied_is_not_delivered(
    copier, source, destination, monkeypatch
):
    path = write(source / "x.tif")
    write(destination / "x.tif", b"old")
    copyfile = shutil.copyfile

    def copy_and_grow(original, target):
        copyfile(original, target)
        with open(original, "ab") as file:  # noqa: PTH123 - what is patched takes names
            file.write(b"6")

    with monkeypatch.context() as patch:
        patch.setattr(copying.shutil, "copyfile", copy_and_grow)
        with pytest.raises(ChangedWhileCopyingError, match="changed"):
            copier.copy(path)
    assert names_below(destination) == ["x.tif"]
    assert (destination / "x.tif").read_bytes() == b"old"
    copier.copy(path)
    assert (destination / "x.tif").read_bytes() == b"123456"


def test_a_full_disk_leaves_nothing_behind(copier, source, destination, monkeypatch):
    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        copier.copy(write(source / "x.tif"))
    assert names_below(destination) == []


def test_a_file_in_the_place_of_a_folder_is_an_error(copier, source, destination):
    write(destination / "a")
    with pytest.raises(OSError, match="a"):
        copier.copy(write(source / "a" / "x.tif"))


def test_what_is_distrusted_is_copied_again_once(copier, source, destination):
    path = write(source / "x.tif", b"12345")
    time = (source / "x.tif").stat().st_mtime_ns
    copier.copy(path)
    write(source / "x.tif", b"54321")
    os.utime(path, ns=(time, time))
    copier.distrust(path)
    assert copier.copy(path).is_new
    assert (destination / "x.tif").read_bytes() == b"54321"
    assert not copier.copy(path).is_new


@pytest.mark.skipif(os.name != "posix", reason="names are bytes only there")
def test_names_of_any_bytes_are_copied(copier, source, destination):
    name = os.fsdecode(b"\xff \n.tif")
    copier.copy(write(source / name))
    assert names_below(destination) == [name]


def test_a_destination_that_is_gone_is_not_made_again(tmp_path):
    source, destination = tmp_path / "source", tmp_path / "destination"
    source.mkdir()
    image = source / "x.tif"
    image.write_bytes(b"counts")
    copier = Copier(str(source), str(destination))
    with pytest.raises(FileNotFoundError, match="expected the folder to copy to"):
        copier.copy(str(image))
    assert image.exists()
    assert not destination.exists()
    destination.mkdir()
    assert copier.copy(str(image)).target == str(destination / "x.tif")
