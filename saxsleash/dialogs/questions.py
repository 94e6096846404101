"""Ask and tell something in a box of its own, without making the rest of the program wait."""

from collections.abc import Callable, Mapping

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QMessageBox, QWidget

from saxsleash.appearance import Tone, in_characters

_WIDTH = 56
"""Characters of a line of text."""

_ICONS = {
    Tone.GOOD: QMessageBox.Information,
    Tone.BUSY: QMessageBox.Information,
    Tone.UNKNOWN: QMessageBox.Information,
    Tone.DOUBTFUL: QMessageBox.Warning,
    Tone.BAD: QMessageBox.Critical,
}


def ask(
    parent: QWidget | None,
    title: str,
    text: str,
    *,
    yes: str,
    no: str = "Cancel",
    details: str = "",
    dangerous: bool = False,
    answered: Callable[[bool], None],
) -> QMessageBox:
    """Ask whether to do something, and return at once.

    Parameters
    ----------
    parent
        The window that waits for the answer.
    title, text
        What it is about, in a few words; the question.
    yes, no
        What the buttons say: verbs. Escape, and the button that closes the box, mean no.
    details
        More text, shown when somebody asks for it.
    dangerous
        Whether yes destroys something; then Return means no.
    answered
        Called once, with whether it was yes.
    """
    box = _box(parent, title, text, details)
    box.setIcon(QMessageBox.Warning if dangerous else QMessageBox.Question)
    agree = box.addButton(yes, QMessageBox.DestructiveRole if dangerous else QMessageBox.AcceptRole)
    refuse = box.addButton(no, QMessageBox.RejectRole)
    box.setDefaultButton(refuse if dangerous else agree)
    box.setEscapeButton(refuse)
    box.finished.connect(lambda: answered(box.clickedButton() is agree))
    box.open()
    return box


def ask_three(
    parent: QWidget | None,
    title: str,
    text: str,
    *,
    choices: Mapping[str, Callable[[], None]],
    details: str = "",
) -> QMessageBox:
    """Ask what to do with work that would be lost, and return at once.

    Parameters
    ----------
    parent, title, text, details
        As for :func:`ask`.
    choices
        What to call, by what the buttons say: to keep the work, which is what Return means; to
        lose it; and to do nothing, which is what Escape means.
    """
    box = _box(parent, title, text, details)
    box.setIcon(QMessageBox.Warning)
    roles = (QMessageBox.AcceptRole, QMessageBox.DestructiveRole, QMessageBox.RejectRole)
    buttons = [box.addButton(name, role) for name, role in zip(choices, roles, strict=True)]
    box.setDefaultButton(buttons[0])
    box.setEscapeButton(buttons[-1])

    def on_finished() -> None:
        clicked = box.clickedButton()
        chosen = next((i for i, button in enumerate(buttons) if button is clicked), -1)
        list(choices.values())[chosen]()

    box.finished.connect(on_finished)
    box.open()
    return box


def tell(
    parent: QWidget | None,
    title: str,
    text: str,
    *,
    details: str = "",
    tone: Tone = Tone.UNKNOWN,
) -> QMessageBox:
    """Tell something that must be read, and return at once."""
    box = _box(parent, title, text, details)
    box.setIcon(_ICONS[tone])
    close = box.addButton("Close", QMessageBox.AcceptRole)
    box.setDefaultButton(close)
    box.setEscapeButton(close)
    box.open()
    return box


def _box(parent: QWidget | None, title: str, text: str, details: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setAttribute(Qt.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setText(title)
    box.setInformativeText(text)
    box.setTextInteractionFlags(Qt.TextSelectableByMouse)
    _style(box)
    if details:
        box.setDetailedText(details)
    return box


def _style(box: QMessageBox) -> None:
    """Set what a box has no methods for, at its labels."""
    for name, width in (("qt_msgbox_label", 0), ("qt_msgbox_informativelabel", _WIDTH)):
        label = box.findChild(QLabel, name)
        if label is None:
            continue  # on a desktop that draws such boxes itself
        # The name of a file may look like a tag.
        label.setTextFormat(Qt.PlainText)
        natural = max(map(label.fontMetrics().horizontalAdvance, label.text().splitlines() or [""]))
        label.setMinimumWidth(min(in_characters(box, width), natural + in_characters(box, 2)))
        font = label.font()
        font.setBold(not width)
        label.setFont(font)
