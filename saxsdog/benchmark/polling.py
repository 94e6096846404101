"""A leash that asks for the state of the server now and then, as a user's window does."""

import threading
import time

from saxsdog.local_server import LocalServer

INTERVAL = 0.5
"""Seconds: twice a second is what an eye follows."""


class Polling:
    """Asks for ``stat`` in a thread while open; a context manager.

    Attributes
    ----------
    replies
        Time of each reply, s.
    """

    def __init__(self, server: LocalServer) -> None:
        self.replies: list[float] = []
        self._client = server.client()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Polling":
        self._client.hello()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.disconnect()

    def _run(self) -> None:
        stopped = False
        while not stopped:
            start = time.perf_counter()
            self._client.stat()
            self.replies.append(time.perf_counter() - start)
            stopped = self._stop.wait(INTERVAL)
