"""Where the time of one image goes, stage by stage, beside what the machine needs at least."""

import multiprocessing
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import xxhash

from saxsdog.benchmark.beamline import beamline
from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.serving import Load, feed
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance
from saxsdog.benchmark.writing import write_plain
from saxsdog.benchmark.yardstick import sum_once
from saxsdog.curves.formats import Products
from saxsdog.curves.jobs import Job, Outcome, ReuseRule
from saxsdog.curves.reducer import Reducer
from saxsdog.io.chi import CurveFormat
from saxsdog.io.images import FrameReader
from saxsdog.provenance.bundle import Bundle, Packed
from saxsdog.provenance.counts import digest_of
from saxsdog.provenance.notes import Notebook, write_in_folder
from saxsdog.reduction.integrate import Curve, integrate
from saxsdog.reduction.plan import make_plan
from saxsdog.simulation.frames import write_frame
from saxsdog.sources.find import find_images
from saxsdog.whole_file import append_to, write_whole

BUNDLE = "bundle.zip"
MOST_IMAGES = 300
BLOCK = 20
"""Images that one stage after the other gets, before the machine's least and the whole are measured
with the same: all see the same weather, and no pixels in the caches."""

LOOKS = 5
MICROSECOND = 1e-6

Times = defaultdict[str, list[float]]

HEADER = "open, header, close"
PIXELS = "read the pixels"
SUMS = "sum the pixels of each bin"
REST = "areas, error, parameters"
TEXT = "format the text"
FILE = "write the file whole"
NOTES = "note what it was made of"
ANSWER = "take the job, answer"
FOUND = "find the file in its folder"
WHOLE = "these stages at once"
STAGES = (HEADER, PIXELS, SUMS, REST, TEXT, FILE, NOTES)


class Stages:
    """The stages of an image, each by itself, with the product's own functions."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        integrator = bench.images.integrator()
        self._folder = folder
        self._plan, document = integrator.plan, integrator.calibration.document
        self._format = CurveFormat(self._plan.channels[0], document)
        packed = Packed.write(Bundle.of(integrator.calibration, integrator.files), folder / BUNDLE)
        products = Products(bundle=packed)
        self._reducer = Reducer(self._plan, document, ReuseRule(), products=products)
        self._notebook = Notebook(folder, packed)
        self._reader, self._small_reader = FrameReader(), FrameReader()
        # What a frame costs besides its pixels is what one costs that has hardly any.
        nearly_all = np.ones(self._plan.shape, dtype=bool)
        nearly_all[-1] = False
        self._small_plan = make_plan(
            bench.experiment.geometry, [replace(bench.channel, mask=nearly_all)]
        )
        self._small_file = folder / "small.tif"
        pixel = np.zeros((1, 1), dtype=bench.experiment.detector.dtype)
        write_frame(self._small_file, pixel, bench.experiment.header(0))
        self._buffer = np.empty(bench.image.nbytes, dtype=np.uint8)
        self._here, self._there = multiprocessing.Pipe()
        self.times: Times = defaultdict(list)
        self.least: Times = defaultdict(list)

    def close(self) -> None:
        self._here.close()
        self._there.close()

    def one_by_one(self, file: Path) -> Curve:
        """Time each stage of an image."""
        clock = _Clock(self.times)
        image = self._reader.read(file).image
        clock.note(PIXELS)  # and all before them
        self._small_reader.read(self._small_file)
        clock.note(HEADER)
        curve = integrate(image, self._plan)[0]
        clock.note(SUMS)  # and all after them
        integrate(image, self._small_plan)
        clock.note(REST)
        data = self._format.render(curve)
        clock.note(TEXT)
        write_whole(self._folder / f"{file.stem}.one.chi", data)
        clock.note(FILE)
        counts = digest_of(image)
        self._notebook.write(f"{file.stem}.one", file, counts, write_in_folder, append_to)
        clock.note(NOTES)
        return curve

    def at_least(self, file: Path, curve: Curve) -> None:
        """Time what the machine needs for the same bytes, whatever the program."""
        data = self._format.render(curve)
        target = self._folder / f"{file.stem}.least.chi"
        target.unlink(missing_ok=True)
        numbers = np.stack([curve.intensity, curve.sigma, curve.area])
        clock = _Clock(self.least)
        with file.open("rb", buffering=0) as stream:
            os.fstat(stream.fileno())
        clock.note(HEADER)
        with file.open("rb", buffering=0) as stream:
            clock.skip()
            stream.readinto(self._buffer.data)
            clock.note(PIXELS)
        sum_once(self._buffer.view(np.uint32))
        clock.note(SUMS)
        numbers.copy()
        clock.note(REST)
        bytearray(data)
        clock.note(TEXT)
        write_plain(target, data)
        clock.note(FILE)
        note = xxhash.xxh3_128_hexdigest(self._buffer.data).encode()
        with (self._folder / "least.jsonl").open("ab", buffering=0) as stream:
            stream.write(note)
        clock.note(NOTES)

    def at_once(self, file: Path) -> None:
        """Time the same stages as a worker goes through them; and its answer."""
        job = Job(file, self._folder / file.stem)
        clock = _Clock(self.times)
        outcome = self._reducer.reduce(job)
        clock.note(WHOLE)
        question, answer = _through(self._here, self._there, job, outcome)
        clock.note(ANSWER)
        clock = _Clock(self.least)
        _carry(self._here, self._there, question)
        _carry(self._there, self._here, answer)
        clock.note(ANSWER)


class _Clock:
    """Notes the time since it was last looked at."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._last = time.perf_counter()

    def skip(self) -> None:
        self._last = time.perf_counter()

    def note(self, stage: str) -> None:
        now = time.perf_counter()
        self._times[stage].append(now - self._last)
        self._last = time.perf_counter()


