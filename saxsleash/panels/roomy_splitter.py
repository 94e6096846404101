"""Two panels one above the other, the lower one only where there is room for both."""

from PyQt5.QtCore import QByteArray, QSize, Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QSplitter, QWidget

from saxsleash.appearance import in_lines


class RoomySplitter(QSplitter):
    """Hides its lower panel in a low window, so that the upper one keeps enough to be read.

    It asks for no more height than the upper panel needs: else a window could not become low.

    Parameters
    ----------
    lines
        Lines of text below which there is no room for both.
    """

    def __init__(self, lines: float, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Vertical, parent)
        self._lines = lines
        self._both = QByteArray()  # how the height was shared out, while the lower panel is hidden

    def minimumSizeHint(self) -> QSize:
        both = super().minimumSizeHint()
        if not self.count():
            return both
        return QSize(both.width(), self.widget(0).minimumSizeHint().height())

    def saveState(self) -> QByteArray:
        """Return how the height is shared out, or was, where there was room for both."""
        return super().saveState() if self._both.isEmpty() else self._both

    def restoreState(self, state: QByteArray | bytes | bytearray) -> bool:
        """Share the height out as it was, as soon as there is room for both."""
        known = super().restoreState(state)
        if known and self._is_low:
            self._both = QByteArray(state)
            self.widget(1).hide()
        return known

    @property
    def _is_low(self) -> bool:
        return self.height() < in_lines(self, self._lines)

    def resizeEvent(self, event: QResizeEvent) -> None:
        is_low, was_low = self._is_low, not self._both.isEmpty()
        if is_low and not was_low:
            self._both = super().saveState()
            self.widget(1).hide()
        super().resizeEvent(event)
        if was_low and not is_low:
            both, self._both = self._both, QByteArray()
            self.widget(1).show()
            self.restoreState(both)
