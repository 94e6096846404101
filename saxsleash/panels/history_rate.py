"""How many images were integrated in each of the last seconds."""

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, Qt, QTimer
from PyQt5.QtGui import QHideEvent, QShowEvent
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from saxsleash.appearance import Tone, in_characters, style_view, tone_color
from saxsleash.models.history_model import HistoryModel
from saxsleash.models.rate import SECONDS
from saxsleash.panels.elided_label import ElidedLabel
from saxsleash.panels.history_plot import AXIS_CHARACTERS, PlotView
from saxsleash.panels.redraw import Redraw

_BEAT_MS = 500
"""Time goes on when nothing comes; a bar is a second wide."""

_HEADROOM = 1.1
_SHRINK = 0.4
"""The axis grows at once, and shrinks when bars are less of it than this: it shall not dance."""


class RatePlot(QWidget):
    """Draws a histogram that moves with the clock of the server."""

    def __init__(self, model: HistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._top = 0.0
        self.title = QLabel(self)
        self.counts = ElidedLabel(self)
        self.counts.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self._make_plot()
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addWidget(self.counts, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.view)
        self._redraw = Redraw(self._draw, self)
        self._beat = QTimer(self)
        self._beat.setInterval(_BEAT_MS)
        self._beat.timeout.connect(self._redraw.request)
        model.changed.connect(self._redraw.request)
        model.server_changed.connect(self._redraw.request)
        self._restyle()
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._beat.start()
        self._redraw.request()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._beat.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._restyle()

    def name_axis(self, named: bool) -> None:
        """Say below the plot what is drawn from left to right, or save the room."""
        self.view.getAxis("bottom").showLabel(named)

    def _make_plot(self) -> None:
        self.view = PlotView(self, enableMenu=False)
        self.view.setMinimumHeight(1)
        self.view.setMouseEnabled(x=False, y=False)
        self.view.hideButtons()
        self.view.setXRange(-SECONDS, 0, padding=0)
        self.view.setLabel("bottom", "seconds before now")
        self.view.getAxis("left").enableAutoSIPrefix(False)
        self.bars = pg.BarGraphItem(
            x0=np.arange(-SECONDS, 0), width=1, height=np.zeros(SECONDS), pen=None
        )
        self.view.addItem(self.bars)

    def _restyle(self) -> None:
        style_view(self.view, self.palette())
        self.view.getAxis("bottom").setGrid(False)
        self.view.getAxis("left").setWidth(in_characters(self, AXIS_CHARACTERS))
        ground = pg.mkPen(self.palette().base().color())
        self.bars.setOpts(brush=tone_color(Tone.BUSY, self.palette()), pen=ground)
        font = self.font()
        font.setBold(True)
        self.title.setFont(font)

    def _draw(self) -> None:
        heights = self._model.rate.histogram()
        self.bars.setOpts(height=heights)
        self._fit(max(1.0, float(heights.max())))
        self.title.setText(f"{self._model.rate.mean():.1f} images/s")
        self.counts.set_text(self._counts())

    def _fit(self, highest: float) -> None:
        if not _SHRINK * self._top <= highest <= self._top:
            self._top = highest * _HEADROOM
            self.view.setYRange(0, self._top, padding=0)

    def _counts(self) -> str:
        integrated = self._model.integrated
        if integrated is None:
            integrated = len(self._model)
        if self._model.known is None:
            return f"{integrated:,} integrated"
        return f"{integrated:,} of {self._model.known:,} integrated"
