"""Work that would make the window stop: done in other threads, told in that of the window."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PyQt5.QtCore import QObject, pyqtSignal

T = TypeVar("T")

THREADS = 2


class Background(QObject):
    """Calls functions in other threads; lives in that of the window.

    A result that arrives after :meth:`stop` is dropped.

    Parameters
    ----------
    expected
        Errors that are handed to ``failed``; any other is a bug and is raised in the thread of the
        window, where bugs are reported.
    """

    _ended = pyqtSignal(object)

    def __init__(
        self, expected: tuple[type[Exception], ...], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._expected = expected
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="saxsleash")
        self._stopped = False
        self._ended.connect(self._on_ended)

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[Any], None],
    ) -> None:
        """Call ``work`` in another thread, then ``done`` or ``failed`` in that of the window."""
        if self._stopped:
            return
        future = self._threads.submit(work)
        future.add_done_callback(lambda future: self._announce(future, done, failed))

    def stop(self) -> None:
        """Drop what waits, and the results of what runs; safe to call twice."""
        self._stopped = True
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _announce(
        self, future: "Future[Any]", done: Callable[[Any], None], failed: Callable[[Any], None]
    ) -> None:
        if not self._stopped:
            self._ended.emit((future, done, failed))

    def _on_ended(
        self, ended: "tuple[Future[Any], Callable[[Any], None], Callable[[Any], None]]"
    ) -> None:
        if self._stopped:
            return
        future, done, failed = ended
        error = future.exception()
        if error is None:
            done(future.result())
        elif isinstance(error, self._expected):
            failed(error)
        else:
            raise error
