"""Notice new names of images in a tree of folders.

The tree is polled: events of a file system do not cross a network, and nothing has to be installed.
"""

from __future__ import annotations

import os
from typing import Callable

RECENT = 5.0
"""Seconds after a change in which a folder is read each time: the time stamps of file systems are
coarse (2 s on FAT), and network file systems show them late."""

READ_ANYWAY = 60.0
"""Seconds after which a folder is read even if it seems unchanged: some file systems do not tell.
"""


class Scanner:
    """Looks for new images below a folder, and reads only folders that may have changed.

    Hidden files and folders are left out, links to folders are followed.

    Parameters
    ----------
    root
        The folder.
    suffixes
        Of images, in lower case with their dot.
    clock
        Seconds, never going back.
    complain
        Told of a folder that cannot be read, once until it can.
    """

    def __init__(
        self,
        root: str,
        suffixes: tuple[str, ...],
        clock: Callable[[], float],
        complain: Callable[[str], None],
    ) -> None:
        self._root = root
        self._suffixes = suffixes
        self._clock = clock
        self._complain = complain
        self._folders: dict[str, _Folder] = {}
        self._unreadable: set[str] = set()

    def scan(self) -> list[str]:
        """Paths of images that are new since the last call, or that replaced one."""
        new: list[str] = []
        before, self._folders = self._folders, {}
        places: set[tuple[int, int]] = set()
        pending = [self._root]
        while pending:
            path = pending.pop()
            folder = before.get(path) or _Folder()
            try:
                status = os.stat(path)  # noqa: PTH116 - faster
                place = (status.st_dev, status.st_ino)
                if place in places:  # links may run in a circle
                    continue
                places.add(place)
                if folder.is_due(status.st_mtime_ns, self._clock()):
                    new += folder.read(path, self._suffixes, self._clock())
                    self._unreadable.discard(path)
            except OSError as error:
                self._note(path, error)
            self._folders[path] = folder
            pending += folder.folders
        return new

    @property
    def is_there(self) -> bool:
        """Whether the folder itself could be read at the last call."""
        return self._root not in self._unreadable

    def _note(self, path: str, error: OSError) -> None:
        if path not in self._unreadable:
            self._unreadable.add(path)
            self._complain(f"{path}: cannot be read: {error.strerror}")


class _Folder:
    """What a folder held when it was last read."""

    def __init__(self) -> None:
        self.folders: list[str] = []
        self._images: dict[str, int] = {}
        self._mtime_ns = -1
        self._changed = 0.0
        self._read = -READ_ANYWAY

    def is_due(self, mtime_ns: int, now: float) -> bool:
        """Whether to read it now."""
        if mtime_ns != self._mtime_ns:
            self._mtime_ns = mtime_ns
            self._changed = now
        return now - self._changed <= RECENT or now - self._read >= READ_ANYWAY

    def read(self, path: str, suffixes: tuple[str, ...], now: float) -> list[str]:
        """Read the names and return the paths of images that were not there before."""
        folders: list[str] = []
        images: dict[str, int] = {}
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if _is_folder(entry):
                    folders.append(entry.path)
                elif entry.name.lower().endswith(suffixes):
                    images[entry.name] = _identity(entry)
        known, self._images, self.folders, self._read = self._images, images, folders, now
        new = [name for name in images if known.get(name) != images[name]]
        return [os.path.join(path, name) for name in sorted(new)]  # noqa: PTH118 - faster


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _identity(entry: os.DirEntry[str]) -> int:
    """Return what changes when a file is replaced, and costs no call of the system."""
    if os.name == "nt":
        return entry.stat().st_mtime_ns
    return entry.inode()
