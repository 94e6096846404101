"""What to look at before a queue is started, above the button that starts it."""

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QFont, QPalette, QResizeEvent
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

MOST_LINES = 2.5
"""Height of the words beside the button, in lines: two, with what is between them."""

MARGINS = 3
"""Width around and between the button and what is beside it, in digits."""

DECIMALS = 1
"""Of a beam centre that the checks have found; they find it to a few pixels."""


class ChecklistPanel(QWidget):
    """Draws the checks of a model; the button stays usable with bad ones.

    What is well takes a word, what is not takes a line: the picture above needs the place. Where
    even the words take many lines, their number stands for them.
    """

    start_wanted = pyqtSignal()
    center_wanted = pyqtSignal(float, float)
    """Row from the top and column of a beam centre that fits better, to be taken over."""

    def __init__(self, model: DetectorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._words: list[QLabel] = []
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._offered: tuple[float, float] | None = None
        space = in_characters(self, 0.7)
        self._all_words = QWidget()
        self._flow = FlowLayout(2 * space, 0, self._all_words)
        self.summary = QLabel()
        self.summary.setTextFormat(Qt.PlainText)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(0)
        self._grid.setHorizontalSpacing(space)
        self._grid.setColumnStretch(1, 1)
        self.use_center = QPushButton(self)
        self.use_center.clicked.connect(self._on_use_center_clicked)
        self.use_center.hide()
        self.start = self._button()
        self.start.clicked.connect(lambda: self.start_wanted.emit())
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setTextFormat(Qt.PlainText)
        beside = QVBoxLayout()
        beside.setSpacing(0)
        beside.addStretch()
        for widget in (self._all_words, self.summary, self.why):
            beside.addWidget(widget)
        beside.addStretch()
        bottom = QHBoxLayout()
        bottom.setSpacing(2 * space)
        bottom.addWidget(self.start)
        bottom.addLayout(beside, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space, 0, space, space)
        column.setSpacing(space)
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
        self.why.setVisible(bool(why))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose_words()

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
        button.setMinimumWidth(in_characters(button, 14))
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
        self._write_summary(checks)
        self._choose_words()
        place = next((i for i, check in enumerate(loud) if check.center is not None), 0)
        self._offer(self._model.better_center, place)

    def _write_summary(self, checks: Sequence[Check]) -> None:
        good = sum(check.tone is Tone.GOOD for check in checks)
        tone = Tone.GOOD if good == len(checks) else Tone.UNKNOWN
        self._tint(self.summary, tone)
        self.summary.setText(f"{MARKS[tone]} {good} of {len(checks)} checks are good")
        self.summary.setToolTip(
            "\n".join(f"{MARKS[check.tone]} {check.name}: {check.text}" for check in checks)
        )

    def _choose_words(self) -> None:
        """Show the words, or how many they are, whatever the width has place for."""
        beside = self.width() - self.start.minimumWidth() - in_characters(self, MARGINS)
        short = self._flow.heightForWidth(beside) > in_lines(self, MOST_LINES)
        self._all_words.setVisible(not short)
        self.summary.setVisible(short)

    def _offer(self, center: tuple[float, float] | None, place: int) -> None:
        """Offer another beam centre beside the check that has found it.

        It is written as the tree has it: from the bottom, from the left.
        """
        shape = self._model.shape
        if center is None or shape is None:
            if self.use_center.hasFocus():  # else it would go to the button that starts a queue
                self.setFocus()
            self._offered = None
            self.use_center.hide()
            return
        self._offered = center
        row, column = center
        numbers = f"{shape[0] - row:.{DECIMALS}f}, {column:.{DECIMALS}f}"
        self.use_center.setText(f"&Use {numbers}")
        self._grid.removeWidget(self.use_center)
        self._grid.addWidget(self.use_center, place, 2, Qt.AlignTop)
        self.use_center.setToolTip(f"Set BeamCenter to {numbers}; Ctrl+Z takes it back")
        self.use_center.show()

    def _on_use_center_clicked(self) -> None:
        if self._offered is not None:
            self.center_wanted.emit(*self._offered)

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
        self._tint(label, check.tone)
        label.setText(text)
        label.setToolTip(f"{check.text}\n\n{check.details}" if check.details else check.text)
        label.setAccessibleDescription(f"{check.tone}: {check.text}")
        label.show()

    def _tint(self, label: QLabel, tone: Tone) -> None:
        own = self.palette()
        palette = QPalette(own)
        palette.setColor(QPalette.WindowText, tone_color(tone, own))
        label.setPalette(palette)
