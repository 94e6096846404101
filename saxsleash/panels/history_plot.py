"""One quantity of the history against time, for every channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QKeyEvent
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import in_characters, muted_color, style_view
from saxsleash.models.history_columns import Quantity
from saxsleash.panels.elided_label import ElidedLabel
from saxsleash.panels.history_axes import Across, AcrossAxis, ValueAxis
from saxsleash.panels.history_points import Array, band, logarithm, nearest, within

MOST_POINTS = 2000
"""More in view than these are drawn as a band: single points could not be told apart."""

_LEAST_CHOICE = 14
"""Characters of the name of a quantity: people choose names of classifiers, also long ones."""

REACH = 24.0
"""Pixels from the mouse to a point that it means."""

AXIS_CHARACTERS = 7
_POINT_CHARACTERS = 0.6
_RING_CHARACTERS = 1.8

_OPACITY = 190
"""Of 255: a channel that lies below another is still seen."""


@dataclass(frozen=True, eq=False)
class Trace:
    """One channel of a quantity; ``x`` ascending, NaN in ``y`` where nothing is known."""

    channel: str
    color: QColor
    x: Array
    y: Array


@dataclass(frozen=True)
class Hit:
    """A point near the mouse: its place in the trace, and how far it is in pixels."""

    trace: Trace
    place: int
    distance: float


class SidewaysBox(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph is untyped
    """Wheel and drag move along the time; upright only where the mouse is on the upright axis.

    Upright, the view fits what is seen until somebody moves it.
    """

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setAutoVisible(y=True)
        self.enableAutoRange(x=False, y=True)

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:
        super().wheelEvent(ev, axis=axis or 0)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        super().mouseDragEvent(ev, axis=axis or 0)


class PlotView(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph is untyped
    """A plot that leaves the keyboard to the panel around it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.ignore()


