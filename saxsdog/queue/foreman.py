"""The thread that owns the journal, the queue and the workers.

Everything that changes the queue happens here, one thing after the other; other threads deliver
sightings, and ask for changes with :meth:`Foreman.call`. It waits for pipes and for those, and for
nothing else: no other thread, and no disk but that of the journal, of the lists of results, and,
to learn whether they are there, of the folders of images.
"""

import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from saxsdog.errors import OutputError, RequestError
from saxsdog.io.status import Fingerprint
from saxsdog.pipeline.preview import Preview, PreviewJob
from saxsdog.protocol.messages import Counters
from saxsdog.queue.dispatcher import Dispatcher, Work
from saxsdog.queue.history import LENGTH, History
from saxsdog.queue.holds import GO_ON, TRY_AGAIN
from saxsdog.queue.image_disks import ImageDisks, is_gone
from saxsdog.queue.journal import Journal, JournalError
from saxsdog.queue.live_list import LiveList
from saxsdog.queue.picture_queue import PictureQueue
from saxsdog.queue.records import Result
from saxsdog.queue.result_disks import ResultDisks
from saxsdog.queue.settling import Patience
from saxsdog.running import Running
from saxsdog.sources.sightings import Sighting, SourceKind
from saxsdog.waker import Waker, readable

logger = logging.getLogger(__name__)
T = TypeVar("T")

COMMIT_AFTER = 0.02
"""s; changes of the journal gather this long."""

BATCH = 256
"""Sightings of one turn; workers must not wait longer for the next job."""

MOST_SIGHTINGS = 20_000
"""That wait to be looked at; who delivers more, waits."""

MOST_UNLISTED = 20_000
"""Results that wait for the disk of the list; of more, the oldest are not listed."""

LONGEST_TURN = 1.0

OWNERS = "owners"
"""What the trouble is about when it cannot be written down who owns which curve."""

LIVE_LIST = "live list"
"""What it is about when curves cannot be listed."""

RETIREMENT = 2.0
"""s that workers of a former queue have to finish what they hold."""

LAST_JOBS = 6.0
"""s that workers have when the server stops."""


