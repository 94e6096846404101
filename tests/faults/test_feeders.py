"""Feeders that lose events, come too early, lie, or say too much, and file systems that do."""

import os
import signal
import sys
import threading

import pytest

from saxsfeeder import Feeder
from saxsfeeder.settling import GUARD_TIME
from tests.helpers.feeder_process import FeederProcess, copy_of_the_package
from tests.helpers.feeds import RawPublisher, new_file, wait_until
from tests.helpers.promises import promise
from tests.helpers.served import (
    check_results,
    frame_of,
    serving,
    tiff_of,
    times_integrated,
    write_frame,
)

ONLY_FEEDER = '[watcher]\nmode = "off"\n[walk]\ninterval = 3600\nclock_slack = 0\n'
MORE_THAN_THE_KERNEL_KEEPS = 20_000
REPETITIONS = 200_000
MOST_GROWTH = 64 << 20


@pytest.fixture(scope="module")
def publisher():
    with RawPublisher() as publisher:
        yield publisher


@pytest.fixture(scope="module")
def shared(tmp_path_factory, publisher):
    """One server for the tests below that listens to whatever a test says."""
    folder = tmp_path_factory.mktemp("feeders")
    with serving(folder, feeder=publisher.address, settings=ONLY_FEEDER) as served:

        def is_heard(stat):
            publisher.send(new_file("/greeting"))
            return stat.sources.events > 0

        served.new("first/in")
        served.until(is_heard)
        yield served


@pytest.fixture
def served(shared, request):
    """The server with a queue, and a folder that is named after the test."""
    shared.name = f"{request.node.name}/in"
    shared.images = shared.folder(shared.name)
    shared.new(shared.name)
    shared.until(lambda stat: stat.sources.walks > 0 and not stat.sources.walking)
    return shared


@promise(
    "D5",
    fault="numbers are missing in what a feeder announces, or begin anew, or go back",
    kept="what was missed is counted and searched for; every image is integrated once",
)
@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([("a", 1), ("a", 5)], id="gap"),
        pytest.param([("b", 1), ("c", 4)], id="another start of the feeder"),
    ],
)
def test_images_that_were_not_announced_are_searched(served, publisher, numbers):
    before = served.client.stat().sources
    hidden = [write_frame(served.images / f"hidden{seed}.tif", seed) for seed in range(3)]
    for seed, (stream, seq) in enumerate(numbers, 10):
        path = write_frame(served.images / f"told{seed}.tif", seed)
        publisher.send(new_file(str(path), stream=stream, seq=seq))
    stat = served.until_ended(5)
    assert stat.counters.integrated == 5
    assert stat.sources.events_missed - before.events_missed == len(hidden)
    assert set(times_integrated(served.client).values()) == {1}
    assert check_results(served, served.name) == 5


def test_numbers_that_go_back_are_no_loss(served, publisher):
    paths = [write_frame(served.images / f"{seed}.tif", seed) for seed in range(4)]
    before = served.client.stat().sources
    for path, seq in zip(paths, (7, 8, 7, 9), strict=True):
        publisher.send(new_file(str(path), stream="back", seq=seq))
    stat = served.until_ended(4)
    assert stat.counters.integrated == 4
    assert stat.sources.events - before.events == 4


