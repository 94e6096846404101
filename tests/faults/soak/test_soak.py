"""Hundreds of thousands of images while workers are killed, for as long as the budget allows."""

import os
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from saxsfeeder import Feeder
from tests.helpers.promises import promise
from tests.helpers.repeating import Repeatedly, kill_a_worker
from tests.helpers.served import (
    Expected,
    frame_of,
    rows_of,
    serving,
    until,
    write_frame,
)

pytestmark = pytest.mark.soak

MOST_IMAGES = 300_000
A_FOLDER = 1000
FOLDERS_AHEAD = 8
"""Folders with images that have not been integrated, at most."""

SEEDS = 50
"""Different images; all the others are links to them."""

STEADY_FROM = 10_000
"""Images; what grows with the first ones, like the history, is full by then."""

MOST_GROWTH = 32 << 20
KILL_EVERY = 1.0
MIXED = '[watcher]\nmode = "off"\n[walk]\ninterval = 1\n'
"""Half of the images are announced; only searches find the others."""


class Supply:
    """Makes folders of images, and removes those that are done; names tell the seed."""

    def __init__(self, served, feeder):
        self._served, self._feeder = served, feeder
        self._made = 0
        self.sources = served.folder("sources")
        for seed in range(SEEDS):
            write_frame(self.sources / f"{seed:02d}.tif", seed)

    def make_folder(self):
        """Make a folder of images, announce every second one, and return it."""
        folder = self._served.folder(f"in/{self._made:04d}/frames")
        for number in range(A_FOLDER):
            image = folder / f"{self._made:04d}-{number:03d}.tif"
            os.link(self.sources / f"{seed_of(image):02d}.tif", image)
            if number % 2:
                self._feeder.announce(image)
        self._made += 1
        return folder


def seed_of(image):
    return int(Path(image).stem[-3:]) % SEEDS


def names_in(folder):
    """Names of the files of a folder, without hidden ones."""
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


class Watch:
    """Reads curves while they are written, as a program that polls does; none may be partial."""

    def __init__(self, curves, folders):
        self._curves, self._folders = curves, folders
        self.read = 0

    def look(self, _):
        for folder in list(self._folders):
            work = folder.parent / "work"
            try:
                names = names_in(work)
            except FileNotFoundError:
                continue
            for name in names[:: max(1, len(names) // 20)]:
                try:
                    content = (work / name).read_bytes()
                except FileNotFoundError:  # its folder is done
                    continue
                assert content == self._curves[seed_of(name)], f"{work / name} is partial"
                self.read += 1


def reference_curves(served, sources):
    """The bytes of the curve of each seed, made by the server and compared with our own."""
    folder = served.folder("in/reference/frames")
    for source in sources.iterdir():
        os.link(source, folder / f"r{int(source.stem):03d}.tif")
    served.client.readdir()
    served.until_ended(SEEDS)
    expected = Expected(served.calibration())
    curves = []
    for seed in range(SEEDS):
        path = folder.parent / "work" / f"r{seed:03d}.chi"
        expected.check(path, frame_of(seed))
        curves.append(path.read_bytes())
    return curves


def check_folder(folder, curves):
    """Every image of a folder has its curve, and nothing else is there."""
    work = folder.parent / "work"
    found = set(names_in(work))
    images = names_in(folder)
    assert len(images) == A_FOLDER
    assert found == {name.replace(".tif", ".chi") for name in images}
    for name in found:
        assert (work / name).read_bytes() == curves[seed_of(name)], work / name


@promise(
    "L1",
    fault="300,000 images, every second one announced, and a worker killed each second",
    kept="none is lost, none has another result, no reader meets a partial curve, none is blamed; "
    "the memory of the server grows by less than 32 MiB from image 10,000 on",
)
@pytest.mark.timeout(0)
def test_nothing_is_lost_while_a_worker_is_killed_each_second(tmp_path, budget, capsys):
    started = time.monotonic()
    times, counts = Counter(), Counter()
    cursor, made, done = 0, 0, 0
    open_folders, memory, next_note = [], {}, STEADY_FROM
    with (
        Feeder("tcp://127.0.0.1:*") as feeder,
        serving(tmp_path, workers=2, feeder=feeder.address, settings=MIXED) as served,
    ):
        served.new()
        served.greet(feeder)
        supply = Supply(served, feeder)
        curves = reference_curves(served, supply.sources)
        cursor = served.client.stat().cursor
        watch = Watch(curves, open_folders)
        with (
            Repeatedly(served.server, KILL_EVERY, kill_a_worker) as kills,
            Repeatedly(served.server, 0.5, watch.look),
        ):
            begun = time.monotonic()
            while open_folders or made == 0:
                late = time.monotonic() - started > 0.9 * budget
                while made < MOST_IMAGES and not late and len(open_folders) < FOLDERS_AHEAD:
                    open_folders.append(supply.make_folder())
                    made += A_FOLDER
                until(served.client, lambda stat, at=cursor: stat.cursor > at)
                for row in rows_of(served.client, cursor):
                    cursor = row.cursor
                    counts[Path(row.file).parent] += not times[row.file]
                    times[row.file] += 1
                done = len(times)
                whole = [f for f in open_folders if counts[f.relative_to(served.root)] == A_FOLDER]
                for folder in whole:
                    check_folder(folder, curves)
                    open_folders.remove(folder)
                    shutil.rmtree(folder.parent)
                if done >= next_note:
                    memory[done] = served.server.memory
                    next_note = 50_000 if next_note < 50_000 else next_note + 50_000
            seconds = time.monotonic() - begun
        memory[done] = served.server.memory
        stat = served.until_ended(made + SEEDS)
        with capsys.disabled():
            mebibytes = {number: f"{each / 2**20:.1f}" for number, each in memory.items()}
            print(  # noqa: T201 - the figures are what one runs this for
                f"\n{made} images in {seconds:.0f} s, {made / seconds:.0f}/s; "
                f"{sum(map(bool, kills.returned))} kills, {stat.counters.worker_deaths} deaths, "
                f"{stat.counters.retries} images tried again; "
                f"{stat.sources.found_by_walk} found by searches; {watch.read} curves read "
                f"meanwhile;\nmemory of the server (MiB) after so many images: {mebibytes}"
            )
        assert stat.counters.known == stat.counters.integrated == made + SEEDS
        assert len(times) == made
        assert set(times.values()) == {1}
        assert watch.read > 0
        first = min(memory)
        assert all(each - memory[first] < MOST_GROWTH for each in memory.values()), memory
