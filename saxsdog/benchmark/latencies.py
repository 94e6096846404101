"""How long a curve takes from its event, and how long the server takes to answer meanwhile."""

import statistics
import time

import numpy as np

from saxsdog.benchmark.beamline import Beamline, beamline
from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.polling import Polling
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance

RATES = (50.0, 100.0, 200.0)
"""Images per second."""

LONGEST = 5.0
"""Seconds at each rate."""

N_WORKERS = 2
MOST_CALIBRATIONS = 5
MILLISECOND = 1e-3
WHOLE = (50, 99, 100)
"""Percentiles: the median, nearly all, all."""


def latencies(bench: Bench, advance: Advance) -> Table:
    """From the event to the whole curve on disk at several rates, and replies meanwhile."""
    rows = []
    with beamline(bench.images, N_WORKERS) as line:
        for rate in RATES:
            line.new_queue()
            with Polling(line.server) as polling:
                curves = _at(line, rate)
            for what, seconds in (("curve on disk", curves), ("reply to stat", polling.replies)):
                figures = np.percentile(np.array(seconds) / MILLISECOND, WHOLE)
                cells = (len(seconds), *map(float, figures))
                rows.append(Row(f"{what}, {rate:.0f} images/s", cells))
            advance(1 / len(RATES))
    columns = (
        Column("number"),
        Column("median", "ms"),
        Column("99 %", "ms"),
        Column("largest", "ms"),
    )
    caption = (
        f"{N_WORKERS} workers. From the feeder's event to the whole curve file; and of the "
        "question of a leash for stat, twice a second, to its reply."
    )
    return Table(bench.of("server, latency"), columns, tuple(rows), caption)


def first_curve(bench: Bench, advance: Advance) -> Table:
    """From sending a calibration to the first curve."""
    times: list[float] = []
    number = min(MOST_CALIBRATIONS, bench.rounds)
    with beamline(bench.images, N_WORKERS) as line:
        for _ in range(number):
            since, start = line.leash.stat().cursor, time.time()
            line.leash.new(line.images.calibration, line.images.masks)
            line.announce(line.images.files[:1])
            times.append(line.curves(since, 1)[0].done - start)
            advance(1 / number)
    cells = (len(times), statistics.median(times) / MILLISECOND, max(times) / MILLISECOND)
    columns = (Column("number"), Column("median", "ms"), Column("largest", "ms"))
    caption = "The weights are computed and the workers are started in this time."
    rows = (Row("from 'new' to the first curve", cells),)
    return Table(bench.of("server, a new calibration"), columns, rows, caption)


def _at(line: Beamline, rate: float) -> list[float]:
    """Latencies at a rate, s."""
    since = line.leash.stat().cursor
    announced: dict[str, float] = {}
    start = time.monotonic()
    for i, image in enumerate(line.left[: int(LONGEST * rate)]):
        time.sleep(max(0.0, start + i / rate - time.monotonic()))
        announced[image.relative_to(line.images.root).as_posix()] = time.time()
        line.feeder.announce(image)
    rows = line.curves(since, len(announced))
    return [row.done - announced[row.file] for row in rows]
