"""The widgets in which a value is typed or chosen."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QComboBox, QLineEdit, QSpinBox, QWidget

from saxsleash.models.edits import ABSENT

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_MOST_DIGITS = 300
"""Longer numbers are a slip of the pen, and no number of a computer either."""


def number_of(text: str) -> Any:
    """Return the number that was typed; ``ABSENT`` for nothing; other text as it is.

    What is no number stays in the document as a text, so that it is marked there with what was
    expected, and not lost.
    """
    text = text.strip().replace("−", "-")
    if not text:
        return ABSENT
    if len(text) > _MOST_DIGITS or not _NUMBER.fullmatch(text):
        return text
    number = int(text) if _WHOLE.fullmatch(text) else float(text)
    return number if math.isfinite(number) else text


def parts_of(text: str) -> list[str]:
    """Return the parts of a folder below the root of a server."""
    parts = [part.strip() for part in text.replace("\\", "/").split("/")]
    return [part for part in parts if part not in ("", ".")] or ["."]


def words_of(text: str) -> Any:
    """Return the words of a selection, ``ABSENT`` for none."""
    return text.replace(",", " ").split() or ABSENT


class LineEditor(QLineEdit):
    """Takes a value as text.

    Parameters
    ----------
    read
        Makes a value of the text.
    is_live
        Whether each keystroke counts, or the text only when it is finished.
    """

    typed = pyqtSignal(object)
    """What was typed; ``ABSENT`` if the key shall go."""

    def __init__(self, read: Callable[[str], Any], parent: QWidget, *, is_live: bool) -> None:
        super().__init__(parent)
        self._read = read
        self._is_live = is_live
        self.textEdited.connect(self._on_text_edited)

    def show_value(self, value: Any, text: str) -> None:
        """Show a value that came from elsewhere; what is being typed already says it."""
        if self.isModified() and repr(self._read(self.text())) == repr(value):
            return
        if self.isModified() and not self._is_live:
            return
        self.setText(text)
        self.selectAll()

    def finish(self) -> None:
        """Tell what was typed if nobody knows yet."""
        if self.isModified() and not self._is_live:
            self.typed.emit(self._read(self.text()))

    def _on_text_edited(self, text: str) -> None:
        if self._is_live:
            self.typed.emit(self._read(text))


class WholeEditor(QSpinBox):
    """Takes a whole number between limits."""

    typed = pyqtSignal(object)

    def __init__(self, least: int, most: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setRange(least, most)
        self.setAccelerated(True)
        self.valueChanged.connect(self._on_value_changed)

    def show_value(self, value: Any, text: str) -> None:
        if isinstance(value, int | float) and int(value) != self.value():
            self.blockSignals(True)
            self.setValue(int(value))
            self.blockSignals(False)

    def finish(self) -> None:
        """Read the text that is there."""
        self.interpretText()

    def _on_value_changed(self, value: int) -> None:
        self.typed.emit(value)


class ChoiceEditor(QComboBox):
    """Takes one of several values; opens at once, and is done when one is chosen."""

    typed = pyqtSignal(object)
    chosen = pyqtSignal()

    def __init__(self, choices: Sequence[tuple[str, Any]], parent: QWidget) -> None:
        super().__init__(parent)
        for text, value in choices:
            self.addItem(text, value)
        self.activated.connect(self._on_activated)

    def show_value(self, value: Any, text: str) -> None:
        self.setCurrentIndex(self.findData(value))

    def finish(self) -> None:
        """Do nothing: a choice was told when it was made."""

    def _on_activated(self, index: int) -> None:
        self.typed.emit(self.itemData(index))
        self.chosen.emit()


ValueEditor = LineEditor | WholeEditor | ChoiceEditor
