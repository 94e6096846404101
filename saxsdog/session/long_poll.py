"""Requests that wait until there is something to tell."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from saxsdog.errors import RequestError, SaxsdogError
from saxsdog.protocol.messages import Following, HistoryPage, HistoryTable, Reply
from saxsdog.running import Running

MOST_WAITING = 200
"""More than that are refused."""

PACE = 0.1
"""s between two rounds of answers."""


@dataclass(frozen=True)
class _Waiting:
    request: Following
    future: "Future[Reply]"
    deadline: float


class LongPoll(Running):
    """Answers waiting requests when there is something new, or when they have waited enough.

    The first news are told at once, what follows in rounds of :data:`PACE`: at hundreds of images a
    second nobody can follow each, and everybody's processor time is better spent on images.

    Parameters
    ----------
    page
        Answers a request with what there is.
    """

    def __init__(
        self,
        page: Callable[[Following], HistoryPage | HistoryTable],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._page = page
        self._clock = clock
        self._changed = threading.Condition()
        self._news = False
        self._stopping = False
        self._waiting: list[_Waiting] = []
        self._next_round = clock()
        self._thread = threading.Thread(target=self._run, name="long poll", daemon=True)

    def add(self, request: Following) -> "Future[Reply]":
        """Answer a request later.

        Raises
        ------
        RequestError
            If too many wait already.
        """
        future: Future[Reply] = Future()
        with self._changed:
            if self._stopping or len(self._waiting) >= MOST_WAITING:
                raise RequestError("busy", "too many requests wait for something new")
            self._waiting.append(_Waiting(request, future, self._clock() + request.wait))
            self._news = True  # something may have come since the request was looked at
            self._changed.notify()
        return future

    def notify(self) -> None:
        """Tell that there is something new."""
        with self._changed:
            self._news = True
            if self._waiting:  # nobody else wants to be woken for each image
                self._changed.notify()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Answer everybody and end; safe to call twice."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._news or self._stopping, self._patience())
                pause = self._next_round - self._clock()
                if pause > 0:
                    self._changed.wait_for(lambda: self._stopping, pause)
                news, self._news = self._news, False
                waiting, self._waiting = self._waiting, []
                stopping = self._stopping
            now = self._clock()
            for each in waiting:
                if not (news or stopping or each.deadline <= now) or not self._answer(
                    each, final=stopping or each.deadline <= now
                ):
                    with self._changed:
                        self._waiting.append(each)
            if stopping:
                return

    def _answer(self, each: _Waiting, *, final: bool) -> bool:
        """Answer if there is something to tell, or no time left."""
        try:
            page = self._page(each.request)
        except (SaxsdogError, TimeoutError) as error:
            each.future.set_exception(error)
            return True
        if not page.rows and not final:
            return False
        each.future.set_result(page)
        if page.rows and not page.more:
            self._next_round = self._clock() + PACE
        return True

    def _patience(self) -> float | None:
        """Seconds until the first request has waited enough."""
        deadlines = [each.deadline for each in self._waiting]
        return max(0.0, min(deadlines) - self._clock()) if deadlines else None
