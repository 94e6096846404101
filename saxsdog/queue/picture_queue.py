"""The picture queue: every image that is known, and what happens to it next.

``announced or found -> ready -> leased -> integrated | failed | skipped``, with a way back from
leased to ready (its worker died) and to settling (it is not complete yet). A file in which a worker
finds several images is skipped when each of them has been entered. The journal keeps who is pending
and how the others ended; the finer states of the pending live here, in memory, for as many
images as :data:`WINDOW`. No threads, no files, no clocks: times are passed in.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from saxsdog.curves.jobs import Outcome, Status
from saxsdog.image_names import join
from saxsdog.io.status import Fingerprint
from saxsdog.protocol.messages import Counters
from saxsdog.queue.journal import Journal
from saxsdog.queue.records import AGAIN, Result, State, Version
from saxsdog.queue.settling import OF_THE_CONTENT, Patience, Wait, begin_wait
from saxsdog.queue.tally import Tally
from saxsdog.reasons import Reason

WINDOW = 4096
"""Ready images in memory; the others wait in the journal."""

MAX_DEATHS = 3
"""Workers that an image may kill; before the last one it works alone, so that blame is certain."""


OVERWRITTEN = "the file was overwritten; its newer version was taken in its place"
"""Said of a version that failed, when there is another: what was wrong concerns nobody any more."""

WORTH_A_TRY = (
    Reason.VANISHED,
    Reason.IO_ERROR,
    Reason.CHANGED_WHILE_READING,
    Reason.NO_LOG_ROW,
    Reason.PERMISSION,
)
"""For these an image that is there is read again, though it looks as before."""


class Stage(Enum):
    """What happens to a pending image that is in memory."""

    READY = "ready"
    LEASED = "leased"
    SETTLING = "settling"
    EXPANDING = "expanding"


@dataclass(slots=True)
class Item:
    """A pending image in memory.

    Attributes
    ----------
    newer
        Another fingerprint that was seen while a worker had the image.
    last_read
        Fingerprint of what a worker has read and found incomplete.
    wait
        Why it was not complete when it was last read.
    """

    version: Version
    stage: Stage = Stage.READY
    newer: Fingerprint | None = None
    last_read: Fingerprint | None = None
    wait: Wait | None = None

    @property
    def path(self) -> str:
        return self.version.path

    @property
    def suspect(self) -> bool:
        """Whether it must be the only job of its worker."""
        return self.version.deaths >= MAX_DEATHS - 1


@dataclass(slots=True)
class _Expansion:
    """A file whose images are being entered, and the first that is not."""

    item: Item
    n_images: int
    message: str
    next_page: int = 0


class PictureQueue:
    """The state machine over a journal.

    Parameters
    ----------
    journal
        Pending images that it holds come first.
    patience
        How long to wait for images that are not complete.
    wall
        Seconds since the epoch.
    """

    def __init__(self, journal: Journal, patience: Patience, wall: Callable[[], float]) -> None:
        self._journal = journal
        self._patience = patience
        self._wall = wall
        self._tally = Tally.of(journal)
        self._forget_memory()

    def reload(self) -> None:
        """Forget what is in memory and begin with what the journal holds."""
        self._tally = Tally.of(self._journal)
        self._forget_memory()

    def _forget_memory(self) -> None:
        self._ready: deque[Item] = deque()
        self._items: dict[str, Item] = {}
        self._by_number: dict[int, Item] = {}
        self._looks: list[tuple[float, int]] = []
        self._expansions: deque[_Expansion] = deque()
        self._n_leased = self._n_settling = 0
        self._loaded_to = 0
        self._all_loaded = False

    # -------------------------------------------------------------------- what comes in

    def sight(self, path: str, fingerprint: Fingerprint | None, *, again: bool = False) -> bool:
        """Take note of an image; true if it is a new one, or one with a new content.

        Parameters
        ----------
        path
            Of the image.
        fingerprint
            Of the file, or ``None`` if it was announced and is not there yet.
        again
            Whether to integrate it once more if that was done before.
        """
        return self._sight(path, fingerprint, again_before=math.inf if again else 0)

    def refuse(self, path: str, reason: Reason, message: str) -> None:
        """Take note of a file that is none of those that we read; it is skipped."""
        if path in self._items or self._journal.newest(path) is not None:
            self._tally.duplicates += 1
            return
        version = self._journal.add(path, 1, None, self._wall())
        self._tally.enter(version)
        self._end(version, State.SKIPPED, reason, message)

    def requeue(self, reason: str | None) -> int:
        """Let failed images wait once more, all or those of one reason; return how many."""
        failed = self._journal.unsuccessful(reason)
        for version in failed:
            self._revive(version, version.fingerprint)
        return len(failed)

    def forget_pending(self) -> int:
        """Forget every image that has not ended, leased ones included; return how many."""
        forgotten = self._journal.forget_pending()
        self._tally.recount(self._journal)
        self._forget_memory()
        return forgotten

    # -------------------------------------------------------------------- what goes out

    def next(self) -> Item | None:
        """Lease the image that has waited longest."""
        if not self._ready:
            self._load()
            if not self._ready:
                return None
        item = self._ready.popleft()
        item.stage = Stage.LEASED
        self._n_leased += 1
        return item

    def give_back(self, item: Item) -> None:
        """Make a leased image the next one: nothing was wrong with it."""
        self._n_leased -= 1
        item.stage = Stage.READY
        if item.newer is not None:
            self._set_fingerprint(item, item.newer)
            item.newer = None
        self._ready.appendleft(item)

    def put_aside(self, item: Item) -> None:
        """Take a leased image out of the turn until :meth:`bring_back`; it stays pending."""
        self.give_back(item)
        self._ready.popleft()

    def bring_back(self, items: Iterable[Item]) -> None:
        """Make images the next ones that were put aside, in the same order."""
        self._ready.extendleft(reversed(list(items)))

    def died(self, item: Item, *, timeout: bool = False) -> None:
        """Blame a leased image for the death of its worker; it fails when that was the last one."""
        version = item.version
        version.deaths += 1
        self._journal.count_death(version.id)
        self._tally.deaths += 1
        self._tally.timeouts += timeout
        if version.deaths < MAX_DEATHS:
            self._tally.retries += 1
            self.give_back(item)
            return
        reason = Reason.TIMEOUT if timeout else Reason.POISON
        what = "did not finish with it in time" if timeout else "died while they integrated it"
        self._drop(item)
        self._end(version, State.FAILED, reason, f"{version.deaths} workers {what}")
        self._succeed(item)

    def note_death(self) -> None:
        """Count a worker that died with no image to blame."""
        self._tally.deaths += 1

    def finish(self, item: Item, outcome: Outcome, now: float) -> Result | None:
        """Take the outcome of a leased image; return its row of the history if it has one."""
        version, read = item.version, outcome.fingerprint
        if read is not None and read != version.fingerprint:
            self._set_fingerprint(item, read)
        if read not in (None, item.last_read):
            item.last_read = read
            if item.wait is not None:
                item.wait.note_change(now)
        if item.newer == version.fingerprint:
            item.newer = None
        if outcome.holds_several and item.newer is None:
            self._begin_to_expand(item, outcome)
            return None
        failed = outcome.status is Status.FAILED
        if failed and self._patience.with_reason(outcome.reason) is not None:
            self._wait_or_fail(item, outcome, now)
            return None
        self._drop(item)
        result = None
        if outcome.status is Status.INTEGRATED:
            result = self._record(version, outcome)
            self._end(version, State.INTEGRATED)
        elif outcome.status is Status.SKIPPED and not outcome.holds_several:
            self._end(version, State.SKIPPED, outcome.reason, outcome.message)
        elif item.newer is None:
            self._end(version, State.FAILED, outcome.reason, outcome.message)
        else:
            self._end(version, State.SKIPPED, Reason.SUPERSEDED, OVERWRITTEN)
        self._succeed(item)
        return result

    def fail(self, item: Item, reason: Reason, message: str) -> None:
        """End a leased image that cannot be integrated, whoever tries."""
        self._drop(item)
        self._end(item.version, State.FAILED, reason, message)

    # -------------------------------------------------------------------- files with several images

    @property
    def expanding(self) -> bool:
        """Whether :meth:`expand` has something to do."""
        return bool(self._expansions)

    def expand(self, most: int) -> None:
        """Enter some images of a file that holds several; with the last of them the file ends.

        Until then it is pending: who is killed meanwhile has it read once more. If it waits again
        so do its images, except for those that have been entered after it.
        """
        expansion = self._expansions[0]
        version = expansion.item.version
        again_before = version.id if version.reason == AGAIN else 0
        start = expansion.next_page
        expansion.next_page = min(start + most, expansion.n_images)
        for page in range(start, expansion.next_page):
            self._sight(join(version.path, page), version.fingerprint, again_before)
        if expansion.next_page == expansion.n_images:
            self._expansions.popleft()
            self._drop(expansion.item)
            self._end(version, State.SKIPPED, Reason.SEVERAL_IMAGES, expansion.message)
            self._succeed(expansion.item)

    def _begin_to_expand(self, item: Item, outcome: Outcome) -> None:
        self._n_leased -= 1
        item.stage = Stage.EXPANDING
        self._expansions.append(_Expansion(item, outcome.n_images, outcome.message))

    # -------------------------------------------------------------------- settling

    def to_look_at(self, now: float) -> Iterator[tuple[int, str]]:
        """Yield number and path of the images that somebody should look at now."""
        while self._looks and self._looks[0][0] <= now:
            due, number = heapq.heappop(self._looks)
            item = self._by_number.get(number)
            if item is not None and item.wait is not None and item.wait.due == due:
                item.wait.due = None
                yield number, item.path

    @property
    def next_look(self) -> float | None:
        """When the next image should be looked at."""
        return self._looks[0][0] if self._looks else None

    def put_off(self, number: int, now: float) -> bool:
        """Wait on, for as long as it takes, for an image whose disk is away.

        False, and nothing is done, for one that nobody has ever seen.
        """
        item = self._by_number.get(number)
        if item is None or item.stage is not Stage.SETTLING or item.wait is None:
            return False
        if item.version.fingerprint is None:
            return False
        item.wait.first = item.wait.changed = now
        self._schedule(item, now)
        return True

    def path_of(self, number: int) -> str | None:
        """Return the path of an image that is in memory."""
        item = self._by_number.get(number)
        return None if item is None else item.path

    def try_again(self, number: int, now: float) -> None:
        """Wait no more for an image: it is ready, and its patience begins anew."""
        item = self._by_number.get(number)
        if item is None or item.stage is not Stage.SETTLING or item.wait is None:
            return
        item.wait.first = item.wait.changed = now
        self._retry(item)

    def looked(self, number: int, fingerprint: Fingerprint | None, now: float) -> None:
        """Take what was seen: one that has changed is ready, one that does not any more fails."""
        item = self._by_number.get(number)
        if item is None or item.stage is not Stage.SETTLING or item.wait is None:
            return
        version, wait = item.version, item.wait
        if fingerprint is not None and fingerprint != version.fingerprint:
            self._changed(item, fingerprint, now)
        elif fingerprint is not None and wait.reason in WORTH_A_TRY:
            self._retry(item)
        else:
            if fingerprint is None and wait.reason in OF_THE_CONTENT:
                wait.vanish(f"{item.path}: was there, and is there no more", now)
            self._fail_or_wait_on(item, now)

    # -------------------------------------------------------------------- numbers

    def counters(self) -> Counters:
        """Return a picture of all counters that fit together."""
        return self._tally.counters(leased=self._n_leased, settling=self._n_settling)

    # -------------------------------------------------------------------- inside

    def _sight(self, path: str, fingerprint: Fingerprint | None, again_before: float) -> bool:
        """Take note of an image; one that was entered before a number is integrated once more."""
        item = self._items.get(path)
        if item is not None:
            self._sight_again(item, fingerprint)
            return False
        known = self._journal.newest(path)
        if known is None:
            self._enter(self._journal.add(path, 1, fingerprint, self._wall()))
            return True
        if known.state is State.PENDING:  # it waits in the journal
            self._tally.duplicates += 1
            if fingerprint not in (None, known.fingerprint):
                self._journal.set_fingerprint(known.id, fingerprint)
            return False
        if fingerprint not in (None, known.fingerprint):
            self._add_version(known, fingerprint)
            return True
        if known.id < again_before:
            self._revive(known, known.fingerprint)
        else:
            self._tally.duplicates += 1
        return False

    def _sight_again(self, item: Item, fingerprint: Fingerprint | None) -> None:
        self._tally.duplicates += 1
        if fingerprint in (None, item.version.fingerprint):
            return
        if item.stage in (Stage.LEASED, Stage.EXPANDING):
            item.newer = fingerprint
            return
        self._set_fingerprint(item, fingerprint)
        if item.stage is Stage.SETTLING:
            self._retry(item)

    def _add_version(self, old: Version, fingerprint: Fingerprint | None) -> None:
        if old.state is State.FAILED:  # that concerns nobody any more
            self._journal.supersede(old.id, self._wall(), OVERWRITTEN)
            self._tally.move(old, State.SKIPPED, Reason.SUPERSEDED)
        added = self._journal.add(old.path, old.version + 1, fingerprint, self._wall())
        self._enter(added)

    def _revive(self, old: Version, fingerprint: Fingerprint | None) -> None:
        """Take an ending back."""
        self._tally.move(old, State.PENDING)
        self._queue_up(self._journal.wait_again(old, fingerprint, self._wall()))

    def _enter(self, version: Version) -> None:
        """Count a pending image that is new."""
        self._tally.enter(version)
        self._queue_up(version)

    def _queue_up(self, version: Version) -> None:
        """Take a pending image into memory if there is room and it is its turn."""
        if self._all_loaded and len(self._ready) < WINDOW:
            self._take(version)
        else:
            self._all_loaded = False

    def _load(self) -> None:
        if self._all_loaded:
            return
        versions = self._journal.pending_after(self._loaded_to, WINDOW)
        for version in versions:
            self._take(version)
        self._all_loaded = len(versions) < WINDOW

    def _take(self, version: Version) -> None:
        item = Item(version)
        self._items[version.path] = self._by_number[version.id] = item
        self._loaded_to = version.id
        self._ready.append(item)

    def _wait_or_fail(self, item: Item, outcome: Outcome, now: float) -> None:
        """Wait for an image that may yet become complete; if it has not for long, let it fail."""
        version, wait = item.version, item.wait
        self._n_leased -= 1
        item.stage = Stage.SETTLING
        self._n_settling += 1
        if wait is None or wait.reason != outcome.reason:
            fresh = begin_wait(
                outcome.reason, outcome.message, version.fingerprint, now, self._wall()
            )
            wait = fresh if wait is None else replace(fresh, first=wait.first)
        wait.message = outcome.message
        item.wait = wait
        if item.newer is not None:  # it has changed meanwhile
            newer, item.newer = item.newer, None
            self._changed(item, newer, now)
        else:
            self._fail_or_wait_on(item, now)

    def _fail_or_wait_on(self, item: Item, now: float) -> None:
        """Look again later at an image that is waited for, unless that has taken long enough."""
        wait = item.wait
        if wait is not None and wait.is_over(self._patience, now):
            self._drop(item)
            self._end(item.version, State.FAILED, wait.reason, wait.message)
        else:
            self._schedule(item, now)

    def _schedule(self, item: Item, now: float) -> None:
        if item.wait is not None:
            heapq.heappush(self._looks, (item.wait.schedule(now), item.version.id))

    def _changed(self, item: Item, fingerprint: Fingerprint, now: float) -> None:
        self._set_fingerprint(item, fingerprint)
        if item.wait is not None:
            item.wait.note_change(now)
        self._retry(item)

    def _set_fingerprint(self, item: Item, fingerprint: Fingerprint) -> None:
        item.version.fingerprint = fingerprint
        self._journal.set_fingerprint(item.version.id, fingerprint)

    def _retry(self, item: Item) -> None:
        """Let a worker try again; the history of its waiting stays with the image."""
        self._n_settling -= 1
        self._tally.retries += 1
        if item.wait is not None:
            item.wait.due = None
        item.stage = Stage.READY
        self._ready.append(item)

    def _drop(self, item: Item) -> None:
        """Take an image that has ended out of memory."""
        if item.stage is Stage.LEASED:
            self._n_leased -= 1
        elif item.stage is Stage.SETTLING:
            self._n_settling -= 1
        del self._items[item.path]
        del self._by_number[item.version.id]

    def _succeed(self, item: Item) -> None:
        """Let the content follow that was seen while a worker had the former one."""
        if item.newer is not None and item.newer != item.version.fingerprint:
            self._add_version(item.version, item.newer)

    def _end(self, version: Version, state: State, reason: str = "", message: str = "") -> None:
        self._journal.end(version.id, state, self._wall(), reason, message)
        self._tally.move(version, state, reason)

    def _record(self, version: Version, outcome: Outcome) -> Result:
        result = Result(
            cursor=0,
            path=version.path,
            time=outcome.time,
            time_source=outcome.time_source,
            exposure=outcome.exposure,
            announced=version.announced,
            done=self._wall() if outcome.done is None else outcome.done,
            curves=tuple(outcome.curves),
            parameters=outcome.parameters,
        )
        return replace(result, cursor=self._journal.add_result(result))
