"""Refine the geometry with the rings of a powder: what is asked, and what came out."""

import math
from collections.abc import Iterator

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QPalette
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from saxsdog.refinement.calibrants import CALIBRANTS, Calibrant
from saxsdog.refinement.result import Refinement
from saxsdog.words import count
from saxsleash.appearance import Tone, in_characters, in_lines, tone_color

VALUES = ("Key", "Now", "Refined", "±", "Unit")
RINGS = ("Ring", "q / nm⁻¹", "Points", "Residual / pixel", "Offset / pixel", "Offset in q / %")


class RefinementDialog(QDialog):
    """Stands beside the picture while it works, so that the points can be seen on it."""

    wanted = pyqtSignal(object, bool, bool)
    """The calibrant, whether to refine the tilt, whether to leave out what the mask covers."""

    use_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Refine the geometry")
        self.calibrants = QComboBox()
        for known in CALIBRANTS:
            self.calibrants.addItem(known.name, known)
            self.calibrants.setItemData(self.calibrants.count() - 1, known.source, Qt.ToolTipRole)
        self.calibrants.setToolTip("The powder on the frame")
        self.tilt = QCheckBox("Refine the &tilt, too")
        self.tilt.setToolTip("Takes three rings or more; else the tilt stays as it is")
        self.masked = QCheckBox("Leave out what the &mask covers")
        self.masked.setToolTip(
            "Gaps, dead pixels and the shadow of a beamstop are recognized without it"
        )
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.PlainText)
        self.message.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.values = _table(VALUES, "Refined values")
        self.rings = _table(RINGS, "Rings")
        self.refine = QPushButton("&Refine")
        self.refine.setDefault(True)
        self.use = QPushButton("&Use")
        self.use.setToolTip("Write the refined geometry into the calibration; Ctrl+Z takes it back")
        close = QPushButton("Close")
        self.refine.clicked.connect(self._on_refine_clicked)
        self.use.clicked.connect(lambda: self.use_wanted.emit())
        close.clicked.connect(self.close)
        form = QFormLayout()
        form.addRow("Calibrant", self.calibrants)
        form.addRow(self.tilt)
        form.addRow(self.masked)
        buttons = QHBoxLayout()
        buttons.addWidget(self.refine)
        buttons.addStretch()
        buttons.addWidget(self.use)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.busy)
        column.addWidget(self.message)
        column.addWidget(self.values)
        column.addWidget(self.rings, 100)
        column.addStretch(1)
        column.addLayout(buttons)
        self.setMinimumWidth(in_characters(self, 78))
        self._possible = True
        self.forget()

    @property
    def calibrant(self) -> Calibrant:
        """The one that is chosen."""
        chosen: Calibrant = self.calibrants.currentData()
        return chosen

    def choose_calibrant(self, name: str) -> None:
        """Choose one by name; nothing happens for a name that is none."""
        place = self.calibrants.findText(name)
        if place >= 0:
            self.calibrants.setCurrentIndex(place)

    def set_possible(self, possible: bool, why: str = "") -> None:
        """Offer to refine, or say why that makes no sense."""
        self._possible = possible
        self.refine.setEnabled(possible and not self.busy.isVisibleTo(self))
        self.refine.setToolTip(why)
        if not possible:
            self._say(why, Tone.UNKNOWN)

    def show_busy(self) -> None:
        """Show that something is being done."""
        self.forget()
        self.refine.setEnabled(False)
        self.busy.show()
        self._say("Looking for rings…", Tone.BUSY)

    def show_failed(self, text: str) -> None:
        """Say why there is no result."""
        self.forget()
        self._say(text, Tone.BAD)

    def show_result(self, found: Refinement) -> None:
        """Show a result, with what a person should know before using it."""
        self.forget()
        head = (
            f"{count(len(found.rings), 'ring')} of {found.calibrant.name}, "
            f"{count(found.n_points, 'point')}, residual {found.rms:.2f} pixels"
        )
        lines = [head, *(f"{warning[0].upper()}{warning[1:]}." for warning in found.warnings)]
        self._say("\n".join(lines), Tone.DOUBTFUL if found.warnings else Tone.GOOD)
        _fill(self.values, list(_values(found)))
        _fill(self.rings, list(_rings(found)))
        self.values.show()
        self.rings.show()
        self.use.setEnabled(True)

    def forget(self) -> None:
        """Show no result."""
        self.busy.hide()
        self.values.hide()
        self.rings.hide()
        self.use.setEnabled(False)
        self.refine.setEnabled(self._possible)
        self._say("", Tone.UNKNOWN)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.finished.emit(QDialog.Rejected)

    def _say(self, text: str, tone: Tone) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))
        own = self.palette()
        palette = QPalette(own)
        palette.setColor(QPalette.WindowText, tone_color(tone, own))
        self.message.setPalette(palette)

    def _on_refine_clicked(self) -> None:
        self.wanted.emit(self.calibrant, self.tilt.isChecked(), self.masked.isChecked())


def _values(found: Refinement) -> Iterator[tuple[str, ...]]:
    before, after, errors = found.start, found.geometry, found.uncertainties
    rows = after.shape[0]
    yield _value(
        "BeamCenter, from bottom",
        rows - before.beam_center[0],
        rows - after.beam_center[0],
        errors.row,
        "pixel",
    )
    yield _value(
        "BeamCenter, from left",
        before.beam_center[1],
        after.beam_center[1],
        errors.column,
        "pixel",
    )
    yield _value(
        "DedectorDistanceMM",
        before.distance * 1e3,
        after.distance * 1e3,
        errors.distance * 1e3,
        "mm",
    )
    if found.tilt_is_free:
        yield _angle("TiltAngleDeg", before.tilt, after.tilt, errors.tilt)
        yield _angle("TiltRotDeg", before.tilt_rotation, after.tilt_rotation, errors.tilt_rotation)


def _value(name: str, before: float, after: float, error: float, unit: str) -> tuple[str, ...]:
    return name, f"{before:.3f}", f"{after:.3f}", f"{error:.2g}", unit


def _angle(name: str, before: float, after: float, error: float) -> tuple[str, ...]:
    return _value(name, math.degrees(before), math.degrees(after), math.degrees(error), "degree")


def _rings(found: Refinement) -> Iterator[tuple[str, ...]]:
    for ring in found.rings:
        yield (
            str(ring.order),
            f"{ring.q:.4f}",
            str(ring.n_points),
            f"{ring.rms:.3f}",
            f"{ring.mean:.3f}",
            f"{100 * ring.q_error:.3f}",
        )


def _table(columns: tuple[str, ...], name: str) -> QTableWidget:
    table = QTableWidget(0, len(columns))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(columns)
    table.setEditTriggers(QTableWidget.NoEditTriggers)
    table.verticalHeader().hide()
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    return table


def _fill(table: QTableWidget, rows: list[tuple[str, ...]]) -> None:
    table.setRowCount(len(rows))
    for i, row in enumerate(rows):
        for k, text in enumerate(row):
            item = QTableWidgetItem(text)
            if text[:1].isdigit() or text[:1] == "-":
                item.setTextAlignment(int(Qt.AlignRight | Qt.AlignVCenter))
            table.setItem(i, k, item)
    height = table.horizontalHeader().sizeHint().height() + table.frameWidth() * 2
    height += sum(table.rowHeight(i) for i in range(min(len(rows), 9)))
    table.setMinimumHeight(min(height, in_lines(table, 14)))
