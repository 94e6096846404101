import logging
import os
import time

import pytest

from saxsdog.paths import Roots
from saxsdog.reasons import Reason
from saxsdog.sources.sightings import Scout, SourceKind
from saxsdog.sources.tree import Depth, ImageTree

SLACK = 5.0


@pytest.fixture
def data(tmp_path):
    for name in ("root/data", "other", "outside"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


class Searcher:
    """Searches like a walker, at a time of its choice."""

    def __init__(self, data, horizon=0.0, now=None):
        scout = Scout(Roots([data / "root", data / "other"]), data / "root/data")
        self.now = time.time() + 3600 if now is None else now  # no folder is young
        self.tree = ImageTree(scout, horizon, SLACK, lambda: self.now)

    def sightings(self, depth=Depth.QUICK, source=SourceKind.WALKER):
        return [each for batch in self.tree.search(depth, source) for each in batch]

    def names(self, depth=Depth.QUICK):
        return [sighting.path.name for sighting in self.sightings(depth)]


def touch(path, content=b"image"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def age(path, seconds):
    """Let a file or folder look as if its content had changed long ago."""
    long_ago = time.time() - seconds
    os.utime(path, (long_ago, long_ago))


def test_images_come_folder_by_folder_in_the_order_of_their_names(data):
    for name in ("b.tif", "a.tif", "run2/x.tif", "run1/z.tif", "run1/y.tif", "run1/deep/w.tif"):
        touch(data / "root/data" / name)
    expected = ["a.tif", "b.tif", "y.tif", "z.tif", "w.tif", "x.tif"]
    assert Searcher(data).names(Depth.EVERYTHING) == expected


def test_hidden_things_and_other_suffixes_are_left_out(data):
    for name in (".x.tif", ".git/y.tif", "notes.txt", "x.tif"):
        touch(data / "root/data" / name)
    assert Searcher(data).names(Depth.EVERYTHING) == ["x.tif"]


def test_images_from_before_the_horizon_are_told_on_demand_alone(data):
    touch(data / "root/data/x.tif")
    searcher = Searcher(data, horizon=time.time() + SLACK + 60)
    assert searcher.names(Depth.QUICK) == []
    assert searcher.names(Depth.FULL) == []
    assert searcher.names(Depth.EVERYTHING) == ["x.tif"]


def test_a_copy_with_an_old_time_is_not_from_before_the_horizon(data):
    horizon = time.time()
    age(touch(data / "root/data/x.tif"), 10_000)
    assert Searcher(data, horizon).names(Depth.FULL) == ["x.tif"]


def test_the_horizon_leaves_room_for_another_clock(data):
    image = touch(data / "root/data/x.tif")
    changed = image.stat().st_ctime
    assert Searcher(data, horizon=changed + SLACK - 1).names() == ["x.tif"]
    assert Searcher(data, horizon=changed + SLACK + 1).names() == []


def test_a_quick_search_tells_what_is_new_since_the_last(data):
    touch(data / "root/data/run1/a.tif")
    touch(data / "root/data/run2/b.tif")
    searcher = Searcher(data)
    assert searcher.names() == ["a.tif", "b.tif"]
    assert searcher.names() == []
    touch(data / "root/data/run2/c.tif")
    assert searcher.names() == ["c.tif"]


def test_a_quick_search_does_not_list_folders_that_did_not_change(data, monkeypatch):
    touch(data / "root/data/run1/a.tif")
    touch(data / "root/data/run2/b.tif")
    searcher = Searcher(data)
    searcher.names()
    touch(data / "root/data/run2/c.tif")
    listed, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    searcher.names()
    top = str(data / "root/data")
    assert listed == [top, f"{top}/run2"]  # the first only to see whether it is there


def test_a_folder_that_changed_when_it_was_listed_is_listed_again(data):
    searcher = Searcher(data, now=time.time())
    image = touch(data / "root/data/a.tif")
    modified = image.parent.stat()
    assert searcher.names() == ["a.tif"]
    touch(data / "root/data/b.tif")
    os.utime(image.parent, ns=(modified.st_atime_ns, modified.st_mtime_ns))  # within one tick
    assert searcher.names() == ["b.tif"]


def test_an_image_that_was_replaced_is_new(data):
    image = touch(data / "root/data/x.tif")
    searcher = Searcher(data)
    searcher.names()
    touch(data / "root/data/.temporary").replace(image)
    assert searcher.names() == ["x.tif"]


def test_an_image_that_was_written_in_place_is_told_by_a_full_search(data):
    image = touch(data / "root/data/x.tif")
    searcher = Searcher(data)
    before = searcher.sightings()[0].fingerprint
    touch(image, b"longer image")
    assert searcher.names(Depth.QUICK) == []
    [sighting] = searcher.sightings(Depth.FULL)
    assert sighting.fingerprint != before


def test_an_image_that_is_filled_after_it_was_seen_is_told_again(data):
    image = touch(data / "root/data/x.tif", bytes(10))
    age(image.parent, 3600)  # nothing but the image changes
    searcher = Searcher(data, now=time.time())
    before = searcher.sightings()[0].fingerprint
    assert searcher.names() == []
    image.write_bytes(b"now filled")
    [sighting] = searcher.sightings()
    assert sighting.fingerprint not in (None, before)
    assert searcher.names() == []


def test_a_stack_that_grows_is_left_to_a_full_search(data):
    stacks = [touch(data / "root/data" / name, bytes(10)) for name in ("x.tif", "y.h5")]
    searcher = Searcher(data, now=time.time())
    searcher.names()
    stacks[0].write_bytes(bytes(20))
    stacks[1].write_bytes(b"now filled")
    assert searcher.names() == []
    assert searcher.names(Depth.FULL) == ["x.tif", "y.h5"]


def test_an_image_that_is_no_longer_written_is_looked_at_no_more(data):
    image = touch(data / "root/data/x.tif", bytes(10))
    searcher = Searcher(data, now=time.time())
    searcher.names()
    searcher.now += 3600
    searcher.names()
    image.write_bytes(b"now filled")
    assert searcher.names() == []


def test_an_image_that_was_moved_here_is_new_however_old(data):
    searcher = Searcher(data, horizon=time.time() + 3600)
    searcher.names()
    touch(data / "outside/x.tif").rename(data / "root/data/x.tif")
    assert searcher.names() == ["x.tif"]


def test_a_folder_that_was_moved_here_is_new_with_all_its_images(data):
    searcher = Searcher(data, horizon=time.time() + 3600)
    searcher.names()
    touch(data / "outside/run/deep/x.tif")
    (data / "outside/run").rename(data / "root/data/run")
    assert searcher.names(Depth.FULL) == ["x.tif"]


def test_links_to_folders_are_followed_once_and_never_in_circles(data):
    touch(data / "root/data/run/x.tif")
    touch(data / "other/y.tif")
    (data / "root/data/run/up").symlink_to(data / "root/data")
    (data / "root/data/elsewhere").symlink_to(data / "other")
    (data / "root/data/self").symlink_to("self")
    assert sorted(Searcher(data).names()) == ["x.tif", "y.tif"]


def test_links_to_folders_outside_are_counted_and_not_followed(data):
    touch(data / "outside/x.tif")
    (data / "root/data/out").symlink_to(data / "outside")
    searcher = Searcher(data)
    assert searcher.names(Depth.EVERYTHING) == []
    assert searcher.tree.met.links_outside == 1


def test_links_to_images_are_as_young_as_the_link(data):
    target = touch(data / "other/target.tif")
    (data / "root/data/x.tif").symlink_to(target)
    (data / "root/data/nowhere.tif").symlink_to("nothing.tif")
    link_made = (data / "root/data/x.tif").lstat().st_ctime
    assert Searcher(data, horizon=link_made).names(Depth.FULL) == ["x.tif"]


def test_what_can_never_be_integrated_is_told_with_its_reason(data):
    touch(data / "outside/x.tif")
    (data / "root/data/out.tif").symlink_to(data / "outside/x.tif")
    touch(data / "root/data/folder.tif/inside.tif")
    problems = {each.path.name: each.problem for each in Searcher(data).sightings()}
    assert problems == {
        "out.tif": Reason.OUTSIDE_ROOT,
        "folder.tif": Reason.NOT_REGULAR,
        "inside.tif": None,
    }


def refuse(monkeypatch, folder):
    """Let a folder be unreadable, for the superuser as well."""
    scandir = os.scandir

    def refusing(path):
        if str(path) == str(folder):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)


def test_a_folder_that_cannot_be_read_is_logged_once_and_the_others_are_searched(
    data, monkeypatch, caplog
):
    touch(data / "root/data/closed/x.tif")
    touch(data / "root/data/open/y.tif")
    refuse(monkeypatch, data / "root/data/closed")
    searcher = Searcher(data)
    with caplog.at_level(logging.WARNING):
        assert searcher.names() == ["y.tif"]
        assert searcher.names(Depth.FULL) == ["y.tif"]
    assert searcher.tree.met.unreadable == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"cannot look for images in {data}/root/data/closed: Permission denied"
    ]


