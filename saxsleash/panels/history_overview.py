"""A data set as a whole, in a thin strip, with the frames that are looked at."""

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, pyqtSignal
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from saxsleash.appearance import in_lines, muted_color
from saxsleash.panels.history_plot import PlotView
from saxsleash.panels.history_points import Array, band

_LINES = 2.6
_VEIL = 45
_VEIL_HELD = 80
"""Opacity of the region, of 255; more while the mouse is on it."""

_EDGE = 3
"""Pixels; wide enough to be taken hold of."""


class HistoryOverview(QWidget):
    """Draws all frames of a data set; a region with two ends to drag says which are shown.

    Signals
    -------
    frames_dragged
        First and last frame, counted from 0; -1 as the last means the newest, whatever comes.
    """

    frames_dragged = pyqtSignal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._x: Array = np.empty(0)
        self.setToolTip("The whole data set. Drag an end of the region to show a part of it.")
        self.view = PlotView(self, enableMenu=False)
        self.view.setMinimumHeight(1)
        self.view.hideButtons()
        self.view.setMouseEnabled(x=False, y=False)
        self.view.enableAutoRange(x=False, y=True)
        for side in ("left", "bottom"):
            self.view.hideAxis(side)
        self.line = pg.PlotCurveItem()
        self.view.addItem(self.line)
        self.region = pg.LinearRegionItem(swapMode="push")
        self.region.sigRegionChanged.connect(self._on_dragged)
        self.view.addItem(self.region, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._restyle()

    @property
    def is_held(self) -> bool:
        """Tell whether somebody drags the region now."""
        return bool(self.region.moving or any(line.moving for line in self.region.lines))

    def draw(self, x: Array, y: Array, first: int, stop: int) -> None:
        """Draw frames at ascending ``x``; those from ``first`` to before ``stop`` are shown."""
        self._x = x
        self.region.setVisible(bool(x.size))
        if not x.size:
            self.line.setData(np.empty(0), np.empty(0), connect="all")
            return
        left, width = float(x[0]), max(float(x[-1] - x[0]), 1e-3)
        margin = 0.01 * width
        self.view.setXRange(left - margin, left + width + margin, padding=0)
        columns = max(int(self.view.getViewBox().width() * self.devicePixelRatioF()), 1)
        seen = band(x, y, left, width / columns, columns + 2)
        self.line.setData(seen.x, seen.y, connect="all")
        if not self.is_held:
            self._place_region(first, stop, margin)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._restyle()

    def _place_region(self, first: int, stop: int, margin: float) -> None:
        x = self._x
        begin = x[0] - margin if first == 0 else x[min(first, x.size - 1)]
        end = x[-1] + margin if stop >= x.size else x[max(stop - 1, 0)]
        blocked = self.region.blockSignals(True)
        self.region.setRegion((begin, max(begin, end)))
        self.region.blockSignals(blocked)

    def _restyle(self) -> None:
        palette = self.palette()
        self.setFixedHeight(in_lines(self, _LINES))
        self.view.setBackground(palette.base().color())
        self.line.setPen(pg.mkPen(muted_color(palette)))
        accent = palette.highlight().color()
        self.region.setBrush(_veiled(accent, _VEIL))
        self.region.setHoverBrush(_veiled(accent, _VEIL_HELD))
        for line in self.region.lines:
            line.setPen(pg.mkPen(accent, width=_EDGE))
            line.setHoverPen(pg.mkPen(accent, width=2 * _EDGE))

    def _on_dragged(self) -> None:
        if not self.is_held or not self._x.size:
            return
        begin, end = self.region.getRegion()
        newest = self._x.size - 1
        first = min(int(np.searchsorted(self._x, begin, side="left")), newest)
        last = max(int(np.searchsorted(self._x, end, side="right")) - 1, first)
        self.frames_dragged.emit(first, -1 if last >= newest else last)


def _veiled(color: QColor, alpha: int) -> QColor:
    veiled = QColor(color)
    veiled.setAlpha(alpha)
    return veiled
