"""Whether the disk of a folder of images is there, or only the place where it was mounted.

An image that is away with its disk has not vanished: it waits. And nothing may be written to the
bare place, where it would be hidden as soon as the disk is back.
"""

import os
import stat
from pathlib import Path

from saxsdog.image_names import file_of
from saxsdog.queue.journal import Journal
from saxsdog.sources.mounts import is_mount


class ImageDisks:
    """Remembers, also over a restart, where the disks of images were mounted.

    Parameters
    ----------
    journal
        Keeps what is remembered.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._mounts: dict[str, Path | None] = {}

    def note(self, folder: str, mount: Path) -> None:
        """Take down where the disk was mounted when an image was seen in a folder.

        What somebody writes to the bare place of a disk does not move those that are on the disk.
        """
        known = self._mount_of(folder)
        if mount == known or mount == mount.parent:
            return
        if known is None or mount.is_relative_to(known) or is_mount(known):
            self._mounts[folder] = mount
            self._journal.set_fact(_mount_of(folder), str(mount))

    def why_away(self, image: Path) -> str:
        """Say why an image cannot be seen at present; empty text if its disk is there, or it is."""
        mount = self._mount_of(str(image.parent))
        if mount is None or is_mount(mount) or os.path.lexists(file_of(image)):
            return ""
        return f"the disk of the images is not mounted at {mount}"

    def _mount_of(self, folder: str) -> Path | None:
        if folder not in self._mounts:
            fact = self._journal.fact(_mount_of(folder))
            self._mounts[folder] = None if fact is None else Path(fact)
        return self._mounts[folder]


def is_gone(folder: Path) -> bool:
    """Whether there is no folder of this name any more; one that may not be seen is not gone."""
    try:
        return not stat.S_ISDIR(folder.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _mount_of(folder: str) -> str:
    """Name the fact that tells where the disk of the images of a folder is mounted."""
    return f"images of {folder} on"
