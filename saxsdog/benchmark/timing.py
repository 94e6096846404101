"""Time things fairly on a machine that drifts: in turn, and with medians."""

import statistics
import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]


def in_turn(
    candidates: Mapping[str, Work], rounds: int, advance: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """Run every candidate once in each round, A B C A B C, and return the median of each, s.

    One run of each beforehand compiles, allocates and warms the caches, and is not counted.
    """
    for work in candidates.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, work in candidates.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
        advance()
    return {name: statistics.median(times) for name, times in seconds.items()}
