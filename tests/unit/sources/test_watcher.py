import errno
import itertools
import logging
import os
import shutil
import sys
import threading
import time

import pytest

from saxsdog.paths import Roots
from saxsdog.reasons import Reason
from saxsdog.settings import WatcherMode
from saxsdog.sources import file_systems, watcher
from saxsdog.sources.sightings import Scout, SourceKind
from saxsdog.sources.walker import Walker
from saxsdog.sources.watcher import Watcher
from tests.helpers.sightings import TIMEOUT, Catcher, wait_until

linux = pytest.mark.skipif(sys.platform != "linux", reason="events of Linux")


@pytest.fixture(autouse=True)
def _frequent_checks(monkeypatch):
    monkeypatch.setattr(watcher, "CHECK_INTERVAL", 0.02)


@pytest.fixture
def data(tmp_path):
    for name in ("root/data", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path / "root/data"


class Watch:
    """A watcher with the walker behind it, and what each of them delivered."""

    def __init__(self, data, mode=WatcherMode.EVENTS, deliver=None, roots=None):
        self.watched, self.walked, self.losses = Catcher(), Catcher(), []
        scout = Scout(roots or Roots([data.parent]), data)
        horizon = time.time()
        self.walker = Walker(scout, self.walked, horizon, interval=1e6, full_interval=1e6)
        deliver = deliver or self.watched
        self.watcher = Watcher(scout, deliver, self.losses.append, mode, 0.02, self.walker)

    def __enter__(self):
        self.walker.start()
        self.watcher.start()
        self.begun()
        return self

    def __exit__(self, *_):
        self.watcher.stop()
        self.watcher.stop()  # safe to call twice
        self.walker.stop()

    def begun(self):
        """Wait until the watch has begun, and the walk after that is over."""
        wait_until(lambda: self.watcher.state is not WatcherMode.OFF)
        wait_until(
            lambda: (
                self.watcher.state is WatcherMode.POLLING
                or self.watcher.trouble is not None
                or (self.walker.walks >= 2 and not self.walker.walking)
            )
        )


@pytest.fixture
def watch(data):
    with Watch(data) as watch:
        yield watch


def touch(path, content=b"image"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_an_image_is_reported_once_it_is_closed(data, watch):
    with (data / "x.tif").open("wb") as file:
        for _ in range(50):
            file.write(b"one slice")
            file.flush()
    [sighting] = watch.watched.wait_for("x.tif")
    assert sighting.source is SourceKind.WATCHER
    assert sighting.fingerprint.size == 50 * len(b"one slice")


@linux
def test_an_image_that_is_still_written_is_not_reported(data, watch):
    with (data / "slow.tif").open("wb") as file:
        file.write(b"half of")
        file.flush()
        touch(data / "quick.tif")
        assert [each.path.name for each in watch.watched.wait_for("quick.tif")] == ["quick.tif"]
    watch.watched.wait_for("slow.tif")


def test_an_image_that_is_renamed_within_is_reported_under_its_name(data, watch):
    touch(data / ".x.tif.part").rename(data / "x.tif")
    assert {each.path.name for each in watch.watched.wait_for("x.tif")} == {"x.tif"}


def test_an_image_that_is_moved_here_from_elsewhere_is_reported(data, watch, tmp_path):
    touch(tmp_path / "elsewhere/x.tif").rename(data / "x.tif")
    watch.watched.wait_for("x.tif")


def test_an_image_that_is_linked_here_is_reported(data, watch, tmp_path):
    target = touch(tmp_path / "elsewhere/x.tif")
    os.link(target, data / "hard.tif")
    (data / "soft.tif").symlink_to(touch(data.parent / "within.tif"))
    watch.watched.wait_for("hard.tif", "soft.tif")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_reported_with_its_problem(data, watch):
    os.mkfifo(data / "fifo.tif")
    assert watch.watched.wait_for("fifo.tif")[-1].problem is Reason.NOT_REGULAR


def test_what_is_no_image_is_not_reported(data, watch):
    for name in ("x.chi", ".x.tif", "x.tif.part"):
        touch(data / name)
    touch(data / "last.tif")
    assert {each.path.name for each in watch.watched.wait_for("last.tif")} == {"last.tif"}


def test_an_image_that_is_gone_when_looked_at_is_not_reported(data):
    looked, go_on = threading.Event(), threading.Event()
    caught = Catcher()

    def deliver(batch):
        looked.set()
        assert go_on.wait(TIMEOUT)
        caught(batch)

    with Watch(data, deliver=deliver):
        touch(data / "first.tif")
        assert looked.wait(TIMEOUT)
        touch(data / "passing.tif").unlink()
        touch(data / "last.tif")
        go_on.set()
        names = [each.path.name for each in caught.wait_for("last.tif")]
    assert names == ["first.tif", "last.tif"]


def test_images_in_new_folders_are_all_found(data, watch):
    for run in range(20):
        for number in range(5):
            touch(data / f"deep/er/run{run}/{run}_{number}.tif")
    expected = {f"{run}_{number}.tif" for run in range(20) for number in range(5)}
    found = set()

    def all_found():
        found.update(watch.watched.caught(), watch.walked.caught())
        return found >= expected

    wait_until(all_found)


def test_a_folder_that_is_moved_here_brings_its_images(data, watch, tmp_path):
    touch(tmp_path / "elsewhere/run/x.tif")
    (tmp_path / "elsewhere/run").rename(data / "run")
    watch.walked.wait_for("x.tif")
    touch(data / "run/later.tif")
    watch.watched.wait_for("later.tif")


def test_a_burst_of_images_arrives_complete_in_batches(data, watch):
    names = [f"{number:04d}.tif" for number in range(3000)]
    for name in names:
        touch(data / name)
    seen = watch.watched.wait_for(*names)
    assert {each.path.name for each in seen} == set(names)


def test_lost_events_let_the_walker_look_at_every_image(data, watch):
    image = touch(data / "x.tif")
    watch.watched.wait_for("x.tif")
    former = watch.watcher._events
    former.lost = "more changes came at once than the system keeps"
    wait_until(lambda: watch.losses == ["more changes came at once than the system keeps"])
    watch.walked.wait_for("x.tif")
    wait_until(lambda: watch.watcher._events not in (None, former))
    touch(image, b"a longer image")
    assert watch.watched.wait_for("x.tif")[-1].fingerprint.size == len(b"a longer image")


def test_a_directory_that_is_made_anew_is_watched_again(data, watch):
    shutil.rmtree(data)
    wait_until(lambda: watch.watcher.trouble is not None)
    assert watch.watcher.trouble == f"{data} cannot be watched: No such file or directory"
    assert watch.losses
    touch(data / "x.tif")
    wait_until(lambda: "x.tif" in watch.watched.caught() + watch.walked.caught())
    wait_until(lambda: watch.watcher.trouble is None)
    touch(data / "y.tif")
    watch.watched.wait_for("y.tif")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
def test_without_room_for_more_watches_the_walker_walks_often(data, monkeypatch, caplog, number):
    def refuse(folder, **_):
        raise OSError(number, "no more folders can be watched")

    monkeypatch.setattr(watcher, "watch_folder", refuse)
    with caplog.at_level(logging.WARNING), Watch(data) as watch:
        wait_until(lambda: watch.watcher.state is WatcherMode.POLLING)
        touch(data / "x.tif")
        watch.walked.wait_for("x.tif")
    assert "no more folders can be watched; searched every 0.02 s instead" in caplog.text


@linux
def test_new_folders_that_find_no_room_end_the_events(data, monkeypatch, watch):
    def refuse(folder):
        raise OSError(errno.ENOSPC, "no more folders can be watched")

    monkeypatch.setattr(watch.watcher._events, "_add", refuse)
    (data / "one/too/many").mkdir(parents=True)
    wait_until(lambda: watch.watcher.state is WatcherMode.POLLING)
    touch(data / "one/too/many/x.tif")
    watch.walked.wait_for("x.tif")


@linux
def test_images_behind_a_link_to_another_root_are_reported(tmp_path, data):
    (tmp_path / "other/run1").mkdir(parents=True)
    (tmp_path / "other/run2").mkdir()
    (data / "current").symlink_to(tmp_path / "other/run1")
    hours = itertools.count(step=3600)  # roots remember for a while where a link led
    roots = Roots([data.parent, tmp_path / "other"], clock=lambda: next(hours))
    with Watch(data, roots=roots) as watch:
        touch(tmp_path / "other/run1/x.tif")
        assert watch.watched.wait_for("x.tif")[-1].path == tmp_path / "other/run1/x.tif"
        (data / "next").symlink_to(tmp_path / "other/run2")
        (data / "next").rename(data / "current")
        events = watch.watcher._events
        wait_until(lambda: events._links.get(f"{tmp_path}/other/run2") == f"{data}/current")
        wait_until(lambda: f"{data}/current" in list(events._folders.values()))
        touch(tmp_path / "other/run2/y.tif")
        assert watch.watched.wait_for("y.tif")[-1].path == tmp_path / "other/run2/y.tif"


def test_polling_takes_no_thread(data):
    with Watch(data, WatcherMode.POLLING) as watch:
        assert not watch.watcher._thread.is_alive()
        touch(data / "x.tif")
        watch.walked.wait_for("x.tif")


def test_a_watcher_that_is_off_does_nothing(data):
    quiet = Watch(data, WatcherMode.OFF)
    quiet.watcher.start()
    assert quiet.watcher.state is WatcherMode.OFF
    assert not quiet.watcher._thread.is_alive()
    quiet.watcher.stop()


def test_the_file_system_says_whether_there_are_events(data):
    with Watch(data, WatcherMode.AUTO) as watch:
        assert watch.watcher.state is WatcherMode.EVENTS


def test_on_a_network_file_system_the_walker_walks_often(data, monkeypatch, tmp_path):
    mounts = touch(tmp_path / "mountinfo", b"96 27 0:60 / / rw - nfs4 storage:/data rw\n")
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    with Watch(data, WatcherMode.AUTO) as watch:
        assert watch.watcher.state is WatcherMode.POLLING
        touch(data / "x.tif")
        watch.walked.wait_for("x.tif")


def test_no_thread_is_left_behind(data):
    before = set(threading.enumerate())
    with Watch(data) as watch:
        touch(data / "x.tif")
        watch.watched.wait_for("x.tif")
    assert set(threading.enumerate()) <= before
