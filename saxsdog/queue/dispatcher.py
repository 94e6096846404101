"""Gives the images of one queue to workers, and takes what becomes of them.

Belongs to the thread of the foreman, and lives as long as a calibration.
"""

import logging
import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from saxsdog.curves.jobs import Job, Outcome
from saxsdog.errors import OutputError, RequestError
from saxsdog.pipeline.crew import Crew, Death
from saxsdog.pipeline.preview import Preview, PreviewJob
from saxsdog.queue.claims import Claims
from saxsdog.queue.holds import TRY_AGAIN, Holds
from saxsdog.queue.image_disks import ImageDisks, is_gone
from saxsdog.queue.journal import Journal
from saxsdog.queue.live_list import LiveList
from saxsdog.queue.picture_queue import Item, PictureQueue
from saxsdog.queue.records import Result
from saxsdog.reasons import Reason

logger = logging.getLogger(__name__)

PREPARED = 64
"""Images that get their names and are written down together before workers get them."""

IMAGES_A_TURN = 256
"""Of a file that holds several; workers must not wait longer for the next job."""

STILLBORN = 5
"""Workers that die one after the other before they are ready: then no image is to blame."""


MEMORY = 1.0
"""s for which it is remembered that the disk of a folder is there."""

MAY_BE_AWAY = (Reason.VANISHED, Reason.IO_ERROR, Reason.PERMISSION, Reason.OUTPUT_FAILED)
"""What becomes of an image whose disk is unmounted while a worker has it."""


@dataclass(frozen=True)
class Work:
    """How the images of one queue are integrated.

    Attributes
    ----------
    make_crew
        Makes the workers, not yet started.
    make_claims
        Makes what gives images the names of their curves.
    live_list
        Where to list curves, if anywhere.
    image_timeout
        Seconds that a worker may take for one image.
    """

    make_crew: Callable[[], Crew]
    make_claims: Callable[[Journal], Claims]
    live_list: LiveList | None
    image_timeout: float


