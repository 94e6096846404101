"""A file that the calibration names is chosen."""

from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QFileDialog

from saxsdog.explanations import KeyPath
from saxsdog.named_files import FileRole
from saxsleash.main_window import MainWindow
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.preferences import Preferences
from saxsleash.panels.calibration_panel import CalibrationPanel

_TITLES = {
    FileRole.MASK: "Choose a mask",
    FileRole.IMAGE: "Choose an image",
    FileRole.CURVE: "Choose a curve",
}

SUBJECT = "masks"
"""Whose folder the preferences remember."""

_ALL = ";;All files (*)"
FILTERS = {
    FileRole.MASK: "Masks (*.msk *.tif *.tiff *.edf *.cbf *.npy)" + _ALL,
    FileRole.IMAGE: "Images (*.tif *.tiff *.edf *.cbf *.h5 *.npy)" + _ALL,
    FileRole.CURVE: "Curves (*.chi *.dat)" + _ALL,
}


class FileChoice(QObject):
    """Asks for a file, and writes into the calibration how it is found."""

    def __init__(
        self,
        window: MainWindow,
        panel: CalibrationPanel,
        calibration: CalibrationModel,
        preferences: Preferences,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._calibration = calibration
        self._preferences = preferences
        panel.file_wanted.connect(self._on_wanted)

    def _on_wanted(self, key: KeyPath) -> None:
        role = self._calibration.role_of(key)
        dialog = QFileDialog(self._window, _TITLES[role], filter=FILTERS[role])
        dialog.setFileMode(QFileDialog.ExistingFile)
        path = self._calibration.path
        folder = self._preferences.folder(SUBJECT) if path is None else path.parent
        dialog.setDirectory(str(folder))
        dialog.fileSelected.connect(partial(self._on_chosen, key))
        dialog.open()

    def _on_chosen(self, key: KeyPath, chosen: str) -> None:
        file = Path(chosen)
        self._preferences.remember_folder(SUBJECT, file.parent)
        self._calibration.set_value(key, name_of(file, self._calibration.path))


def name_of(file: Path, calibration: Path | None) -> str:
    """Return how a calibration names a file: from its own folder on, if the file lies below."""
    if calibration is not None and file.is_relative_to(calibration.parent):
        return file.relative_to(calibration.parent).as_posix()
    return str(file)