class Foreman(Running):
    """Owns journal, queue and workers; a context manager around its thread.

    Parameters
    ----------
    journal_file
        Of the journal.
    patience
        With images that are not complete.
    look
        Called with number and path of images to look at; the answer comes by :meth:`looked`.
    on_results
        Called, in this thread, when there is something new in the history.
    on_loss
        Called, in this thread, when images may have been forgotten and must be searched.
    on_empty_journal
        Called, in this thread, when a damaged journal gave way to an empty one: what others keep
        in it is gone as well.
    clock, wall
        Seconds that never jump, and seconds since the epoch.
    """

    def __init__(
        self,
        journal_file: Path,
        patience: Patience,
        look: Callable[[Sequence[tuple[int, str]]], None],
        on_results: Callable[[], None],
        on_loss: Callable[[str], None] = lambda _: None,
        on_empty_journal: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._look = look
        self._on_results = on_results
        self._on_loss = on_loss
        self._on_empty_journal = on_empty_journal
        self._clock = clock
        self.journal = Journal(journal_file)
        self._image_disks = ImageDisks(self.journal)
        self._list_disks = ResultDisks(self.journal)
        self._folder = journal_file.parent
        self.queue = PictureQueue(self.journal, patience, wall)
        self.history = History(self.journal.newest_results(LENGTH), self.journal.last_cursor)
        self._waker = Waker()
        self._calls: deque[Callable[[], None]] = deque()
        self._sightings: deque[Sighting] = deque()
        self._taken: list[Sighting] = []  # and not yet written down
        self._space = threading.Condition()
        self._dispatcher: Dispatcher | None = None
        self._work: Work | None = None
        self._live_list: LiveList | None = None
        self._unlisted: deque[Result] = deque(maxlen=MOST_UNLISTED)
        self._repair_at: float | None = None
        self._trouble: dict[str, str] = {}
        self._committed = clock()
        self._found_by_walk = 0
        self._stopping = False
        self.counters: Counters = self.queue.counters()
        self.last_turn = clock()
        self._thread = threading.Thread(target=self._run, name="foreman", daemon=True)

    # -------------------------------------------------------------------- for other threads

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = LAST_JOBS + RETIREMENT) -> None:
        """Let workers finish what they hold, write everything down and end; safe to call twice."""
        self._stopping = True
        self._waker.wake()
        with self._space:
            self._space.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def deliver(self, sightings: Sequence[Sighting]) -> None:
        """Hand over sightings; waits while too many are waiting already."""
        if len(self._sightings) > MOST_SIGHTINGS:
            with self._space:
                self._space.wait_for(
                    lambda: len(self._sightings) <= MOST_SIGHTINGS or self._stopping
                )
        self._sightings.extend(sightings)
        self._waker.wake()

    def call(self, function: Callable[[], T]) -> "Future[T]":
        """Run something in the thread of the foreman; its changes are written down with it."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                result = function()
                self._commit()
            except BaseException as error:  # it belongs to who asked
                future.set_exception(error)
                if isinstance(error, JournalError):
                    raise
            else:
                future.set_result(result)

        self._calls.append(run)
        self._waker.wake()
        return future

    def looked(self, number: int, sighting: Sighting | None, away: str = "") -> None:
        """Take what was seen of an image that is waited for.

        Parameters
        ----------
        number
            Of the image.
        sighting
            What was seen.
        away
            Why nothing can be seen at present, of any image.
        """
        fingerprint = None if sighting is None else sighting.fingerprint
        self._calls.append(lambda: self._looked(number, fingerprint, away))
        self._waker.wake()

    def preview(self, job: PreviewJob) -> "Future[Preview]":
        """Let a worker reduce an image."""
        future: Future[Preview] = Future()

        def ask() -> None:
            if self._dispatcher is None:
                future.set_exception(RequestError("no-queue", "expected a queue with workers"))
            else:
                self._dispatcher.preview(job, future)

        self._calls.append(ask)
        self._waker.wake()
        return future

    @property
    def trouble(self) -> tuple[str, ...]:
        """What is wrong now, a sentence each."""
        dispatcher = self._dispatcher
        theirs = () if dispatcher is None else dispatcher.trouble
        ours = dict(self._trouble)
        if dispatcher is not None and dispatcher.holds:
            ours.pop(OWNERS, None)  # that no curve can be written says it already
        if self.images_are_away:
            ours.pop(LIVE_LIST, None)  # it is away with them
        return (*theirs, *ours.values())

    @property
    def images_are_away(self) -> bool:
        """Whether images wait because their folder cannot be read; the trouble says so."""
        dispatcher = self._dispatcher
        return "images" in self._trouble or (dispatcher is not None and dispatcher.images_are_away)

    @property
    def workers(self) -> tuple[int, ...]:
        """Process ids of the workers."""
        dispatcher = self._dispatcher
        return () if dispatcher is None else dispatcher.process_ids

    @property
    def found_by_walk(self) -> int:
        return self._found_by_walk

    @property
    def waiting_sightings(self) -> int:
        """Sightings that have been delivered and do not stand in ``counters`` yet."""
        return len(self._sightings) + len(self._taken)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    # -------------------------------------------------------------------- called by ``call``

    def take_all_sightings(self) -> None:
        """Take note of everything that has been delivered so far."""
        while self._sightings:
            self._take(self._sightings.popleft())

    def open(self, work: Work) -> None:
        """Take up work, with new workers and whatever the queue holds."""
        self.lay_down()
        self._work = work
        self._live_list = work.live_list
        self._list_disks = ResultDisks(self.journal)
        self._dispatcher = Dispatcher(
            work, self.queue, self.journal, self._commit, self._image_disks, self._clock
        )

    def lay_down(self) -> None:
        """End the workers; what they hold goes back to the queue."""
        if self._dispatcher is not None:
            self._dispatcher.stop(RETIREMENT)
        self._commit()
        self._dispatcher = self._live_list = self._work = None
        self._unlisted.clear()
        self._trouble.clear()
        self._image_disks = ImageDisks(self.journal)

    # -------------------------------------------------------------------- the loop

    def _run(self) -> None:
        try:
            while not self._stopping:
                try:
                    self._turn()
                except JournalError as error:
                    self._begin_again(error)
            self._finish()
        finally:
            if self._dispatcher is not None:  # we die of a bug, but not with orphans
                self._dispatcher.abandon()
            self._waker.close()

    def _turn(self) -> None:
        self._receive(self._time_to_wait())
        now = self.last_turn = self._clock()
        while self._calls:
            self._calls.popleft()()
        if self._repair_at is not None and not self._repaired(now):
            return
        self._take_sightings()
        self._look(list(self.queue.to_look_at(now)))
        noted = self._clock()
        if self._dispatcher is not None:
            self._dispatcher.turn(now)
            if self._dispatcher.images_came_back:
                self._dispatcher.images_came_back = False
                self._on_loss("the disk of images was away for a while")
        written_down = self._committed >= noted  # before workers got their jobs
        if now - self._committed >= COMMIT_AFTER or not (written_down or self.journal.changed):
            self._commit()

    def _begin_again(self, error: JournalError) -> None:
        """Go back to what the journal knows, and do nothing until it can be written again.

        Images that were under work are pending in it; what was sighted since is taken once more.
        """
        if "journal" not in self._trouble:
            logger.error("%s; trying again every %.0f s", error, TRY_AGAIN)
        self._trouble["journal"] = f"{error}, in {self._folder}; all images wait, {GO_ON}"
        if self._dispatcher is not None:
            self._dispatcher.abandon()
            self._dispatcher = None
        self._sightings.extendleft(reversed(self._taken))
        self._taken.clear()
        with contextlib.suppress(JournalError):  # it may not even be readable: then later
            self.journal.roll_back()
            self._reload()
        if self._repair_at is None:
            self._repair_at = self._clock() + TRY_AGAIN

    def _reload(self) -> None:
        self._image_disks = ImageDisks(self.journal)
        self.queue.reload()
        self.counters = self.queue.counters()

    def _repaired(self, now: float) -> bool:
        """Try the journal when it is time, and take up the work if it can be written."""
        if self._repair_at is None or now < self._repair_at:
            return False
        self._repair_at = now + TRY_AGAIN
        lost = self.journal.open_again()
        self.journal.set_fact("written", str(now))
        if lost:
            self._on_empty_journal()
        self.journal.commit()
        self._reload()
        logger.info("the journal can be written again")
        self._repair_at = None
        self._trouble.pop("journal", None)
        if self._work is not None:
            self.open(self._work)
        self._on_loss("the journal could not be written for a while")
        return True

    def _receive(self, timeout: float) -> None:
        """Wait for the workers and for other threads, and hear what the workers say.

        While nobody waits for what they say, it is heard when it can be told, with the next commit:
        to be woken for each word costs more than the word.
        """
        dispatcher, ours = self._dispatcher, self._waker.receiver
        if dispatcher is None:
            if readable([ours], timeout):
                self._waker.clear()
            return
        told = self._committed + COMMIT_AFTER - self._clock()
        if dispatcher.is_patient and told > 0:
            readable([ours], min(timeout, told))
            timeout = 0.0
        for ready in readable([ours, *dispatcher.pipes], timeout):
            if ready is ours:
                self._waker.clear()
            else:
                dispatcher.receive(ready)

    def _time_to_wait(self) -> float:
        """Seconds until something must be done though nothing comes."""
        if self._calls or (self._sightings and self._repair_at is None):
            return 0.0
        now = self._clock()
        due = [now + LONGEST_TURN, self.queue.next_look, self._repair_at]
        due += [self._committed + COMMIT_AFTER if self.journal.changed else None]
        due += [] if self._dispatcher is None else self._dispatcher.due
        return max(0.0, min(at for at in due if at is not None) - now)

    def _finish(self) -> None:
        """Wait for what the workers hold; the rest stays pending in the journal."""
        end = self._clock() + LAST_JOBS
        try:
            while self._dispatcher is not None and self._dispatcher.busy and self._clock() < end:
                self._receive(0.1)
            self.lay_down()
            self.journal.close()
        except JournalError as error:
            logger.warning("%s; the last images will be integrated again", error)
        self.counters = self.queue.counters()

    # -------------------------------------------------------------------- sightings

    def _take_sightings(self) -> None:
        for _ in range(min(BATCH, len(self._sightings))):
            self._take(self._sightings.popleft())
        if len(self._sightings) > MOST_SIGHTINGS - BATCH:
            with self._space:
                self._space.notify_all()

    def _take(self, sighting: Sighting) -> None:
        self._taken.append(sighting)
        path = str(sighting.path)
        if sighting.problem is not None:
            self.queue.refuse(path, sighting.problem, f"{path}: {sighting.problem}")
            return
        if sighting.mount is not None:
            self._image_disks.note(os.path.dirname(path), sighting.mount)  # noqa: PTH120 - hot
        again = sighting.source is SourceKind.READDIR
        new = self.queue.sight(path, sighting.fingerprint, again=again)
        if new and sighting.source is SourceKind.WALKER:
            self._found_by_walk += 1

    def _looked(self, number: int, fingerprint: Fingerprint | None, away: str) -> None:
        """Let an image wait on while its disk is away, and with it those that have not begun."""
        if fingerprint is None and self._waits_for_disk(number):
            self._trouble.pop("images", None)  # it waits with those of its folder, which is told
        elif away and self.queue.put_off(number, self._clock()):
            if "images" not in self._trouble:
                logger.error("%s; its images wait", away)
            self._trouble["images"] = f"{away}; its images wait, {GO_ON}"
        else:
            if self._trouble.pop("images", None) is not None:
                logger.info("the folder of the images can be read again")
                self._on_loss("the folder of the images could not be read for a while")
            self.queue.looked(number, fingerprint, self._clock())
        if self._dispatcher is not None:
            self._dispatcher.paused = "images" in self._trouble

    def _waits_for_disk(self, number: int) -> bool:
        """Whether the disk of an image is not mounted; then the dispatcher may wait for it."""
        path = self.queue.path_of(number)
        if path is None or not self._image_disks.why_away(Path(path)):
            return False
        self.queue.try_again(number, self._clock())
        return True

    # -------------------------------------------------------------------- writing down

    def _commit(self) -> None:
        """Write down what has happened, and only then tell of it."""
        results: list[Result] = []
        if self._dispatcher is not None:
            results = self._dispatcher.take_results()
            self._attempt(OWNERS, self._dispatcher.claims.save)
        if self._live_list is not None:
            self._unlisted.extend(results)
            if self._unlisted:
                live_list = self._live_list
                self._attempt(LIVE_LIST, lambda: self._list(live_list))
        if self.journal.changed:
            self.journal.commit()
            self._committed = self._clock()
        if results:
            self.history.extend(results, self._committed)
        self.counters = self.queue.counters()  # not before the rows that they count
        self._taken.clear()
        if results:
            self._on_results()

    def _list(self, live_list: LiveList) -> None:
        """List curves, but not in the bare place of a disk; they are listed when it is back."""
        folder = live_list.path.parent
        self._list_disks.check(folder)
        if is_gone(folder.parent):
            raise OutputError(f"{folder.parent}: the folder is not there any more")
        results = list(self._unlisted)
        self._unlisted.clear()
        live_list.append(results)

    def _attempt(self, subject: str, write: Callable[[], None]) -> None:
        """Write a list of results; it must not keep images from being integrated."""
        try:
            write()
        except OutputError as error:
            if subject not in self._trouble:
                logger.warning("%s", error)
            self._trouble[subject] = str(error)
        else:
            self._trouble.pop(subject, None)
