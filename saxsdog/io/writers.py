"""Whether somebody has a file open to write to it.

Linux gives a read lease only on a file that nobody has open for writing. To ask for one, and give
it back at once, takes microseconds. It needs a file of our own user, or the right ``CAP_LEASE``,
and a file system that knows leases: others do not tell.
"""

import errno
import platform
import re
from enum import Enum
from functools import cache

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

_SETLEASE = getattr(fcntl, "F_SETLEASE", None)
_FINE_TIMES_SINCE = (6, 13)


class Writers(Enum):
    """What is known of those who write to a file."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


def writers_of(descriptor: int) -> Writers:
    """Tell whether anybody has a file open for writing; a process that asks must ignore SIGIO.

    Parameters
    ----------
    descriptor
        Of the file, open for reading only.
    """
    if _SETLEASE is None:
        return Writers.UNKNOWN
    try:
        fcntl.fcntl(descriptor, _SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return Writers.SOME if error.errno == errno.EAGAIN else Writers.UNKNOWN
    try:
        fcntl.fcntl(descriptor, _SETLEASE, fcntl.F_UNLCK)
    except OSError:  # taken away meanwhile, because somebody has begun to write
        return Writers.SOME
    return Writers.NONE


@cache
def times_are_fine() -> bool:
    """Whether a file that was looked at and is written again gets another time in any case.

    Before Linux 6.13 the times of files were those of a clock that ticks every 1 to 10 ms.
    """
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    is_new = found is not None and (int(found[1]), int(found[2])) >= _FINE_TIMES_SINCE
    return platform.system() == "Linux" and is_new
