"""Follows the history of the server, page by page."""

import threading
from collections.abc import Callable
from functools import partial

from saxsdog.client import Client
from saxsdog.errors import AuthenticationError, SaxsdogError, ServerUnreachableError
from saxsdog.network import NetworkEntry
from saxsdog.protocol.arrays import Table
from saxsdog.transport.client import PATIENCE
from saxsleash.link.post import Post
from saxsleash.link.talker import Talker

LONGEST_LOOK = 1.0
"""Seconds that the server may wait for an image; to end takes as long."""


class Following(Talker):
    """Tells every row of the history behind a cursor, in tables; waits until told which.

    Parameters
    ----------
    on_table
        Called with a table of rows; with an empty one if there is another queue without any.
    on_rows
        Called in the thread that follows, when there are rows.
    on_refused
        Called when the server answers something else than the question, once for each reason.
    """

    def __init__(
        self,
        entry: NetworkEntry,
        post: Post,
        on_bug: Callable[[Exception], None],
        *,
        on_table: Callable[[Table], None],
        on_rows: Callable[[], None],
        on_refused: Callable[[SaxsdogError], None],
    ) -> None:
        # So a question that may wait is out within the patience of a client, without a greeting.
        super().__init__(entry, post, on_bug, PATIENCE - LONGEST_LOOK)
        self._on_table = on_table
        self._on_rows = on_rows
        self._on_refused = on_refused
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._since = 0
        self._queue = ""
        self._turn = 0
        self._told = ""

    def follow(self, since: int, queue: str) -> None:
        """Begin behind a cursor; ``queue`` is that of the rows before it, ``""`` without any."""
        with self._lock:
            self._since, self._queue = since, queue
            self._turn += 1
        self._wanted.set()

    def stop(self) -> None:
        super().stop()
        self._wanted.set()

    def talk(self, client: Client) -> None:
        self._wanted.wait()
        while not self.is_stopping:
            with self._lock:
                turn, since, queue = self._turn, self._since, self._queue
            table = client.history_columns(since, wait=LONGEST_LOOK)
            self.answered()
            is_other = table.queue != queue
            if is_other and since > 0:
                # Rows of another queue than those before: it is told from its first row, since a
                # server that has lost its state counts from 1 again.
                self._go_on(turn, 0, "")
            elif self._go_on(turn, table.next, table.queue) and (is_other or table.files):
                self._on_rows()
                self.tell(partial(self._tell_if_wanted, turn, table))

    def on_problem(self, error: SaxsdogError) -> None:
        # Whether it answers at all, and us, is told by those who watch.
        is_told = isinstance(error, ServerUnreachableError | AuthenticationError)
        if not is_told and str(error) != self._told:
            self._told = str(error)
            self.tell(partial(self._on_refused, error))

    def _go_on(self, turn: int, since: int, queue: str) -> bool:
        """Note where to ask next and return ``True``, unless something else is wanted by now."""
        with self._lock:
            if turn != self._turn:
                return False
            self._since, self._queue = since, queue
            return True

    def _tell_if_wanted(self, turn: int, table: Table) -> None:
        if turn == self._turn:
            self._on_table(table)
