"""Copy a file so that it is absent or whole at its destination."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

SECOND = 1_000_000_000
"""Nanoseconds."""


class ChangedWhileCopyingError(OSError):
    """A file was written to while it was copied; what was copied is thrown away."""


class Copier:
    """Copies files of one folder to the same relative places below another.

    Parameters
    ----------
    source, destination
        The folders, absolute.
    move
        Whether :meth:`release` removes the original.
    """

    def __init__(self, source: str, destination: str, *, move: bool = False) -> None:
        self._source = Path(source)
        self._destination = Path(destination)
        self._move = move

    def copy(self, path: str) -> str | None:
        """Copy a file and return where it is now; nothing if it was there already.

        Raises
        ------
        OSError
            If it cannot be read or written; the destination is as it was before.
        """
        original = Path(path)
        target = self._destination / original.relative_to(self._source)
        version = original.stat()
        if _is_copy(target, version):
            return None
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
        return str(target)

    def release(self, path: str) -> None:
        """Remove the original of a file that has been copied, if files are to be moved."""
        if self._move:
            Path(path).unlink(missing_ok=True)


def _is_copy(target: Path, version: os.stat_result) -> bool:
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
    if len(sizes) > 1 or now.st_mtime_ns != version.st_mtime_ns:
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