class Dispatcher:
    """The workers of one queue and the images that they have.

    Parameters
    ----------
    work
        What to do.
    queue
        Where the images come from.
    journal
        Of the queue.
    write_down
        Commits the journal: an image is written down as begun before a worker gets it.
    image_disks
        Whether the disks of images are there.
    clock
        Seconds that never jump.

    Attributes
    ----------
    paused
        Whether workers get no images, because none could be read.
    images_came_back
        Whether a disk of images was away and is there again; for somebody else to take back.
    """

    def __init__(
        self,
        work: Work,
        queue: PictureQueue,
        journal: Journal,
        write_down: Callable[[], None],
        image_disks: ImageDisks,
        clock: Callable[[], float],
    ) -> None:
        self.claims = work.make_claims(journal)
        self.paused = self.images_came_back = False
        self._queue = queue
        self._write_down = write_down
        self._clock = clock
        self._image_timeout = work.image_timeout
        self._crew = work.make_crew()
        self._leases: dict[int, tuple[Item, Job]] = {}
        self._prepared: deque[tuple[Item, Job]] = deque()
        self._previews: deque[tuple[PreviewJob, Future[Preview]]] = deque()
        self._asked: deque[tuple[PreviewJob, Future[Preview]]] = deque()
        self._results: list[Result] = []
        self._holds = Holds(clock, TRY_AGAIN)
        self._image_disks = image_disks
        self._away: set[str] = set()  # folders that are held because their images are away
        self._present: set[Path] = set()  # folders whose disk was there lately
        self._learnt = clock()
        self._trouble_with_workers = ""
        self._hire_at: float | None = None
        self._stillborn = 0
        self._hire()

    @property
    def pipes(self) -> list[Connection]:
        """What to wait for."""
        return self._crew.pipes

    @property
    def process_ids(self) -> tuple[int, ...]:
        return self._crew.process_ids

    @property
    def busy(self) -> bool:
        """Whether a worker works."""
        return self._crew.busy

    @property
    def is_patient(self) -> bool:
        """Whether workers work, and neither an image nor anybody waits for what they say."""
        crew = self._crew
        return crew.busy and crew.has_room() and not self._prepared and not self._asked

    @property
    def due(self) -> Sequence[float | None]:
        """When something must be done though no worker speaks."""
        trial = self._holds.due if self._crew.has_room() and not self.paused else None
        return (trial, self._hire_at, 0.0 if self._queue.expanding else None)

    @property
    def holds(self) -> bool:
        """Whether images wait because their curves cannot be written."""
        return bool(self._holds)

    @property
    def images_are_away(self) -> bool:
        """Whether images wait because their disk is not mounted."""
        return bool(self._away)

    @property
    def trouble(self) -> tuple[str, ...]:
        """What is wrong now, a sentence each."""
        workers = self._trouble_with_workers
        return (*self._holds.told, *([workers] if workers else []))

    def take_results(self) -> list[Result]:
        """Hand over what was integrated since the last time."""
        results, self._results = self._results, []
        return results

    def preview(self, job: PreviewJob, future: "Future[Preview]") -> None:
        """Let a worker reduce an image before it takes further ones."""
        self._previews.append((job, future))

    def abandon(self) -> None:
        """End the workers, and leave what they held to the journal."""
        self._leases.clear()
        self._holds.free_all()
        self.stop(0.0)

    def stop(self, timeout: float) -> None:
        """End the workers; what they hold goes back to the queue."""
        self._crew.stop(timeout)
        self._queue.bring_back(self._holds.free_all())
        for item, _ in reversed(self._leases.values()):
            self._queue.give_back(item)
        self._leases.clear()
        self._prepared.clear()
        for _, future in (*self._previews, *self._asked):
            future.set_exception(RequestError("busy", "the queue is being replaced"))

    # -------------------------------------------------------------------- what workers say

    def receive(self, pipe: Connection) -> None:
        """Take what a worker says."""
        match self._crew.receive(pipe):
            case Outcome() as outcome:
                self._take_outcome(outcome)
            case Preview() as preview:
                self._take_preview(preview)
            case Death() as death:
                self._take_death(death)
            case None:
                self._stillborn = 0
                self._trouble_with_workers = ""

    def _take_outcome(self, outcome: Outcome) -> None:
        item, job = self._leases.pop(outcome.id)
        if outcome.reason in MAY_BE_AWAY and (away := self._image_disks.why_away(job.image)):
            self._hold_until_back(item, away)
            return
        if _is_for_others_too(outcome, job):
            self._hold(item, outcome.message)
            return
        folder = _folder_of(item)
        if folder in self._holds and outcome.done is not None:
            logger.info("results of the images of %s can be written again", folder)
            self._queue.bring_back(self._holds.free(folder))
        self._holds.end_trial(folder)
        result = self._queue.finish(item, outcome, self._clock())
        if result is not None:
            self._results.append(result)

    def _hold_until_back(self, item: Item, message: str) -> None:
        """Wait with a leased image and all of its folder: their disk is not mounted."""
        self._away.add(_folder_of(item))
        self._hold(item, message)

    def _hold(self, item: Item, message: str) -> None:
        """Wait with a leased image and all of its folder: the disk is to blame, and no image."""
        folder = _folder_of(item)
        if self._holds.hold(folder, message):
            logger.error("%s; one image is tried every %.0f s", message, TRY_AGAIN)
        self._put_aside(item, first=True)
        for other, job in list(self._prepared):
            if _folder_of(other) == folder:
                self._prepared.remove((other, job))
                del self._leases[job.id]
                self._put_aside(other)

    def _put_aside(self, item: Item, *, first: bool = False) -> None:
        self._queue.put_aside(item)
        self._holds.wait(_folder_of(item), item, first=first)

    def _take_preview(self, preview: Preview) -> None:
        for asked in self._asked:
            job, future = asked
            if str(job.image) == preview.image:
                self._asked.remove(asked)
                future.set_result(preview)
                return

    def _take_death(self, death: Death) -> None:
        for job in reversed(death.others):
            self._give_back(job)
        if death.suspect is None:
            if not death.retired:
                self._queue.note_death()
        else:
            item, _ = self._leases.pop(death.suspect.id)
            self._queue.died(item, timeout=death.timeout)
            self._holds.end_trial(_folder_of(item))
        for preview in death.previews:
            self._take_preview(Preview.failed(preview.image, "a worker died over it"))
        self._stillborn = self._stillborn + 1 if death.stillborn else 0
        self._hire_at = self._clock()
        if self._stillborn >= STILLBORN:
            self._hire_at += TRY_AGAIN
            self._trouble_with_workers = (
                f"workers die before they are ready (exit code {death.exit_code}); "
                "their errors are in the log"
            )

    def _give_back(self, job: Job) -> None:
        item, _ = self._leases.pop(job.id)
        self._queue.give_back(item)
        self._holds.end_trial(_folder_of(item))

    # -------------------------------------------------------------------- what workers get

    def turn(self, now: float) -> None:
        """Replace and end workers where that is due, and give jobs to those that have room."""
        if self._hire_at is not None and now >= self._hire_at:
            self._hire()
        self._crew.kill_overdue(self._image_timeout)
        self._take_back()
        if self._queue.expanding:
            self._queue.expand(IMAGES_A_TURN)
        while self._previews and self._crew.hand(self._previews[0][0]):
            self._asked.append(self._previews.popleft())
        if not self.paused:
            self._hand_out()

    def _take_back(self) -> None:
        """Let others have what waits for a worker that is slow: its image may be all that is."""
        for job in reversed(self._crew.take_back()):
            if isinstance(job, Job):
                self._prepared.appendleft(self._leases[job.id])
            else:
                asked = next(each for each in self._asked if each[0] is job)
                self._asked.remove(asked)
                self._previews.appendleft(asked)

    def _hire(self) -> None:
        """Start the workers that are missing; if the system gives none, later."""
        self._hire_at = None
        try:
            self._crew.hire()
        except (OSError, EOFError) as error:
            why = getattr(error, "strerror", None) or "the process that starts them has died"
            if not self._trouble_with_workers:
                logger.error("workers cannot be started: %s", why)  # noqa: TRY400 - no bug
            self._trouble_with_workers = f"workers cannot be started: {why}"
            self._hire_at = self._clock() + TRY_AGAIN
        else:
            if self._stillborn < STILLBORN:
                self._trouble_with_workers = ""

    def _hand_out(self) -> None:
        """Give jobs to workers until they are full."""
        while self._crew.has_room() and (self._prepared or self._prepare()):
            item, job = self._prepared[0]
            if not self._crew.hand(job, alone=item.suspect):
                return
            self._prepared.popleft()

    def _prepare(self) -> bool:
        """Lease images, give them the names of their curves, and write that down."""
        gone = 0  # of these nobody waits for a worker, and others have their turn
        while len(self._prepared) + gone < PREPARED and (item := self._next()) is not None:
            away = self._why_away(item)
            if away:
                self._hold_until_back(item, away)
                continue
            try:
                job = self._job(item)
            except OutputError as error:
                self._hold(item, str(error))
                continue
            if job is None:
                gone += 1
                self._holds.end_trial(_folder_of(item))
            else:
                self._leases[job.id] = (item, job)
                self._prepared.append((item, job))
        if self._prepared:
            self._write_down()
        return bool(self._prepared)

    def _next(self) -> Item | None:
        """Lease an image that is on trial, or the next one of a folder that is not held."""
        trial = self._holds.next_trial()
        if trial is not None:
            self._queue.bring_back([trial])
            return self._queue.next()
        while not self._holds.are_full and (item := self._queue.next()) is not None:
            if _folder_of(item) not in self._holds:
                return item
            self._put_aside(item)
        return None

    def _why_away(self, item: Item) -> str:
        """Say why an image cannot be had at present, asking the disk now and then."""
        now, image = self._clock(), Path(item.path)
        if now - self._learnt > MEMORY:
            self._learnt = now
            self._present.clear()
        if image.parent in self._present:
            return ""
        away = self._image_disks.why_away(image)
        folder = _folder_of(item)
        if not away:
            self._present.add(image.parent)
        if not away and folder in self._away:
            logger.info("the disk of the images of %s is mounted again", folder)
            self._away.discard(folder)
            self.images_came_back = True
            self._queue.bring_back(self._holds.free(folder))
        return away

    def _job(self, item: Item) -> Job | None:
        image = Path(item.path)
        if is_gone(image.parent):  # it must not be made again for the curves
            message = f"{image}: its folder is not there any more"
            gone = Outcome.failed(Job(image, image), Reason.VANISHED, message)
            self._queue.finish(item, gone, self._clock())
            return None
        target = self.claims.target_of(image)
        if target is None:
            message = f"{image}: no name is free for its curves"
            self._queue.fail(item, Reason.OUTPUT_COLLISION, message)
            return None
        return Job(image, target, id=item.version.id, disk=self.claims.disk_of(target))


def _folder_of(item: Item) -> str:
    """Folder of an image: the curves of all its images go to the same one."""
    return os.path.dirname(item.path)  # noqa: PTH120 - hot


def _is_for_others_too(outcome: Outcome, job: Job) -> bool:
    """Whether what went wrong was no fault of the image: nothing can be written to its folder."""
    if outcome.reason == Reason.OUTPUT_FAILED:
        return True
    return outcome.reason == Reason.PERMISSION and not _may_write_to(job.target.parent)


def _may_write_to(folder: Path) -> bool:
    """Whether files may be made in a folder, or it in the one above that is there.

    Path.exists would raise where nobody may look, and for a disk that does not answer.
    """
    there = next((each for each in (folder, *folder.parents) if os.path.exists(each)), folder)  # noqa: PTH110
    return os.access(there, os.W_OK | os.X_OK)
