"""The calibration that is edited goes out to other programs."""

from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QFileDialog

from saxsdog.exporters import fit2d, poni
from saxsdog.exporters.choose import FORMATS, export_calibration
from saxsdog.whole_file import write_whole
from saxsleash.appearance import Tone
from saxsleash.dialogs.questions import tell
from saxsleash.main_window import MainWindow
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.preferences import Preferences
from saxsleash.panels.notice_bar import Notice

EXPORT = "export"
"""Subject of notices, and whose folder the preferences remember."""


class Exports(QObject):
    """Carries out the menu *File > Export*; what the other program has no place for is said."""

    def __init__(
        self, window: MainWindow, calibration: CalibrationModel, preferences: Preferences
    ) -> None:
        super().__init__(window)
        self._window = window
        self._calibration = calibration
        self._preferences = preferences
        window.export_poni_action.triggered.connect(partial(self._choose, poni.NAME))
        window.export_fit2d_action.triggered.connect(partial(self._choose, fit2d.NAME))

    def write(self, path: Path, file_format: str) -> None:
        """Write the calibration as it is now; say so if that cannot be."""
        calibration = self._calibration.calibration
        if calibration is None:
            self._refuse(str(self._calibration.found[0]))
            return
        exported = export_calibration(calibration, file_format)
        try:
            write_whole(path, exported.text.encode("utf-8", "replace"))
        except OSError as error:
            self._refuse(f"{path}: cannot be written: {error.strerror}")
            return
        self._preferences.remember_folder(EXPORT, path.resolve().parent)
        tone = Tone.DOUBTFUL if exported.remarks else Tone.GOOD
        text = "\n".join([f"Exported {path.name}.", *exported.remarks])
        self._window.notices.show_notice(Notice(EXPORT, text, tone))

    def _choose(self, file_format: str) -> None:
        exporter = FORMATS[file_format]
        if self._calibration.calibration is None:
            self._refuse(str(self._calibration.found[0]))
            return
        dialog = QFileDialog(
            self._window,
            f"Export the calibration, {exporter.title}",
            filter=f"{exporter.title} (*{exporter.suffix});;All files (*)",
        )
        dialog.setAcceptMode(QFileDialog.AcceptSave)
        dialog.setDefaultSuffix(exporter.suffix[1:])
        dialog.setDirectory(str(self._preferences.folder(EXPORT)))
        path = self._calibration.path
        if path is not None:
            dialog.selectFile(path.with_suffix(exporter.suffix).name)
        dialog.fileSelected.connect(lambda chosen: self.write(Path(chosen), file_format))
        dialog.open()

    def _refuse(self, reason: str) -> None:
        tell(self._window, "Not exported", reason, tone=Tone.BAD)