class HistoryPlot(QWidget):
    """Draws traces: as points where they are few, as a band from least to greatest else.

    Signals
    -------
    redraw_wanted
        The part in view, the quantity or the scale is another now.
    moved
        Somebody moved or zoomed the time with the mouse: left and right end.
    clicked, double_clicked
        Where on the plot, in pixels; no point may be near.
    hovered
        The same for the mouse that passes.
    menu_wanted
        Where on the screen.
    """

    redraw_wanted = pyqtSignal()
    moved = pyqtSignal(float, float)
    clicked = pyqtSignal(QPointF)
    double_clicked = pyqtSignal(QPointF)
    hovered = pyqtSignal(QPointF)
    menu_wanted = pyqtSignal(QPoint)

    def __init__(self, quantity: Quantity, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._traces: list[Trace] = []
        self._items: dict[str, tuple[pg.PlotCurveItem, pg.ScatterPlotItem]] = {}
        self._wanted = quantity.name
        self._make_head(quantity)
        self._make_plot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(in_characters(self, 1))
        head.addWidget(self.choice)
        head.addWidget(self.unit, 1)
        head.addWidget(self.log)
        layout.addLayout(head)
        layout.addWidget(self.view)
        self._restyle()

    @property
    def quantity(self) -> Quantity:
        """What is drawn."""
        chosen = self.choice.currentData()
        assert isinstance(chosen, Quantity)  # noqa: S101 - nothing else is put in
        return chosen

    @property
    def range(self) -> tuple[float, float]:
        """The left and the right end of what is in view."""
        left, right = self.box.viewRange()[0]
        return float(left), float(right)

    def offer(self, quantities: Sequence[Quantity]) -> None:
        """Offer quantities to draw; the one that is drawn stays, even if it is not among them."""
        offered = [self.choice.itemData(index) for index in range(self.choice.count())]
        names = [quantity.name for quantity in offered]
        for quantity in quantities:
            if quantity.name not in names:
                self.choice.addItem(quantity.label, quantity)
            elif quantity not in offered:  # in another unit by now
                self.choice.setItemData(names.index(quantity.name), quantity)
        self._show_unit()
        if self._wanted != self.quantity.name:
            self._choose_wanted()

    def save_state(self) -> dict[str, Any]:
        """Return what was chosen, as plain values."""
        return {"quantity": self._wanted, "log": self.log.isChecked()}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Choose what was chosen before, a quantity as soon as it is offered."""
        if isinstance(name := state.get("quantity"), str):
            self._wanted = name
            self._choose_wanted()
        if isinstance(is_log := state.get("log"), bool):
            self.log.setChecked(is_log)

    def show_range(self, left: float, right: float) -> None:
        """Show another part of the time; not told as a move."""
        if (left, right) != self.range:
            self.box.setXRange(left, right, padding=0)

    def show_across(self, across: Across) -> None:
        """Draw against something else from left to right."""
        self.axis.show_across(across)

    def name_axis(self, named: bool) -> None:
        """Say below the plot what is drawn from left to right, or save the room."""
        self.axis.show_name(named)

    def draw(self, traces: Sequence[Trace]) -> None:
        """Draw traces, each in place of the former one of the same channel."""
        self._traces = list(traces)
        self.axis.name_range()
        drawn = {trace.channel for trace in traces}
        for channel in self._items.keys() - drawn:
            self._draw_points(channel, None, np.empty(0), np.empty(0))
        for trace in traces:
            self._draw_trace(trace)

    def mark(self, place: int | None) -> None:
        """Put a ring around a point of every trace."""
        traces = self._traces if place is not None else []
        x = np.array([trace.x[place] for trace in traces])
        y = self._scaled(np.array([trace.y[place] for trace in traces]))
        known = np.isfinite(y)
        self.ring.setData(x[known], y[known])

    def hit(self, at: QPointF) -> Hit | None:
        """Return the point of all traces that is nearest on the screen, if one is near."""
        center = self.box.mapSceneToView(at)
        pixel = self.box.viewPixelSize()
        hits = []
        for trace in self._traces:
            near = within(trace.x, center.x() - REACH * pixel[0], center.x() + REACH * pixel[0])
            found = nearest(
                trace.x[near],
                self._scaled(trace.y[near]),
                (center.x(), center.y()),
                (pixel[0], pixel[1]),
                REACH,
            )
            if found is not None:
                hits.append(Hit(trace, near.start + found[0], found[1]))
        return min(hits, key=lambda hit: hit.distance, default=None)

    def fit(self) -> None:
        """Fit the upright axis to what is in view, now and from now on."""
        self.box.enableAutoRange(x=False, y=True)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._restyle()

    def _make_head(self, quantity: Quantity) -> None:
        self.choice = QComboBox(self)
        self.choice.setToolTip("What this plot shows")
        self.choice.setAccessibleName("Quantity of this plot")
        self.choice.setSizeAdjustPolicy(QComboBox.AdjustToContents)
        self.choice.setMinimumWidth(in_characters(self, _LEAST_CHOICE))
        self.choice.addItem(quantity.label, quantity)
        self.choice.currentIndexChanged.connect(self._on_quantity_chosen)
        self.unit = ElidedLabel(self)
        self.log = QCheckBox("Log", self)
        self.log.setToolTip("Logarithmic scale; values that are not above 0 are not drawn")
        self.log.toggled.connect(self._on_log_toggled)

    def _make_plot(self) -> None:
        self.axis = AcrossAxis()
        self.values = ValueAxis()
        self.box = SidewaysBox()
        axes = {"bottom": self.axis, "left": self.values}
        self.view = PlotView(self, viewBox=self.box, axisItems=axes)
        self.view.setMinimumHeight(1)
        self.view.hideButtons()
        self.ring = pg.ScatterPlotItem(symbol="o", brush=None)
        self.ring.setZValue(10)
        self.view.addItem(self.ring, ignoreBounds=True)
        self.box.sigXRangeChanged.connect(self.redraw_wanted)
        self.box.sigYRangeChanged.connect(self._show_unit)
        self.box.sigRangeChangedManually.connect(self._on_moved)
        scene = self.view.scene()
        scene.sigMouseClicked.connect(self._on_clicked)
        scene.sigMouseMoved.connect(self._on_mouse_moved)

    def _show_unit(self) -> None:
        """Say what the numbers on the upright axis are multiples of."""
        text = " ".join(part for part in (self.values.factor, self.quantity.unit) if part)
        self.unit.set_text(text)
        self.unit.setToolTip(f"The unit of the numbers: {text}" if text else "")

    def _restyle(self) -> None:
        style_view(self.view, self.palette())
        self.values.setWidth(in_characters(self, AXIS_CHARACTERS))
        palette = self.unit.palette()
        palette.setColor(palette.WindowText, muted_color(self.palette()))
        self.unit.setPalette(palette)
        self.ring.setPen(pg.mkPen(self.palette().text().color(), width=2))
        self.ring.setSize(in_characters(self, _RING_CHARACTERS))
        for _, points in self._items.values():
            points.setSize(in_characters(self, _POINT_CHARACTERS))

    def _draw_trace(self, trace: Trace) -> None:
        left, right = self.range
        seen = within(trace.x, left, right)
        # A screen to each side is drawn as well, so that there is something to drag into view.
        margin = right - left
        if seen.stop - seen.start <= MOST_POINTS:
            near = within(trace.x, left - margin, right + margin)
            if near.stop - near.start > 2 * MOST_POINTS:
                near = seen
            self._draw_points(
                trace.channel, trace.color, trace.x[near], self._scaled(trace.y[near])
            )
            return
        columns = max(int(self.box.width() * self.devicePixelRatioF()), 1)
        y = np.where(trace.y > 0, trace.y, np.nan) if self.log.isChecked() else trace.y
        seen_band = band(trace.x, y, left - margin, margin / columns, 3 * columns)
        line, points = self._items_of(trace.channel)
        if len(points.data):
            points.setData(np.empty(0), np.empty(0))
        line.setPen(pg.mkPen(_thin(trace.color)))
        line.setData(seen_band.x, self._scaled(seen_band.y), connect=seen_band.connect)

    def _draw_points(self, channel: str, color: QColor | None, x: Array, y: Array) -> None:
        line, points = self._items_of(channel)
        if line.xData is not None and line.xData.size:
            line.setData(np.empty(0), np.empty(0), connect="all")
        known = np.isfinite(y)
        brush = None if color is None else pg.mkBrush(_thin(color))
        points.setData(x[known], y[known], brush=brush, pen=None)

    def _items_of(self, channel: str) -> tuple[pg.PlotCurveItem, pg.ScatterPlotItem]:
        """Return what stays in the plot for a channel."""
        items = self._items.get(channel)
        if items is None:
            size = in_characters(self, _POINT_CHARACTERS)
            items = pg.PlotCurveItem(), pg.ScatterPlotItem(symbol="o", pen=None, size=size)
            for item in items:
                self.box.addItem(item)
            self._items[channel] = items
        return items

    def _scaled(self, y: Array) -> Array:
        return logarithm(y) if self.log.isChecked() else y

    def _choose_wanted(self) -> None:
        for index in range(self.choice.count()):
            if self.choice.itemData(index).name == self._wanted:
                self.choice.setCurrentIndex(index)

    def _on_quantity_chosen(self) -> None:
        self._wanted = self.quantity.name
        self._show_unit()
        self.draw([])  # values that are all the same would keep the scale of those before
        self.box.setYRange(0.0, 1.0, padding=0)
        self.fit()
        self.redraw_wanted.emit()

    def _on_log_toggled(self, is_log: bool) -> None:
        self.values.setLogMode(y=is_log)
        self._show_unit()
        self.fit()
        self.redraw_wanted.emit()

    def _on_moved(self, mask: Sequence[bool]) -> None:
        if mask[0]:
            self.moved.emit(*self.range)

    def _on_mouse_moved(self, at: Any) -> None:
        self.hovered.emit(QPointF(at))

    def _on_clicked(self, event: Any) -> None:
        if event.button() == Qt.RightButton:
            self.menu_wanted.emit(event.screenPos().toPoint())
        elif event.button() == Qt.LeftButton:
            at = QPointF(event.scenePos())
            (self.double_clicked if event.double() else self.clicked).emit(at)


def _thin(color: QColor) -> QColor:
    thin = QColor(color)
    thin.setAlpha(_OPACITY)
    return thin
