"""Watch a directory for new images."""

import logging
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

from saxsdog.running import Running
from saxsdog.settings import WatcherMode
from saxsdog.sources.changes import LIMITS, Change, FolderEvents
from saxsdog.sources.file_systems import events_work
from saxsdog.sources.folder_events import watch_folder
from saxsdog.sources.sightings import Scout, Sighting, SourceKind
from saxsdog.sources.walker import Walker

logger = logging.getLogger(__name__)

CHECK_INTERVAL = 1.0
"""Seconds between looks at whether the directory is still the one that is watched."""

STOP_TIMEOUT = 10.0
"""Seconds; a file system that hangs must not keep the server from ending."""


class Watcher(Running):
    """Reports images as soon as they are closed, moved or linked to their place.

    A context manager. Where events do not work, or not for so many folders, the walker walks more
    often instead. It also walks when folders come, because images may be in them before they are
    watched, and when events were lost.

    Parameters
    ----------
    scout
        Looks at the images of its directory.
    deliver
        Takes sightings; may block while there is no room for them.
    on_lost
        Told why images may have been missed.
    mode
        ``AUTO`` asks the file system.
    poll_interval
        Seconds between two walks without events.
    walker
        Stands behind the events.
    """

    def __init__(
        self,
        scout: Scout,
        deliver: Callable[[list[Sighting]], None],
        on_lost: Callable[[str], None],
        mode: WatcherMode,
        poll_interval: float,
        walker: Walker,
    ) -> None:
        self.state = WatcherMode.OFF
        self.trouble: str | None = None
        self._directory = scout.directory
        self._scout = scout
        self._deliver = deliver
        self._on_lost = on_lost
        self._mode = mode
        self._poll_interval = poll_interval
        self._walker = walker
        self._events: FolderEvents | None = None
        self._watched: tuple[int, int] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        if self._mode is WatcherMode.POLLING:
            self._poll()
        elif self._mode is not WatcherMode.OFF:
            self._thread.start()

    def stop(self) -> None:
        """End after the sightings that are being delivered; safe to call twice."""
        self._stopping.set()
        events = self._events
        if events is not None:
            events.wake()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT)

    def _run(self) -> None:
        if self._mode is WatcherMode.AUTO:
            works, reason = events_work(self._directory)
            logger.info("%s: %s", self._directory, reason)
            if not works:
                self._poll()
                return
        self.state = WatcherMode.EVENTS
        try:
            while not self._stopping.is_set():
                self._keep_watching()
        except OSError as error:
            if error.errno not in LIMITS:
                raise
            self._give_up(error)
        finally:
            self._end_watch()

    def _keep_watching(self) -> None:
        """Report what comes within a short time; begin to watch (again) where that is needed.

        Raises
        ------
        OSError
            One of ``LIMITS`` if there are too many folders to watch.
        """
        reason = self._reason_to_begin_again()
        if reason is not None:
            self._end_watch()
            self._tell(reason)
        if self._events is None:
            self._begin_watch()
        if self._events is None:
            self._stopping.wait(CHECK_INTERVAL)
        else:
            self._report(self._events.read(CHECK_INTERVAL))

    def _begin_watch(self) -> None:
        self._watched = _identity(self._directory)
        try:
            self._events = watch_folder(
                self._directory, recursive=True, may_follow=self._scout.leads_inside
            )
        except OSError as error:
            if error.errno in LIMITS:
                raise
            self.trouble = f"{self._directory} cannot be watched: {error.strerror}"
        else:
            self.trouble = None
            self._walker.reconcile("what came before the watch began is not known")

    def _reason_to_begin_again(self) -> str | None:
        if self._events is None:
            return None
        if self._events.lost is None and _identity(self._directory) != self._watched:
            return "the directory is not the one that was watched"
        return self._events.lost

    def _end_watch(self) -> None:
        if self._events is not None:
            self._events.close()
            self._events = None

    def _tell(self, reason: str) -> None:
        logger.warning("images below %s may have been missed: %s", self._directory, reason)
        self._on_lost(reason)
        self._walker.reconcile(reason, full=True)

    def _give_up(self, error: OSError) -> None:
        logger.warning(
            "%s: %s; searched every %g s instead",
            self._directory,
            error.strerror,
            self._poll_interval,
        )
        self._poll()
        self._walker.reconcile("the watch has ended", full=True)

    def _poll(self) -> None:
        self.state = WatcherMode.POLLING
        self._walker.hurry(self._poll_interval)

    def _report(self, changes: list[Change]) -> None:
        images = dict.fromkeys(
            change.path
            for change in changes
            if self._scout.wants(os.path.basename(change.path))  # noqa: PTH119 - hot
            and not (change.opened and _will_be_closed(change.path))
        )
        seen = (self._scout.look(path, SourceKind.WATCHER) for path in images)
        # What has gone by now was a passing name of an image.
        if sightings := [each for each in seen if each and (each.fingerprint or each.problem)]:
            self._deliver(sightings)
        if any(change.is_folder for change in changes):
            self._walker.reconcile("new folders have come")


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _will_be_closed(path: str) -> bool:
    """Whether a file that was just created is still written: nobody opens a link to create it."""
    if os.name == "nt":
        return False
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1
