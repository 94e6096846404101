"""Python code of somebody else is stopped when it takes too long."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNAL: int | None = getattr(signal, "SIGVTALRM", None)  # not on Windows
"""That of a clock that nobody uses: SIGALRM ends a worker whose server is gone."""


# Not an Exception, which that code may catch.
class OverdueError(BaseException):
    """The code has taken too long."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :exc:`OverdueError` in code that takes longer; limits cannot stand in each other.

    Compiled code is stopped when it comes back to Python. On Windows and in threads other than the
    first nothing is stopped, and the error comes at the end. Alarms and timers of the process are
    left to others.
    """
    if _SIGNAL is not None and threading.current_thread() is threading.main_thread():
        guard = _guard(_SIGNAL)
        guard.watch(seconds)
        try:
            yield
        finally:
            guard.leave()
        return
    began = time.monotonic()
    yield
    if time.monotonic() - began > seconds:
        raise OverdueError


class _Guard(threading.Thread):
    """Sends the main thread a signal when its time is over.

    It does not wake up for each call, but when the time of one is over that began long ago.
    """

    def __init__(self, number: int) -> None:
        super().__init__(name="time limit", daemon=True)
        self._number = number
        self._changed = threading.Condition(threading.Lock())
        self._due = self._wakes = math.inf
        self._end = math.inf  # of the main thread alone, whose signals wait for no lock
        # It stays: a signal that comes too late would end the process.
        signal.signal(number, self._stop)

    def watch(self, seconds: float) -> None:
        """Begin; from the main thread."""
        self._end = time.monotonic() + seconds
        with self._changed:
            self._due = self._end
            if self._due < self._wakes:
                self._changed.notify()

    def leave(self) -> None:
        """End; a signal that is still on its way does nothing from then on."""
        self._end = math.inf
        with self._changed:
            self._due = math.inf

    def run(self) -> None:
        main = threading.main_thread().ident or 0
        with self._changed:
            while True:
                rest = self._due - time.monotonic()
                if rest <= 0.0:
                    self._due = math.inf
                    signal.pthread_kill(main, self._number)
                else:
                    self._wakes = self._due
                    self._changed.wait(None if rest == math.inf else rest)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if time.monotonic() >= self._end:
            self._end = math.inf
            raise OverdueError


_guards: list[_Guard] = []


def _guard(number: int) -> _Guard:
    """Return the guard of this process; a process that is forked has none."""
    if not _guards or not _guards[0].is_alive():
        _guards[:] = [_Guard(number)]
        _guards[0].start()
    return _guards[0]
