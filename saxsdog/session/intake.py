"""Where images come from, for the queue that is open: feeder, watcher and walker together."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from saxsdog.paths import Roots
from saxsdog.protocol.events import NewFile
from saxsdog.protocol.messages import SourceStatus
from saxsdog.queue.foreman import Foreman
from saxsdog.settings import Settings, WatcherMode
from saxsdog.sources.looker import Looker
from saxsdog.sources.sightings import Scout, Sighting, SourceKind
from saxsdog.sources.walker import Walker
from saxsdog.sources.watcher import Watcher
from saxsdog.transport.remarks import Remarks
from saxsdog.transport.subscription import Subscription

logger = logging.getLogger(__name__)


class Intake:
    """The sources of images; open for one folder at a time.

    Parameters
    ----------
    settings, roots
        Which images are ours, and how they are looked for.
    foreman
        Gets the sightings.
    looker
        Looks again at images that are waited for.
    feeder
        URL of the feeder, if there is one.
    """

    def __init__(
        self,
        settings: Settings,
        roots: Roots,
        foreman: Foreman,
        looker: Looker,
        feeder: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._roots = roots
        self._foreman = foreman
        self._looker = looker
        self._clock = clock
        self._scout: Scout | None = None
        self._walker: Walker | None = None
        self._watcher: Watcher | None = None
        self._taking = False
        self._held: list[NewFile] | None = None
        self._events = threading.Lock()
        self._remarks = Remarks(clock)
        self._subscription = (
            None if not feeder else Subscription(feeder, self._on_events, self.search)
        )

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Of files that may hold images."""
        return self._settings.suffixes

    def start(self) -> None:
        """Listen to the feeder."""
        if self._subscription is not None:
            self._subscription.start()

    def stop(self) -> None:
        """End all sources; safe to call twice."""
        self.close()
        if self._subscription is not None:
            self._subscription.stop()

    def open(
        self, directory: Path, horizon: float, *, taking: bool, everything: bool = False
    ) -> None:
        """Look for images in a folder.

        Parameters
        ----------
        directory
            The folder.
        horizon
            Seconds since the epoch; older images are only found by :meth:`readdir`.
        taking
            Whether new images are taken, or only those that are asked for.
        everything
            Whether a former server was to find all images: it may not have come to its end.
        """
        self._close_sources()
        settings = self._settings
        scout = Scout(self._roots, directory, settings.suffixes, settings.path_map)
        self._scout, self._taking = scout, taking
        self._looker.look_with(scout)
        self._walker = Walker(
            scout,
            self._deliver,
            horizon,
            interval=settings.walk.interval,
            full_interval=settings.walk.full_interval,
            clock_slack=settings.walk.clock_slack,
        )
        if everything:
            self._walker.walk(again=False)
        self._walker.start()
        if taking and settings.watcher.mode is not WatcherMode.OFF:
            self._watcher = Watcher(
                scout,
                self._deliver,
                self.search,
                settings.watcher.mode,
                settings.watcher.poll_interval,
                self._walker,
            )
            self._watcher.start()
        with self._events:
            held, self._held = self._held, None
            self._announce(held or [])

    def hold(self) -> None:
        """Look no more, but keep what the feeder announces for the next queue."""
        self._held = []
        self._close_sources()

    def take_nothing_new(self) -> None:
        """Go on with what is known, and with what is asked for."""
        self._taking = False
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    def close(self) -> None:
        """Look no more."""
        self._held = None
        self._close_sources()

    def _close_sources(self) -> None:
        self._taking = False
        if self._watcher is not None:
            self._watcher.stop()
        if self._walker is not None:
            self._walker.stop()
        self._walker = self._watcher = self._scout = None
        self._looker.look_with(None)

    def readdir(self) -> None:
        """Find every image that exists, once more."""
        if self._walker is not None:
            self._walker.walk(again=True)

    def find_all(self) -> None:
        """Find every image that exists, and leave those alone that are known."""
        walker = self._walker
        if walker is not None:
            walker.walk(again=False)

    @property
    def trouble(self) -> tuple[str, ...]:
        """What is wrong now, a sentence each."""
        sources = (self._walker, self._watcher)
        troubles = (source.trouble for source in sources if source is not None)
        return tuple(trouble for trouble in troubles if trouble is not None)

    def status(self) -> SourceStatus:
        """Return what the sources say."""
        now, walker, watcher, feed = self._clock(), self._walker, self._watcher, self._subscription
        scout = self._scout
        return SourceStatus(
            feeder="off" if feed is None else feed.state,
            events=0 if feed is None else feed.events,
            events_rejected=0 if feed is None else feed.rejected,
            events_missed=0 if feed is None else feed.missed,
            last_event_age=None if feed is None else _age(feed.last_event, now),
            watcher="off" if watcher is None else watcher.state,
            walking=self._searching(),
            walks=0 if walker is None else walker.walks,
            last_walk_age=None if walker is None else _age(walker.last_walk, now),
            found_by_walk=self._foreman.found_by_walk,
            not_ours=0 if scout is None else scout.not_ours,
        )

    def _searching(self) -> bool:
        """Whether images may be found that the counters do not know yet."""
        walking = self._walker is not None and self._walker.walking
        return walking or self._foreman.waiting_sightings > 0

    def _on_events(self, events: Sequence[NewFile]) -> None:
        """Look at announced files, in the thread of the subscription."""
        with self._events:
            if self._held is not None:
                self._held.extend(events)
            else:
                self._announce(events)

    def _announce(self, events: Sequence[NewFile]) -> None:
        scout = self._scout
        if scout is not None and self._taking:
            looks = (scout.look(event.path, SourceKind.FEEDER) for event in events)
            self._deliver([seen for seen in looks if seen is not None])

    def _deliver(self, sightings: Sequence[Sighting]) -> None:
        """Hand over what is taken: while the queue is closed, what was asked for."""
        if not self._taking:
            sightings = [each for each in sightings if each.source is SourceKind.READDIR]
        if sightings:
            self._foreman.deliver(sightings)

    def search(self, reason: str, *, full: bool = False) -> None:
        """Search the folders, because images may have been missed.

        In full, also where nothing seems to have changed: what was found there may be forgotten.
        """
        walker = self._walker
        if walker is not None and self._taking:
            more = self._remarks.next()
            if more is not None:
                logger.info("searching the folder: %s%s", reason, more)
            walker.reconcile(reason, full=full)


def _age(moment: float | None, now: float) -> float | None:
    return None if moment is None else round(max(0.0, now - moment), 3)
