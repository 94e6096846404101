"""Hear from the operating system what changes in a folder, whichever system it is."""

import os
import queue
import sys
from collections.abc import Callable
from pathlib import Path

from watchdog.events import (
    EVENT_TYPE_CREATED,
    EVENT_TYPE_MODIFIED,
    EVENT_TYPE_MOVED,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from saxsdog.sources.changes import Change, FolderEvents

MOST_CHANGES = 100_000
"""Changes that are kept while nobody reads."""

BATCH = 256

if sys.platform == "linux":
    from saxsdog.sources.inotify import InotifyEvents


def watch_folder(
    folder: Path, *, recursive: bool, may_follow: Callable[[str], bool] = lambda _: False
) -> FolderEvents:
    """Watch a folder, and those below it.

    Parameters
    ----------
    folder
        To watch.
    recursive
        Whether to watch the folders below it as well.
    may_follow
        Whether a link to this real folder is followed, where the system can do that.

    Raises
    ------
    OSError
        If the folder cannot be watched; one of ``LIMITS`` if there are too many already.
    """
    if sys.platform == "linux":
        return InotifyEvents(folder, recursive=recursive, may_follow=may_follow)
    else:  # noqa: RET505 - for the type checker, which knows of the platform
        return WatchdogEvents(folder, recursive=recursive)


class WatchdogEvents(FileSystemEventHandler):
    """Folder events of other systems; these do not tell when a file is closed."""

    def __init__(self, folder: Path, *, recursive: bool) -> None:
        self._lost: str | None = None
        self._changes: queue.SimpleQueue[Change | None] = queue.SimpleQueue()
        self._observer = Observer()
        self._observer.schedule(self, str(folder), recursive=recursive)
        self._observer.start()

    @property
    def lost(self) -> str | None:
        if not self._observer.is_alive():
            return "the watch has ended"
        return self._lost

    def dispatch(self, event: FileSystemEvent) -> None:
        """Keep a change; called in a thread of the observer, which must not wait."""
        if event.event_type == EVENT_TYPE_MODIFIED and event.is_directory:
            return
        if event.event_type in (EVENT_TYPE_CREATED, EVENT_TYPE_MODIFIED, EVENT_TYPE_MOVED):
            path = os.fsdecode(event.dest_path or event.src_path)
            if self._changes.qsize() < MOST_CHANGES:
                self._changes.put(Change(path, event.is_directory, opened=False))
            else:
                self._lost = "more changes came at once than can be kept"

    def read(self, timeout: float) -> list[Change]:
        changes: list[Change] = []
        try:
            change = self._changes.get(timeout=timeout)
            while change is not None:
                changes.append(change)
                if len(changes) == BATCH:
                    break
                change = self._changes.get_nowait()
        except queue.Empty:
            pass
        return changes

    def wake(self) -> None:
        self._changes.put(None)

    def close(self) -> None:
        self._observer.stop()
        self._observer.join()
