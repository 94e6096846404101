"""Opens, closes, aborts and resumes the picture queue, one change after the other."""

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from saxsdog.errors import RequestError, SaxsdogError
from saxsdog.paths import Roots
from saxsdog.protocol.messages import (
    New,
    NewQueue,
    QueueAborted,
    QueueClosed,
    QueueRestarted,
    QueueState,
    Requeue,
    Requeued,
)
from saxsdog.queue.foreman import Foreman
from saxsdog.session.intake import Intake
from saxsdog.session.open_queue import OpenQueue, prepare
from saxsdog.session.stored_queue import (
    StoredQueue,
    read_backup,
    remove_other_queues,
    store_masks,
    write_backup,
)
from saxsdog.settings import Settings

logger = logging.getLogger(__name__)
T = TypeVar("T")

QUEUE = "queue"
"""The fact of the journal that says which queue is open."""

ANSWER_WITHIN = 30.0
"""s that the foreman has for a question; it never takes a hundredth of it."""


class Keeper:
    """The queue and its state; its methods are called by one thread at a time.

    Parameters
    ----------
    settings, roots, state_folder
        What may be done, and where.
    foreman, intake
        Who does it.
    on_change
        Called when there is another queue.
    wall
        Seconds since the epoch.
    """

    def __init__(
        self,
        settings: Settings,
        roots: Roots,
        state_folder: Path,
        foreman: Foreman,
        intake: Intake,
        on_change: Callable[[], None] = lambda: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.state_folder = state_folder
        self.state = QueueState.IDLE
        self.queue: OpenQueue | None = None
        self.trouble: tuple[str, ...] = ()
        self._settings = settings
        self._roots = roots
        self._foreman = foreman
        self._intake = intake
        self._on_change = on_change
        self._wall = wall

    @property
    def queue_id(self) -> str:
        """Which queue is open; another one after each :meth:`new`."""
        queue = self.queue
        return "" if queue is None else queue.stored.id

    def resume(self) -> None:
        """Go on with the queue that a former server had; call it once, before anything else."""
        stored = self._stored()
        remove_other_queues(self.state_folder, stored)
        if stored is None:
            return
        if stored.state is QueueState.ABORTED:
            self.state = QueueState.ABORTED
            return
        try:
            queue = prepare(stored, self._settings, self._roots, self.state_folder)
        except SaxsdogError as error:
            logger.error("the former queue cannot be resumed: %s", error)  # noqa: TRY400 - no bug
            self.trouble = (f"the former queue cannot be resumed: {error}",)
            return
        self._foreman.call(lambda: self._foreman.open(queue.work)).result()
        self._adopt(queue)
        logger.info(
            "resumed the queue of %r with %d pending images",
            queue.calibration.title,
            self._foreman.counters.pending,
        )

    def close_plan(self) -> None:
        """Remove the plan of the queue; the next server computes it again."""
        if self.queue is not None:
            self.queue.close()

    def _stored(self) -> StoredQueue | None:
        """Return the queue that was open: from the journal, or beside it if that was damaged."""
        journal = self._foreman.journal
        text = self.ask(lambda: journal.fact(QUEUE))
        if text is None and journal.was_damaged:
            logger.warning("the folders are searched for images since the queue was opened")
            text = read_backup(self.state_folder)
        return None if text is None else StoredQueue.from_json(text)

    def _write_down(self, stored: StoredQueue) -> None:
        """Write down which queue is open, in the thread of the foreman."""
        text = stored.to_json()
        self._foreman.journal.set_fact(QUEUE, text)
        write_backup(self.state_folder, text)

    def new(self, request: New) -> NewQueue:
        """Open a queue in place of the one that is open; if that fails, it goes on.

        Raises
        ------
        CalibrationError, PathError, OutputError
            As from :func:`prepare`.
        """
        stored = StoredQueue(
            secrets.token_hex(8), QueueState.RUNNING, self._wall(), request.calibration, {}
        )
        folder = stored.folder(self.state_folder)
        stored = replace(stored, masks=store_masks(folder, request.attachments))
        try:
            queue = prepare(stored, self._settings, self._roots, self.state_folder)
        except BaseException:
            remove_other_queues(self.state_folder, self.queue.stored if self.queue else None)
            raise
        self._intake.hold()
        carried = self.ask(lambda: self._replace(queue))
        self._adopt(queue)
        remove_other_queues(self.state_folder, queue.stored)
        logger.info(
            "new queue %r in %s: %d workers, %d images carried over",
            queue.calibration.title,
            self._roots.relative(queue.directory),
            len(self._foreman.workers),
            carried,
        )
        return NewQueue(queue.calibration.directory, tuple(queue.kinds), carried, queue.remarks)

    def _replace(self, queue: OpenQueue) -> int:
        """Put one queue in place of another, in the thread of the foreman."""
        foreman = self._foreman
        foreman.take_all_sightings()
        foreman.lay_down()
        # Images behind a link from the directory have another path, and yet belong to it.
        stays = self.queue is not None and self.queue.directory == queue.directory
        carried = [
            version
            for version in foreman.journal.pending_after(0, -1)
            if stays or Path(version.path).is_relative_to(queue.directory)
        ]
        foreman.journal.clear()
        self._write_down(queue.stored)
        foreman.history.clear()
        foreman.queue.reload()
        for version_ in carried:
            foreman.queue.sight(version_.path, version_.fingerprint)
        foreman.open(queue.work)
        return len(carried)

    def _adopt(self, queue: OpenQueue) -> None:
        """Turn to a queue that the foreman works on already."""
        former, self.queue = self.queue, queue
        self.state = queue.stored.state
        self.trouble = ()
        self._intake.open(
            queue.directory,
            queue.stored.opened,
            taking=self.state is QueueState.RUNNING,
            everything=queue.stored.everything,
        )
        if former is not None:
            former.close()
        self._on_change()

    def readdir(self) -> QueueRestarted:
        """Put every existing image of the directory into the queue again."""
        queue = self.open_queue()
        self._store(replace(queue.stored, everything=True))
        self._intake.readdir()
        logger.info("every existing image is integrated again")
        return QueueRestarted()

    def close(self) -> QueueClosed:
        """Take nothing new."""
        queue = self.open_queue()
        self._intake.take_nothing_new()
        self._store(replace(queue.stored, state=QueueState.CLOSED))
        logger.info("queue closed")
        return QueueClosed(self._foreman.counters.pending)

    def abort(self) -> QueueAborted:
        """Stop, and forget what is pending."""
        queue = self.open_queue()
        self._intake.close()

        def forget() -> int:
            self._foreman.take_all_sightings()
            self._foreman.lay_down()
            return self._foreman.queue.forget_pending()

        forgotten = self.ask(forget)
        self._store(replace(queue.stored, state=QueueState.ABORTED))
        queue.close()
        logger.info("queue aborted, %d images forgotten", forgotten)
        return QueueAborted(forgotten)

    def _store(self, stored: StoredQueue) -> None:
        """Write down what has changed of the queue."""
        self.queue = replace(self.open_queue(), stored=stored)
        self.ask(lambda: self._write_down(stored))
        self.state = stored.state

    def requeue(self, request: Requeue) -> Requeued:
        """Try failed images again."""
        self.open_queue()
        images = self.ask(lambda: self._foreman.queue.requeue(request.reason))
        logger.info("%d images are tried again", images)
        return Requeued(images)

    def open_queue(self) -> OpenQueue:
        """Return the queue that can still be worked on.

        Raises
        ------
        RequestError
            If there is none, or it was aborted.
        """
        if self.queue is None or self.state is QueueState.ABORTED:
            raise RequestError("no-queue", "expected an open queue: send a calibration first")
        return self.queue

    def ask(self, function: Callable[[], T]) -> T:
        """Run something in the thread of the foreman, and wait for it."""
        return self._foreman.call(function).result(ANSWER_WITHIN)
