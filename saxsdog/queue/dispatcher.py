"""Gives the images of one queue to workers, and takes what becomes of them.

Belongs to the thread of the foreman, and lives as long as a calibration.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from saxsdog.errors import OutputError, RequestError
from saxsdog.pipeline.crew import Crew, Death
from saxsdog.pipeline.jobs import Job, Outcome
from saxsdog.pipeline.preview import Preview, PreviewJob
from saxsdog.queue.claims import Claims
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

TRY_AGAIN = 5.0
"""s; after the disk was full, or workers could not start."""

STILLBORN = 5
"""Workers that die one after the other before they are ready: then no image is to blame."""


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
    clock
        Seconds that never jump.
    """

    def __init__(
        self,
        work: Work,
        queue: PictureQueue,
        journal: Journal,
        write_down: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.claims = work.make_claims(journal)
        self.trouble: dict[str, str] = {}
        self._queue = queue
        self._write_down = write_down
        self._clock = clock
        self._image_timeout = work.image_timeout
        self._crew = work.make_crew()
        self._leases: dict[int, Item] = {}
        self._prepared: deque[tuple[Item, Job]] = deque()
        self._previews: deque[tuple[PreviewJob, Future[Preview]]] = deque()
        self._asked: deque[tuple[PreviewJob, Future[Preview]]] = deque()
        self._results: list[Result] = []
        self._held_until: float | None = None
        self._hire_at: float | None = None
        self._stillborn = 0
        self._crew.hire()

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
        return (self._held_until, self._hire_at, 0.0 if self._queue.expanding else None)

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
        self.stop(0.0)

    def stop(self, timeout: float) -> None:
        """End the workers; what they hold goes back to the queue."""
        self._crew.stop(timeout)
        for item in reversed(self._leases.values()):
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
                self.trouble.pop("workers", None)

    def _take_outcome(self, outcome: Outcome) -> None:
        item = self._leases.pop(outcome.id)
        if outcome.reason == Reason.OUTPUT_FAILED:
            self._queue.give_back(item)
            self._hold(outcome.message)
            return
        if self._held_until is not None and outcome.curves:
            logger.info("results can be written again")
            self._held_until = None
            self.trouble.pop("results", None)
        result = self._queue.finish(item, outcome, self._clock())
        if result is not None:
            self._results.append(result)

    def _hold(self, message: str) -> None:
        """Wait with all images: the disk is to blame, not the image."""
        if "results" not in self.trouble:
            logger.error("%s; trying again every %.0f s", message, TRY_AGAIN)
        self.trouble["results"] = message
        self._held_until = self._clock() + TRY_AGAIN
        while self._prepared:
            item, job = self._prepared.pop()
            del self._leases[job.id]
            self._queue.give_back(item)

    def _take_preview(self, preview: Preview) -> None:
        for asked in self._asked:
            job, future = asked
            if str(job.image) == preview.image:
                self._asked.remove(asked)
                future.set_result(preview)
                return

    def _take_death(self, death: Death) -> None:
        for job in reversed(death.others):
            self._queue.give_back(self._leases.pop(job.id))
        if death.suspect is None:
            self._queue.note_death()
        else:
            self._queue.died(self._leases.pop(death.suspect.id), timeout=death.timeout)
        for preview in death.previews:
            self._take_preview(Preview.failed(preview.image, "a worker died over it"))
        self._stillborn = self._stillborn + 1 if death.stillborn else 0
        self._hire_at = self._clock()
        if self._stillborn >= STILLBORN:
            self._hire_at += TRY_AGAIN
            self.trouble["workers"] = (
                f"workers die before they are ready (exit code {death.exit_code}); "
                "their errors are in the log"
            )

    # -------------------------------------------------------------------- what workers get

    def turn(self, now: float) -> None:
        """Replace and end workers where that is due, and give jobs to those that have room."""
        if self._hire_at is not None and now >= self._hire_at:
            self._hire_at = None
            self._crew.hire()
        self._crew.kill_overdue(self._image_timeout)
        if self._queue.expanding:
            self._queue.expand(IMAGES_A_TURN)
        while self._previews and self._crew.hand(self._previews[0][0]):
            self._asked.append(self._previews.popleft())
        if self._held_until is None:
            self._hand_out()
        elif now >= self._held_until and not self._crew.busy:
            self._held_until = now + TRY_AGAIN
            self._hand_out(only_one=True)  # it tells whether results can be written again

    def _hand_out(self, *, only_one: bool = False) -> None:
        """Give jobs to workers until they are full."""
        most = 1 if only_one else PREPARED
        while self._crew.has_room() and (self._prepared or self._prepare(most)):
            item, job = self._prepared[0]
            if not self._crew.hand(job, alone=item.suspect):
                return
            self._prepared.popleft()
            if only_one:
                return

    def _prepare(self, most: int) -> bool:
        """Lease images, give them the names of their curves, and write that down."""
        while len(self._prepared) < most and (item := self._queue.next()) is not None:
            try:
                job = self._job(item)
            except OutputError as error:
                self._queue.give_back(item)
                self._hold(str(error))
                return False
            if job is not None:
                self._leases[job.id] = item
                self._prepared.append((item, job))
        if self._prepared:
            self._write_down()
        return bool(self._prepared)

    def _job(self, item: Item) -> Job | None:
        image = Path(item.path)
        target = self.claims.target_of(image)
        if target is None:
            message = f"{image}: no name is free for its curves"
            self._queue.fail(item, Reason.OUTPUT_COLLISION, message)
            return None
        return Job(image, target, id=item.version.id)
