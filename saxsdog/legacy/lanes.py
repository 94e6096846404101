"""Threads that work for clients, and how many pieces of work may wait for them."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from saxsdog.errors import RequestError

T = TypeVar("T")


class Lane:
    """Does one thing after the other, in so many threads; what waits holds memory, so it is few.

    Parameters
    ----------
    threads
        How many things are done at the same time.
    most
        How many may be under way, those that wait included.
    name
        Of the threads.
    """

    def __init__(self, threads: int, most: int, name: str) -> None:
        self._most = most
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._under_way = 0
        self._counting = threading.Lock()

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Do something later.

        Raises
        ------
        RequestError
            If too much is under way already.
        """
        with self._counting:
            if self._under_way >= self._most:
                raise RequestError("busy", "too many requests wait for their replies")
            self._under_way += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._on_done)
        return future

    def close(self) -> None:
        """End what is being done, and let go of what waits."""
        self._pool.shutdown(cancel_futures=True)

    def _on_done(self, future: "Future[T]") -> None:
        with self._counting:
            self._under_way -= 1
