"""The server itself is killed, again and again, for as long as the budget lasts."""

import os
import random
import threading
import time

import pytest

from saxsdog.io.chi import read_chi
from saxsfeeder import Feeder
from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.served import (
    Expected,
    check_results,
    frame_of,
    processes_of,
    reasons_of,
    serving,
    temporary_files,
    times_integrated,
    write_frame,
)

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

EVERY = 10.0
"""s between two kills."""

RATE = 100
"""Images that are written within a second; every other one is announced."""

COMPARED = 200
"""Images that are integrated once more at the end, without the server."""

ONLY_NEW = "[walk]\nclock_slack = 0\n"


class Writer:
    """Writes images, and announces half of them, until it is told to end."""

    def __init__(self, served, feeder):
        self.written = 0
        self._served, self._feeder = served, feeder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(1 / RATE):
            seed = self.written
            path = self._served.images / f"{seed:06d}.tif"
            hidden = write_frame(path.with_name(f".{path.name}"), seed)
            hidden.rename(path)
            if seed % 2:
                self._feeder.announce(path)
            self.written += 1


class Reader:
    """Reads what is there, again and again; a curve that is not whole is an error."""

    def __init__(self, folder):
        self.read, self.broken = 0, []
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(0.05):
            names = [each.name for each in os.scandir(self._folder) if each.name.endswith(".chi")]
            for name in random.sample(names, min(20, len(names))) + sorted(names)[-20:]:
                try:
                    read_chi(self._folder / name)
                except Exception as error:
                    self.broken.append(f"{name}: {error}")
                self.read += 1


@promise(
    "G2",
    fault="the server is killed every 10 s, with its feeder, its walker and its workers at work",
    kept="every image ends in one state and stands in the history once; no curve is ever seen that "
    "is not whole, and each is right",
)
def test_a_server_killed_every_ten_seconds_loses_nothing(tmp_path, budget, capsys):
    with (
        Feeder("tcp://127.0.0.1:*") as feeder,
        serving(tmp_path, workers=2, feeder=feeder.address, settings=ONLY_NEW) as served,
    ):
        served.folder("work")
        served.new()
        end, kills, downs = time.monotonic() + budget, 0, []
        with Reader(served.root / "work") as reader, Writer(served, feeder) as writer:
            while time.monotonic() < end:
                kill_at = min(end, time.monotonic() + EVERY)
                served.until(lambda _, at=kill_at: time.monotonic() >= at)
                before = served.client.stat().cursor
                served.server.kill()
                killed = time.monotonic()
                wait_until(lambda: not processes_of(served.server.process.pid))
                served.server.restart()
                assert served.client.stat().cursor >= before
                downs.append(time.monotonic() - killed)
                kills += 1
        stat = served.until_ended(writer.written)
        assert reader.broken == []
        assert reasons_of(served.client) == {}
        assert stat.counters.known == stat.counters.integrated == writer.written
        counted = times_integrated(served.client)
        assert len(counted) == writer.written
        assert set(counted.values()) == {1}
        every = max(1, writer.written // COMPARED)
        assert check_results(served, every=every) >= min(COMPARED, writer.written)
        Expected(served.calibration()).check(served.root / "work" / "000000.chi", frame_of(0))
        assert not temporary_files(served.root)
    with capsys.disabled():
        print(  # noqa: T201 - the figures of the note
            f"\n{writer.written} images, {kills} kills, {reader.read} curves read meanwhile, "
            f"answering again after {max(downs):.1f} s at most"
        )
