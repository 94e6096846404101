"""The answer to every request."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.errors import CurveFileError, RequestError
from saxsdog.paths import Roots
from saxsdog.pipeline.preview import Preview, PreviewJob
from saxsdog.pipeline.preview_process import preview_in_a_process
from saxsdog.protocol.messages import (
    PROTOCOL_VERSION,
    REQUESTS,
    Abort,
    AnyRequest,
    Attachment,
    CalibrationOf,
    Close,
    CurveFiles,
    Entry,
    Failed,
    Failures,
    FilesList,
    Following,
    Get,
    Hello,
    History,
    HistoryColumns,
    HistoryPage,
    HistoryTable,
    Image,
    LegacyCounts,
    ListDir,
    Listing,
    New,
    NewestCurves,
    Plot,
    ReadDir,
    Reply,
    Requeue,
    Stat,
    Statistics,
    Welcome,
)
from saxsdog.protocol.messages import Preview as PreviewReply
from saxsdog.queue.foreman import Foreman
from saxsdog.queue.records import Result
from saxsdog.session.columns import columns_of
from saxsdog.session.intake import Intake
from saxsdog.session.keeper import ANSWER_WITHIN, Keeper
from saxsdog.session.long_poll import LongPoll
from saxsdog.session.open_queue import OpenQueue
from saxsdog.session.past import Past
from saxsdog.session.views import failure_of, graphs_of, page_of
from saxsdog.sources.newest import newest_image

AT_ONCE = 1000
"""Rows of the history that are told while others wait for their answers."""


class Session:
    """Answers requests; a context manager around what it starts for that.

    Changes of the queue happen one after the other, in a thread of their own; questions that need
    a disk in another, so that the rest is answered at once.

    Parameters
    ----------
    name
        Of the server.
    roots
        By which files are named.
    foreman, intake, keeper
        Who integrates images, finds them, and changes the queue.
    denied
        Counts messages that were refused: not genuine, and replayed.
    further_trouble
        What others cannot do, a sentence each.
    legacy
        Counts requests of clients of the original, ``None`` if they are not served.
    """

    def __init__(
        self,
        name: str,
        roots: Roots,
        foreman: Foreman,
        intake: Intake,
        keeper: Keeper,
        denied: Callable[[], tuple[int, int]] = lambda: (0, 0),
        further_trouble: Callable[[], tuple[str, ...]] = tuple,
        legacy: Callable[[], LegacyCounts | None] = lambda: None,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._version = version("saxsdog")  # read once: it opens a file, and there may be none left
        self._roots = roots
        self._foreman = foreman
        self._intake = intake
        self._keeper = keeper
        self._past = Past(foreman, keeper)
        self._denied = denied
        self._further_trouble = further_trouble
        self._legacy = legacy
        self._wall = wall
        self._clock = clock
        self._started = wall()
        self._curves: NewestCurves | None = None
        self._long_poll = LongPoll(self._history)
        self._changes = ThreadPoolExecutor(1, thread_name_prefix="change")
        self._questions = ThreadPoolExecutor(2, thread_name_prefix="question")

    def __enter__(self) -> Self:
        self._long_poll.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._changes.shutdown(cancel_futures=True)
        self._questions.shutdown(cancel_futures=True)
        self._long_poll.stop()

    def notify(self) -> None:
        """Tell those who wait that the history has grown."""
        self._long_poll.notify()

    def mend(self) -> None:
        """Try once more what could not be done at the start."""
        if self._keeper.waits_to_resume:
            self._changes.submit(self._keeper.resume_later)

    def answer(self, request: AnyRequest) -> "Reply | Future[Reply]":
        """Answer at once what is in memory, and the rest later.

        Raises
        ------
        RequestError
            If there is no queue that could answer.
        """
        match request:
            case Hello():
                return self._welcome()
            case Stat():
                return self.statistics()
            case History() | HistoryColumns():
                return self._history_now_or_later(request)
            case New():
                return self._changes.submit(self._keeper.new, request)
            case ReadDir():
                return self._changes.submit(self._keeper.readdir)
            case Close():
                return self._changes.submit(self._keeper.close)
            case Abort():
                return self._changes.submit(self._keeper.abort)
            case Requeue():
                return self._changes.submit(self._keeper.requeue, request)
            case Get():
                return self._questions.submit(self._get)
            case Plot():
                return self._questions.submit(self._plot, request)
            case ListDir():
                return self._questions.submit(self._listdir, request)
            case FilesList():
                return self._questions.submit(self._files_list, request)
            case Failed():
                return self._questions.submit(self._failed, request)
            case Image():
                return self._questions.submit(self._image, request)

    # -------------------------------------------------------------------- at once

    def _welcome(self) -> Welcome:
        return Welcome(
            self._name, self._version, PROTOCOL_VERSION, self._keeper.state, tuple(REQUESTS)
        )

    def statistics(self) -> Statistics:
        """Return the state of everything."""
        foreman, queue = self._foreman, self._keeper.queue
        sources = self._intake.status()  # before the counters: what it does not count, these do
        counters = foreman.counters
        newest = foreman.history.newest
        denied, replayed = self._denied()
        trouble = self._keeper.trouble + foreman.trouble + self._further_trouble()
        if not foreman.images_are_away:  # else it was said already
            trouble += self._intake.trouble
        return Statistics(
            name=self._name,
            state=self._keeper.state,
            title="" if queue is None else queue.calibration.title,
            directory=() if queue is None else queue.calibration.directory,
            time=self._wall(),
            started=self._started,
            opened=None if queue is None else queue.stored.opened,
            counters=counters,
            sources=sources,
            rate=foreman.history.rate(self._clock()),
            workers=foreman.workers,
            newest_image=None if newest is None else self._roots.relative(Path(newest.path)),
            newest_time=None if newest is None else newest.done,
            trouble=tuple(map(self._roots.shorten, trouble)),
            denied=denied,
            replayed=replayed,
            cursor=foreman.history.last_cursor,
            legacy=self._legacy(),
        )

    # -------------------------------------------------------------------- history

    def _history_now_or_later(self, request: Following) -> "Reply | Future[Reply]":
        if request.wait > 0:
            return self._long_poll.add(request)
        if request.limit > AT_ONCE or not self._past.is_in_memory(request.since):
            return self._questions.submit(self._history, request)
        return self._history(request)

    def _history(self, request: Following) -> HistoryPage | HistoryTable:
        """Return a page, or as many rows in columns."""
        excerpt = self._past.after(request.since, request.limit)
        match request:
            case History():
                return page_of(excerpt, self._roots.relative)
            case HistoryColumns():
                return columns_of(excerpt, self._roots.relative)

    # -------------------------------------------------------------------- questions

    def _get(self) -> Reply:
        queue = self._some_queue()
        return CalibrationOf(
            queue.stored.document, queue.stored.attachments(self._keeper.state_folder)
        )

    def _plot(self, request: Plot) -> Reply:
        statistics = self.statistics()
        if request.cursor is not None:
            return self._read_curves(*self._with_cursor(request.cursor), statistics)
        newest, queue, curves = self._foreman.history.newest, self._keeper.queue, self._curves
        if newest is None or queue is None:
            return NewestCurves(None, None, statistics.cursor, (), statistics)
        if curves is None or curves.cursor != newest.cursor:
            curves = self._curves = self._read_curves(newest, queue, statistics)
        return replace(curves, statistics=statistics)

    def _with_cursor(self, cursor: int) -> tuple[Result, OpenQueue]:
        """Return the result of a cursor, and the queue that it belongs to."""
        queue = self._some_queue()
        excerpt = self._past.after(cursor - 1, 1)
        for result in excerpt.results:
            if result.cursor == cursor and excerpt.queue == queue.stored.id:
                return result, queue
        raise RequestError(
            "not-found", f"expected the cursor of an image of this queue, there is none at {cursor}"
        )

    def _read_curves(
        self, newest: Result, queue: OpenQueue, statistics: Statistics
    ) -> NewestCurves:
        relative = self._roots.relative
        try:
            graphs, attachments = graphs_of(newest, queue.kinds, relative)
        except CurveFileError as error:
            raise RequestError("not-found", self._roots.shorten(str(error))) from error
        image = relative(Path(newest.path))
        return NewestCurves(image, newest.time, newest.cursor, graphs, statistics, attachments)

    def _listdir(self, request: ListDir) -> Reply:
        content = self._roots.list_folder(request.directory)
        entries = tuple(Entry(entry.name, entry.isdir) for entry in content.entries)
        return Listing(request.directory, entries, content.complete)

    def _files_list(self, request: FilesList) -> Reply:
        queue, relative = self._some_queue(), self._roots.relative
        results = self._keeper.ask(
            lambda: self._foreman.journal.results(request.since, request.limit + 1)
        )
        page, more = results[: request.limit], len(results) > request.limit
        lists: dict[str, list[str]] = {kind: [] for kind in ("images", *queue.kinds)}
        for result in page:
            lists["images"].append(relative(Path(result.path)))
            for channel, curve in zip(queue.kinds, result.curves, strict=False):
                lists[channel].append(relative(Path(curve)))
        after = page[-1].cursor if page else request.since
        return CurveFiles({kind: tuple(files) for kind, files in lists.items()}, after, more)

    def _failed(self, request: Failed) -> Reply:
        endings = self._keeper.ask(
            lambda: self._foreman.journal.endings(request.since, request.limit + 1)
        )
        page, more = endings[: request.limit], len(endings) > request.limit
        rows = tuple(failure_of(ending, self._roots) for ending in page)
        return Failures(rows, page[-1].number if page else request.since, more)

    def _image(self, request: Image) -> Reply:
        if request.directory is None:
            preview = self._newest_integrated(request.max_side)
        else:
            preview = self._newest_below(request.directory, request.max_side)
        if preview.error:
            raise RequestError("not-found", self._roots.shorten(preview.error))
        pixels = Attachment("image", preview.pixels.astype("<f4").tobytes())
        return PreviewReply(
            self._roots.relative(Path(preview.image)),
            preview.frame_shape,
            preview.pixels.shape,
            preview.block,
            (pixels,),
        )

    def _newest_integrated(self, max_side: int) -> Preview:
        newest = self._foreman.history.newest
        if newest is None:
            raise RequestError("not-found", "expected an image, none was integrated yet")
        self._keeper.open_queue()
        return self._foreman.preview(PreviewJob(Path(newest.path), max_side)).result(ANSWER_WITHIN)

    def _newest_below(self, directory: Sequence[str], max_side: int) -> Preview:
        """Return a preview of a file that perhaps no queue is open for, and no worker is there."""
        image = newest_image(self._roots.directory(directory), self._intake.suffixes)
        if image is None:
            folder = "/".join(directory) or "the root"
            raise RequestError("not-found", f"expected an image in {folder}, there is none")
        return preview_in_a_process(PreviewJob(image, max_side), self._roots.folders)

    def _some_queue(self) -> OpenQueue:
        """Return the queue, also one that was aborted."""
        queue = self._keeper.queue
        if queue is None:
            raise RequestError("no-queue", "expected a calibration, none was sent yet")
        return queue
