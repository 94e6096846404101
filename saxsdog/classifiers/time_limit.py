"""Python code of somebody else is stopped when it takes too long."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


# Not an Exception, which that code may catch.
class OverdueError(BaseException):
    """The code has taken too long."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :exc:`OverdueError` in code that takes longer.

    Compiled code is stopped when it comes back to Python. On Windows and in threads other than the
    first nothing is stopped, and the error comes at the end. An alarm that somebody else has set
    is kept.
    """
    began = time.monotonic()
    if not hasattr(signal, "setitimer") or threading.current_thread() is not (
        threading.main_thread()
    ):
        yield
        if time.monotonic() - began > seconds:
            raise OverdueError
        return
    handler = signal.signal(signal.SIGALRM, _stop)
    delay, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, handler)
        if delay:
            rest = max(delay - (time.monotonic() - began), 1e-6)
            signal.setitimer(signal.ITIMER_REAL, rest, interval)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise OverdueError
