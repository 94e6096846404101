"""A label for text of any length."""

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QLabel, QSizePolicy, QWidget

from saxsleash.appearance import in_characters

FEW = 8
"""Characters that are seen even where there is hardly room."""


class ElidedLabel(QLabel):
    """A line of text that ends in an ellipsis where there is no room for it.

    Parameters
    ----------
    modest
        Whether it takes only the room that others leave, however long the text.
    """

    def __init__(self, parent: QWidget | None = None, *, modest: bool = False) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.PlainText)
        if modest:
            self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)

    @property
    def whole(self) -> str:
        """The text, also where it is not seen to its end."""
        return self._whole

    def set_text(self, text: str) -> None:
        """Show a text as far as there is room."""
        if text != self._whole:
            self._whole = text
            self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(f"{self._whole} "), metrics.height())

    def minimumSizeHint(self) -> QSize:
        few = min(len(self._whole), FEW)
        return QSize(in_characters(self, few), self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.contentsRect().width()
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.ElideRight, room))
