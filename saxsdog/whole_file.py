"""Write a file whole or not at all, or line by line."""

import errno
import os
import re
import stat
import threading
from pathlib import Path

from saxsdog.regular_file import open_regular

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_MORE = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
_TEMPORARY = re.compile(r"\..+\.(?P<process>[0-9]{1,9})-[0-9]+\.tmp", re.DOTALL)
_READABLE_BY_ALL = 0o666
_LONGEST_NAME = 255
"""Bytes; what the usual file systems take."""


def write_whole(path: str | os.PathLike[str], data: bytes, mode: int = _READABLE_BY_ALL) -> None:
    """Write to a temporary name in the same folder, then rename.

    The file has the rights ``mode``, less what the umask takes away, from its first byte on and
    whatever the rights of the file that it replaces.

    A reader never meets half of a file, and a process that dies never leaves one: either the old
    content is there or all of the new. (Not so if the power fails: nothing waits for the disk.)

    Raises
    ------
    OSError
        If the folder is missing, full or not writable, or a device, a pipe or a socket has this
        name, which a file would take from it; no temporary file is left behind.
    """
    path = Path(path)
    _refuse_what_is_no_file(path)
    temporary = temporary_name(path)
    # A file of this name is from a dead thread that had our numbers.
    temporary.unlink(missing_ok=True)
    try:
        descriptor = os.open(temporary, _NEW, mode)
        try:
            _write(descriptor, data)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _refuse_what_is_no_file(path: Path) -> None:
    """Refuse a name that somebody needs for something else; a folder defends itself."""
    try:
        mode = path.stat().st_mode
    except OSError:  # nothing is there, or writing says why not
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        reason = "expected a file or a new name, got a device, a pipe or a socket"
        raise OSError(errno.EEXIST, reason, str(path))


def append_to(path: Path, data: bytes, *, parents: bool = False) -> None:
    """Append to a file; it and its folder are made if they are not there.

    Parameters
    ----------
    path, data
        The file, and what comes to its end.
    parents
        Whether the folders above its folder are made as well.

    Raises
    ------
    OSError
        If the file cannot be written, or is a link or none at all, or has another name somewhere
        else, where it may be anybody's. A part of the data may have been written.
    """
    try:
        descriptor = open_regular(path, _MORE, _READABLE_BY_ALL)
    except FileNotFoundError:
        path.parent.mkdir(parents=parents, exist_ok=True)
        descriptor = open_regular(path, _MORE, _READABLE_BY_ALL)
    try:
        if os.fstat(descriptor).st_nlink > 1:
            reason = "expected a file of one name, got one that has several (hard links)"
            raise OSError(errno.EMLINK, reason, str(path))
        _write(descriptor, data)
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def remove_leftovers(folder: Path, process_id: int) -> None:
    """Remove the temporary files that a dead process left in a folder."""
    for path in folder.glob(f".*.{process_id}-*.tmp"):
        path.unlink(missing_ok=True)


def remove_leftovers_of_the_dead(folder: Path) -> None:
    """Remove the temporary files of processes that do not exist any more from a folder."""
    for path in folder.glob(".*.tmp"):
        match = _TEMPORARY.fullmatch(path.name)
        if match is not None and not is_running(int(match["process"])):
            path.unlink(missing_ok=True)


def is_running(process_id: int) -> bool:
    """Whether a process of this number exists."""
    if os.name == "nt":  # signal 0 would end it
        return process_id == os.getpid()
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def temporary_name(path: Path) -> Path:
    """Name under which this thread writes before it renames: hidden, in the same folder.

    What a file system does not take of a long name is left out: nobody else has our numbers.
    """
    start, end = f".{path.name}", f".{os.getpid()}-{threading.get_native_id()}.tmp"
    while len(os.fsencode(start)) + len(end) > _LONGEST_NAME:
        start = start[:-1]
    return path.with_name(start + end)
