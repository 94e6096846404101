"""The colours of a picture beside their counts; dragging makes it brighter or darker."""

from PyQt5.QtCore import QEvent, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from saxsleash.appearance import in_characters, in_lines, muted_color
from saxsleash.models.count_scale import DARKEST, CountScale, Levels, place_of, ticks
from saxsleash.panels.picture_colors import lookup_table

STEP = 0.05
"""Of the range, for a notch of the wheel."""

NOTCH = 120
"""What Qt calls a notch, in eighths of a degree."""

LARGEST_PLAIN = 100_000

CAPTION = "counts"


class CountsBar(QWidget):
    """A bar from the darkest to the brightest colour.

    Dragging its upper half moves the counts of the brightest colour, its lower half those of the
    darkest; the wheel does the same, a double click lets the picture choose again.
    """

    levels_dragged = pyqtSignal(float, float)
    auto_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: Levels = (0.0, 1.0)
        self._scale = CountScale.LOG
        self._known = False
        self._held: tuple[bool, float, Levels] | None = None
        colors = lookup_table()[: DARKEST - 1 : -1].copy()
        self._colors = QImage(colors.tobytes(), 1, colors.shape[0], 3, QImage.Format_RGB888).copy()
        self.setSizePolicy(QSizePolicy.Fixed, QSizePolicy.Expanding)
        self.setCursor(Qt.SizeVerCursor)
        self.setToolTip(
            "Drag the upper part to change the brightest colour, the lower part to change the "
            "darkest; double-click for automatic levels"
        )
        self.setAccessibleName("Counts of the colours")

    def show_levels(self, levels: Levels, scale: CountScale, *, known: bool) -> None:
        """Write other counts beside the colours, none if nothing is known."""
        if (levels, scale, known) != (self._levels, self._scale, self._known):
            self._levels, self._scale, self._known = levels, scale, known
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(in_characters(self, 8), in_lines(self, 8))

    def minimumSizeHint(self) -> QSize:
        return QSize(in_characters(self, 8), in_lines(self, 3.5))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._known:
            return
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()  # else an error here would spoil every later painting

    def _paint(self, painter: QPainter) -> None:
        bar = self._bar()
        painter.setPen(muted_color(self.palette()))
        painter.drawText(self.rect(), int(Qt.AlignLeft | Qt.AlignTop), CAPTION)
        painter.drawImage(bar, self._colors)
        painter.setPen(muted_color(self.palette()))
        painter.drawRect(bar)
        painter.setPen(self.palette().text().color())
        last = float("inf")
        height = self.fontMetrics().height()
        low, high = self._levels
        left = bar.right() + in_characters(self, 0.4)
        for counts in ticks(self._levels, self._scale):
            share = (place_of(counts, self._scale) - low) / max(high - low, 1e-12)
            y = bar.bottom() - share * bar.height()
            painter.drawLine(round(bar.right()), round(y), round(left), round(y))
            if last - y >= height:
                gap = in_characters(self, 0.4)
                place = QRectF(left + gap, y - height / 2, self.width() - left - gap, height)
                painter.drawText(place, int(Qt.AlignLeft | Qt.AlignVCenter), _written(counts))
                last = y

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton and self._known:
            y = event.localPos().y()
            self._held = (y < self._bar().center().y(), y, self._levels)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            return
        upper, start, (low, high) = self._held
        moved = (event.localPos().y() - start) / self._bar().height() * (high - low)
        self._propose(low, high + moved) if upper else self._propose(low + moved, high)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.auto_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._known:
            return
        low, high = self._levels
        moved = event.angleDelta().y() / NOTCH * STEP * (high - low)
        upper = event.position().y() < self._bar().center().y()
        self._propose(low, high + moved) if upper else self._propose(low + moved, high)
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange:
            self.update()

    def _propose(self, low: float, high: float) -> None:
        if high - low > 1e-3:
            self.levels_dragged.emit(low, high)

    def _bar(self) -> QRectF:
        space = self.fontMetrics().height() / 2
        top = 3 * space  # below the caption
        height = max(self.height() - top - space, 1.0)
        return QRectF(0.5, top, in_characters(self, 1.6), height)


def _written(counts: float) -> str:
    if abs(counts) < LARGEST_PLAIN:
        return f"{counts:g}"
    mantissa, exponent = f"{counts:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1" else f"{mantissa}·10{raised}"
