"""What the operating system says of a file: which version it is, and why it cannot be had."""

import errno
import os
from pathlib import Path
from typing import NamedTuple

from saxsdog.reasons import Reason

_REASONS = {
    errno.ENOENT: Reason.VANISHED,
    errno.ENOTDIR: Reason.VANISHED,  # a folder above it has become a file
    errno.EACCES: Reason.PERMISSION,
    errno.EPERM: Reason.PERMISSION,
    errno.EISDIR: Reason.NOT_REGULAR,
    errno.ENXIO: Reason.NOT_REGULAR,  # a socket, or a device with nothing behind it
    errno.ENODEV: Reason.NOT_REGULAR,
}


_LATEST = 2**63 - 1
"""ns since the epoch that the journal can hold; anybody may give a file a later time."""


class Fingerprint(NamedTuple):
    """Tells the versions of a file apart; ``inode`` differs where another file took its name."""

    size: int
    mtime_ns: int
    inode: int


def fingerprint_of(status: os.stat_result) -> Fingerprint:
    """Take the fingerprint of a file from its status."""
    time = max(-_LATEST, min(status.st_mtime_ns, _LATEST))
    return Fingerprint(status.st_size, time, status.st_ino % 2**64)


def reason_of(error: OSError) -> Reason:
    """Why a file cannot be opened or read."""
    return _REASONS.get(error.errno or 0, Reason.IO_ERROR)


def last_change(path: Path) -> int:
    """Return when the content or the name of a file last changed, ns since the epoch.

    A copy or a move may bring an old time of modification along, but not an old time of change;
    Windows does not tell the latter.

    Raises
    ------
    OSError
        If there is no such file.
    """
    status = path.stat()
    return status.st_mtime_ns if os.name == "nt" else max(status.st_mtime_ns, status.st_ctime_ns)
