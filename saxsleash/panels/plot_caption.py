"""The words above a plot: part of the drawing, so that pictures of it have them too."""

from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette

from saxsdog.words import moment
from saxsleash.appearance import muted_color


class Caption(pg.GraphicsWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A bold line with something at its right, and a line below that stands back.

    It takes the width that it gets: a long name of a file is cut in its middle.
    """

    def __init__(self, font: QFont, palette: QPalette) -> None:
        super().__init__()
        self._bold = QFont(font)
        self._bold.setBold(True)
        self._plain = QFont(font)
        self.title = self.aside = self.details = ""
        self._ink = self._muted = QColor()
        self.setFont(font)
        lines = QFontMetricsF(self._bold).lineSpacing() + QFontMetricsF(self._plain).lineSpacing()
        self.setFixedHeight(lines * 1.15)
        self.setMinimumWidth(0)
        self.restyle(palette)

    def restyle(self, palette: QPalette) -> None:
        """Write in the colours of a palette."""
        self._ink, self._muted = palette.color(QPalette.Text), muted_color(palette)
        self.update()

    def write(self, title: str, aside: str, details: str, whole: str = "") -> None:
        """Write other words; the whole of the details, if it is more, stands in the tooltip."""
        if (title, aside, details) == (self.title, self.aside, self.details):
            return
        self.title, self.aside, self.details = title, aside, details
        self.setToolTip("\n".join(line for line in (title, aside, whole or details) if line))
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self.size().width(), self.size().height())

    def paint(self, painter: QPainter, *_: Any) -> None:
        area = self.boundingRect()
        bold, plain = QFontMetricsF(self._bold), QFontMetricsF(self._plain)
        gap = plain.horizontalAdvance("  ")
        left, beginning = gap, int(Qt.AlignLeft | Qt.AlignVCenter)
        aside = plain.horizontalAdvance(self.aside)
        room = max(area.width() - left - aside - 3 * gap, 0)
        painter.setFont(self._bold)
        painter.setPen(self._ink)
        title = bold.elidedText(self.title, Qt.ElideMiddle, room)
        first = QRectF(left, 0, area.width() - left, bold.lineSpacing())
        painter.drawText(first, beginning, title)
        painter.setFont(self._plain)
        painter.setPen(self._muted)
        beside = first.adjusted(bold.horizontalAdvance(title) + 2 * gap, 0, 0, 0)
        painter.drawText(beside, beginning, self.aside)
        below = first.translated(0, bold.lineSpacing())
        details = plain.elidedText(self.details, Qt.ElideRight, area.width() - 2 * gap)
        painter.drawText(below, beginning, details)


def time_text(time: float | None) -> str:
    """Return a time of the epoch as people here read it."""
    return "" if time is None else moment(time)
