"""Calibrations of other programs are taken over into the one that is edited."""

import copy
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, Qt
from PyQt5.QtWidgets import QFileDialog

from saxsdog.errors import CalibrationError
from saxsdog.importers import fit2d, nexus, poni, saxsdog3, spd
from saxsdog.importers.apart import import_apart
from saxsdog.importers.choose import Imported, combined, facts_of
from saxsdog.importers.findings import facts_of_detector
from saxsdog.importers.nika import NikaValues, from_values
from saxsleash.appearance import Tone
from saxsleash.background import Background
from saxsleash.dialogs.detector_choice import DetectorDialog
from saxsleash.dialogs.nika import NikaDialog
from saxsleash.dialogs.questions import tell
from saxsleash.main_window import MainWindow
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.preferences import Preferences
from saxsleash.panels.notice_bar import Notice

IMPORT = "import"
"""Subject of notices, and whose folder the preferences remember."""

FILTERS = {
    None: "All files (*)",
    fit2d.NAME: "FIT2D results (*.txt *.log *.out);;All files (*)",
    poni.NAME: "pyFAI (*.poni);;All files (*)",
    spd.NAME: "EDF images (*.edf);;All files (*)",
    nexus.NAME: "HDF5 files (*.h5 *.hdf5 *.nxs);;All files (*)",
    saxsdog3.NAME: "Older SAXSDOG calibrations (*.saxsconf *.json *.txt);;All files (*)",
}
"""What is offered for each format; ``None`` for a file whose content shall tell."""


class Imports(QObject):
    """Carries out the menu *Import*; what a foreign file does not say stays as it is."""

    def __init__(
        self,
        window: MainWindow,
        calibration: CalibrationModel,
        background: Background,
        preferences: Preferences,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._calibration = calibration
        self._background = background
        self._preferences = preferences
        window.import_file_action.triggered.connect(partial(self._choose, None))
        window.import_fit2d_action.triggered.connect(partial(self._choose, fit2d.NAME))
        window.import_poni_action.triggered.connect(partial(self._choose, poni.NAME))
        window.import_spd_action.triggered.connect(partial(self._choose, spd.NAME))
        window.import_nexus_action.triggered.connect(partial(self._choose, nexus.NAME))
        window.import_older_action.triggered.connect(partial(self._choose, saxsdog3.NAME))
        window.import_nika_action.triggered.connect(self._ask_for_nika_values)
        window.detector_action.triggered.connect(self._ask_for_detector)

    def read(self, path: Path, file_format: str | None = None) -> None:
        """Take over a file; its content tells the format, unless the user has."""
        self._preferences.remember_folder(IMPORT, path.parent)
        template = self._calibration.document
        self._background.run(
            lambda: import_apart(path, template, file_format=file_format),
            partial(self._take_over, path.name),
            self._on_failed,
        )

    def take_values(self, values: NikaValues) -> None:
        """Take over what was typed from Nika."""
        template = self._calibration.document
        try:
            found = combined(from_values(values, fallback=facts_of(template)), template)
        except CalibrationError as error:
            self._on_failed(error)
        else:
            self._take_over("Nika's values", found)

    def take_detector(self, name: str) -> None:
        """Fill in the number and the size of the pixels of a detector of the table."""
        facts = facts_of_detector(name)
        document = copy.deepcopy(self._calibration.document)
        size = {"Imagesize": list(facts.image_size or ())}
        edges = {"PixelSizeMicroM": list(facts.pixel_size or ())}
        document["Geometry"] = document.get("Geometry", {}) | size | edges
        self._calibration.replace(document, f"detector {name}")
        self._window.tabs.setCurrentWidget(self._window.calibration_tab)

    def _choose(self, file_format: str | None) -> None:
        dialog = QFileDialog(self._window, "Import a calibration", filter=FILTERS[file_format])
        dialog.setFileMode(QFileDialog.ExistingFile)
        dialog.setDirectory(str(self._preferences.folder(IMPORT)))
        dialog.fileSelected.connect(lambda chosen: self.read(Path(chosen), file_format))
        dialog.open()

    def _ask_for_nika_values(self) -> None:
        dialog = NikaDialog(self._window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.values_given.connect(self.take_values)
        dialog.open()

    def _ask_for_detector(self) -> None:
        dialog = DetectorDialog(self._window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.detector_chosen.connect(self.take_detector)
        dialog.open()

    def _take_over(self, source: str, imported: Imported) -> None:
        self._calibration.replace(imported.document, f"import of {source}")
        lines = [f"Imported {source}.", *imported.remarks]
        if imported.missing:
            missing = ", ".join(imported.missing)
            lines.append(f"It does not say {missing}: check these.")
        doubtful = bool(imported.remarks or imported.missing)
        tone = Tone.DOUBTFUL if doubtful else Tone.GOOD
        self._window.notices.show_notice(Notice(IMPORT, "\n".join(lines), tone))
        self._window.tabs.setCurrentWidget(self._window.calibration_tab)

    def _on_failed(self, error: CalibrationError) -> None:
        tell(self._window, "Not imported", str(error), tone=Tone.BAD)
