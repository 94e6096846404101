"""Folder events of Linux, see inotify(7).

Libraries hide what we must know: that the queue of the kernel ran over, and that a sub-folder could
not be watched. So this calls the system itself.
"""

import ctypes
import os
import select
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from saxsdog.sources.changes import LIMITS, Change
from saxsdog.sources.names import is_hidden
from saxsdog.waker import Waker

# From sys/inotify.h
_CLOSE_WRITE = 0x8
_MOVED_FROM = 0x40
_MOVED_TO = 0x80
_CREATE = 0x100
_QUEUE_OVERFLOW = 0x4000
_IGNORED = 0x8000
_ONLY_FOLDERS = 0x01000000
_IS_FOLDER = 0x40000000
_MASK = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _ONLY_FOLDERS

_HEADER = struct.Struct("iIII")  # watch, mask, cookie, length of the name
_BUFFER = 1 << 14
"""Bytes; some 300 events."""


class InotifyEvents:
    """What changes in a folder, and in those below it.

    While nobody reads, the kernel keeps changes, usually 16384; then some are lost.

    Parameters
    ----------
    folder
        To watch.
    recursive
        Whether to watch the folders below it as well, but no hidden ones.
    may_follow
        Whether a link to this real folder, which is not below ``folder``, is followed.

    Raises
    ------
    OSError
        If the folder cannot be watched; one of ``LIMITS`` if there are too many already.
    """

    def __init__(self, folder: Path, *, recursive: bool, may_follow: Callable[[str], bool]) -> None:
        self.lost: str | None = None
        self._below = os.path.join(folder, "")  # noqa: PTH118 - its end keeps run10 from run1
        self._recursive = recursive
        self._may_follow = may_follow
        self._folders: dict[int, str] = {}
        self._links: dict[str, str] = {}  # the name under which a real folder is watched
        self._system = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._checked(self._system.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._waker = Waker()
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._poll.register(self._waker.receiver, select.POLLIN)
        try:
            self._top = self._add(str(folder))
            self._watch_below(str(folder))
        except OSError:
            self.close()
            raise

    def read(self, timeout: float) -> list[Change]:
        """Wait for changes, not longer than a time (s); afterwards ``lost`` tells whether any were.

        Raises
        ------
        OSError
            One of ``LIMITS`` if a new folder cannot be watched.
        """
        if not any(ready == self._descriptor for ready, _ in self._poll.poll(timeout * 1000)):
            return []
        data = os.read(self._descriptor, _BUFFER)
        return [change for event in _events(data) if (change := self._change(*event))]

    def wake(self) -> None:
        """End a ``read`` that waits in another thread."""
        self._waker.wake()

    def close(self) -> None:
        os.close(self._descriptor)
        self._waker.close()

    def _change(self, watch: int, mask: int, name: str) -> Change | None:
        if mask & _QUEUE_OVERFLOW:
            self.lost = "more changes came at once than the system keeps"
        if mask & _IGNORED:
            self._folders.pop(watch, None)
            if watch == self._top:
                self.lost = "the directory has gone"
        folder = self._folders.get(watch)
        if folder is None or not name:
            return None
        path = os.path.join(folder, name)  # noqa: PTH118 - hot
        if mask & _IS_FOLDER:
            return self._folder_change(path, mask)
        if mask & _MOVED_FROM:
            return None
        if self._recursive and (real := self._target(path)) is not None:
            self._forget(path)  # it may have led elsewhere,
            self._forget(self._links.pop(real, path))  # and this was another link's
            self._links[real] = path
            return self._folder_change(path, mask)
        return Change(path, is_folder=False, opened=bool(mask & _CREATE))

    def _folder_change(self, path: str, mask: int) -> Change | None:
        if mask & _MOVED_FROM:
            self._forget(path)
            return None
        if self._recursive and not is_hidden(os.path.basename(path)):  # noqa: PTH119 - hot
            self._watch(path)
        return Change(path, is_folder=True, opened=False)

    def _watch(self, folder: str) -> None:
        """Watch a folder and those below it, if it is there and may be read."""
        pending = [folder]
        while pending:
            folder = pending.pop()
            try:
                before = len(self._folders)
                self._add(folder)
                if len(self._folders) > before:  # else a link led back to it
                    pending += self._subfolders(folder)
            except OSError as error:
                if error.errno in LIMITS:
                    raise

    def _watch_below(self, folder: str) -> None:
        for subfolder in self._subfolders(folder) if self._recursive else ():
            self._watch(subfolder)

    def _subfolders(self, folder: str) -> list[str]:
        subfolders = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    subfolders.append(entry.path)
                elif entry.is_symlink() and (real := self._target(entry.path)) is not None:
                    self._links.setdefault(real, entry.path)
                    subfolders.append(entry.path)
        return subfolders

    def _target(self, path: str) -> str | None:
        """Return where a link to a folder leads, if it is to be followed.

        Folders below the directory are watched under their own names.
        """
        if not os.path.islink(path) or not os.path.isdir(path):  # noqa: PTH112, PTH114 - hot
            return None
        real = os.path.realpath(path)
        if f"{real}{os.sep}".startswith(self._below) or not self._may_follow(real):
            return None
        return real

    def _add(self, folder: str) -> int:
        watch = self._checked(
            self._system.inotify_add_watch(self._descriptor, os.fsencode(folder), _MASK)
        )
        self._folders.setdefault(watch, folder)
        return watch

    def _forget(self, folder: str) -> None:
        """End the watches of a folder that moved; where it went it is a new one."""
        below = os.path.join(folder, "")  # noqa: PTH118 - its end keeps run10 from run1
        gone = [
            watch
            for watch, path in self._folders.items()
            if path == folder or path.startswith(below)
        ]
        for watch in gone:
            del self._folders[watch]
            self._system.inotify_rm_watch(self._descriptor, watch)

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            meaning = "no more folders can be watched" if number in LIMITS else os.strerror(number)
            raise OSError(number, meaning)
        return result


def _events(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield watch, mask and name of each event."""
    position = 0
    while position < len(data):
        watch, mask, _, length = _HEADER.unpack_from(data, position)
        position += _HEADER.size
        yield watch, mask, os.fsdecode(data[position : position + length].rstrip(b"\0"))
        position += length
