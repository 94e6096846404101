"""Whether the disk of a folder of results is there, or only the place where it was mounted.

What is written to such a place is hidden as soon as the disk is back, and fills another one.
"""

import os
from pathlib import Path

from saxsdog.errors import OutputError
from saxsdog.queue.journal import Journal
from saxsdog.sources.mounts import device_of, is_mount, mount_point_of, nearest


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
            if former is not None and not is_mount(Path(former)) and _is_empty(folder):
                raise _away(Path(former))
            mount = self._mounts[folder] = mount_point_of(folder)
            if str(mount) != former:
                self._journal.set_fact(_mount_of(folder), str(mount))
        elif not is_mount(mount):
            raise _away(mount)


def disk_of(folder: Path) -> int:
    """Return the number of the disk of a folder, or of where it would be made.

    Raises
    ------
    OutputError
        If nobody can tell.
    """
    try:
        return device_of(nearest(folder))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be used: {error.strerror}") from error


def _mount_of(folder: Path) -> str:
    """Name the fact that tells where the disk of a folder is mounted."""
    return f"mount of {folder}"


def _away(mount: Path) -> OutputError:
    return OutputError(f"the disk of the results is not mounted at {mount}")


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return True
