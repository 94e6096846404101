"""Ask for the values that Nika's panels show."""

from collections.abc import Mapping

from PyQt5.QtCore import QLocale, pyqtSignal
from PyQt5.QtGui import QDoubleValidator, QIntValidator, QValidator
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from saxsdog.detectors import DETECTORS
from saxsdog.importers.nika import NikaValues
from saxsleash.appearance import in_characters

MM_PER_M = 1e3

_FIELDS = {
    "beam_center_x": ("Beam centre X", "pixel", "From the left; 0 is the middle of the first"),
    "beam_center_y": ("Beam centre Y", "pixel", "From the top; 0 is the middle of the first"),
    "distance_mm": ("Sample to CCD distance", "mm", "Along the direct beam"),
    "wavelength_angstrom": ("Wavelength", "Å", "Of the X-rays"),
    "pixel_size_x_mm": ("Pixel size X", "mm", "Horizontal edge of a pixel"),
    "pixel_size_y_mm": ("Pixel size Y", "mm", "Vertical edge of a pixel"),
    "horizontal_tilt_deg": ("Horizontal tilt", "degree", "As Nika refines it"),
    "vertical_tilt_deg": ("Vertical tilt", "degree", "As Nika refines it"),
}
"""Label as in Nika, unit and help of each value."""


class NikaDialog(QDialog):
    """A form with Nika's names; what stays empty is kept from the calibration that is edited."""

    values_given = pyqtSignal(object)
    """:class:`~saxsdog.importers.nika.NikaValues`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import Nika values")
        form = QFormLayout()
        self._numbers: dict[str, QLineEdit] = {}
        for name, (label, unit, tip) in _FIELDS.items():
            edit = self._line(QDoubleValidator(self))
            edit.setToolTip(tip)
            self._numbers[name] = edit
            form.addRow(f"{label} / {unit}", edit)
        self._detector = QComboBox()
        self._detector.setToolTip("Fills in the number and the size of the pixels")
        self._detector.addItem("Another detector")
        for detector in DETECTORS.values():
            self._detector.addItem(detector.name, detector)
        self._detector.activated.connect(self._on_detector_chosen)
        form.addRow("Detector", self._detector)
        self._rows, self._columns = (self._line(QIntValidator(1, 16384, self)) for _ in range(2))
        size = QHBoxLayout()
        size.addWidget(self._rows)
        size.addWidget(QLabel("rows ×"))
        size.addWidget(self._columns)
        size.addWidget(QLabel("columns"))
        form.addRow("Image size", size)
        hint = QLabel(
            "Type what Nika's panel “Beam center and Geometry cor.” shows. A field that stays "
            "empty keeps the value of the present calibration."
        )
        hint.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.Cancel)
        self._import = buttons.addButton("Import", QDialogButtonBox.AcceptRole)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(hint)
        column.addLayout(form)
        column.addWidget(buttons)
        self._check()

    def fill(self, values: Mapping[str, float]) -> None:
        """Write values into the form, by the name of their field."""
        for name, value in values.items():
            self._numbers[name].setText(f"{value:.12g}")

    @property
    def values(self) -> NikaValues:
        """What stands in the form."""
        numbers = {
            name: float(edit.text()) if edit.text() else None
            for name, edit in self._numbers.items()
        }
        rows, columns = self._rows.text(), self._columns.text()
        size = (int(rows), int(columns)) if rows and columns else None
        return NikaValues(**numbers, image_size=size)

    def _line(self, validator: QDoubleValidator | QIntValidator) -> QLineEdit:
        validator.setLocale(QLocale.c())  # a point, whatever the desktop uses
        edit = QLineEdit()
        edit.setValidator(validator)
        edit.setMinimumWidth(in_characters(self, 12))
        edit.textChanged.connect(self._check)
        return edit

    def _on_detector_chosen(self, index: int) -> None:
        detector = self._detector.itemData(index)
        if detector is None:
            return
        rows, columns = detector.shape
        height, width = detector.pixel_size
        self._rows.setText(str(rows))
        self._columns.setText(str(columns))
        self.fill({"pixel_size_x_mm": MM_PER_M * width, "pixel_size_y_mm": MM_PER_M * height})

    def _check(self) -> None:
        """Let go on when something is given, and nothing is half a number or half a size."""
        if not hasattr(self, "_import"):
            return
        edits = [*self._numbers.values(), self._rows, self._columns]
        whole = all(
            not edit.text() or edit.validator().validate(edit.text(), 0)[0] == QValidator.Acceptable
            for edit in edits
        )
        halves = bool(self._rows.text()) != bool(self._columns.text())
        self._import.setEnabled(
            whole and not halves and any(edit.text() for edit in self._numbers.values())
        )

    def _on_accepted(self) -> None:
        self.values_given.emit(self.values)
        self.accept()
