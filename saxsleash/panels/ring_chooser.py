"""Choose which rings are drawn over a frame: those of a powder, or at q of one's own."""

import re

from PyQt5.QtCore import QEvent
from PyQt5.QtGui import QColor, QPalette
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from saxsleash.appearance import Tone, in_characters, tone_color
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.ring_presets import PRESETS

NONE = "None"
OWN = "Own q…"
LARGEST_Q = 1e4
"""nm⁻¹; no X-ray is scattered that far."""


class RingChooser(QWidget):
    """A list of presets, with a line for q in nm⁻¹ where one's own are wanted."""

    def __init__(self, model: DetectorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.list = QComboBox()
        self.list.addItems([NONE, *(preset.name for preset in PRESETS), OWN])
        self.list.setToolTip("Draw rings where a powder scatters, labelled: order · q in nm⁻¹")
        self.own = QLineEdit()
        self.own.setPlaceholderText("1.076, 2.153")
        self.own.setToolTip("q of the rings in nm⁻¹, separated by blanks or commas")
        self.own.setAccessibleName("q of the rings in nm⁻¹")
        self.own.setFixedWidth(in_characters(self, 16))
        caption = QLabel("Rin&gs")
        caption.setBuddy(self.list)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(caption)
        row.addWidget(self.list)
        row.addWidget(self.own)
        self._read_model()
        self.list.activated.connect(self._on_chosen)
        self.own.textEdited.connect(self._on_own_edited)

    def _read_model(self) -> None:
        name = self._model.ring_name
        known = name in (preset.name for preset in PRESETS)
        self.list.setCurrentText(name if known else OWN if self._model.rings else NONE)
        if not known:
            self.own.setText(", ".join(f"{q:g}" for q in self._model.rings))
        self._show_own()

    def _show_own(self) -> None:
        self.own.setVisible(self.list.currentText() == OWN)

    def _on_chosen(self) -> None:
        chosen = self.list.currentText()
        self._show_own()
        preset = next((each for each in PRESETS if each.name == chosen), None)
        if preset is not None:
            self._model.set_rings(preset.qs, preset.name)
        elif chosen == OWN:
            self.own.setFocus()
            self._on_own_edited()
        else:
            self._model.set_rings((), "")

    def _on_own_edited(self) -> None:
        qs = parse_qs(self.own.text())
        self._mark(wrong=qs is None)
        if qs is not None:
            self._model.set_rings(qs, OWN)

    def _mark(self, *, wrong: bool) -> None:
        palette = QPalette(self.palette())
        if wrong:
            palette.setColor(QPalette.Text, QColor(tone_color(Tone.BAD, self.palette())))
        self.own.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "own"):
            self._mark(wrong=parse_qs(self.own.text()) is None)


def parse_qs(text: str) -> tuple[float, ...] | None:
    """Read positive numbers, ascending; ``None`` if that is not what the text holds."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    try:
        qs = sorted({float(word) for word in words})
    except ValueError:
        return None
    return tuple(qs) if all(0.0 < q < LARGEST_Q for q in qs) else None
