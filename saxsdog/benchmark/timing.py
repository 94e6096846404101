"""Time things fairly on a machine that drifts: in turn, and with medians."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
Work = Callable[[], object]

Measure = Callable[[], float]
"""Does something once and returns the seconds that it took."""

Advance = Callable[[float], None]
"""Told which further share of a measurement is done, shares of 1 in all."""


def timed(work: Work) -> Measure:
    """Measure a piece of work by the clock on the wall."""

    def measure() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return measure


def timed_each(work: Callable[[Thing], object], things: Sequence[Thing]) -> Measure:
    """Measure the same work on one thing after the other: seconds for each of them."""
    all_of_them = timed(lambda: [work(thing) for thing in things])
    return lambda: all_of_them() / len(things)


def in_turn(
    candidates: Mapping[str, Measure],
    rounds: int,
    advance: Advance = lambda _: None,
    unmeasured: int = 1,
) -> dict[str, float]:
    """Run every candidate once in each round, A B C A B C, and return the median of each, s.

    ``unmeasured`` rounds beforehand compile, allocate and warm the caches, and are not counted.
    """
    for _ in range(unmeasured):
        for measure in candidates.values():
            measure()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, measure in candidates.items():
            seconds[name].append(measure())
        advance(1 / rounds)
    return {name: statistics.median(times) for name, times in seconds.items()}