def budget(bench: Bench, advance: Advance) -> Table:
    """Measure each stage over real files, and compare their sum with the whole."""
    files = bench.images.files[:MOST_IMAGES]
    folder = bench.folder / "budget"
    folder.mkdir()
    stages = Stages(bench, folder)
    try:
        stages.at_least(files[0], stages.one_by_one(files[0]))
        stages.at_once(files[0])
        stages.times.clear()
        stages.least.clear()
        for start in range(0, len(files), BLOCK):
            block = files[start : start + BLOCK]
            curves = [stages.one_by_one(file) for file in block]
            for file, curve in zip(block, curves, strict=True):
                stages.at_least(file, curve)
            for file in block:
                stages.at_once(file)
            advance(len(block) / len(files) / 2)
    finally:
        stages.close()
    cost = {stage: statistics.median(times) for stage, times in stages.times.items()}
    least = {stage: statistics.median(times) for stage, times in stages.least.items()}
    cost[PIXELS] -= cost[HEADER]
    cost[SUMS] -= cost[REST]
    cost[FOUND], least[FOUND] = _finding(files)
    supervisor = _supervisor(bench)
    advance(1 / 2)
    total = sum(cost[stage] for stage in STAGES)
    rows = [_row(stage, cost[stage], least[stage], cost[WHOLE]) for stage in STAGES]
    rows += [
        _row("sum of the stages above", total, sum(least[stage] for stage in STAGES), cost[WHOLE]),
        _row(WHOLE, cost[WHOLE], None, cost[WHOLE]),
        _row(ANSWER, cost[ANSWER], least[ANSWER], cost[WHOLE]),
        _row(FOUND, cost[FOUND], least[FOUND], cost[WHOLE]),
    ]
    if supervisor is not None:
        rows.append(_row("queue: the server's supervisor", supervisor, None, cost[WHOLE]))
    columns = (
        Column("time", "µs"),
        Column("at least", "µs"),
        Column("of that"),
        Column("share", "%"),
    )
    caption = (
        f"Medians over {len(files)} uncompressed TIFFs. 'at least': what this machine takes to "
        "open and close the file, to read, sum, copy or write the same bytes, or to send them. "
        "'of that': time over that. 'share': of the stages at once, as a worker does them. The "
        "supervisor: processor time, all of its threads."
    )
    return Table(bench.of("budget of one image"), columns, tuple(rows), caption)


def _row(stage: str, seconds: float, least: float | None, whole: float) -> Row:
    """Put a stage beside the least that it could take and the whole."""
    return Row(
        stage,
        (
            seconds / MICROSECOND,
            None if least is None else least / MICROSECOND,
            None if least is None else seconds / least,
            100 * seconds / whole,
        ),
    )


def _finding(files: Sequence[Path]) -> tuple[float, float]:
    """Time to find a file in its folder, and to list it, s."""
    folder = files[0].parent
    n_files = len(list(folder.iterdir()))
    times: Times = defaultdict(list)
    for _ in range(LOOKS):
        clock = _Clock(times)
        find_images([str(folder)])
        clock.note("find")
        with os.scandir(folder) as entries:
            for _entry in entries:
                pass
        clock.note("list")
    return statistics.median(times["find"]) / n_files, statistics.median(times["list"]) / n_files


def _supervisor(bench: Bench) -> float | None:
    """Processor time of a server's supervisor for an image, s."""
    load = Load()
    with beamline(bench.images, 1) as line:
        feed(line, load)
    return load.supervisor[0] if load.supervisor else None


def _through(
    here: Connection, there: Connection, job: Job, outcome: Outcome
) -> tuple[bytes, bytes]:
    """Send a job to a worker and its outcome back, with all that both sides do to them."""
    question = job.to_bytes()
    Job.from_bytes(_carry(here, there, question))
    answer = outcome.to_bytes()
    Outcome.from_bytes(_carry(there, here, answer))
    return question, answer


def _carry(start: Connection, end: Connection, data: bytes) -> bytes:
    start.send_bytes(data)
    return end.recv_bytes()
