"""Whether the disk of a folder of results is there, or only the place where it was mounted.

What is written to such a place is hidden as soon as the disk is back, and fills another one.
"""

import os
from contextlib import suppress
from pathlib import Path

from saxsdog.errors import OutputError
from saxsdog.queue.journal import Journal


class ResultDisks:
    """Remembers, also over a restart, where the disks of results were mounted.

    Parameters
    ----------
    journal
        Keeps what is remembered.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._mounts: dict[Path, Path] = {}

    def check(self, folder: Path) -> None:
        """Return if results can go to a folder, which need not exist yet.

        After a start it may lie somewhere else on purpose: then it is there, and not empty.

        Raises
        ------
        OutputError
            If its disk was mounted, and is no more.
        """
        mount = self._mounts.get(folder)
        if mount is None:
            former = self._journal.fact(_mount_of(folder))
            if former is not None and not _is_mount(Path(former)) and _is_empty(folder):
                raise _away(Path(former))
            mount = self._mounts[folder] = _mount_point_of(folder)
            if str(mount) != former:
                self._journal.set_fact(_mount_of(folder), str(mount))
        elif not _is_mount(mount):
            raise _away(mount)


def disk_of(folder: Path) -> int:
    """Return the number of the disk of a folder, or of where it would be made.

    Raises
    ------
    OutputError
        If nobody can tell.
    """
    try:
        return _device_of(_nearest(folder))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be used: {error.strerror}") from error


def _mount_of(folder: Path) -> str:
    """Name the fact that tells where the disk of a folder is mounted."""
    return f"mount of {folder}"


def _away(mount: Path) -> OutputError:
    return OutputError(f"the disk of the results is not mounted at {mount}")


def _mount_point_of(folder: Path) -> Path:
    place = _nearest(folder)
    return next(each for each in (place, *place.parents) if _is_mount(each))


def _nearest(folder: Path) -> Path:
    """Return the folder, or the one above it that is there."""
    for each in (folder, *folder.parents):
        if os.path.isdir(each):  # noqa: PTH112 - Path.is_dir would raise where it may not look
            return each
    return folder


def _is_mount(folder: Path) -> bool:
    """Whether a disk is mounted at a folder; one is at the top of all."""
    if folder == folder.parent:
        return True
    try:
        return _device_of(folder) != _device_of(folder.parent)
    except OSError:
        return False


def _device_of(folder: Path) -> int:
    with suppress(OSError), os.scandir(folder):  # mounts it, if that is done on demand
        pass
    return folder.stat().st_dev


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return True
