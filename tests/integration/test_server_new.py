"""New queues in place of old ones while images come all the time, and those who watch."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from saxsdog.errors import CalibrationError, RequestError, SaxsdogError
from saxsdog.io.chi import read_chi
from saxsfeeder import Feeder
from tests.helpers.experiments import DOCUMENT
from tests.helpers.served import (
    Expected,
    frame_of,
    is_idle,
    rows_of,
    serving,
    until,
    write_frame,
)

INTERVAL = 0.005  # s between two images

WATCH = """
import sys
from saxsdog import Client
with Client.from_network("test", sys.argv[1]) as client:
    print("ready", flush=True)
    for row in client.live(since=0):
        print(row.cursor, row.file, flush=True)
"""

FINER = [{"Oversampling": 2, "PixelPerRadialElement": 2, "qStart": 0.1, "qStop": 0.4}]


class Detector:
    """Writes and announces images at a steady rate in a thread of its own."""

    def __init__(self, feeder, folder):
        self._feeder, self._folder = feeder, folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.written = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(INTERVAL):
            path = write_frame(self._folder / f"{len(self.written):05d}.tif", len(self.written))
            self._feeder.announce(path)
            self.written.append(path.name)


@pytest.fixture(scope="module")
def feeder():
    with Feeder("tcp://127.0.0.1:*") as feeder:
        yield feeder


@pytest.fixture(scope="module")
def served(tmp_path_factory, feeder):
    """One server for all tests of this module, each with folders of its own."""
    with serving(tmp_path_factory.mktemp("new"), workers=2, feeder=feeder.address) as served:
        served.new()
        served.greet(feeder)
        yield served


class Watcher:
    """A client in another process that follows the history."""

    def __init__(self, server):
        self.rows = []
        self._process = subprocess.Popen(  # noqa: S603 - a few lines of ours
            [sys.executable, "-c", WATCH, str(server.network)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._news = threading.Condition()
        assert self._process.stdout.readline() == "ready\n"
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._thread.join()
        self._process.wait()
        self._process.stdout.close()

    def wait_for(self, cursor):
        with self._news:
            assert self._news.wait_for(
                lambda: self.rows and self.rows[-1][0] >= cursor, timeout=20
            ), self.rows[-3:]

    def _read(self):
        for line in self._process.stdout:
            cursor, _, file = line.rstrip().partition(" ")
            with self._news:
                self.rows.append((int(cursor), file))
                self._news.notify_all()


def test_a_new_calibration_loses_no_image_of_a_running_stream(served, feeder):
    images = served.folder("stream/in")
    served.new("stream/in")
    with Detector(feeder, images) as detector:
        for masks in (FINER, DOCUMENT["Masks"], FINER):
            n = len(detector.written)
            served.until(lambda stat, n=n: len(detector.written) > n + 60)
            served.new("stream/in", Masks=masks)
        n = len(detector.written)
        served.until(lambda stat: len(detector.written) > n + 60)
    stat = served.until(lambda stat: is_idle(stat) and newest_are_known(served, detector))
    assert stat.counters.failed == 0
    for name in detector.written:
        curve = images.parent / "work" / name.replace(".tif", ".chi")
        assert read_chi(curve).calibration["Masks"], name
    expected = Expected(served.calibration("stream/in", Masks=FINER))
    for name in detector.written[-60:]:
        expected.check(
            images.parent / "work" / name.replace(".tif", ".chi"), frame_of(int(name[:5]))
        )


def newest_are_known(served, detector):
    """Whether the history has the last image that was written."""
    files = {Path(row.file).name for row in rows_of(served.client)}
    return set(detector.written[-60:]) <= files


def test_images_that_wait_are_carried_over_to_the_new_calibration(served):
    images = served.folder("carry/in")
    served.new("carry/in")
    n = 400
    for seed in range(n):
        write_frame(images / f"{seed:05d}.tif", seed)
    served.until(lambda stat: stat.counters.known == n)
    reply = served.new("carry/in", Masks=FINER)
    stat = served.until_ended(reply.carried)
    assert stat.counters.integrated == stat.counters.known
    newest = Expected(served.calibration("carry/in", Masks=FINER))
    for row in rows_of(served.client)[::20]:
        name = Path(row.file).stem
        newest.check(images.parent / "work" / f"{name}.chi", frame_of(int(name)))
    assert len(list((images.parent / "work").glob("*.chi"))) == n


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="holds the workers by a signal")
def test_images_behind_a_link_are_carried_over_as_well(served):
    real = served.folder("real")
    (served.folder("linked/in") / "run").symlink_to(real)
    served.new("linked/in")
    for worker in served.until(lambda stat: len(stat.workers) == 2).workers:
        os.kill(worker, signal.SIGSTOP)
    for seed in range(20):
        write_frame(real / f"{seed:05d}.tif", seed)
    served.until(lambda stat: stat.counters.known == 20)
    assert served.new("linked/in").carried == 20
    assert served.until_ended(20).counters.integrated == 20


def test_images_of_the_former_folder_do_not_get_into_the_new_queue(served, feeder):
    images = served.folder("first/in")
    other = served.folder("second/in")
    for i in range(2000):
        (images / f"empty-{i:04d}.tif").touch()
    with Detector(feeder, images) as detector:
        for _ in range(2):
            served.new("first/in")
            n = len(detector.written)
            served.until(lambda stat, n=n: len(detector.written) > n + 20)
            served.client.readdir()
            served.new("second/in")
            stat = served.until(lambda stat, n=n: len(detector.written) > n + 40)
            assert (stat.counters.known, stat.directory) == (0, ("second", "in"))
    write_frame(other / "mine.tif", 1)
    served.until_ended(1)
    assert [row.file for row in rows_of(served.client)] == ["second/in/mine.tif"]


def test_a_calibration_that_cannot_be_used_leaves_the_old_queue_at_work(served):
    images = served.folder("good/in")
    served.new("good/in")
    before = served.client.stat()
    small = dict(DOCUMENT["Geometry"], Imagesize=[4, 4])
    mask = [{"MaskFile": "m.tif", "Oversampling": 1, "qStart": 0.1, "qStop": 0.4}]
    directory = {"Directory": ["good", "in"]}
    with pytest.raises(RequestError) as refusal:
        served.client.new(DOCUMENT | directory | {"Masks": mask}, {"m.tif": b"no mask"})
    assert refusal.value.code == "bad-calibration"
    with pytest.raises(SaxsdogError):
        served.client.new(DOCUMENT | {"Directory": ["..", "out"]})
    with pytest.raises(CalibrationError):
        served.client.new(DOCUMENT | directory | {"Wavelength": -1})
    with pytest.raises(SaxsdogError):
        served.client.new(DOCUMENT | directory | {"Geometry": small, "Masks": mask}, {"m.tif": b""})
    after = served.client.stat()
    assert (after.workers, after.opened) == (before.workers, before.opened)
    write_frame(images / "image.tif", 1)
    served.until_ended(1)


def test_a_watcher_in_another_process_sees_every_row_once_also_across_new(served, feeder):
    images, other = served.folder("seen/in"), served.folder("later/in")
    served.new("seen/in")
    start = served.client.stat().cursor
    with Watcher(served.server) as watcher:
        with Detector(feeder, images) as detector:
            served.until(lambda stat: len(detector.written) > 150)
        until(served.client, lambda stat: stat.cursor >= start + len(detector.written))
        stat = served.client.wait(20)
        watcher.wait_for(stat.cursor)
        first = [(row.cursor, row.file) for row in rows_of(served.client)]
        assert watcher.rows == first
        served.new("later/in")
        with Detector(feeder, other) as detector:
            served.until(lambda stat: len(detector.written) > 100)
        served.until_ended(len(detector.written))
        watcher.wait_for(served.client.stat().cursor)
        second = [(row.cursor, row.file) for row in rows_of(served.client)]
        assert watcher.rows == first + second
        assert len(second) == len(detector.written)
