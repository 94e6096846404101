"""A bug is shown with its report; the window stays."""

from pathlib import Path
from types import TracebackType

from PyQt5.QtCore import QObject, Qt

from saxsleash.crashes import Crashes
from saxsleash.dialogs.crash import CrashDialog
from saxsleash.main_window import MainWindow
from saxsleash.models.crash_report import keep, report_of


class Bugs(QObject):
    """Writes a report of every bug and shows it; while one is shown, others are added to it."""

    def __init__(self, window: MainWindow, crashes: Crashes, folder: Path) -> None:
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._dialog: CrashDialog | None = None
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
        if self._dialog is not None:
            self._dialog.add(report)
            return
        self._dialog = CrashDialog(report, keep(report, self._folder), self._window)
        self._dialog.quit_wanted.connect(self._window.close_for_good)
        self._dialog.finished.connect(self._on_finished)
        self._dialog.open()

    def _on_finished(self) -> None:
        self._dialog = None
