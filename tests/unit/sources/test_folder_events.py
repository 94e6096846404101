import os
import sys
import threading
from pathlib import Path

import pytest

from saxsdog.sources.changes import Change
from saxsdog.sources.folder_events import WatchdogEvents, watch_folder
from tests.helpers.sightings import TIMEOUT

linux = pytest.mark.skipif(sys.platform != "linux", reason="events of Linux")


@pytest.fixture
def events_of():
    """Watch folders, and end all the watches."""
    opened = []

    def watch(folder, recursive=True, **options):
        opened.append(watch_folder(folder, recursive=recursive, **options))
        return opened[-1]

    yield watch
    for events in opened:
        events.close()


def read_until(events, path):
    """Read what changes until this path is closed or comes."""
    changes = []
    while not any(each.path == str(path) and not each.opened for each in changes):
        some = events.read(TIMEOUT)
        assert some
        changes += some
    return changes


def watched(events):
    return set(events._folders.values())


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"image")
    return path


@linux
def test_a_file_is_opened_and_then_closed(tmp_path, events_of):
    events = events_of(tmp_path)
    path = str(touch(tmp_path / "x.tif"))
    assert read_until(events, path) == [Change(path, False, True), Change(path, False, False)]


@linux
def test_reading_tells_nothing(tmp_path, events_of):
    touch(tmp_path / "x.tif")
    events = events_of(tmp_path)
    (tmp_path / "x.tif").read_bytes()
    (tmp_path / "x.tif").unlink()
    last = str(touch(tmp_path / "last.tif"))
    assert {change.path for change in read_until(events, last)} == {last}


@linux
@pytest.mark.parametrize("name", [b"\xff\n.tif", b"n" * 255, "é".encode()])
def test_a_name_may_be_of_any_bytes(tmp_path, events_of, name):
    events = events_of(tmp_path)
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    read_until(events, touch(path))


@linux
def test_a_folder_that_moves_is_watched_where_it_is(tmp_path, events_of):
    (tmp_path / "data/run1/deep").mkdir(parents=True)
    (tmp_path / "data/run10").mkdir()
    top = tmp_path / "data"
    events = events_of(top)
    (top / "run1").rename(top / "run2")
    read_until(events, top / "run2")
    read_until(events, touch(top / "run2/deep/x.tif"))
    (top / "run2").rename(tmp_path / "away")
    touch(tmp_path / "away/deep/y.tif")
    read_until(events, touch(top / "run10/last.tif"))
    assert watched(events) == {str(top), str(top / "run10")}


@linux
def test_hidden_folders_are_not_watched(tmp_path, events_of):
    (tmp_path / ".snapshots/one").mkdir(parents=True)
    events = events_of(tmp_path)
    (tmp_path / ".git").mkdir()
    read_until(events, touch(tmp_path / "x.tif"))
    assert watched(events) == {str(tmp_path)}


@linux
def test_a_watch_may_be_of_one_folder_alone(tmp_path, events_of):
    (tmp_path / "before").mkdir()
    events = events_of(tmp_path, recursive=False)
    (tmp_path / "after").mkdir()
    read_until(events, touch(tmp_path / "x.tif"))
    assert watched(events) == {str(tmp_path)}


@linux
def test_links_are_followed_where_that_is_allowed_and_never_in_circles(tmp_path, events_of):
    for name in ("data/run", "other/deep", "forbidden"):
        (tmp_path / name).mkdir(parents=True)
    top = tmp_path / "data"
    (top / "current").symlink_to(top / "run")
    (top / "other").symlink_to(tmp_path / "other")
    (top / "out").symlink_to(tmp_path / "forbidden")
    (tmp_path / "other/deep/back").symlink_to(tmp_path / "other")
    events = events_of(top, may_follow=lambda real: not real.endswith("forbidden"))
    expected = {str(top / name) for name in ("run", "other", "other/deep")}
    assert watched(events) == {str(top), *expected}


@linux
def test_more_changes_than_the_kernel_keeps_are_a_loss(tmp_path, events_of):
    events = events_of(tmp_path)
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 100_000:
        pytest.skip("this kernel keeps very many")
    path = tmp_path / "x.tif"
    path.touch()
    other = tmp_path / "y.tif"
    for _ in range(most // 2 + 1):  # two that are alike, one after the other, are one
        os.rename(path, other)  # noqa: PTH104 - quick
        os.rename(other, path)  # noqa: PTH104
    while events.lost is None:
        events.read(TIMEOUT)
    assert events.lost == "more changes came at once than the system keeps"


@linux
def test_a_folder_that_goes_is_a_loss(tmp_path, events_of):
    (tmp_path / "data").mkdir()
    events = events_of(tmp_path / "data")
    (tmp_path / "data").rmdir()
    events.read(TIMEOUT)
    assert events.lost == "the directory has gone"


def test_a_folder_that_is_not_there_cannot_be_watched(tmp_path):
    with pytest.raises(FileNotFoundError):
        watch_folder(tmp_path / "nothing", recursive=True)


def test_a_reader_that_waits_can_be_woken(tmp_path, events_of):
    events = events_of(tmp_path)
    reader = threading.Thread(target=lambda: events.read(TIMEOUT))
    reader.start()
    events.wake()
    reader.join(TIMEOUT / 2)
    assert not reader.is_alive()


def test_other_systems_tell_what_comes_and_what_is_written(tmp_path):
    (tmp_path / "run").mkdir()
    events = WatchdogEvents(tmp_path, recursive=True)
    try:
        read_until(events, touch(tmp_path / "run/x.tif"))
        (tmp_path / "run/x.tif").rename(tmp_path / "run/y.tif")
        read_until(events, tmp_path / "run/y.tif")
        assert events.lost is None
        events.wake()
        while events.read(0.0):
            pass
    finally:
        events.close()
    assert events.lost == "the watch has ended"
