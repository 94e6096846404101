"""One plot of curves with its legend, its ratio below and a cross-hair."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QPointF
from PyQt5.QtGui import QColor, QFont, QFontMetrics, QPalette
from PyQt5.QtWidgets import QGraphicsSimpleTextItem

from saxsleash.appearance import channel_color, muted_color, style_plot
from saxsleash.models.presentation import Drawn, place, shorter
from saxsleash.models.scales import Scale
from saxsleash.panels.plot_axis import AXIS_CHARACTERS, ScaleAxis
from saxsleash.panels.plot_contents import PlotContents, Series, shortened
from saxsleash.panels.plot_curve import CurveDrawing
from saxsleash.panels.plot_options import PlotOptions

_MOST_OF_RATIOS = 0.99
"""Share of the ratios that their axis shows: where both curves are noise they reach far."""

_SMALL_POINTS = 9
_FIRST_REFERENCE, _NEXT_REFERENCE = 0.6, 0.08

_SIDEWAYS = 0.02
"""Share of a vertical pixel in the distance by which the nearest point of a curve is found."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A point of a curve under the mouse, and what is drawn of it."""

    series: Series
    index: int
    x: float
    y: float


class CurveCell(pg.GraphicsLayout):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws :class:`PlotContents`; its items stay while the contents change."""

    def __init__(self, palette: QPalette) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self._palette, self._width = palette, 1.0
        self.plot = _plot_item()
        self.ratio_plot = _plot_item()
        self.addItem(self.plot, row=0, col=0)
        self.addItem(self.ratio_plot, row=1, col=0)
        self.ratio_plot.setXLink(self.plot)
        self._ratio_name = QGraphicsSimpleTextItem(self.ratio_plot.getViewBox())
        self._ratio_name.setPos(8, 2)
        small = QFont(self._ratio_name.font())
        small.setPointSizeF(_SMALL_POINTS)
        self._ratio_name.setFont(small)
        self.ratio_plot.hide()
        self.layout.removeItem(self.ratio_plot)  # hidden it would take its room all the same
        self.layout.setRowStretchFactor(0, 3)
        self.layout.setVerticalSpacing(2)
        self._ratio_shown = False
        self.legend = self.plot.addLegend(offset=(-8, 8), labelTextSize=f"{_SMALL_POINTS}pt")
        self._curves: dict[str, CurveDrawing] = {}
        self._ratios: dict[str, CurveDrawing] = {}
        self.ratio_plot.getAxis("left").set_names("ratio", "")
        self._one = pg.InfiniteLine(1.0, angle=0, movable=False)
        self.ratio_plot.addItem(self._one, ignoreBounds=True)
        self._cross = [pg.InfiniteLine(angle=angle, movable=False) for angle in (90, 0)]
        self._ring = pg.ScatterPlotItem(size=10, pxMode=True, brush=None)
        for item in (*self._cross, self._ring):
            item.setZValue(1000)
            item.hide()
            self.plot.addItem(item, ignoreBounds=True)
        self._contents: PlotContents | None = None
        self._align_axes()

    @property
    def contents(self) -> PlotContents | None:
        """What is drawn."""
        return self._contents

    def draw(self, contents: PlotContents, options: PlotOptions) -> None:
        """Draw the newest contents."""
        other_axes = self._contents is None or self._contents.axes != contents.axes
        self._contents = contents
        self._show_ratio(bool(contents.ratios))
        if other_axes:
            self._name_axes(contents)
        self.plot.getAxis("left").set_value_scale(contents.y_scale)
        self._draw_series(
            self.plot, self._curves, contents.series, contents.x_scale, contents.y_scale, options
        )
        self._draw_series(
            self.ratio_plot, self._ratios, contents.ratios, contents.x_scale, Scale(), options
        )
        self._name_ratio(contents.ratio_label)
        if other_axes:
            self.show_all()

    def show_all(self) -> None:
        """Let the axes reach over everything, and follow it."""
        self.plot.enableAutoRange()
        self.ratio_plot.getViewBox().enableAutoRange(x=True, y=_MOST_OF_RATIOS)

    def restyle(self, palette: QPalette, width: float) -> None:
        """Draw in the colours of a palette, lines so many pixels wide."""
        self._palette, self._width = palette, width
        muted = muted_color(palette)
        for plot in (self.plot, self.ratio_plot):
            style_plot(plot, palette)
        self._ratio_name.setBrush(pg.mkBrush(muted))
        self._one.setPen(pg.mkPen(muted, width=1))
        for line in self._cross:
            line.setPen(pg.mkPen(muted, width=1))
        self._ring.setPen(pg.mkPen(palette.color(QPalette.Text), width=2))
        ground = QColor(palette.color(QPalette.Base))
        ground.setAlpha(200)
        self.legend.setBrush(pg.mkBrush(ground))
        self.legend.setLabelTextColor(palette.color(QPalette.Text))
        for _, label in self.legend.items:
            label.setText(label.text)  # those that are there take the colour only then
        if self._contents is not None:
            for series in self._contents.series:
                self._color_in(self._curves[series.key], series)
            for series in self._contents.ratios:
                self._color_in(self._ratios[series.key], series)
        self.legend.update()

    def read(self, scene_position: QPointF) -> Reading | None:
        """Move the cross-hair to the point next to a place of the scene, and return that."""
        view = self.plot.getViewBox()
        if self._contents is None or not view.sceneBoundingRect().contains(scene_position):
            self.hide_cross()
            return None
        view.updateAutoRange()  # else done when it is painted, after this
        mouse = view.mapSceneToView(scene_position)
        pixel = view.viewPixelSize()
        if not all(pixel):  # it has not been laid out yet
            self.hide_cross()
            return None
        found = [
            _nearest(series, drawn, mouse, pixel)
            for series in self._contents.series
            if (drawn := self._curves[series.key].drawn) is not None
        ]
        near = [one for one in found if one is not None]
        if not near:
            self.hide_cross()
            return None
        _, reading = min(near, key=lambda one: one[0])
        self._mark(reading)
        return reading

    def hide_cross(self) -> None:
        """Show no cross-hair."""
        for item in (*self._cross, self._ring):
            item.hide()

    def _mark(self, reading: Reading) -> None:
        vertical, horizontal = self._cross
        vertical.setValue(reading.x)
        horizontal.setValue(reading.y)
        self._ring.setData([reading.x], [reading.y])
        for item in (*self._cross, self._ring):
            item.show()

    def _draw_series(
        self,
        plot: pg.PlotItem,
        drawings: dict[str, CurveDrawing],
        wanted: tuple[Series, ...],
        x_scale: Scale,
        y_scale: Scale,
        options: PlotOptions,
    ) -> None:
        keys = [series.key for series in wanted]
        if list(drawings) != keys:
            self._match(plot, drawings, wanted)
        for series in wanted:
            drawn = place(series.points, x_scale, y_scale)
            band = options.bands and series.faded == 0
            points = options.points and series.faded == 0
            drawings[series.key].draw(drawn, band=band, points=points)

    def _match(
        self, plot: pg.PlotItem, drawings: dict[str, CurveDrawing], wanted: tuple[Series, ...]
    ) -> None:
        """Make the drawings those that are wanted, in their order; those that fit stay."""
        kept = {series.key for series in wanted}
        for key in [key for key in drawings if key not in kept]:
            drawings.pop(key).remove()
        former = dict(drawings)
        drawings.clear()
        for depth, series in enumerate(wanted):
            drawing = former.get(series.key) or CurveDrawing(plot, -10 * series.faded - depth)
            self._color_in(drawing, series)
            drawings[series.key] = drawing
        if plot is self.plot:
            self.legend.clear()
            for series in wanted:
                self.legend.addItem(drawings[series.key].line, escape(series.label))

    def _color_in(self, drawing: CurveDrawing, series: Series) -> None:
        drawing.set_color(self._color(series), self._width, dashed=series.faded > 0)

    def _color(self, series: Series) -> QColor:
        color = channel_color(series.color_index, self._palette)
        if series.faded == 0:
            return color
        share = max(_FIRST_REFERENCE - _NEXT_REFERENCE * (series.faded - 1), 0.15)
        ground = self._palette.color(QPalette.Base)
        parts = zip(color.getRgb()[:3], ground.getRgb()[:3], strict=True)
        return QColor(*(round(share * one + (1 - share) * other) for one, other in parts))

    def _name_axes(self, contents: PlotContents) -> None:
        for plot in (self.plot, self.ratio_plot):
            plot.getAxis("bottom").set_value_scale(contents.x_scale)
        self.plot.getAxis("left").set_names(*shorter(contents.y_label))
        lowest = self.ratio_plot if self._ratio_shown else self.plot
        lowest.setLabel("bottom", contents.x_label)

    def _name_ratio(self, label: str) -> None:
        if label != self._ratio_name.toolTip():
            self._ratio_name.setToolTip(label)
            self._ratio_name.setText(shortened(label))

    def _show_ratio(self, shown: bool) -> None:
        if shown == self._ratio_shown:
            return
        self._ratio_shown = shown
        self.ratio_plot.setVisible(shown)
        self.layout.setRowStretchFactor(1, 1 if shown else 0)
        if shown:
            self.layout.addItem(self.ratio_plot, 1, 0)
        else:
            self.layout.removeItem(self.ratio_plot)
        self.plot.getAxis("bottom").setStyle(showValues=not shown)
        self.plot.showLabel("bottom", not shown)
        if self._contents is not None:
            self._name_axes(self._contents)

    def _align_axes(self) -> None:
        """Give both vertical axes one width, so that the same q lies below itself."""
        digit = QFontMetrics(self.plot.getAxis("left").font()).horizontalAdvance("0")
        for plot in (self.plot, self.ratio_plot):
            plot.getAxis("left").setWidth(AXIS_CHARACTERS * digit)


def _nearest(
    series: Series, drawn: Drawn, mouse: QPointF, pixel: tuple[float, float]
) -> tuple[float, Reading] | None:
    """Return the point of a curve above or below the mouse, and how many pixels it is away."""
    place = int(np.searchsorted(drawn.x, mouse.x()))
    around = slice(max(place - 2, 0), place + 2)
    beside = (drawn.x[around] - mouse.x()) / pixel[0]
    above = (drawn.y[around] - mouse.y()) / pixel[1]
    distances = np.hypot(beside, _SIDEWAYS * above)
    if not np.isfinite(distances).any():
        return None
    nearest = int(np.nanargmin(distances))
    at = around.start + nearest
    reading = Reading(series, int(drawn.index[at]), float(drawn.x[at]), float(drawn.y[at]))
    return abs(float(above[nearest])), reading


def _plot_item() -> pg.PlotItem:
    axes = {"left": ScaleAxis("left"), "bottom": ScaleAxis("bottom")}
    plot = pg.PlotItem(axisItems=axes, enableMenu=False)
    plot.setMenuEnabled(False)
    plot.getViewBox().setDefaultPadding(0.02)
    return plot
