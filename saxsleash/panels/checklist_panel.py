"""What to look at before a queue is started, above the button that starts it."""

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QFont, QPalette
from PyQt5.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import Tone, in_characters, in_lines, tone_color
from saxsleash.models.checks import Check
from saxsleash.models.detector_model import DetectorModel
from saxsleash.panels.flow_layout import FlowLayout
from saxsleash.panels.redraw import Redraw

MARKS = {
    Tone.GOOD: "✔",
    Tone.DOUBTFUL: "▲",
    Tone.BAD: "✖",
    Tone.UNKNOWN: "○",
    Tone.BUSY: "○",
}
"""Signs of different shape, because not everybody tells red from green."""

LOUD = (Tone.BAD, Tone.DOUBTFUL)
"""Tones of what must be read."""

START_TIP = "Send the calibration to the server and start a queue with it"
ENLARGED = 1.15


class ChecklistPanel(QWidget):
    """Draws the checks of a model; the button stays usable with bad ones.

    What is well takes a word, what is not takes a line: the picture above needs the place.
    """

    start_wanted = pyqtSignal()

    def __init__(self, model: DetectorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._words: list[QLabel] = []
        self._rows: list[tuple[QLabel, QLabel]] = []
        space = in_characters(self, 0.7)
        self._flow = FlowLayout(2 * space, 0)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(0)
        self._grid.setHorizontalSpacing(space)
        self._grid.setColumnStretch(1, 1)
        self.start = self._button()
        self.start.clicked.connect(lambda: self.start_wanted.emit())
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setTextFormat(Qt.PlainText)
        bottom = QHBoxLayout()
        bottom.addWidget(self.start)
        bottom.addWidget(self.why, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space, 0, space, space)
        column.setSpacing(space)
        column.addLayout(self._flow)
        column.addLayout(self._grid)
        column.addLayout(bottom)
        self.set_can_start(True)
        self._redraw = Redraw(self._draw, self)
        model.checks_changed.connect(self._redraw.request)
        self._redraw.request()

    @property
    def worst(self) -> Tone:
        """The worst tone among the checks."""
        tones = {check.tone for check in self._model.checks}
        order = (Tone.BAD, Tone.DOUBTFUL, Tone.UNKNOWN, Tone.GOOD)
        return next((tone for tone in order if tone in tones), Tone.GOOD)

    def set_can_start(self, possible: bool, why: str = "") -> None:
        """Offer the button or not, and say why."""
        self.start.setEnabled(possible)
        self.start.setToolTip(START_TIP if possible else why)
        self.why.setText(why)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_redraw"):
            self._redraw.request()

    def _button(self) -> QPushButton:
        button = QPushButton("Start queue")
        font = QFont(button.font())
        font.setPointSizeF(font.pointSizeF() * ENLARGED)
        font.setBold(True)
        button.setFont(font)
        button.setMinimumHeight(in_lines(button, 2))
        button.setMinimumWidth(in_characters(button, 18))
        return button

    def _draw(self) -> None:
        checks = self._model.checks
        loud = [check for check in checks if check.tone in LOUD]
        quiet = [check for check in checks if check.tone not in LOUD]
        while len(self._words) < len(quiet):
            self._words.append(self._added_word())
        while len(self._rows) < len(loud):
            self._rows.append(self._added_row())
        for word in self._words[len(quiet) :]:
            word.hide()
        for row in self._rows[len(loud) :]:
            for label in row:
                label.hide()
        for word, check in zip(self._words, quiet, strict=False):
            self._write(word, f"{MARKS[check.tone]} {check.name}", check)
        for (mark, text), check in zip(self._rows, loud, strict=False):
            self._write(mark, MARKS[check.tone], check)
            self._write(text, f"{check.name} – {check.text}", check)

    def _added_word(self) -> QLabel:
        word = QLabel(self)
        word.setTextFormat(Qt.PlainText)
        self._flow.addWidget(word)
        return word

    def _added_row(self) -> tuple[QLabel, QLabel]:
        row = QLabel(self), QLabel(self)
        for i, label in enumerate(row):
            label.setTextFormat(Qt.PlainText)
            label.setAlignment(Qt.AlignTop | Qt.AlignLeft)
            self._grid.addWidget(label, len(self._rows), i)
        row[1].setWordWrap(True)
        return row

    def _write(self, label: QLabel, text: str, check: Check) -> None:
        own = self.palette()
        palette = QPalette(own)
        palette.setColor(QPalette.WindowText, tone_color(check.tone, own))
        label.setPalette(palette)
        label.setText(text)
        label.setToolTip(f"{check.text}\n\n{check.details}" if check.details else check.text)
        label.setAccessibleDescription(f"{check.tone}: {check.text}")
        label.show()
