"""Choose one of the common detectors by its name."""

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from saxsdog.detectors import DETECTORS, Detector

UM_PER_M = 1e6


class DetectorDialog(QDialog):
    """The names of the table, and what each of them means."""

    detector_chosen = pyqtSignal(str)
    """Its name, a key of :data:`~saxsdog.detectors.DETECTORS`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Detector by name")
        self._names = QComboBox()
        self._names.addItems(list(DETECTORS))
        self._size, self._edge, self._gaps = QLabel(), QLabel(), QLabel()
        form = QFormLayout()
        form.addRow("Detector", self._names)
        form.addRow("Pixels", self._size)
        form.addRow("Size of a pixel", self._edge)
        form.addRow("Gaps", self._gaps)
        hint = QLabel(
            "The number and the size of the pixels are taken over; the position of the detector "
            "and all else stay as they are. Images with binned pixels need their own numbers."
        )
        hint.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.Cancel)
        buttons.addButton("Take over", QDialogButtonBox.AcceptRole)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(hint)
        column.addLayout(form)
        column.addWidget(buttons)
        self._names.currentTextChanged.connect(lambda name: self._show(DETECTORS[name]))
        self._show(DETECTORS[self._names.currentText()])

    def choose(self, name: str) -> None:
        """Show a detector as if the user had picked it."""
        self._names.setCurrentText(name)

    def _show(self, detector: Detector) -> None:
        rows, columns = detector.shape
        height, width = (f"{UM_PER_M * edge:.6g}" for edge in detector.pixel_size)
        self._size.setText(f"{rows} rows × {columns} columns")
        self._edge.setText(f"{height} × {width} µm")
        self._gaps.setText(detector.gaps or "none")

    def _on_accepted(self) -> None:
        self.detector_chosen.emit(self._names.currentText())
        self.accept()
