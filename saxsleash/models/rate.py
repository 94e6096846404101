"""How many images were integrated in each of the last seconds, on the clock of the server."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SECONDS = 100
"""Shown, as in the original."""

_KEPT = 2 * SECONDS
_MEAN_OVER = 5
"""s; long enough that the number can be read, short enough that it follows."""


class Rate:
    """Counts what was done in each second.

    Parameters
    ----------
    clock
        Seconds that never jump; the time of the server goes on with it between two messages.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._offset: float | None = None
        self._counts: dict[int, int] = {}

    @property
    def now(self) -> float | None:
        """The time of the server; ``None`` until it is known."""
        return None if self._offset is None else self._clock() + self._offset

    def set_server_time(self, time: float) -> None:
        """Say what the clock of the server shows."""
        self._offset = time - self._clock()

    def add(self, done: NDArray[np.float64]) -> None:
        """Count images that were integrated at these times."""
        done = done[np.isfinite(done)]
        if not done.size:
            return
        recent = np.floor(done[done > self._newest(float(done.max())) - _KEPT]).astype(np.int64)
        for second, count in zip(*np.unique(recent, return_counts=True), strict=True):
            self._counts[int(second)] = self._counts.get(int(second), 0) + int(count)
        if len(self._counts) > _KEPT:
            newest = max(self._counts)
            self._counts = {s: n for s, n in self._counts.items() if s > newest - _KEPT}

    def clear(self) -> None:
        """Forget all counts, but not the time."""
        self._counts.clear()

    def histogram(self) -> NDArray[np.int64]:
        """Return the counts of the last :data:`SECONDS` full seconds, oldest first."""
        now = self._newest(-math.inf)
        if not math.isfinite(now):
            return np.zeros(SECONDS, np.int64)
        seconds = range(math.floor(now) - SECONDS, math.floor(now))
        return np.array([self._counts.get(second, 0) for second in seconds])

    def mean(self) -> float:
        """Return the images per second of the last full seconds."""
        return float(self.histogram()[-_MEAN_OVER:].mean())

    def _newest(self, fallback: float) -> float:
        now = self.now
        if now is not None:
            return now
        return max([float(second + 1) for second in self._counts] + [fallback])
