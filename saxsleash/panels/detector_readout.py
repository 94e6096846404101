"""What lies under the mouse, in fields that stay where they are."""

import math

from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QPalette
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QWidget

from saxsleash.appearance import digits_font, in_characters, muted_color
from saxsleash.models.detector_model import Readout
from saxsleash.panels.flow_layout import FlowLayout

NOTHING = "–"

FIELDS = (
    ("Column", "From the left edge, as BeamCenter counts; 0 is the outer edge of a pixel", 6),
    ("Row", "From the bottom edge, as BeamCenter and FIT2D count", 6),
    ("Counts", "Of this pixel; of a large image from a server the mean of a block", 7),
    ("q / nm⁻¹", "Length of the scattering vector", 6),
    ("Row from top", "Row from the top edge, as most programs of today count", 6),
    ("d / nm", "2π / q", 6),
    ("χ / °", "Azimuth: 0 to the right, growing downwards", 6),
    ("Mask", "Whether the mask on view leaves this pixel out", 6),
)
"""Names, explanations and widths in digits; the most important ones first."""

IN_A_LINE = len(FIELDS) // 2
SMALLER = 0.85


class DetectorReadout(QWidget):
    """Shows a :class:`~saxsleash.models.detector_model.Readout`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._captions: list[QLabel] = []
        self._values: dict[str, QLabel] = {}
        cells = FlowLayout(in_characters(self, 1), 0, self)
        self._fields = [self._field(name, tip) for name, tip, _ in FIELDS]
        for field in self._fields:
            cells.addWidget(field)
        self._short = False
        self._arrange()
        self._restyle()
        self.clear()

    def set_short(self, short: bool) -> None:
        """Show only the most important half, and smaller, where the picture needs the place."""
        if short != self._short:
            self._short = short
            self._arrange()

    def show_readout(self, readout: Readout) -> None:
        """Fill all fields."""
        counts, q, chi = readout.counts, readout.q, readout.chi
        self._set("Column", f"{readout.column:.1f}")
        bottom = readout.row_from_bottom
        self._set("Row", NOTHING if bottom is None else f"{bottom:.1f}")
        self._set("Row from top", f"{readout.row:.1f}")
        self._set("Counts", NOTHING if counts is None else _counts(counts))
        self._set("q / nm⁻¹", NOTHING if q is None else f"{q:.4f}")
        self._set("d / nm", NOTHING if not q else _length(2 * math.pi / q))
        self._set("χ / °", NOTHING if chi is None else f"{math.degrees(chi):.1f}")
        masked = readout.masked
        self._set("Mask", NOTHING if masked is None else "masked" if masked else "in use")

    def clear(self) -> None:
        """Empty all fields, as when the mouse has left."""
        for label in self._values.values():
            label.setText(NOTHING)

    def text_of(self, name: str) -> str:
        """Return what a field shows."""
        return self._values[name].text()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_values"):
            self._restyle()

    def _arrange(self) -> None:
        for caption, (name, _, digits) in zip(self._captions, FIELDS, strict=True):
            value = self._values[name]
            for label, font in ((caption, self.font()), (value, digits_font(self))):
                font.setPointSizeF(font.pointSizeF() * (SMALLER if self._short else 1.0))
                label.setFont(font)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance(digits * "0"))
            value.parentWidget().layout().invalidate()  # which remembers sizes of the other font
        for i, field in enumerate(self._fields):
            field.setVisible(i < IN_A_LINE or not self._short)
            # Those below each other are as wide as each other.
            column = [field] if self._short else self._fields[i % IN_A_LINE :: IN_A_LINE]
            field.setFixedWidth(max(each.sizeHint().width() for each in column))

    def _field(self, name: str, tip: str) -> QWidget:
        field = QWidget()
        field.setToolTip(tip)
        caption, value = QLabel(name), QLabel()
        value.setTextFormat(Qt.PlainText)
        value.setAccessibleName(name)
        row = QHBoxLayout(field)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(in_characters(self, 0.7))
        row.addWidget(caption)
        row.addWidget(value, 1)
        self._captions.append(caption)
        self._values[name] = value
        return field

    def _set(self, name: str, text: str) -> None:
        self._values[name].setText(text)

    def _restyle(self) -> None:
        for caption in self._captions:
            palette = QPalette(self.palette())
            palette.setColor(QPalette.WindowText, muted_color(self.palette()))
            caption.setPalette(palette)


def _counts(counts: float) -> str:
    return f"{counts:.0f}" if counts == int(counts) else f"{counts:.4g}"


def _length(length: float) -> str:
    return f"{length:.4g}" if length < 1e5 else NOTHING
