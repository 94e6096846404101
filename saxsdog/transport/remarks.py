"""How often the log is told of what anybody may bring about as often as he likes."""

import threading
import time
from collections.abc import Callable

from saxsdog.transport.rates import Bucket
from saxsdog.words import count

PER_SECOND = 0.1
AT_ONCE = 10


class Remarks:
    """Lets some remarks of a kind through at once, then one every ten seconds; from any thread.

    Parameters
    ----------
    clock
        Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._bucket = Bucket(PER_SECOND, AT_ONCE)
        self._left_out = 0
        self._lock = threading.Lock()

    def next(self) -> str | None:
        """Return what is to be added to the next remark, or ``None`` if it is left out."""
        with self._lock:
            if not self._bucket.take(self._clock()):
                self._left_out += 1
                return None
            left_out, self._left_out = self._left_out, 0
        return f" ({count(left_out, 'more remark')} like this left out)" if left_out else ""
