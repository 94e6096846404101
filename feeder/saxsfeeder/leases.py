"""Whether somebody has a file open to write to it.

Linux gives a read lease only on a file that nobody has open for writing, and lets whoever opens it
so afterwards wait until the lease is given back. It needs a file of our own user, or the right
``CAP_LEASE``, and a file system that knows leases: others do not tell.
"""

from __future__ import annotations

import errno
import os
import signal
from contextlib import contextmanager
from enum import Enum
from typing import Callable, Iterator

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

_HAS_LEASES = hasattr(fcntl, "F_SETLEASE")


class Writers(Enum):
    """What is known of those who write to a file."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


@contextmanager
def lease_on(path: str) -> Iterator[Callable[[], Writers]]:
    """Keep writers away from a file for a moment, if nobody has it open for writing.

    What this gives tells whenever it is called who writes: nobody at first, and somebody as soon as
    a writer waits.
    """
    if not _HAS_LEASES:  # and Windows would not rename what we have open
        yield lambda: Writers.UNKNOWN
        return
    descriptor = os.open(path, os.O_NONBLOCK)  # for reading; a pipe in its place must not hold us
    try:
        first = _take(descriptor)
        yield lambda: _held(descriptor) if first is Writers.NONE else first
    finally:
        os.close(descriptor)  # gives the lease back


def _take(descriptor: int) -> Writers:
    try:
        # A writer that has to wait is told to us by a signal; this one is ignored by default.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return Writers.SOME if error.errno == errno.EAGAIN else Writers.UNKNOWN
    return Writers.NONE


def _held(descriptor: int) -> Writers:
    held = fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_RDLCK
    return Writers.NONE if held else Writers.SOME
