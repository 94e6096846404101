"""The newest results in memory, for everybody who looks at them all night."""

import threading
from collections import deque
from collections.abc import Iterable

from saxsdog.queue.records import Result

LENGTH = 10_000
"""Results in memory; older ones are in the journal."""

RATE_SECONDS = 60


class History:
    """A ring of results, safe to use from several threads.

    Parameters
    ----------
    results
        Those to begin with, oldest first.
    last_cursor
        Of the newest result that ever was.
    """

    def __init__(self, results: Iterable[Result] = (), last_cursor: int = 0) -> None:
        self._lock = threading.Lock()
        self._ring: deque[Result] = deque(results, maxlen=LENGTH)
        self._last_cursor = last_cursor
        self._floor = self._ring[0].cursor if self._ring else last_cursor + 1
        self._per_second: deque[tuple[int, int]] = deque(maxlen=RATE_SECONDS + 1)

    @property
    def last_cursor(self) -> int:
        return self._last_cursor

    @property
    def newest(self) -> Result | None:
        with self._lock:
            return self._ring[-1] if self._ring else None

    def extend(self, results: Iterable[Result], now: float) -> None:
        """Append results; ``now`` in seconds of a clock that never jumps."""
        with self._lock:
            count = 0
            for result in results:
                self._ring.append(result)
                self._last_cursor = result.cursor
                count += 1
            if self._ring:
                self._floor = self._ring[0].cursor
            self._count(count, int(now))

    def clear(self) -> None:
        with self._lock:
            self._ring.clear()
            self._floor = self._last_cursor + 1
            self._per_second.clear()

    def since(self, cursor: int, limit: int) -> tuple[list[Result], bool] | None:
        """Return results after a cursor, and whether there are more.

        ``None`` if some of them are no longer here.
        """
        with self._lock:
            if cursor + 1 < self._floor:
                return None
            newer: list[Result] = []
            for result in reversed(self._ring):
                if result.cursor <= cursor:
                    break
                newer.append(result)
        newer.reverse()
        return newer[:limit], len(newer) > limit

    def rate(self, now: float) -> tuple[int, ...]:
        """Results in each of the last full seconds, oldest first."""
        with self._lock:
            counts = dict(self._per_second)
        this = int(now)
        return tuple(counts.get(second, 0) for second in range(this - RATE_SECONDS, this))

    def _count(self, count: int, second: int) -> None:
        if self._per_second and self._per_second[-1][0] == second:
            count += self._per_second.pop()[1]
        self._per_second.append((second, count))
