"""Bugs are shown with a report; the window goes on."""

import faulthandler
import sys
import threading
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Self

from PyQt5.QtCore import QObject, pyqtSignal

Trace = TracebackType | None


class Crashes(QObject):
    """Hears of every error that nobody expected, in any thread; a context manager.

    Parameters
    ----------
    dying_words
        File where a crash of Qt itself leaves its trace: Python is not asked then. Where it cannot
        be written, as in a home on a full or read-only disk, the trace goes to the terminal.
    """

    happened = pyqtSignal(object, object, object, str)
    """Kind, error and traceback, and the name of the thread; arrives in that of the window."""

    def __init__(self, dying_words: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dying_words = dying_words

    def __enter__(self) -> Self:
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._hear
        threading.excepthook = self._hear_of_thread
        self._file = _opened(self._dying_words)
        target = sys.stderr if self._file is None else self._file
        if target is not None:  # a program without a terminal has no other place
            faulthandler.enable(target)
        return self

    def __exit__(self, *exception: object) -> None:
        faulthandler.disable()
        if self._file is not None:
            self._file.close()
        sys.excepthook, threading.excepthook = self._before

    def tell(self, error: BaseException) -> None:
        """Report an error that somebody has caught in another thread."""
        self._hear(type(error), error, error.__traceback__)

    def _hear(self, kind: type[BaseException], error: BaseException, trace: Trace) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        self.happened.emit(kind, error, trace, threading.current_thread().name)

    def _hear_of_thread(self, hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None:
            name = "" if hook.thread is None else hook.thread.name
            self.happened.emit(hook.exc_type, hook.exc_value, hook.exc_traceback, name)


def _opened(path: Path) -> TextIOWrapper | None:
    """Open a file that nobody must do without a window for."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w", encoding="utf-8")
    except OSError:
        return None