def test_a_folder_that_can_be_read_again_is_not_new_by_that(data, monkeypatch):
    touch(data / "root/data/closed/x.tif")
    searcher = Searcher(data, horizon=time.time() + 3600)
    with monkeypatch.context() as patch:
        refuse(patch, data / "root/data/closed")
        searcher.names()
    assert searcher.names() == []


def test_without_its_directory_there_is_no_search(data):
    searcher = Searcher(data)
    (data / "root/data").rmdir()
    with pytest.raises(FileNotFoundError):
        searcher.names()


def test_a_directory_that_is_empty_on_another_disk_is_not_mounted(data, monkeypatch):
    image = touch(data / "root/data/x.tif")
    searcher = Searcher(data)
    searcher.names()
    image.unlink()
    assert searcher.names() == []
    searcher.tree._device += 1  # what it was on
    with pytest.raises(OSError, match="mounted"):
        searcher.names()


def test_a_very_deep_folder_is_searched(data):
    deep = data / "root/data"
    for _ in range(300):
        deep = deep / "d"
    touch(deep / "x.tif")
    assert Searcher(data).names() == ["x.tif"]


def test_many_images_come_in_batches_and_soon(data):
    for run in range(4):
        folder = data / f"root/data/run{run}"
        folder.mkdir()
        for number in range(5000):
            os.close(os.open(folder / f"{number:04d}.tif", os.O_CREAT | os.O_WRONLY))
    searcher = Searcher(data)
    start = time.perf_counter()
    sizes = [len(batch) for batch in searcher.tree.search(Depth.QUICK, SourceKind.WALKER)]
    first = time.perf_counter()
    assert searcher.names() == []
    assert sum(sizes) == 20_000
    assert max(sizes) <= 256
    assert first - start < 3
    assert time.perf_counter() - first < 0.1
