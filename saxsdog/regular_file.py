"""Open files in folders where others may plant what they like.

What has the name of a file may be a link to a file that is none of our business, a pipe that lets
its reader wait for ever, or a device without an end.
"""

import errno
import os
import stat
from pathlib import Path

_NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)  # not on Windows
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_AS_IT_IS = getattr(os, "O_BINARY", 0)


def open_regular(
    path: str | os.PathLike[str], flags: int, mode: int = 0o666, *, follow: bool = False
) -> int:
    """Open a regular file, and return its descriptor.

    Parameters
    ----------
    path, flags, mode
        As of ``os.open``.
    follow
        Whether a link is followed.

    Raises
    ------
    OSError
        If it cannot be opened or is no regular file; ``ELOOP`` for a link.
    """
    if not follow and os.path.islink(path):  # noqa: PTH114 - hot
        raise OSError(errno.ELOOP, "expected a file, got a link", str(path))
    extra = _NEVER_WAIT | _AS_IT_IS | (0 if follow else _NO_LINK)
    try:
        descriptor = os.open(path, flags | extra, mode)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise _no_file(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_file(path)
    return descriptor


def read_regular(path: str | os.PathLike[str], most: int, *, follow: bool = False) -> bytes:
    """Read a regular file of at most so many bytes.

    Raises
    ------
    OSError
        As from :func:`open_regular`; ``EFBIG`` if the file is larger.
    """
    with os.fdopen(open_regular(path, os.O_RDONLY, follow=follow), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, f"expected at most {most} bytes, got {size}", str(path))
        return file.read(most)


def place_of(descriptor: int, path: str | os.PathLike[str]) -> Path:
    """Return where a file that was opened by a path really is, behind all links.

    Where the system tells that of the descriptor, nobody can change it in between.
    """
    try:
        place = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - hot
    except OSError:
        place = ""
    return Path(place if place.startswith("/") else os.path.realpath(path))


def _no_file(path: str | os.PathLike[str]) -> OSError:
    return OSError(errno.EEXIST, "expected a file, got a device, a pipe or a folder", str(path))
