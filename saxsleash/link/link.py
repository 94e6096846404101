"""The one object that talks to the server of the window."""

import time
from collections.abc import Callable
from typing import TypeVar

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from saxsdog.client import Client
from saxsdog.errors import SaxsdogError, ServerUnreachableError
from saxsdog.network import NetworkEntry
from saxsdog.protocol.arrays import Table
from saxsdog.protocol.messages import NewestCurves, Preview, Statistics, Welcome
from saxsleash.link.asking import Asking, Question
from saxsleash.link.following import Following
from saxsleash.link.post import Post
from saxsleash.link.talker import Talker
from saxsleash.link.watching import Watching

T = TypeVar("T")

LONGEST_END = 3.0
"""Seconds that :meth:`Link.stop` waits for a server that is just asked."""

LARGEST_IMAGE = 2048
"""Pixels a side: no screen shows more of a frame."""


class Link(QObject):
    """Talks to one server at a time; lives in the thread of the window and never blocks it.

    Three threads, each with a client of its own, ask the server: one how it is going, one for the
    history, and one for what the window asks. So a slow answer holds up only its like. All signals
    and callbacks come in the thread of the window.
    """

    connected = pyqtSignal(object)
    """A server answers for the first time: its :class:`~saxsdog.protocol.messages.Welcome`."""

    lost = pyqtSignal(str, str)
    """It does not answer, or not us: code and message. It is asked again and again."""

    back = pyqtSignal()
    """It answers again."""

    restarted = pyqtSignal()
    """It is not the same process as before; what it forgot must be asked for again."""

    disconnected = pyqtSignal()
    """It is asked no more, nor is another in its place."""

    status = pyqtSignal(object)
    """:class:`~saxsdog.protocol.messages.Statistics`, at least twice a second."""

    history = pyqtSignal(object)
    """:class:`~saxsdog.protocol.arrays.Table`: the next rows, or those of another queue."""

    curves = pyqtSignal(object)
    """:class:`~saxsdog.protocol.messages.NewestCurves` of a new image, at most five a second."""

    image = pyqtSignal(object)
    """:class:`~saxsdog.protocol.messages.Preview` that was fetched."""

    refused = pyqtSignal(object)
    """A :class:`~saxsdog.errors.SaxsdogError` that nobody else takes."""

    broke = pyqtSignal(object)
    """An error that nobody expected: a bug."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entry: NetworkEntry | None = None
        self._post: Post | None = None
        self._watching: Watching | None = None
        self._following: Following | None = None
        self._asking: Asking | None = None
        self._unanswered: list[Question] = []
        self._ending: list[Talker] = []
        self._welcome: Welcome | None = None
        self._is_lost = False
        self._reason = ""
        self._started: float | None = None

    @property
    def entry(self) -> NetworkEntry | None:
        """The server that is asked, ``None`` without one."""
        return self._entry

    @property
    def welcome(self) -> Welcome | None:
        """How it introduced itself, ``None`` before it answered."""
        return self._welcome

    # ---------------------------------------------------------------- connection

    def connect_to(self, entry: NetworkEntry) -> None:
        """Ask this server from now on, no other; :attr:`connected` or :attr:`lost` follows."""
        self._leave()
        self._entry = entry
        self._post = post = Post(self)
        self._watching = Watching(
            entry,
            post,
            self.broke.emit,
            on_welcome=self._on_welcome,
            on_statistics=self._on_statistics,
            on_curves=self._on_curves,
            on_lost=self._on_lost,
            on_no_curves=self.refused.emit,
        )
        self._following = Following(
            entry,
            post,
            self.broke.emit,
            on_table=self._on_table,
            on_rows=self._watching.hurry,
            on_refused=self.refused.emit,
        )
        self._asking = Asking(entry, post, self.broke.emit, on_answered=self._on_answered)
        for talker in self._talkers():
            talker.start()

    def disconnect(self) -> None:
        """Ask no server any more (signals stay connected); safe to call twice.

        What was asked for and is not answered fails, though the server may still carry it out.
        """
        if self._entry is not None:
            self._leave()
            self.disconnected.emit()

    def stop(self, seconds: float = LONGEST_END) -> bool:
        """End for good, tell nobody; return whether all threads have ended within a time."""
        self._end()
        self._entry = None
        end = time.monotonic() + seconds
        self._ending = [
            talker for talker in self._ending if not talker.join(max(0.0, end - time.monotonic()))
        ]
        return not self._ending

    # ---------------------------------------------------------------- questions

    def ask(
        self,
        call: Callable[[Client], T],
        done: Callable[[T], None],
        failed: Callable[[SaxsdogError], None] | None = None,
    ) -> None:
        """Ask the server for something, after all that was asked for before.

        Parameters
        ----------
        call
            Called in another thread, for example ``lambda client: client.abort()``; what takes
            long to decode belongs into it.
        done, failed
            One of them is called, in the thread of the window, never before this returns. Without
            ``failed`` the signal :attr:`refused` tells.
        """
        question = Question(call, done, failed or self.refused.emit)
        if self._asking is None:
            self._fail(question, "expected a server to ask, none is connected")
        else:
            self._unanswered.append(question)
            self._asking.ask(question)

    def fetch_image(self, max_side: int = LARGEST_IMAGE) -> None:
        """Fetch the newest frame; :attr:`image` brings it, :attr:`refused` says why not."""

        def fetch(client: Client) -> Preview:
            return client.image(max_side)

        self.ask(fetch, self.image.emit)

    def follow_history(self, since: int = 0, queue: str = "") -> None:
        """Tell every row behind a cursor by :attr:`history`, over restarts and new queues.

        Parameters
        ----------
        since, queue
            ``next`` and ``queue`` of a table; 0 and ``""`` for all rows. If the server has another
            queue by then, its rows come from the first on.
        """
        if self._following is not None:
            self._following.follow(since, queue)

    # ---------------------------------------------------------------- what the threads tell

    def _on_welcome(self, welcome: Welcome) -> None:
        former, self._welcome = self._welcome, welcome
        was_lost, self._is_lost = self._is_lost, False
        if former is None:
            self.connected.emit(welcome)
        elif was_lost:
            self.back.emit()

    def _on_lost(self, error: SaxsdogError) -> None:
        if not self._is_lost or error.code != self._reason:
            self._is_lost, self._reason = True, error.code
            self.lost.emit(error.code, str(error))

    def _on_statistics(self, statistics: Statistics) -> None:
        former, self._started = self._started, statistics.started
        if former not in (None, statistics.started):
            self.restarted.emit()
        self.status.emit(statistics)

    def _on_curves(self, curves: NewestCurves) -> None:
        self.curves.emit(curves)

    def _on_table(self, table: Table) -> None:
        self.history.emit(table)

    def _on_answered(self, question: Question) -> None:
        self._unanswered.remove(question)

    # ---------------------------------------------------------------- ends

    def _talkers(self) -> list[Talker]:
        talkers = (self._watching, self._following, self._asking)
        return [talker for talker in talkers if talker is not None]

    def _leave(self) -> None:
        """Forget the server that is asked, if there is one."""
        name = "" if self._entry is None else self._entry.name
        for question in self._end():
            self._fail(question, f"{name}: disconnected before it answered")
        self._entry = self._welcome = self._started = None
        self._is_lost = False
        self._reason = ""

    def _end(self) -> list[Question]:
        """Tell the threads to end, hear nothing of them, and return what they have not answered."""
        if self._post is not None:
            self._post.close()
            self._post.deleteLater()
        talkers = self._talkers()
        for talker in talkers:
            talker.stop()
        self._ending = [talker for talker in self._ending + talkers if not talker.join(0)]
        self._post = self._watching = self._following = self._asking = None
        unanswered, self._unanswered = self._unanswered, []
        return unanswered

    def _fail(self, question: Question, reason: str) -> None:
        error = ServerUnreachableError(reason)
        QTimer.singleShot(0, lambda: question.failed(error))
