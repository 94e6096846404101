"""A line above the tabs for what the user should know and may answer when there is time."""

from collections.abc import Callable
from dataclasses import dataclass

from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from saxsleash.appearance import Tone, in_characters, tone_color


@dataclass(frozen=True)
class Notice:
    """One thing to know.

    Attributes
    ----------
    subject
        What it is about; a later notice of the same subject takes its place.
    text
        One sentence, or two.
    tone
        How bad it is.
    answer, answered
        Text of a button and what happens when it is pressed; no button without a text.
    """

    subject: str
    text: str
    tone: Tone
    answer: str = ""
    answered: Callable[[], None] = lambda: None


class NoticeBar(QWidget):
    """Shows the newest notice; when that is closed, the one before; hidden without any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notices: list[Notice] = []
        self._dot = QLabel("●")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.PlainText)
        self._text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self._answer = QPushButton()
        self._answer.clicked.connect(self._on_answer_clicked)
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setToolTip("Close this line")
        close.setAccessibleName("Close this line")
        close.clicked.connect(self._on_close_clicked)
        row = QHBoxLayout(self)
        side = in_characters(self, 1)
        row.setContentsMargins(side, side // 2, side, side // 2)
        row.addWidget(self._dot)
        row.addWidget(self._text, 1)
        row.addWidget(self._answer)
        row.addWidget(close)
        self._draw()

    @property
    def notice(self) -> Notice | None:
        """The one that is shown."""
        return self._notices[-1] if self._notices else None

    def show_notice(self, notice: Notice) -> None:
        """Show a notice, in place of an earlier one of its subject."""
        self._drop(notice.subject)
        self._notices.append(notice)
        self._draw()

    def withdraw(self, subject: str) -> None:
        """Take the notice of a subject away if there is one."""
        self._drop(subject)
        self._draw()

    def take_back(self, notice: Notice) -> None:
        """Take this notice away, but no later one of its subject."""
        self._notices = [each for each in self._notices if each is not notice]
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_answer"):
            self._draw()

    def _drop(self, subject: str) -> None:
        self._notices = [each for each in self._notices if each.subject != subject]

    def _draw(self) -> None:
        notice = self.notice
        self.setVisible(notice is not None)
        if notice is None:
            return
        self._dot.setStyleSheet(f"color: {tone_color(notice.tone, self.palette()).name()}")
        self._text.setText(notice.text)
        self._answer.setText(notice.answer)
        self._answer.setVisible(bool(notice.answer))

    def _on_answer_clicked(self) -> None:
        notice = self.notice
        if notice is not None:
            self.withdraw(notice.subject)
            notice.answered()

    def _on_close_clicked(self) -> None:
        if self.notice is not None:
            self.withdraw(self.notice.subject)
