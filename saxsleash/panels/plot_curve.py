"""One curve in a plot: its line, its points and the band of its error."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QColor, QPainter
from pyqtgraph.functions import arrayToQPolygonF

from saxsleash.models.presentation import Drawn
from saxsleash.models.scales import Array

BAND_OPACITY = 0.22
POINT_SIZE = 5

_CHUNK = 64
"""Points of a polygon: Qt fills many small ones much faster than a large one."""


class ErrorBand(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """The area between two lines over the same x, interrupted where they are."""

    def __init__(self) -> None:
        super().__init__()
        self._x = self._low = self._high = np.empty(0)
        self._bounds = QRectF()
        self._polygons: dict[int, list[Any]] = {}
        self._color = QColor()

    def set_color(self, color: QColor) -> None:
        """Fill with a colour, translucently."""
        self._color = QColor(color)
        self._color.setAlphaF(BAND_OPACITY)
        self.update()

    def set_data(self, x: Array, low: Array, high: Array) -> None:
        """Draw another band."""
        self._x, self._low, self._high = x, low, high
        self._polygons.clear()
        self.prepareGeometryChange()
        self._bounds = _bounds(x, low, high)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, *_: Any) -> None:
        exported = self._exportOpts is not False
        painter.setRenderHint(QPainter.Antialiasing, exported)
        painter.setPen(pg.mkPen(None))
        painter.setBrush(self._color)
        # With antialiasing the seams between chunks would be seen.
        for polygon in self._filled(max(self._x.size, 2) if exported else _CHUNK):
            painter.drawPolygon(polygon)

    def _filled(self, chunk: int) -> list[Any]:
        if chunk not in self._polygons:
            self._polygons[chunk] = [
                arrayToQPolygonF(
                    np.concatenate([self._x[part], self._x[part][::-1]]),
                    np.concatenate([self._low[part], self._high[part][::-1]]),
                )
                for part in _parts(self._x, self._low, self._high, chunk)
            ]
        return self._polygons[chunk]


class Dots(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Round points of one size and colour, drawn all at once."""

    def __init__(self) -> None:
        super().__init__()
        self._polygon = arrayToQPolygonF(np.empty(0), np.empty(0))
        self._bounds = QRectF()
        self._pen = pg.mkPen(None)

    def set_color(self, color: QColor) -> None:
        """Draw in a colour."""
        self._pen = pg.mkPen(color, width=POINT_SIZE)
        self._pen.setCapStyle(Qt.RoundCap)
        self.update()

    def set_data(self, x: Array, y: Array) -> None:
        """Draw other points; those that are not finite are left out."""
        known = np.isfinite(x) & np.isfinite(y)
        self._polygon = arrayToQPolygonF(x[known], y[known])
        self.prepareGeometryChange()
        self._bounds = _bounds(x, y, y)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.setRenderHint(QPainter.Antialiasing, self._exportOpts is not False)
        painter.setPen(self._pen)
        painter.drawPoints(self._polygon)


class CurveDrawing:
    """The items of one curve; they stay, and their data change.

    Parameters
    ----------
    plot
        The plot that holds them.
    depth
        Those with a larger one lie in front.
    """

    def __init__(self, plot: pg.PlotItem, depth: float) -> None:
        self._plot = plot
        self.line = pg.PlotCurveItem(connect="finite", antialias=True)
        self._points = Dots()
        self._band = ErrorBand()
        self.drawn: Drawn | None = None
        for item, place in ((self._band, depth - 100), (self.line, depth), (self._points, depth)):
            item.setZValue(place)
        plot.addItem(self._band, ignoreBounds=True)
        plot.addItem(self.line)
        plot.addItem(self._points, ignoreBounds=True)

    def set_color(self, color: QColor, width: float, *, dashed: bool = False) -> None:
        """Draw in a colour, the line so many pixels wide."""
        style = Qt.DashLine if dashed else Qt.SolidLine
        self.line.setPen(pg.mkPen(color, width=width, style=style))
        self._points.set_color(color)
        self._band.set_color(color)

    def draw(self, drawn: Drawn, *, band: bool, points: bool) -> None:
        """Draw other numbers, with a band, as points or as a line."""
        self.drawn = drawn
        self.line.setData(drawn.x, drawn.y)
        self.line.setOpacity(0.35 if points else 1.0)
        self._band.setVisible(band)
        self._points.setVisible(points)
        if band:
            self._band.set_data(drawn.x, drawn.low, drawn.high)
        if points:
            self._points.set_data(drawn.x, drawn.y)

    def remove(self) -> None:
        """Take the items out of the plot."""
        for item in (self.line, self._points, self._band):
            self._plot.removeItem(item)


def _bounds(x: Array, low: Array, high: Array) -> QRectF:
    known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    if not known.any():
        return QRectF()
    left, right = float(x[known].min()), float(x[known].max())
    bottom, top = float(low[known].min()), float(high[known].max())
    return QRectF(left, bottom, right - left, top - bottom)


def _parts(x: Array, low: Array, high: Array, chunk: int) -> list[slice]:
    """Return where the known points lie in a row, in pieces that share their ends."""
    known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.view(np.int8), [0]])))
    return [
        slice(start, min(start + chunk, int(stop)))
        for first, stop in zip(edges[::2], edges[1::2], strict=True)
        for start in range(int(first), int(stop) - 1, chunk - 1)
    ]
