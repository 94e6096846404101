"""Images to results in one format and another: what the archive costs."""

import os
import shutil
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from saxsdog.archive.records import BUNDLE
from saxsdog.archive.records import SUFFIX as RECORD
from saxsdog.benchmark.beamline import PATIENCE, Beamline, beamline
from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.errors import MeasurementError
from saxsdog.benchmark.processes import cpu_seconds_of, family_of
from saxsdog.benchmark.serving import CLOCK_STEP, MOST_ROUNDS
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance
from saxsdog.curves.formats import Products
from saxsdog.curves.jobs import ReuseRule, Status
from saxsdog.curves.outputs import OutputRule, assign
from saxsdog.integrator import Integrator
from saxsdog.pipeline.batch import Batch
from saxsdog.pipeline.batch_archive import ARCHIVED, BatchArchive, data_sets
from saxsdog.provenance.bundle import Bundle, Packed
from saxsdog.sources.find import Source

Formats = tuple[str, ...]

FORMATS: tuple[Formats, ...] = (
    ("chi",),
    ("chi", "dat"),
    ("chi", "nexus"),
    ("nexus",),
    ("csv",),
    ("chi", "nexus", "csv"),
)
N_WORKERS = 2
LOOK = 0.02
"""s between two looks whether the archive has everything."""

MILLISECOND = 1e-3


@dataclass
class Passes:
    """What the passes with some formats have shown.

    Attributes
    ----------
    rates
        Images per second, until all of them are in all files.
    costs
        Processor time of all processes for each image, s.
    late
        From the last curve until the archive has everything, s.
    """

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def medians(self) -> list[float]:
        """Return rate, delay in s and, if it is known, processor time in ms."""
        costs = [statistics.median(self.costs) / MILLISECOND] if self.costs else []
        return [statistics.median(self.rates), statistics.median(self.late), *costs]


def batch_formats(bench: Bench, advance: Advance) -> Table:
    """Integrate all images by ``saxsdog integrate`` into each choice of formats, in turn."""
    integrator, turns = bench.images.integrator(), count()
    passes = {formats: Passes() for formats in FORMATS}
    for _ in range(bench.few_rounds):
        for formats, found in passes.items():
            folder = bench.folder / f"formats-{next(turns)}"
            _integrate(bench, integrator, formats, folder, found)
            shutil.rmtree(folder)
            advance(1 / bench.few_rounds / len(FORMATS))
    caption = (
        f"saxsdog integrate -j {N_WORKERS}, from the first image until the files are complete; "
        f"medians of {bench.few_rounds} rounds in turn. 'of the first' compares rates; 'archive' "
        "is the time from the last image to the complete archive. Processor time of all processes."
    )
    return _table(bench.of("formats, saxsdog integrate"), passes, caption)


def _integrate(
    bench: Bench, integrator: Integrator, formats: Formats, folder: Path, found: Passes
) -> None:
    images = bench.images
    sources = [Source(file, images.root) for file in images.files]
    targets = assign(sources, OutputRule(folder=folder), integrator.channels)
    folder.mkdir(exist_ok=True)
    bundle = Bundle.of(integrator.calibration, integrator.files)
    with ExitStack() as stack:
        products = Products(formats, bundle=Packed.write(bundle, folder / BUNDLE))
        archive = None
        if archived := [name for name in formats if name in ARCHIVED]:
            sets = data_sets([images.root], folder)
            made = BatchArchive(integrator, bundle, archived, sets, len(sources))
            archive = stack.enter_context(made)
            products = replace(products, spool=archive.spool)
        batch = Batch(
            integrator, targets, ReuseRule(), N_WORKERS, products=products, archive=archive
        )
        with batch.outcomes() as outcomes:
            begin, before = _check(next(outcomes)), _cpu_of(os.getpid())
            for outcome in outcomes:
                last = _check(outcome)
            after, own = _cpu_of(os.getpid()), time.process_time()
    end = time.perf_counter()
    found.rates.append((len(sources) - 1) / (end - begin))
    found.late.append(end - last)
    if before is not None and after is not None:
        rest = time.process_time() - own  # the workers have ended meanwhile
        found.costs.append((after - before + rest) / (len(sources) - 1))


def _check(outcome: object) -> float:
    """Refuse to measure failures; return the time."""
    if getattr(outcome, "status", None) is not Status.INTEGRATED:
        raise MeasurementError(f"expected results of every image, got {outcome}")
    return time.perf_counter()


def server_formats(bench: Bench, advance: Advance) -> Table:
    """Let a server integrate all images into each choice of formats, in turn."""
    rounds = min(MOST_ROUNDS, bench.rounds)
    passes = {formats: Passes() for formats in FORMATS}
    state = bench.folder / "formats-state"
    with beamline(bench.images, N_WORKERS, state) as line:
        document, titles = line.images.calibration, count()
        for _ in range(rounds):
            for formats, found in passes.items():
                # Another title makes another calibration, whose archive is a new file.
                changes = {"Formats": list(formats), "Title": f"bench {next(titles)}"}
                line.images = replace(line.images, calibration=document | changes)
                _walk(line, state, found)
                advance(1 / rounds / len(FORMATS))
    caption = (
        f"A server with {N_WORKERS} workers; images found by the walker, from the first result to "
        f"the last, medians of {rounds} rounds in turn. Processor time of all of its processes. "
        "'archive' is the time from the last result until the archive holds it."
    )
    return _table(bench.of("formats, server"), passes, caption)


def _walk(line: Beamline, state: Path, found: Passes) -> None:
    line.new_queue()
    _wait_for_the_archive(state)
    number = len(line.images.files)
    since, before = line.leash.stat().cursor, _cpu_of(line.supervisor)
    line.leash.readdir()
    line.wait_until_all_are_integrated()
    _wait_for_the_archive(state)
    end, after = time.time(), _cpu_of(line.supervisor)
    done = sorted(row.done for row in line.curves(since, number))
    found.rates.append((len(done) - 1) / max(done[-1] - done[0], CLOCK_STEP))
    found.late.append(max(end - done[-1], 0.0))
    if before is not None and after is not None:
        found.costs.append((after - before) / number)


def _cpu_of(process: int) -> float | None:
    """Processor time of a process and of all that it has started, s."""
    return cpu_seconds_of(family_of(process))


def _wait_for_the_archive(state: Path) -> None:
    """Wait until no result waits for it."""
    end = time.monotonic() + PATIENCE
    while any(state.glob(f"archive-*/*{RECORD}")):
        if time.monotonic() > end:
            raise MeasurementError(f"{state}: expected the archive to take what waits")
        time.sleep(LOOK)


def _table(title: str, passes: dict[Formats, Passes], caption: str) -> Table:
    medians = {formats: found.medians() for formats, found in passes.items()}
    first = medians[FORMATS[0]][0]
    rows = tuple(
        Row(",".join(formats), (rate, rate / first, late, *costs))
        for formats, (rate, late, *costs) in medians.items()
    )
    columns = [Column("rate", "images/s"), Column("of the first"), Column("archive", "s")]
    if rows and len(rows[0].cells) > len(columns):
        columns.append(Column("CPU", "ms/image"))
    return Table(title, tuple(columns), rows, caption)
