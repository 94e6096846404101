"""How soon the work goes on when a worker dies."""

import os
import signal
import statistics
import time
from itertools import pairwise

from saxsdog.benchmark.beamline import Beamline, beamline
from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance

MOST_DEATHS = 5
FIRST = 20
"""Curves before the worker is killed: the load is there."""

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # which ends a process of Windows at once

MILLISECOND = 1e-3


def deaths(bench: Bench, advance: Advance) -> Table:
    """Kill the only worker under load, and wait for the first curve of its successor."""
    times: list[float] = []
    number = min(MOST_DEATHS, bench.rounds)
    with beamline(bench.images, 1) as line:
        for _ in range(number):
            times.append(_without_a_worker(line))
            advance(1 / number)
    cells = (len(times), statistics.median(times) / MILLISECOND, max(times) / MILLISECOND)
    columns = (Column("number"), Column("median", "ms"), Column("largest", "ms"))
    caption = (
        "The only worker gets SIGKILL amid its work; all images are integrated all the same. The "
        "time until the next curve, which is that of its successor."
    )
    rows = (Row("from the death of a worker to the next curve", cells),)
    return Table(bench.of("server, a worker dies"), columns, rows, caption)


def _without_a_worker(line: Beamline) -> float:
    """Kill the worker amid a walk over all images; return the time without a curve, s.

    A curve that was on its way may come after the death. The longest pause after it is the one
    without a worker.
    """
    since, victim = line.leash.stat().cursor, line.workers[0]
    line.leash.readdir()
    first = line.curves(since, min(FIRST, len(line.images.files) // 2))
    killed = time.time()
    os.kill(victim, KILL)
    later = line.curves(first[-1].cursor, len(line.images.files) - len(first))
    if not any(row.done > killed for row in later):  # few images: all were done before
        line.leash.readdir()
        later = line.curves([*first, *later][-1].cursor, 1)
    moments = [killed, *sorted(row.done for row in later if row.done > killed)]
    pauses = [end - begin for begin, end in pairwise(moments)]
    longest = pauses.index(max(pauses))
    return moments[longest + 1] - killed
