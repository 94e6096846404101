"""Everything that can go wrong goes wrong at the same time, for as long as the budget allows."""

import random
import threading
import time
from collections import Counter
from contextlib import suppress

import pytest

from saxsdog.errors import CurveFileError, SaxsdogError
from saxsfeeder import Feeder
from tests.helpers.abuse import flood
from tests.helpers.disks import filled, small_disk
from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.repeating import kill_a_worker
from tests.helpers.served import (
    Expected,
    check_sums,
    frame_of,
    processes_of,
    reasons_of,
    serving,
    temporary_files,
    tiff_of,
    times_integrated,
)

pytestmark = pytest.mark.soak

IMAGES_PER_SECOND = 25
MOST_IMAGES = 20_000
"""Their curves must fit into the small disk."""

DISK = "400m"
SETTINGS = '[watcher]\nmode = "off"\n[walk]\ninterval = 1\nfull_interval = 5\n'
KILL_A_WORKER_EVERY = 1.0
KILL_THE_SERVER_EVERY = 10.0
FULL_EVERY, FULL_FOR = 11.0, 3.0
HOSTILE_MESSAGES = 20_000
QUIET_WITHIN = 120.0
"""s after the last image, while faults come to an end, in which all must have ended."""

NO_IMAGE = b"this is no image"


class Detector:
    """Writes images in every way that detectors have, and announces some of them.

    Attributes
    ----------
    seeds
        What each image holds in the end; ``None``: it is none.
    """

    def __init__(self, folder, feeder, chance):
        self._folder, self._feeder, self._chance = folder, feeder, chance
        self._ways = (self._whole, self._in_slices, self._renamed, self._too_early, self._reserved)
        self.seeds = {}
        self.ways = Counter()

    def write(self, number):
        """Write one image, or an old one once more."""
        if self.seeds and self._chance.random() < 0.05:
            path = self._chance.choice(list(self.seeds))
        else:
            path = self._folder / f"{number:05d}.tif"
        if self._chance.random() < 0.01:
            path.write_bytes(NO_IMAGE)
            self.seeds[path] = None
            return
        way = self._chance.choice(self._ways)
        self.ways[way.__name__.strip("_")] += 1
        way(path, tiff_of(frame_of(number)))
        self.seeds[path] = number
        if self._chance.random() < 0.5:
            for _ in range(self._chance.choice((1, 1, 3))):
                self._feeder.announce(path)

    def _whole(self, path, data):
        path.write_bytes(data)

    def _in_slices(self, path, data):
        with path.open("wb", buffering=0) as file:
            for start in range(0, len(data), 2000):
                file.write(data[start : start + 2000])

    def _renamed(self, path, data):
        hidden = path.with_name(f".{path.name}")
        hidden.write_bytes(data)
        hidden.replace(path)

    def _too_early(self, path, data):
        self._feeder.announce(path)
        path.write_bytes(data)

    def _reserved(self, path, data):
        """Leave room for the pixels first, and announce that it is there when it is not."""
        with path.open("wb", buffering=0) as file:
            file.write(data[:-4000])
            self._feeder.announce(path)
            file.write(data[-4000:])


class Trouble:
    """Threads that do harm until told to stop; a context manager."""

    def __init__(self):
        self._over = threading.Event()
        self._threads = []
        self.errors = []
        self.done = Counter()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def every(self, seconds, harm):
        """Do something again and again; what a server that was killed does not answer is fine."""

        def run():
            while not self._over.wait(seconds):
                try:
                    with suppress(SaxsdogError):
                        harm()
                        self.done[harm.__name__] += 1
                except Exception as error:
                    self.errors.append(error)
                    raise

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def wait(self, seconds):
        self._over.wait(seconds)


@promise(
    "L6",
    fault="all at once: images written in all ways and written again, events lost and repeated, "
    "workers killed each second, the server every ten, the disk of the results full, hostile "
    "messages",
    kept="every image ends once for each content, with the right curve; sums are right whenever "
    "they are asked for",
)
@pytest.mark.timeout(0)
def test_all_faults_at_once_cost_no_image(tmp_path, budget, capsys):
    chance = random.Random(6)  # noqa: S311 - no secret
    number = min(MOST_IMAGES, int(IMAGES_PER_SECOND * 0.7 * budget))
    with (
        Feeder("tcp://127.0.0.1:*") as feeder,
        small_disk(tmp_path / "data" / "work", DISK) as work,
        serving(tmp_path, workers=2, feeder=feeder.address, settings=SETTINGS) as served,
        Trouble() as trouble,
    ):
        served.new()
        served.greet(feeder)
        detector = Detector(served.images, feeder, chance)
        started = time.monotonic()

        def kill_worker():
            with served.server.client() as client:
                kill_a_worker(client)

        def look():
            with served.server.client() as client:
                check_sums(client.stat().counters)

        def fill_the_disk():
            with filled(work):
                trouble.wait(FULL_FOR)

        def send_nonsense():
            with flood(served.server.entry.server, HOSTILE_MESSAGES, processes=1) as strangers:
                end = time.monotonic() + KILL_THE_SERVER_EVERY
                while strangers.goes_on and time.monotonic() < end:
                    trouble.wait(0.5)

        def kill_server():
            served.server.kill()
            wait_until(lambda: not processes_of(served.server.process.pid))
            served.server.restart()

        trouble.every(KILL_A_WORKER_EVERY, kill_worker)
        trouble.every(0.2, look)
        trouble.every(FULL_EVERY, fill_the_disk)
        trouble.every(1.0, send_nonsense)
        trouble.every(KILL_THE_SERVER_EVERY, kill_server)
        for image in range(number):
            detector.write(image)
            time.sleep(max(0.0, started + image / IMAGES_PER_SECOND - time.monotonic()))
        calm = time.monotonic()
        trouble.stop()

        def all_ended(stat):
            assert time.monotonic() - calm < QUIET_WITHIN, stat
            return stat.counters.known >= len(detector.seeds) and not stat.counters.pending

        while not all_ended(served.client.stat()):
            served.client.history(served.client.stat().cursor, limit=1, wait=0.2)
        quiet = time.monotonic() - calm
        # What was written again just when the server died is found by the next full search.
        served.until(lambda stat: stat.sources.walks > 0 and not stat.sources.walking)
        expected = Expected(served.calibration())
        none = {path.name for path, seed in detector.seeds.items() if seed is None}

        def all_right():
            failed = {
                name for name, why in reasons_of(served.client).items() if why != "superseded"
            }
            return failed == none

        wait_until(all_right)
        for path, seed in detector.seeds.items():
            if seed is not None:
                wait_until(lambda path=path, seed=seed: is_right(expected, work, path, seed))
        stat = served.until(lambda stat: stat.counters.pending == 0)
        with capsys.disabled():
            print(  # noqa: T201 - the figures are what one runs this for
                f"\n{len(detector.seeds)} images, {stat.counters.known} contents, written as "
                f"{dict(detector.ways)}; {dict(trouble.done)}; all ended {quiet:.1f} s after "
                f"the last was written; {stat.counters}"
            )
        assert trouble.errors == []
        assert set(times_integrated(served.client)) >= {
            path.name for path, seed in detector.seeds.items() if seed is not None
        }
        assert not temporary_files(work)


def is_right(expected, work, path, seed):
    try:
        expected.check(work / f"{path.stem}.chi", frame_of(seed))
    except (AssertionError, CurveFileError):
        return False
    return True
