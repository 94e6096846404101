"""Opens, closes, aborts and resumes the picture queue, one change after the other."""

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from saxsdog.errors import OutputError, RequestError, SaxsdogError
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
    store_files,
    write_backup,
)
from saxsdog.settings import Settings
from saxsdog.state_folder import StateFolder

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
    settings, roots, state
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
        state: StateFolder,
        foreman: Foreman,
        intake: Intake,
        on_change: Callable[[], None] = lambda: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.state_folder = state.path
        self.queue: OpenQueue | None = None
        self.trouble: tuple[str, ...] = ()
        self._settings = settings
        self._state = state
        self._roots = roots
        self._foreman = foreman
        self._intake = intake
        self._on_change = on_change
        self._wall = wall
        self._waiting: StoredQueue | None = None

    @property
    def state(self) -> QueueState:
        """What is done with images."""
        return QueueState.IDLE if self.queue is None else self.queue.stored.state

    @property
    def queue_id(self) -> str:
        """Which queue is open; another one after each :meth:`new`."""
        queue = self.queue
        return "" if queue is None else queue.stored.id

    def resume(self) -> None:
        """Go on with the queue that a former server had; call it once, before anything else."""
        stored = self._stored()
        if stored is not None:
            remove_other_queues(self.state_folder, stored)
            self._go_on_with(stored)

    def resume_later(self) -> None:
        """Try once more to go on with a queue that could not be resumed."""
        if self._waiting is not None:
            self._go_on_with(self._waiting)

    @property
    def waits_to_resume(self) -> bool:
        """Whether there is a queue that could not be resumed so far."""
        return self._waiting is not None

    def _go_on_with(self, stored: StoredQueue) -> None:
        try:
            queue = prepare(stored, self._settings, self._roots, self.state_folder)
        except SaxsdogError as error:
            if self._waiting is None:
                logger.error("the former queue cannot be resumed: %s", error)  # noqa: TRY400
            self._waiting = stored
            self.trouble = (f"the former queue cannot be resumed: {error}",)
            return
        self._waiting = None
        if stored.state is QueueState.ABORTED:  # it can be asked for, and that is all
            self.queue = queue
            self.trouble = ()
            queue.close()
            return
        self.ask(lambda: self._foreman.open(queue.work))
        self._adopt(queue)
        logger.info(
            "resumed the queue of %r with %d pending images",
            queue.calibration.title,
            self._foreman.counters.pending,
        )

    def write_again(self) -> None:
        """Tell an empty journal, in place of one that was damaged, which queue is open.

        Called in the thread of the foreman. Images that were asked for are searched once more.
        """
        stored = self._waiting if self.queue is None else self.queue.stored
        if stored is None:
            return
        self._foreman.journal.set_fact(QUEUE, stored.to_json())
        if stored.everything and stored.state is QueueState.RUNNING:
            self._intake.find_all()

    def close_plan(self) -> None:
        """Remove the plan of the queue; the next server computes it again."""
        if self.queue is not None:
            self.queue.close()

    def _stored(self) -> StoredQueue | None:
        """Return the queue that was open: from the journal, or beside it if that has lost it."""
        text = self.ask(lambda: self._foreman.journal.fact(QUEUE))
        if text is None:
            text = read_backup(self.state_folder)
            if text is not None:
                logger.warning(
                    "the journal knows of no queue: going on with the last one, and searching for "
                    "the images that came since it was opened"
                )
        try:
            return None if text is None else StoredQueue.from_json(text)
        except (ValueError, KeyError, TypeError) as error:
            logger.error("what is stored of the former queue is no queue: %s", error)  # noqa: TRY400
            self.trouble = ("the former queue is lost: its description is damaged",)
            return None

    def _write_down(self, stored: StoredQueue) -> None:
        """Write down which queue is open, in the thread of the foreman."""
        text = stored.to_json()
        write_backup(self.state_folder, text)
        self._foreman.journal.set_fact(QUEUE, text)

    def new(self, request: New) -> NewQueue:
        """Open a queue in place of the one that is open; if that fails, it goes on.

        Raises
        ------
        CalibrationError, PathError, OutputError
            As from :func:`prepare`; if the state of the server is gone.
        """
        self._state.expect()
        stored = StoredQueue(
            secrets.token_hex(8), QueueState.RUNNING, self._wall(), request.calibration, {}
        )
        folder = stored.folder(self.state_folder)
        stored = replace(stored, files=store_files(folder, request.attachments))
        try:
            queue = prepare(stored, self._settings, self._roots, self.state_folder)
        except BaseException:
            # What waits to be resumed still needs its files.
            kept = self.queue.stored if self.queue else self._waiting
            remove_other_queues(self.state_folder, kept)
            raise
        self._intake.hold()
        try:
            carried = self.ask(lambda: self._replace(queue))
        except (SaxsdogError, OSError, EOFError) as error:
            queue.close()
            self._take_back()
            raise OutputError(f"the queue cannot be opened: {error}") from error
        self._waiting = None
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
        foreman.open(queue.work)
        # Images behind a link from the directory have another path, and yet belong to it.
        stays = self.queue is not None and self.queue.directory == queue.directory
        carried = [
            version
            for version in foreman.journal.pending_after(0, -1)
            if stays or Path(version.path).is_relative_to(queue.directory)
        ]
        self._write_down(queue.stored)  # before anything is forgotten: the disk may be full
        foreman.journal.clear()
        foreman.history.clear()
        foreman.queue.reload()
        for version_ in carried:
            foreman.queue.sight(version_.path, version_.fingerprint)
        return len(carried)

    def _adopt(self, queue: OpenQueue) -> None:
        """Turn to a queue that the foreman works on already."""
        former, self.queue = self.queue, queue
        self.trouble = ()
        self._look_for_images_of(queue)
        if former is not None:
            former.close()
        self._on_change()

    def _look_for_images_of(self, queue: OpenQueue) -> None:
        self._intake.open(
            queue.directory,
            queue.stored.opened,
            taking=queue.stored.state is QueueState.RUNNING,
            everything=queue.stored.everything,
        )

    def _take_back(self) -> None:
        """Go on with the queue that was to be replaced."""
        former = self.queue
        if former is None or self.state is QueueState.ABORTED:
            return
        self._look_for_images_of(former)
        with suppress(SaxsdogError, OSError, EOFError):  # then nothing can be written anyhow
            self.ask(lambda: self._foreman.open(former.work))
            self.ask(lambda: self._write_down(former.stored))

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
        self._store(replace(queue.stored, state=QueueState.CLOSED))
        self._intake.take_nothing_new()
        logger.info("queue closed")
        return QueueClosed(self._foreman.counters.pending)

    def abort(self) -> QueueAborted:
        """Stop, and forget what is pending."""
        queue = self.open_queue()
        self._store(replace(queue.stored, state=QueueState.ABORTED))
        self._intake.close()

        def forget() -> int:
            self._foreman.take_all_sightings()
            self._foreman.lay_down()
            return self._foreman.queue.forget_pending()

        forgotten = self.ask(forget)
        queue.close()
        logger.info("queue aborted, %d images forgotten", forgotten)
        return QueueAborted(forgotten)

    def _store(self, stored: StoredQueue) -> None:
        """Write down what has changed of the queue; if that fails, nothing has changed."""
        queue = self.open_queue()
        self._state.expect()
        self.ask(lambda: self._write_down(stored))
        self.queue = replace(queue, stored=stored)

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
