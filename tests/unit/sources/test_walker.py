import logging
import threading
import time

import pytest

from saxsdog.paths import Roots
from saxsdog.sources.sightings import Scout, SourceKind
from saxsdog.sources.walker import Walker
from tests.helpers.sightings import TIMEOUT, Catcher, wait_until

LONG_AGO = 0.0
NEVER = 1e6


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def catcher():
    return Catcher()


@pytest.fixture
def walker_of(data, catcher):
    """Start walkers that walk on demand, unless told otherwise, and stop them."""
    walkers = []

    def make(deliver=catcher, horizon=LONG_AGO, **options):
        options = {"interval": NEVER, "full_interval": NEVER} | options
        walker = Walker(Scout(Roots([data.parent]), data), deliver, horizon, **options)
        walkers.append(walker)
        walker.start()
        return walker

    yield make
    for walker in walkers:
        walker.stop()
        walker.stop()  # safe to call twice


def touch(path, content=b"image"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def rested(walker):
    wait_until(lambda: not walker.walking)
    return walker


def test_a_walker_begins_with_a_walk(data, walker_of, catcher):
    touch(data / "x.tif")
    walker = walker_of(clock=lambda: 42.0)
    assert [each.source for each in catcher.wait_for("x.tif")] == [SourceKind.WALKER]
    rested(walker)
    assert walker.walks == 1
    assert walker.last_walk == 42.0
    assert walker.trouble is None


def test_images_from_before_the_queue_wait_for_a_walk_on_demand(data, walker_of, catcher):
    touch(data / "x.tif")
    walker = rested(walker_of(horizon=time.time() + 3600))
    assert catcher.caught() == []
    walker.walk(again=False)
    assert walker.walking
    assert [each.source for each in catcher.wait_for("x.tif")] == [SourceKind.WALKER]
    walker.walk(again=True)
    assert [each.source for each in catcher.wait_for("x.tif")] == [SourceKind.READDIR]


def test_a_gap_is_filled_by_a_walk(data, walker_of, catcher):
    walker = rested(walker_of())
    touch(data / "missed.tif")
    walker.reconcile("the feeder missed events")
    catcher.wait_for("missed.tif")
    assert rested(walker).walks == 2


def test_a_full_reconciliation_finds_what_was_written_in_place(data, walker_of, catcher):
    image = touch(data / "x.tif")
    walker = rested(walker_of())
    catcher.wait_for("x.tif")
    touch(image, b"a longer image")
    walker.reconcile("events were lost", full=True)
    assert catcher.wait_for("x.tif")[0].fingerprint.size == len(b"a longer image")


def test_a_walker_walks_by_itself(data, walker_of, catcher):
    rested(walker_of(interval=0.01))
    touch(data / "x.tif")
    catcher.wait_for("x.tif")


def test_now_and_then_a_walk_looks_at_every_image(data, walker_of, catcher):
    touch(data / "x.tif")
    rested(walker_of(full_interval=0.01))
    catcher.wait_for("x.tif")
    touch(data / "x.tif", b"a longer image")
    while catcher.wait_for("x.tif")[-1].fingerprint.size != len(b"a longer image"):
        pass


def test_a_walker_in_a_hurry_walks_often(data, walker_of, catcher):
    walker = rested(walker_of())
    walker.hurry(0.01)
    touch(data / "x.tif")
    catcher.wait_for("x.tif")


def test_walks_that_are_asked_for_together_are_one(data, walker_of, catcher):
    touch(data / "x.tif")
    may_deliver = threading.Event()

    def deliver(batch):
        assert may_deliver.wait(TIMEOUT)
        catcher(batch)

    walker = walker_of(deliver)
    wait_until(lambda: walker.walking)
    for _ in range(100):
        walker.reconcile("one of many gaps")
        walker.walk(again=True)
        walker.walk(again=False)
    may_deliver.set()
    rested(walker)
    assert walker.walks == 2
    assert catcher.batches.get()[0].source is SourceKind.WALKER
    assert catcher.batches.get()[0].source is SourceKind.READDIR


def test_a_walk_waits_while_there_is_no_room(data, walker_of):
    for number in range(600):
        touch(data / f"{number:03d}.tif")
    room, delivered = threading.Semaphore(0), []

    def deliver(batch):
        delivered.append(len(batch))
        assert room.acquire(timeout=TIMEOUT)

    walker = walker_of(deliver)
    wait_until(lambda: delivered == [256])
    room.release()
    wait_until(lambda: delivered == [256, 256])
    assert walker.walking
    room.release(2)
    rested(walker)
    assert delivered == [256, 256, 88]


def test_a_walk_is_interrupted_by_the_end(data, walker_of):
    for number in range(600):
        touch(data / f"{number:03d}.tif")
    delivering, may_deliver, batches = threading.Event(), threading.Event(), []

    def deliver(batch):
        batches.append(batch)
        delivering.set()
        assert may_deliver.wait(TIMEOUT)

    walker = walker_of(deliver)
    assert delivering.wait(TIMEOUT)
    stopper = threading.Thread(target=walker.stop)
    stopper.start()
    wait_until(lambda: walker._stopping)
    may_deliver.set()
    stopper.join(TIMEOUT)
    assert len(batches) == 1
    assert walker.walks == 0


def test_a_directory_that_is_missing_is_trouble_until_it_comes(data, walker_of, catcher, caplog):
    data.rmdir()
    with caplog.at_level(logging.INFO):
        walker = rested(walker_of(interval=0.01))
        wait_until(lambda: walker.trouble is not None)
        assert walker.trouble == f"{data} cannot be searched for images: No such file or directory"
        touch(data / "x.tif")
        catcher.wait_for("x.tif")
        wait_until(lambda: walker.trouble is None)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_walker_that_waits_shows_that_it_lives(walker_of):
    times = iter(range(1, 1000))
    walker = rested(walker_of(clock=lambda: float(next(times))))
    before = walker.last_turn
    walker.reconcile("wake up")
    wait_until(lambda: walker.last_turn > before)


def test_a_walker_is_a_context_manager(data, catcher):
    touch(data / "x.tif")
    with Walker(Scout(Roots([data.parent]), data), catcher, LONG_AGO) as walker:
        catcher.wait_for("x.tif")
    assert not walker._thread.is_alive()
