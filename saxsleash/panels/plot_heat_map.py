"""The last curves of a channel as rows of colours, the newest on top."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt5.QtCore import QEvent, QPointF, QRectF, pyqtSignal
from PyQt5.QtWidgets import QWidget

from saxsleash.appearance import in_characters, in_lines, style_plot
from saxsleash.models.curves_model import ShownCurve
from saxsleash.models.presentation import Points, over, present, x_label, y_label
from saxsleash.models.scales import Array, Scale, ScaleKind
from saxsleash.panels.plot_axis import RowAxis, ScaleAxis
from saxsleash.panels.plot_caption import Caption, time_text
from saxsleash.panels.plot_contents import scales_of
from saxsleash.panels.plot_options import PlotOptions

COLORS = "viridis"
_LEVELS = 255
_LOWEST, _HIGHEST = 1.0, 99.8
"""Percentiles of the values between which the colours lie."""

_SMALLEST_SHARE = 1e-6
"""Of a value, between which and its like the colours lie at least."""

_LINES_BELOW = 2.7
"""Height of the horizontal axes."""

_EVERY = 7
"""Of so many values one is looked at to find them."""


class HeatMapView(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws rows of colours with a bar that explains them; emits what is under the mouse."""

    read = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.caption = Caption(self.font(), self.palette())
        self.addItem(self.caption, row=0, col=0, colspan=2)
        self._rows = RowAxis("left")
        axes = {"left": self._rows, "bottom": ScaleAxis("bottom")}
        self.plot = self.addPlot(row=1, col=0, axisItems=axes, enableMenu=False)
        self.bar = self.addPlot(
            row=1, col=1, axisItems={"right": ScaleAxis("right")}, enableMenu=False
        )
        colors = pg.colormap.get(COLORS).getLookupTable(nPts=_LEVELS, alpha=True)
        table = np.vstack([np.zeros((1, 4), colors.dtype), colors])  # 0: nothing is known
        self.image = pg.ImageItem(lut=table, levels=(0, _LEVELS))
        self._explained = pg.ImageItem(lut=table, levels=(0, _LEVELS))
        self._explained.setImage(np.arange(1, _LEVELS + 1, dtype=np.uint8)[:, None])
        self.plot.addItem(self.image)
        self.bar.addItem(self._explained)
        self._dress()
        self._axes: tuple[object, ...] = ()
        self._curves: Sequence[ShownCurve] = ()
        self._values = np.empty((0, 0))
        self._options = PlotOptions()
        self._threshold: float | None = None
        self._mouse: QPointF | None = None
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.restyle()

    def draw(self, curves: Sequence[ShownCurve], options: PlotOptions) -> None:
        """Draw the last curves, the oldest first; those with other axes are left out."""
        if curves:
            newest = curves[-1]
            curves = [
                curve for curve in curves[-options.heat_map_length :] if curve.is_like(newest)
            ]
        self._curves, self._options = curves, options
        if not curves or curves[-1].q.size == 0:
            self.image.clear()
            return
        self._draw_rows(curves, options)
        times = [curve.time for curve in curves] if options.rows_by_time else None
        self._rows.set_times(times)
        self._read()

    def show_all(self) -> None:
        """Let the axes reach over everything."""
        self.plot.enableAutoRange()

    def restyle(self, enlarged: float = 1.0) -> None:
        """Draw in the colours of the palette; there are no lines to be enlarged."""
        del enlarged
        palette = self.palette()
        self.setBackground(palette.color(palette.Base))
        self.caption.restyle(palette)
        for plot in (self.plot, self.bar):
            style_plot(plot, palette)
        self.bar.showGrid(x=False, y=False)
        self.bar.getAxis("bottom").setPen(pg.mkPen(None))

    def changeEvent(self, event: QEvent) -> None:
        """Draw in the colours of another palette: the parent hears of it before its children."""
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_mouse"):
            self.restyle()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse when it is gone."""
        self._mouse = None
        self.read.emit("")
        super().leaveEvent(event)

    def _dress(self) -> None:
        self.plot.setMenuEnabled(False)
        self.plot.getViewBox().setDefaultPadding(0.0)
        bar = self.bar
        bar.setMenuEnabled(False)
        bar.hideButtons()
        bar.setMouseEnabled(x=False, y=False)
        bar.getViewBox().setDefaultPadding(0.0)
        bar.showAxis("right")
        bar.hideAxis("left")
        below = bar.getAxis("bottom")  # empty, so that the bar ends where the map does
        below.setTicks([])
        for axis in (below, self.plot.getAxis("bottom")):
            axis.setHeight(in_lines(self, _LINES_BELOW))
        bar.setMaximumWidth(in_characters(self, 14))
        bar.setMinimumWidth(in_characters(self, 14))

    def _draw_rows(self, curves: Sequence[ShownCurve], options: PlotOptions) -> None:
        newest = curves[-1]
        abscissa = newest.abscissa
        values = np.stack([curve.intensity for curve in curves])
        points = present(
            Points(newest.q, newest.intensity, newest.sigma),
            options.presentation,
            options.unit,
            abscissa,
        )
        x_scale, y_scale = scales_of(options, abscissa, [points], self._threshold)
        self._threshold = y_scale.threshold if y_scale.kind is ScaleKind.SYMLOG else None
        weighed = present(
            Points(newest.q, values, values), options.presentation, options.unit, abscissa
        )
        known = np.asarray(np.isfinite(weighed.y).any(axis=0))
        left, right, columns = _columns(points.x, x_scale, known)
        shown = weighed.y[:, columns] if weighed.y.size else np.full((len(curves), 1), np.nan)
        self._values = y_scale.forward(shown)
        low, high = _levels(self._values)
        self.image.setImage(_colors(self._values, low, high), autoLevels=False)
        rows = len(curves)
        self.image.setRect(QRectF(left, -rows + 0.5, right - left, rows))
        self._explained.setRect(QRectF(0, low, 1, high - low))
        self.bar.setRange(xRange=(0, 1), yRange=(low, high), padding=0)
        self.bar.getAxis("right").set_value_scale(y_scale)
        self.plot.getAxis("bottom").set_value_scale(x_scale)
        self._name_axes(x_scale, y_scale, options)

    def _name_axes(self, x_scale: Scale, y_scale: Scale, options: PlotOptions) -> None:
        abscissa = self._curves[-1].abscissa
        below = x_label(abscissa, options.presentation, options.unit)
        units = {self._curves[-1].unit}
        beside = y_label(abscissa, options.presentation, options.unit, units)
        rows = "time of the image" if options.rows_by_time else "curves before the newest"
        axes = (x_scale, y_scale.kind, below, beside, rows)
        if axes != self._axes:
            self._axes = axes
            self.plot.setLabel("bottom", below)
            self.plot.setLabel("left", rows)
            self.bar.setLabel("right", beside)
            self.show_all()

    def _on_mouse_moved(self, position: QPointF) -> None:
        self._mouse = position
        self._read()

    def _read(self) -> None:
        view = self.plot.getViewBox()
        if self._mouse is None or not view.sceneBoundingRect().contains(self._mouse):
            self.read.emit("")
            return
        view.updateAutoRange()  # else done when it is painted, after this
        place = view.mapSceneToView(self._mouse)
        row = len(self._curves) - 1 + round(place.y())
        if not (0 <= row < len(self._curves) and self._curves[row].q.size):
            self.read.emit("")
            return
        curve = self._curves[row]
        x_scale: Scale = self.plot.getAxis("bottom").value_scale
        x = float(x_scale.inverse(np.array([place.x()]))[0])
        points = over(curve.points, self._options.presentation, self._options.unit, curve.abscissa)
        at = int(np.clip(np.searchsorted(points.x, x), 0, points.x.size - 1))
        label = curve.abscissa.value.replace("_", "")
        intensity = f"I {points.y[at]:.5g} {curve.unit}".rstrip()
        words = (f"{label} {x:.4g}", intensity, curve.image, time_text(curve.time))
        self.read.emit("    ".join(word for word in words if word))


def _columns(
    x: Array, scale: Scale, known_points: NDArray[np.bool_]
) -> tuple[float, float, NDArray[np.intp]]:
    """Return where an image of equal columns begins and ends, and which point each one shows.

    It reaches from the first to the last point of which anything is known.
    """
    places = scale.forward(x)
    ends = np.flatnonzero(np.isfinite(places) & known_points)
    if ends.size:
        places = np.where((x >= x[ends[0]]) & (x <= x[ends[-1]]), places, np.nan)
    known = np.flatnonzero(np.isfinite(places))
    if known.size == 0:
        return 0.0, 1.0, np.zeros(1, dtype=np.intp)
    first, last = float(places[known[0]]), float(places[known[-1]])
    half = (last - first) / max(known.size - 1, 1) / 2 or 0.5
    wanted = np.linspace(first, last, known.size)
    middles = (places[known][1:] + places[known][:-1]) / 2
    return first - half, last + half, known[np.searchsorted(middles, wanted)]


def _levels(values: Array) -> tuple[float, float]:
    some = values.ravel()[::_EVERY]
    some = some[np.isfinite(some)]
    if some.size == 0:
        return 0.0, 1.0
    low, high = (float(level) for level in np.percentile(some, [_LOWEST, _HIGHEST]))
    if high > low:
        return low, high
    half = max(0.5, abs(low) * _SMALLEST_SHARE)
    return low - half, low + half


def _colors(values: Array, low: float, high: float) -> NDArray[Any]:
    """Return colours 1 to 255, and 0 where nothing is known."""
    scaled = (values - low) * ((_LEVELS - 1) / (high - low)) + 1
    np.clip(scaled, 1, _LEVELS, out=scaled)
    unknown = np.isnan(scaled)
    scaled[unknown] = 0
    return scaled.astype(np.uint8)
