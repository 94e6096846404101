"""Where disks are mounted, and whether they are still."""

import os
from contextlib import suppress
from pathlib import Path


def mount_point_of(folder: Path) -> Path:
    """Return where the disk of a folder is mounted, or of the one above it that is there."""
    place = nearest(folder)
    return next(each for each in (place, *place.parents) if is_mount(each))


def is_mount(folder: Path) -> bool:
    """Whether a disk is mounted at a folder; one is at the top of all."""
    if folder == folder.parent:
        return True
    try:
        return device_of(folder) != device_of(folder.parent)
    except OSError:
        return False


def nearest(folder: Path) -> Path:
    """Return the folder, or the one above it that is there."""
    for each in (folder, *folder.parents):
        if os.path.isdir(each):  # noqa: PTH112 - Path.is_dir would raise where it may not look
            return each
    return folder


def device_of(folder: Path) -> int:
    """Return the number of the disk of a folder.

    Raises
    ------
    OSError
        If nobody can tell.
    """
    with suppress(OSError), os.scandir(folder):  # mounts it, if that is done on demand
        pass
    return folder.stat().st_dev
