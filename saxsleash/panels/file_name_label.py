"""The name of a file where there may be no place for all of it."""

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QLabel, QWidget

from saxsleash.appearance import in_characters

NARROWEST = 8


class FileNameLabel(QLabel):
    """Leaves out the middle of its text: names of images differ at their ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.PlainText)

    def minimumSizeHint(self) -> QSize:
        return QSize(in_characters(self, NARROWEST), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.ElideMiddle, self.width())
        painter.drawText(self.rect(), int(self.alignment()) | int(Qt.TextSingleLine), text)
