"""Integrate frames in memory on several threads."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from saxsdog.benchmark.bench import Bench, doubling
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance, in_turn, timed
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import Plan, make_plan

FRAMES_A_ROUND = 8
"""Frames of each thread between two looks at the clock, for each round that was asked for."""


def threads(bench: Bench, advance: Advance) -> Table:
    """Python threads that each integrate a frame of their own again and again."""
    plan = make_plan(bench.experiment.geometry, [bench.channel])
    frames = [bench.image.copy() for _ in range(bench.n_cores)]
    each = FRAMES_A_ROUND * bench.rounds
    numbers = doubling(bench.n_cores)
    with ThreadPoolExecutor(bench.n_cores) as pool:
        works = {
            str(number): timed(partial(_integrate_all, pool, frames[:number], plan, each))
            for number in numbers
        }
        times = in_turn(works, bench.few_rounds, advance)
    rates = [number * each / times[str(number)] for number in numbers]
    rows = tuple(
        Row(f"{number} thread{'s' if number > 1 else ''}", (rate, rate / rates[0]))
        for number, rate in zip(numbers, rates, strict=True)
    )
    columns = (Column("rate", "frames/s"), Column("of one thread"))
    caption = "One plan for all; each thread has a frame of its own. No Python lock while summing."
    return Table(bench.of("kernel, threads"), columns, rows, caption)


def _integrate_all(
    pool: ThreadPoolExecutor, frames: list[NDArray[np.int32]], plan: Plan, times: int
) -> None:
    list(pool.map(partial(_integrate, plan=plan, times=times), frames))


def _integrate(frame: NDArray[np.int32], plan: Plan, times: int) -> None:
    for _ in range(times):
        integrate(frame, plan)
