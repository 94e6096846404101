"""Walk through the images of a directory, on demand and now and then.

This stands behind feeder and watcher, which both lose events by nature: what they missed is found
by the next walk.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from saxsdog.running import Running
from saxsdog.sources.sightings import Scout, Sighting, SourceKind
from saxsdog.sources.tree import Depth, ImageTree

logger = logging.getLogger(__name__)

TICK = 1.0
"""Seconds after which a waiting walker says that it lives."""

STOP_TIMEOUT = 10.0
"""Seconds; a network file system that hangs must not keep the server from ending."""


@dataclass
class _Wanted:
    """What has been asked for and not been begun."""

    everything: SourceKind | None = None
    full: bool = False
    quick: bool = False

    def __bool__(self) -> bool:
        return self.everything is not None or self.full or self.quick


class Walker(Running):
    """A thread that walks; a context manager.

    It begins with a walk, because nobody knows what was missed before. When several walks are asked
    for, one is made that tells what each of them would.

    Parameters
    ----------
    scout
        Looks at the images of its directory.
    deliver
        Takes sightings, a batch at a time; may block while there is no room for them.
    horizon
        When the queue was opened, seconds since the epoch: older images are for ``walk`` alone.
    interval, full_interval
        Seconds between two walks, and between two that look at every image.
    clock_slack
        Seconds by which the clock of the file system may be behind.
    clock, wall
        Seconds, never going back; seconds since the epoch.
    """

    def __init__(
        self,
        scout: Scout,
        deliver: Callable[[list[Sighting]], None],
        horizon: float,
        *,
        interval: float = 60.0,
        full_interval: float = 900.0,
        clock_slack: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.walks = 0
        self.last_walk: float | None = None
        self.last_turn = clock()
        self.trouble: str | None = None
        self.unreadable = 0
        self.links_outside = 0
        self._directory = scout.directory
        self._tree = ImageTree(scout, horizon, clock_slack, wall)
        self._deliver = deliver
        self._interval = interval
        self._full_interval = full_interval
        self._clock = clock
        self._next_quick = self._next_full = clock()
        self._changed = threading.Condition()
        self._wanted = _Wanted()
        self._busy = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="walker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the sightings that are being delivered; safe to call twice."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT)

    @property
    def walking(self) -> bool:
        """Whether a walk was asked for, or is due, and has not ended."""
        with self._changed:
            return bool(self._wanted) or self._busy

    def walk(self, again: bool) -> None:
        """Ask for a walk that tells every image, however old.

        Parameters
        ----------
        again
            Whether images that have been integrated shall be once more.
        """
        with self._changed:
            if again or self._wanted.everything is None:
                self._wanted.everything = SourceKind.READDIR if again else SourceKind.WALKER
            self._changed.notify_all()

    def reconcile(self, reason: str, *, full: bool = False) -> None:
        """Ask for a walk because images may have been missed.

        Parameters
        ----------
        reason
            For the log.
        full
            Whether also images may have been missed that were written again in place.
        """
        logger.debug("images may have been missed below %s: %s", self._directory, reason)
        with self._changed:
            self._wanted.quick = True
            self._wanted.full |= full
            self._changed.notify_all()

    def hurry(self, interval: float) -> None:
        """Walk at least that often (s) from now on: there are no events."""
        with self._changed:
            self._interval = min(self._interval, interval)
            self._next_quick = min(self._next_quick, self._clock() + self._interval)
            self._changed.notify_all()

    def _run(self) -> None:
        while (wanted := self._wait()) is not None:
            complete = self._walk(wanted)
            with self._changed:
                now = self._clock()
                if complete:
                    self.walks += 1
                    self.last_walk = now
                self._next_quick = now + self._interval
                if wanted.full or wanted.everything:
                    self._next_full = now + (self._full_interval if complete else self._interval)
                self._busy = False

    def _wait(self) -> _Wanted | None:
        """Wait for the next walk; ``None`` says that it is time to stop."""
        with self._changed:
            while not self._stopping:
                self.last_turn = now = self._clock()
                self._wanted.quick |= now >= self._next_quick
                self._wanted.full |= now >= self._next_full
                if self._wanted:
                    wanted, self._wanted = self._wanted, _Wanted()
                    self._busy = True
                    return wanted
                due = min(self._next_quick, self._next_full) - now
                self._changed.wait(min(TICK, due))
            return None

    def _walk(self, wanted: _Wanted) -> bool:
        """Walk, and tell what was found; whether the walk came to its end."""
        depth = Depth.FULL if wanted.full else Depth.QUICK
        try:
            batches = self._tree.search(
                Depth.EVERYTHING if wanted.everything else depth,
                wanted.everything or SourceKind.WALKER,
            )
        except OSError as error:
            self._despair(error)
            return False
        for batch in batches:
            if batch:
                self._deliver(batch)
            self.last_turn = self._clock()
            if self._stopping:
                return False
        self._heal()
        return True

    def _despair(self, error: OSError) -> None:
        trouble = f"{self._directory} cannot be searched for images: {error.strerror}"
        if trouble != self.trouble:
            logger.warning("%s", trouble)
        self.trouble = trouble

    def _heal(self) -> None:
        self.unreadable, self.links_outside = (
            self._tree.met.unreadable,
            self._tree.met.links_outside,
        )
        if self.trouble is not None:
            logger.info("%s can be searched for images again", self._directory)
        self.trouble = None
