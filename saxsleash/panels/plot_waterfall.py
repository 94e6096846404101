"""The last curves of a channel behind each other, each a step above the one before."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent
from PyQt5.QtGui import QColor, QFontMetrics
from PyQt5.QtWidgets import QWidget

from saxsleash.appearance import channel_color, muted_color, style_plot
from saxsleash.models.curves_model import ShownCurve
from saxsleash.models.presentation import place, present, shorter, x_label, y_label
from saxsleash.models.scales import Array, Scale, ScaleKind
from saxsleash.panels.plot_axis import AXIS_CHARACTERS, ScaleAxis
from saxsleash.panels.plot_caption import Caption
from saxsleash.panels.plot_contents import scales_of
from saxsleash.panels.plot_options import PlotOptions

_OLDEST = 0.35
"""Share of the channel's colour in the oldest curve."""


class WaterfallView(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws the newest curve where its values are, and those before it above and behind."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.caption = Caption(self.font(), self.palette())
        self.addItem(self.caption, row=0, col=0)
        axes = {"left": ScaleAxis("left"), "bottom": ScaleAxis("bottom")}
        self.plot = self.addPlot(row=1, col=0, axisItems=axes, enableMenu=False)
        self.plot.setMenuEnabled(False)
        self.plot.getViewBox().setDefaultPadding(0.02)
        digit = QFontMetrics(self.font()).horizontalAdvance("0")
        self.plot.getAxis("left").setWidth(AXIS_CHARACTERS * digit)
        self.lines: list[pg.PlotCurveItem] = []
        self._styled: tuple[int, int] | None = None
        self._axes: tuple[object, ...] = ()
        self._threshold: float | None = None
        self.restyle()

    def draw(self, curves: Sequence[ShownCurve], color_index: int, options: PlotOptions) -> None:
        """Draw the last curves, the oldest first."""
        curves = curves[-options.waterfall_length :]
        self._make_lines(len(curves), color_index)
        if not curves:
            return
        newest = curves[-1]
        abscissa = newest.abscissa
        points = [
            present(curve.points, options.presentation, options.unit, abscissa) for curve in curves
        ]
        x_scale, y_scale = scales_of(options, abscissa, points[-1:], self._threshold)
        self._threshold = y_scale.threshold if y_scale.kind is ScaleKind.SYMLOG else None
        drawn = [place(one, x_scale, y_scale) for one in points]
        step = step_of(drawn[-1].y, y_scale, options.step_percent)
        for age, (line, one) in enumerate(zip(self.lines, reversed(drawn), strict=True)):
            line.setData(one.x, one.y + age * step)
        units = {curve.unit for curve in curves}
        label = y_label(abscissa, options.presentation, options.unit, units)
        self._name_axes(
            x_scale, y_scale, x_label(abscissa, options.presentation, options.unit), label
        )

    def show_all(self) -> None:
        """Let the axes reach over everything."""
        self.plot.enableAutoRange()

    def restyle(self, enlarged: float = 1.0) -> None:
        """Draw in the colours of the palette, lines as wide as the screen or a picture needs."""
        self._width = enlarged * self.devicePixelRatioF()
        palette = self.palette()
        self.setBackground(palette.color(palette.Base))
        self.caption.restyle(palette)
        style_plot(self.plot, palette)
        self._styled = None
        if self.lines:
            self._make_lines(len(self.lines), self._color_index)

    def changeEvent(self, event: QEvent) -> None:
        """Draw in the colours of another palette: the parent hears of it before its children."""
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_threshold"):
            self.restyle()

    def _make_lines(self, number: int, color_index: int) -> None:
        while len(self.lines) < number:
            line = pg.PlotCurveItem(connect="finite", antialias=True)
            line.setZValue(-len(self.lines))
            self.plot.addItem(line)
            self.lines.append(line)
        while len(self.lines) > number:
            self.plot.removeItem(self.lines.pop())
        if self._styled == (number, color_index):
            return
        self._styled = (number, color_index)
        self._color_index = color_index
        strong, weak = channel_color(color_index, self.palette()), muted_color(self.palette())
        for age, line in enumerate(self.lines):
            share = 1 - (1 - _OLDEST) * age / max(number - 1, 1)
            line.setPen(pg.mkPen(_mixed(strong, weak, share), width=self._width))

    def _name_axes(self, x_scale: Scale, y_scale: Scale, below: str, beside: str) -> None:
        self.plot.getAxis("left").set_value_scale(y_scale)
        self.plot.getAxis("bottom").set_value_scale(x_scale)
        axes = (x_scale, y_scale.kind, below, beside)
        if axes != self._axes:
            self._axes = axes
            self.plot.setLabel("bottom", below)
            self.plot.getAxis("left").set_names(*shorter(beside))
            self.show_all()


def step_of(newest: Array, y_scale: Scale, percent: int) -> float:
    """Return by how much each curve lies above the one that came after it, along the axis."""
    if y_scale.kind is not ScaleKind.LINEAR:
        return percent / 100
    known = newest[np.isfinite(newest)]
    return float(np.ptp(known)) * percent / 100 if known.size else 0.0


def step_text(percent: int, y_scale: ScaleKind) -> str:
    """Say how far the curves lie apart."""
    if y_scale is ScaleKind.LINEAR:
        return f"+{percent} % of the newest"
    return f"× {10 ** (percent / 100):.2f} each"


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    parts = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in parts))
