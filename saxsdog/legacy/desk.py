"""Carries out what clients of the original ask for, by what our own clients may ask for."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from saxsdog.errors import (
    AuthenticationError,
    CalibrationError,
    ProtocolError,
    RequestError,
    SettingsError,
)
from saxsdog.legacy import replies
from saxsdog.legacy.calibrations import calibration_of
from saxsdog.legacy.gate import CHANGES, WITH_MASKS, Gate
from saxsdog.legacy.lanes import Lane
from saxsdog.legacy.last_change import LastChange
from saxsdog.legacy.masks import log_masks, masks_of
from saxsdog.legacy.requests import OldRequest
from saxsdog.protocol.arrays import Table, table_of
from saxsdog.protocol.messages import (
    LARGEST_PAGE,
    PAGE,
    Abort,
    AnyRequest,
    CalibrationOf,
    Close,
    CurveFiles,
    FilesList,
    Get,
    HistoryColumns,
    HistoryTable,
    LegacyCounts,
    ListDir,
    Listing,
    New,
    NewestCurves,
    Plot,
    ReadDir,
    Refusal,
    Reply,
    Stat,
    Statistics,
)
from saxsdog.running import Running
from saxsdog.settings import LegacySettings

logger = logging.getLogger(__name__)

MOST_QUESTIONS = 50
MOST_CHANGES = 4
"""Under way: a new queue comes with its masks."""

MOST_ROWS = 10_000
"""Images whose integral parameters are told; those that are in memory anyway."""

MOST_FILES = 200_000
"""Images whose files are named."""

_CHANGES: Mapping[str, type[Abort | Close | ReadDir]] = {
    request.command: request for request in (Abort, Close, ReadDir)
}
_Reply = TypeVar("_Reply", bound=Reply)


class Desk(Running):
    """The guests of an :class:`~saxsdog.transport.endpoint.Endpoint`; stop it after that.

    Parameters
    ----------
    settings
        Who may ask for what.
    answer
        Answers a request of ours, called in several threads.
    calibration
        Of the queue, as a document; ``None`` without one.
    clock, wall
        As of :class:`Gate`.
    memory
        File for what must be known after a restart.
    """

    def __init__(
        self,
        settings: LegacySettings,
        answer: Callable[[AnyRequest], "Reply | Future[Reply]"],
        calibration: Callable[[], Mapping[str, Any] | None],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        memory: Path | None = None,
    ) -> None:
        self._allowed = settings.allow
        self._last_change = LastChange(memory)
        self._gate = Gate(settings, clock, wall, self._last_change.time)
        self._answer = answer
        self._calibration = calibration
        self._wall = wall
        self._requests = self._refused = 0
        self._newest: float | None = None
        self._counting = threading.Lock()
        self._first = 0
        self._changes = Lane(1, MOST_CHANGES, "old change")
        self._questions = Lane(2, MOST_QUESTIONS, "old question")
        self._numbers = Lane(1, MOST_QUESTIONS, "old numbers")

    @property
    def counts(self) -> LegacyCounts:
        """What was asked for so far."""
        with self._counting:
            return LegacyCounts(self._requests, self._refused, self._newest)

    def start(self) -> None:
        logger.warning(
            "clients of the original are served, without encryption, and may ask for: %s",
            ", ".join(self._allowed) or "nothing",
        )

    def stop(self) -> None:
        for lane in (self._numbers, self._questions, self._changes):
            lane.close()

    def may_send_much(self, address: str) -> bool:
        """Whether a first message may be large: masks in JSON take six times their size."""
        return WITH_MASKS in self._allowed and self._gate.knows(address)

    def admit(self, frames: Sequence[bytes], route: bytes, address: str) -> "Future[bytes] | None":
        """Begin to answer a message, or leave it to whoever answers noise; in one thread."""
        request = self._gate.admit(frames, route, address)
        if request is None:
            self._count_refused()
            return None
        try:
            work = self._work_for(request, frames[1:], address)
            future = self._lane_for(request.command).submit(work)
        except (AuthenticationError, RequestError) as error:
            self._count_refused()
            future = Future()
            future.set_exception(error)
            return future
        with self._counting:
            self._requests += 1
            self._newest = self._wall()
        return future

    def excuse(self, refusal: Refusal) -> bytes:
        """Say in the words of the original why a request was not carried out."""
        return replies.refusal(refusal)

    def _lane_for(self, command: str) -> Lane:
        """Choose who does it: what needs no disk waits for nobody, changes for each other."""
        if command in CHANGES:
            return self._changes
        return self._numbers if command == Stat.command else self._questions

    def _count_refused(self) -> None:
        with self._counting:
            self._refused += 1

    # ------------------------------------------------------------- what is to be done

    def _work_for(
        self, request: OldRequest, masks: Sequence[bytes], address: str
    ) -> Callable[[], bytes]:
        """Choose what carries a request out, if its client may ask for it."""
        works: Mapping[str, Callable[[], bytes]] = {
            "stat": self._stat,
            "plot": self._plot,
            "get": self._get,
            "fileslist": self._files_list,
            "listdir": partial(self._listdir, request.argument),
            "new": partial(self._new, request, masks, address),
            **{name: partial(self._change, kind(), request) for name, kind in _CHANGES.items()},
            "mergedata": _not_there,
        }
        work = works.get(request.command)
        if work is None:
            return _not_there
        if request.command not in self._allowed:
            raise AuthenticationError("this command is not allowed to clients of the original")
        return work

    def _ask(self, request: AnyRequest, kind: type[_Reply]) -> _Reply:
        """Ask what one of our clients might ask, and wait for the reply."""
        reply = self._answer(request)
        if isinstance(reply, Future):
            reply = reply.result()
        if not isinstance(reply, kind):
            raise TypeError(f"expected {kind.__name__}, got {type(reply).__name__}")
        return reply

    # ------------------------------------------------------------- questions

    def _stat(self) -> bytes:
        statistics = self._ask(Stat(), Statistics)
        result = "no queue" if statistics.opened is None else "stat"
        return replies.encode(result, self._state(statistics))

    def _plot(self) -> bytes:
        document = self._calibration()
        statistics = self._ask(Stat(), Statistics)
        if document is None:
            return replies.encode("no queue", self._state(statistics))
        curves = self._ask(Plot(), NewestCurves)
        if curves.image is None:
            return replies.encode("Empty", self._state(statistics))
        return replies.encode("plot", replies.plot(curves, document) | self._state(statistics))

    def _state(self, statistics: Statistics) -> replies.Data:
        """Return how it is going, and how it went.

        Pages of this size are told at once, unless they begin ahead of what is in memory. So the
        place of the first row of the queue is kept.
        """
        since, more = max(self._first - 1, statistics.cursor - MOST_ROWS, 0), True
        tables: list[Table] = []
        while more and len(tables) * PAGE < MOST_ROWS:
            table = table_of(self._ask(HistoryColumns(since, PAGE), HistoryTable))
            tables.append(table)
            since, more = table.next, table.more
        cursors = tables[0].numbers["cursor"]
        self._first = int(cursors[0]) if cursors.size else statistics.cursor + 1
        return replies.stat(statistics) | replies.past(tables, statistics.time)

    def _get(self) -> bytes:
        return replies.encode("cal", replies.calibration(self._ask(Get(), CalibrationOf)))

    def _listdir(self, argument: Any) -> bytes:
        answer = self._ask(ListDir(_parts_of(argument)), Listing)
        return replies.encode("listdir", replies.listing(answer))

    def _files_list(self) -> bytes:
        pages: list[CurveFiles] = []
        since, more = 0, True
        while more and len(pages) * LARGEST_PAGE < MOST_FILES:
            page = self._ask(FilesList(since, LARGEST_PAGE), CurveFiles)
            pages.append(page)
            since, more = page.next, page.more
        return replies.encode("resultfileslists", replies.files(pages))

    # ------------------------------------------------------------- changes

    def _new(self, asked: OldRequest, frames: Sequence[bytes], address: str) -> bytes:
        try:
            document = calibration_of(asked.argument)
            masks = masks_of(document, frames)
        except CalibrationError:
            self._count_refused()
            raise
        log_masks(masks, address)
        return self._change(New(document, masks), asked)

    def _change(self, request: Abort | Close | New | ReadDir, asked: OldRequest) -> bytes:
        self._last_change.note(asked.time)
        reply = self._ask(request, Reply)
        return replies.encode(reply.result, replies.stat(self._ask(Stat(), Statistics)))


def expect_own_secret(settings: LegacySettings, secret: str) -> None:
    """Refuse to let clients of the original sign with the secret that our own messages need.

    Whoever hears a signed message can try a guess in a microsecond; with the same secret he would
    then open everything.

    Raises
    ------
    SettingsError
        If it is the same, or too short.
    """
    if settings.enabled and settings.secret.strip() == secret.strip():
        raise SettingsError("legacy.secret: expected another one than Secret of the network file")


def _parts_of(argument: Any) -> tuple[str, ...]:
    """Return the parts of the folder that a client asks for; without any, the root is meant."""
    parts = argument.get("directory", []) if isinstance(argument, dict) else argument
    parts = parts or []
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ProtocolError("expected a folder as a list of its parts")
    return tuple(part for part in parts if part)


def _not_there() -> bytes:
    raise RequestError("unknown-command", "this server does not know the command")
