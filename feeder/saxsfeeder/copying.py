"""Copy a file so that it is absent or whole at its destination."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import NamedTuple

SECOND = 1_000_000_000
"""Nanoseconds."""


class ChangedWhileCopyingError(OSError):
    """A file was written to while it was copied; what was copied is thrown away."""


class Copied(NamedTuple):
    """A file that is at its destination.

    Attributes
    ----------
    original, target
        Where it was and where its copy is.
    status
        Of the original before it was copied.
    is_new
        Whether it has just been copied; otherwise a copy of its size and time was there already.
    """

    original: str
    target: str
    status: os.stat_result
    is_new: bool


class Copier:
    """Copies files of one folder to the same relative places below another.

    Parameters
    ----------
    source, destination
        The folders, absolute.
    """

    def __init__(self, source: str, destination: str) -> None:
        self._source = Path(source)
        self._destination = Path(destination)
        self._distrusted: set[str] = set()

    def copy(self, path: str) -> Copied:
        """Copy a file, unless it was copied already.

        Raises
        ------
        OSError
            If it cannot be read or written; the destination is as it was before.
        """
        original = Path(path)
        target = self._destination / original.relative_to(self._source)
        version = original.stat()
        if path not in self._distrusted and is_copy(target, version):
            return Copied(path, str(target), version, is_new=False)
        if not self._destination.is_dir():  # unmounted: what were copied now would be lost
            raise OSError(errno.ENOENT, "expected the folder to copy to", str(self._destination))
        target.parent.mkdir(parents=True, exist_ok=True)
        # Always the same name: what a killed feeder left is overwritten by the next one.
        temporary = target.with_name(f".{target.name}.saxsfeeder")
        try:
            shutil.copyfile(original, temporary)
            _check_unchanged(original, version, temporary)
            os.utime(temporary, ns=(version.st_atime_ns, version.st_mtime_ns))
            _flush_file(temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _flush_folder(target.parent)
        self._distrusted.discard(path)
        return Copied(path, str(target), version, is_new=True)

    def distrust(self, path: str) -> None:
        """Copy a file next time, even if a copy of its size and time is there."""
        self._distrusted.add(path)


def is_copy(target: Path, version: os.stat_result) -> bool:
    """Whether a file has size and time of its original, as :meth:`Copier.copy` leaves them."""
    try:
        there = target.stat()
    except FileNotFoundError:
        return False
    return there.st_size == version.st_size and _same_time(there.st_mtime_ns, version.st_mtime_ns)


def _same_time(copied: int, original: int) -> bool:
    """Whether times in ns are equal as far as a file system can say."""
    if copied % SECOND == 0:  # it keeps whole seconds, or every second one
        return abs(copied - original) < 2 * SECOND
    return abs(copied - original) < 1000  # it keeps microseconds


def _check_unchanged(original: Path, version: os.stat_result, copied: Path) -> None:
    now = original.stat()
    sizes = {version.st_size, now.st_size, copied.stat().st_size}
    was_replaced = (now.st_dev, now.st_ino) != (version.st_dev, version.st_ino)
    if len(sizes) > 1 or was_replaced or now.st_mtime_ns != version.st_mtime_ns:
        raise ChangedWhileCopyingError(f"{original}: changed while it was copied")


def _flush_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    if os.name != "posix":  # nowhere else can a folder be opened
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
