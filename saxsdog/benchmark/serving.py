"""Images through the server at full speed, beside the engine of ``saxsdog integrate``."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from saxsdog.benchmark.beamline import Beamline, beamline
from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.engines import saxsdog_engine
from saxsdog.benchmark.processes import cpu_seconds_of, memory_of
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance

N_WORKERS = (1, 2)
MOST_ROUNDS = 3
CLOCK_STEP = 1e-6
"""Seconds; below it two curves were done at the same time."""

MILLISECOND = 1e-3
MEGABYTE = 1e6


@dataclass
class Load:
    """What the passes through one source have shown.

    Attributes
    ----------
    rates
        Images per second from the first curve to the last.
    supervisor, workers
        Processor time for each image, s; the latter of all workers together.
    """

    rates: list[float] = field(default_factory=list)
    supervisor: list[float] = field(default_factory=list)
    workers: list[float] = field(default_factory=list)


def throughput(bench: Bench, advance: Advance) -> Table:
    """Images that are all there at once, through walker and feeder, with 1 and 2 workers."""
    rows = []
    for n_workers in N_WORKERS:
        rows += _rows(bench, n_workers, lambda share: advance(share / len(N_WORKERS)))
    columns = (
        Column("rate", "images/s"),
        Column("of batch"),
        Column("CPU of supervisor", "ms/image"),
        Column("CPU of workers", "ms/image"),
        Column("supervisor", "MB"),
        Column("a worker", "MB"),
    )
    caption = (
        f"{bench.n_images} uncompressed TIFFs; medians of {_rounds(bench)} rounds in turn. "
        "'of batch' is the rate over that of saxsdog integrate with as many processes in the same "
        "rounds. Processor time of all threads; memory (PSS) at the end. A leash asks for stat "
        "twice a second, and for the history at the end."
    )
    return Table(bench.of("server"), columns, tuple(rows), caption)


def _rounds(bench: Bench) -> int:
    return min(MOST_ROUNDS, bench.rounds)


def _rows(bench: Bench, n_workers: int, advance: Advance) -> list[Row]:
    folder = bench.folder / f"beside-server-{n_workers}"
    folder.mkdir()
    loads = {"walker": Load(), "feeder": Load()}
    with (
        beamline(bench.images, n_workers) as line,
        saxsdog_engine(bench, n_workers, folder) as engine,
    ):
        for _ in range(_rounds(bench)):
            engine.take_a_turn()
            walk(line, loads["walker"])
            feed(line, loads["feeder"])
            advance(1 / _rounds(bench))
        supervisor, worker = memory_of([line.supervisor]), memory_of(line.workers[:1])
    return [
        Row(
            f"{source}, {n_workers} worker{'s' if n_workers > 1 else ''}",
            (
                statistics.median(load.rates),
                statistics.median(load.rates) / engine.rate,
                _milliseconds(load.supervisor),
                _milliseconds(load.workers),
                None if supervisor is None else supervisor / MEGABYTE,
                None if worker is None else worker / MEGABYTE,
            ),
        )
        for source, load in loads.items()
    ]


def walk(line: Beamline, load: Load) -> None:
    """Let the walker find all images, in a new queue."""
    line.new_queue()
    _measure(line, line.leash.readdir, len(line.images.files), load)


def feed(line: Beamline, load: Load) -> None:
    """Announce the images, in a new queue."""
    line.new_queue()
    _measure(line, lambda: line.announce(line.left), len(line.left), load)


def _measure(line: Beamline, begin: Callable[[], object], number: int, load: Load) -> None:
    since, workers = line.leash.stat().cursor, line.workers
    before = cpu_seconds_of([line.supervisor]), cpu_seconds_of(workers)
    begin()
    line.wait_until_all_are_integrated()
    after = cpu_seconds_of([line.supervisor]), cpu_seconds_of(workers)
    done = sorted(row.done for row in line.curves(since, number))
    load.rates.append((len(done) - 1) / max(done[-1] - done[0], CLOCK_STEP))
    for i, costs in enumerate((load.supervisor, load.workers)):
        start, end = before[i], after[i]
        if start is not None and end is not None:
            costs.append((end - start) / number)


def _milliseconds(seconds: list[float]) -> float | None:
    return statistics.median(seconds) / MILLISECOND if seconds else None
