"""The newest curves of a server, fetched in a thread so that a window stays alive."""

import threading
from types import TracebackType
from typing import Self

from saxsdog.client import Client
from saxsdog.errors import SaxsdogError
from saxsdog.protocol.messages import NewestCurves

LONGEST_LOOK = 1.0
"""s that the server may wait for an image before it answers; closing a window waits as long."""

BETWEEN_LOOKS = 0.2
AFTER_A_PROBLEM = 1.0


class Newest:
    """Keeps what came last; a context manager around its thread.

    Parameters
    ----------
    client
        Used by the thread alone after :meth:`first`.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._curves: NewestCurves | None = None
        self._problem: str | None = None
        self._cursor = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="newest curves", daemon=True)

    def first(self) -> None:
        """Fetch the curves of now, then those that follow.

        Raises
        ------
        SaxsdogError
            If the server does not answer this time; later that is one of the things to take.
        """
        self._fetch()
        self._thread.start()

    def take(self) -> tuple[NewestCurves | None, str | None]:
        """Return curves and problem where there is something new, each once."""
        with self._lock:
            taken = self._curves, self._problem
            self._curves = self._problem = None
        return taken

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = BETWEEN_LOOKS
            try:
                page = self._client.history(self._cursor, limit=1, wait=LONGEST_LOOK)
                if page.rows and not self._stopping.is_set():
                    self._fetch()
            except SaxsdogError as error:
                pause = AFTER_A_PROBLEM
                with self._lock:
                    self._problem = str(error)
            self._stopping.wait(pause)

    def _fetch(self) -> None:
        curves = self._client.plot()
        with self._lock:
            self._curves = curves
        self._cursor = curves.cursor
