"""A bug is shown with its report; the window stays."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PyQt5.QtCore import QObject, Qt

from saxsleash.crashes import Crashes
from saxsleash.dialogs.crash import CrashDialog
from saxsleash.main_window import MainWindow
from saxsleash.models.crash_report import MOST_KEPT, cause_of, keep, report_of


class Bugs(QObject):
    """Writes a report of every bug and shows it; while one is shown, others are added to it.

    Meanwhile the same bug, met again and again, is counted: it must not push the others out of the
    folder, where there is room for the newest ones.

    Parameters
    ----------
    window
        Waits for the answer.
    crashes
        Tells of bugs.
    folder
        Where the reports are kept.
    has_servers
        Tells whether servers end with the window.
    """

    def __init__(
        self, window: MainWindow, crashes: Crashes, folder: Path, has_servers: Callable[[], bool]
    ) -> None:
        super().__init__(window)
        self._has_servers = has_servers
        self._window = window
        self._folder = folder
        self._dialog: CrashDialog | None = None
        self._causes: list[str] = []
        # Queued: a bug in a slot is shown after that slot, not in the middle of it.
        crashes.happened.connect(
            self._on_happened,
            Qt.QueuedConnection,  # type: ignore[call-arg]  # the stubs do not know it
        )

    def _on_happened(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
        thread: str,
    ) -> None:
        report = report_of(kind, error, trace, thread=thread)
        path = self._kept(report)
        if self._dialog is not None:
            self._dialog.add(report, path)
            return
        self._dialog = CrashDialog(report, path, self._window, has_servers=self._has_servers())
        self._dialog.quit_wanted.connect(self._window.close_for_good)
        self._dialog.finished.connect(self._on_finished)
        self._dialog.open()

    def _kept(self, report: str) -> Path | None:
        """Write a report to a file, unless one of the same bug is among those written last."""
        cause = cause_of(report)
        if cause in self._causes:
            return None
        self._causes = [*self._causes, cause][-MOST_KEPT:]
        return keep(report, self._folder)

    def _on_finished(self) -> None:
        self._dialog = None
        self._causes.clear()