@promise(
    "D7",
    fault="an image is announced before it is there, or before it is whole",
    kept="it is integrated when it is",
)
def test_an_image_may_be_announced_too_early(served, publisher):
    early, half = served.images / "early.tif", served.images / "half.tif"
    whole = tiff_of(frame_of(2))
    half.write_bytes(whole[: len(whole) // 2])
    for path in (early, half):
        publisher.send(new_file(str(path)))
    served.until(lambda stat: stat.counters.settling == 2)
    write_frame(early, 1)
    half.write_bytes(whole)
    stat = served.until_ended(2)
    assert stat.counters.integrated == 2
    assert check_results(served, served.name) == 2


@promise(
    "D13",
    fault="a feeder names one image 200,000 times, as fast as it can",
    kept="the image is integrated once; the memory of the server grows by less than 64 MiB; it "
    "answers, and hears what is announced after that",
)
def test_a_feeder_that_floods_costs_time_and_no_memory(served, publisher):
    path = write_frame(served.images / "flood.tif", 1)
    event = new_file(str(path))
    publisher.send(event)
    served.until_ended(1)
    before, memory = served.client.stat(), served.server.memory
    most = 0
    for number in range(REPETITIONS):
        publisher.send(event)
        if number % 10_000 == 0:
            most = max(most, served.server.memory)
            assert served.client.stat().state == "running"
    stat = served.until(lambda stat: stat.sources.events - before.sources.events >= REPETITIONS)
    most = max(most, served.server.memory)
    assert most - memory < MOST_GROWTH
    last = write_frame(served.images / "last.tif", 2)
    publisher.send(new_file(str(last)))
    stat = served.until(lambda stat: stat.counters.integrated == 2)
    assert stat.counters.known == 2
    assert check_results(served, served.name) == 2


@promise(
    "D11",
    fault="three new calibrations while 200 images a second are announced",
    kept="every image is integrated",
)
def test_no_announcement_is_lost_while_queues_are_replaced(tmp_path):
    number, over = 400, threading.Event()

    def announce():
        for seed in range(number):
            feeder.announce(write_frame(served.images / f"{seed:03d}.tif", seed))
            over.wait(0.005)

    with (
        Feeder("tcp://127.0.0.1:*") as feeder,
        serving(tmp_path, feeder=feeder.address, settings=ONLY_FEEDER) as served,
    ):
        served.new()
        served.greet(feeder)
        thread = threading.Thread(target=announce)
        thread.start()
        for title in ("second", "third", "fourth"):
            made = len(list((served.root / "work").glob("*.chi")))
            wait_until(lambda n=made: len(list((served.root / "work").glob("*.chi"))) > n + 20)
            served.new(Title=title)
        thread.join()
        wait_until(lambda: len(list((served.root / "work").glob("*.chi"))) == number)
        assert served.until(lambda stat: stat.counters.pending == 0).counters.failed == 0
        check_results(served, every=10)


@promise(
    "D12",
    fault="more changes in a folder than the system keeps, among them new images",
    kept="a search finds the images whose events were lost",
)
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="stops the server by a signal")
def test_images_whose_events_were_lost_are_found(tmp_path):
    with serving(tmp_path, settings="[walk]\ninterval = 3600\nclock_slack = 0\n") as served:
        served.new()
        stat = served.until(
            lambda stat: stat.sources.walks > 0 and stat.sources.watcher in ("events", "polling")
        )
        if stat.sources.watcher != "events":
            pytest.skip("this file system tells of no events")
        os.kill(served.server.process.pid, signal.SIGSTOP)
        one, other = served.images / "one.txt", served.images / "other.txt"
        one.touch()
        for _ in range(MORE_THAN_THE_KERNEL_KEEPS // 2):
            one.rename(other)
            other.rename(one)
        for seed in range(10):
            write_frame(served.images / f"{seed}.tif", seed)
        os.kill(served.server.process.pid, signal.SIGCONT)
        stat = served.until_ended(10)
        assert stat.counters.integrated == stat.sources.found_by_walk == 10
        wait_until(lambda: "more changes came at once" in served.server.log_text())
        assert set(times_integrated(served.client).values()) == {1}


@pytest.fixture
def detector(tmp_path):
    """The folder that a feeder copies from."""
    folder = tmp_path / "detector"
    folder.mkdir()
    return folder


@pytest.fixture
def package(tmp_path):
    return copy_of_the_package(tmp_path)


@promise(
    "D15",
    fault="a detector pauses in the middle of an image that `saxsfeeder --move` moves",
    kept="no byte is lost: the source stays as long as it is open for writing, and goes when all "
    "of it is at the destination; the image is integrated whole",
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nobody else tells who writes")
def test_a_slow_writer_loses_nothing_to_a_feeder_that_moves(tmp_path, detector, package):
    whole = tiff_of(frame_of(1))
    slow = detector / "slow.tif"
    target = tmp_path / "data" / "in" / "slow.tif"
    target.parent.mkdir(parents=True)
    with FeederProcess(package, "--copy", detector, target.parent, "--move") as feeder:
        with (
            serving(tmp_path, feeder=feeder.address, settings=ONLY_FEEDER) as served,
            slow.open("wb", buffering=0) as file,
        ):
            served.new()
            for number, end in enumerate((0.25, 0.5)):
                file.write(whole[file.tell() : int(len(whole) * end)])
                # One that is whole, and goes when both have been quiet for the guard time.
                whole_one = write_frame(detector / f"whole{number}.tif", 2 + number)
                wait_until(lambda path=whole_one: not path.exists())
                assert slow.exists()
                assert target.read_bytes() == whole[: file.tell()]
            file.write(whole[file.tell() :])
            file.close()
            wait_until(lambda: not slow.exists())
            assert target.read_bytes() == whole
            served.until(lambda stat: stat.counters.integrated == 3)
            assert check_results(served) == 3
        assert feeder.stop() == 0
    assert list(detector.iterdir()) == []


@promise(
    "D16",
    fault="a detector goes on with an image that `saxsfeeder --copy` took for finished, after a "
    "pause longer than any guard time",
    kept="it is copied again as a whole and announced again, and integrated whole",
)
def test_an_image_that_grows_after_a_long_pause_is_copied_again(tmp_path, detector, package):
    whole = tiff_of(frame_of(1))
    target = tmp_path / "data" / "in" / "slow.tif"
    target.parent.mkdir(parents=True)
    with (
        FeederProcess(package, "--copy", detector, target.parent) as feeder,
        serving(tmp_path, feeder=feeder.address, settings=ONLY_FEEDER) as served,
        feeder.listener() as listener,
    ):
        served.new()
        listener.wait_for_gap("first time")
        with (detector / "slow.tif").open("wb", buffering=0) as file:
            file.write(whole[:5000])
            listener.wait_for_paths(1)
            threading.Event().wait(GUARD_TIME + 2)  # this is what the detector does
            file.write(whole[5000:])
        listener.wait_for_paths(2)
        assert listener.paths == [str(target)] * 2
        assert [file.size for file in listener.files] == [5000, len(whole)]
        assert target.read_bytes() == whole
        served.until(lambda stat: stat.counters.integrated == 1 and stat.counters.pending == 0)
        assert check_results(served) == 1
