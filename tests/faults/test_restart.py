"""Servers that are killed, stopped and started again while there is much to do."""

import subprocess
import threading
import time

import pytest

from saxsdog.io.chi import read_chi
from saxsfeeder import Feeder
from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.served import (
    Expected,
    frame_of,
    processes_of,
    rows_of,
    serving,
    temporary_files,
    times_integrated,
    write_frame,
)

N_OLD = 1000
ONLY_NEW = "[walk]\nclock_slack = 0\n"


class CurveReader:
    """Reads curves again and again while they are written; one that is not whole is an error."""

    def __init__(self, folder):
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.read = 0
        self.error = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self):
        while not self._stop.wait(0.1):
            for path in sorted(self._folder.glob("*.chi"))[-20:]:
                try:
                    read_chi(path)
                except Exception as error:
                    self.error = error
                    return
                self.read += 1


@promise(
    "G2",
    fault="the server is killed three times with 1000 images in its queue",
    kept="every image is integrated and stands in the history once; no curve is ever seen that is "
    "not whole; images announced meanwhile are found",
)
def test_a_server_that_is_killed_again_and_again_integrates_every_image_once(tmp_path):
    with (
        Feeder("tcp://127.0.0.1:*") as feeder,
        serving(tmp_path, workers=2, feeder=feeder.address, settings=ONLY_NEW) as served,
    ):
        for seed in range(N_OLD):
            write_frame(served.images / f"old-{seed:04d}.tif", seed)
        served.new()
        served.client.readdir()
        served.until(lambda stat: stat.counters.known >= N_OLD)
        last = 0
        with CurveReader(served.root / "work") as reader:
            for start in range(3):
                served.until(lambda stat, last=last: stat.cursor > last + 20)
                last = rows_of(served.client)[-1].cursor
                for seed in range(30):
                    name = f"new-{start}-{seed}.tif"
                    feeder.announce(write_frame(served.images / name, seed))
                served.server.kill()
                wait_until(lambda: not processes_of(served.server.process.pid))
                served.server.restart()
                assert until_known(served).cursor >= last
            served.until_ended(N_OLD + 90)
        assert reader.read > 0
        stat = served.client.stat()
        assert stat.counters.known == stat.counters.integrated == N_OLD + 90
        assert set(times_integrated(served.client).values()) == {1}
        assert len(times_integrated(served.client)) == N_OLD + 90
        expected = Expected(served.calibration())
        for seed in range(0, N_OLD, 50):
            expected.check(served.root / "work" / f"old-{seed:04d}.chi", frame_of(seed))


def until_known(served):
    """Ask a server that has just started what it remembers."""
    stat = served.client.stat()
    assert stat.state == "running"
    assert stat.counters.known >= N_OLD
    return stat


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for the tests below: a new queue forgets what was."""
    with serving(tmp_path_factory.mktemp("restart"), settings=ONLY_NEW) as served:
        yield served


@pytest.fixture
def served(shared, request):
    """The server, with a folder that is named after the test."""
    shared.name = f"{request.node.name}/in"
    shared.images = shared.folder(shared.name)
    return shared


@promise(
    "G2",
    fault="the server is killed right after it was asked for every image",
    kept="after the next start every image is integrated",
)
def test_a_server_that_is_killed_at_once_after_readdir_still_finds_every_image(served):
    for seed in range(300):
        write_frame(served.images / f"{seed:04d}.tif", seed)
    served.new(served.name)
    served.client.readdir()
    served.server.kill()
    served.server.restart()
    stat = served.until_ended(0)
    assert stat.counters.integrated == stat.counters.known == 300


@promise(
    "G3",
    fault="the server is told to stop with 1000 images in its queue",
    kept="it ends in order within 10 s, and goes on with them at its next start",
)
def test_a_server_told_to_stop_keeps_what_is_queued_and_goes_on_with_it(served):
    for seed in range(1200):
        write_frame(served.images / f"{seed:04d}.tif", seed)
    served.new(served.name)
    served.client.readdir()
    served.until(lambda stat: stat.counters.known == 1200 and not stat.sources.walking)
    before = time.monotonic()
    assert served.server.stop() == 0
    assert time.monotonic() - before < 10
    assert not temporary_files(served.root)
    served.server.restart()
    stat = served.client.stat()
    assert stat.counters.known == 1200
    assert stat.counters.pending > 200
    stat = served.until_ended(1200)
    assert stat.counters.integrated == 1200
    assert set(times_integrated(served.client).values()) == {1}


@promise(
    "G3",
    fault="images are written while no server runs",
    kept="they are found at the next start",
)
def test_images_written_while_the_server_was_down_are_found(served):
    write_frame(served.images / "before.tif", 1)
    served.new(served.name)
    write_frame(served.images / "while.tif", 2)
    served.until_ended(1)
    served.server.stop()
    write_frame(served.images / "down.tif", 3)
    served.server.restart()
    served.until_ended(2)
    assert times_integrated(served.client) == {"while.tif": 1, "down.tif": 1}


@promise(
    "G8",
    fault="a second server is started with the same state folder",
    kept="it refuses, and says what to do; the first goes on",
)
def test_a_second_server_on_the_same_state_refuses_to_start(served):
    served.new(served.name)
    second = subprocess.run(  # noqa: S603 - our own program
        served.server._command, capture_output=True, text=True, timeout=20, check=False
    )
    assert second.returncode == 2
    assert "another server keeps its state there" in second.stderr
    assert served.client.stat().state == "running"


def test_an_aborted_queue_stays_aborted_and_a_closed_one_closed(served):
    served.new(served.name)
    served.client.close()
    served.server.restart()
    assert served.client.stat().state == "closed"
    write_frame(served.images / "late.tif", 1)
    served.client.abort()
    served.server.restart()
    stat = served.client.stat()
    assert (stat.state, stat.counters.known) == ("aborted", 0)


@promise(
    "G7",
    fault="the journal is overwritten while the server stands",
    kept="it is set aside; the server goes on with its calibration and finds the images again",
)
def test_a_server_whose_journal_is_damaged_goes_on_with_its_calibration(tmp_path):
    with serving(tmp_path) as served:
        served.new()
        images = [write_frame(served.images / f"{i}.tif", i) for i in range(1, 6)]
        served.until_ended(5)
        served.server.stop()
        for file in served.server.state.glob("journal.sqlite*"):
            file.write_bytes(b"this was a database" * 1000)
        served.server.restart()
        served.until_ended(len(images))  # found again, because they came after the queue was opened
        assert served.client.stat().title == "a small detector"
        write_frame(served.images / "late.tif", 6)
        served.until_ended(6)
        assert served.client.stat().counters.integrated == 6
        assert list(served.server.state.glob("*.damaged"))
