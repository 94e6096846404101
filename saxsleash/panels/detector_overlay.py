"""What the calibration makes of a frame, drawn over it: rings, ranges of q, slices, the mask."""

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QFont, QPainterPath, QPen, QPolygonF
from PyQt5.QtWidgets import QGraphicsPathItem

from saxsdog.calibration import Calibration
from saxsdog.inspection.counts import Flags
from saxsdog.reduction.geometry import Geometry
from saxsleash.models import overlays
from saxsleash.models.detector_model import FoundPoints
from saxsleash.models.overlays import Polyline
from saxsleash.panels.picture_colors import (
    ALERT,
    BAND_OPACITY,
    HALO,
    POINT,
    RING,
    color_of_channel,
    line,
    mask_table,
    translucent,
)

STALE_OPACITY = 0.35
"""Of what belongs to a calibration that was valid before."""

MOST_MARKS = 2000
"""Pixels marked one by one; of more a mask of another detector is more likely the cause."""

_LABEL_GROUND = QColor(0, 0, 0, 150)


@dataclass(frozen=True)
class Rings:
    """The q of the rings to be drawn, nm⁻¹, and which of the masks is on view."""

    qs: tuple[float, ...]
    chosen_mask: int


class DetectorOverlay:
    """Items in a view whose places are columns and rows from the top left."""

    def __init__(self, plot: pg.PlotItem, font: QFont) -> None:
        self._plot = plot
        self._font = font
        self._mask = pg.ImageItem(axisOrder="row-major")
        self._marks = pg.ScatterPlotItem(
            pxMode=True, symbol="o", size=9, pen=line(ALERT, 1.6), brush=None
        )
        self._points = pg.ScatterPlotItem(
            pxMode=True, symbol="o", size=5, pen=line(HALO, 1.0), brush=POINT
        )
        self._outliers = pg.ScatterPlotItem(pxMode=True, symbol="x", size=7, pen=line(ALERT, 1.4))
        self._outline, self._rings, self._ends = _curve(), _curve(), _curve()
        self._areas: list[QGraphicsPathItem] = []
        self._labels: list[pg.TextItem] = []
        self._ring_lines: list[tuple[str, tuple[float, float]]] = []
        self._n_fixed = 0
        self._opacity = 1.0
        self._pixel_ratio = 0.0
        self._mask_drawn: Flags | None = None
        self._mask_channel = 0
        for z, item in enumerate(
            (
                self._mask,
                self._outline,
                self._ends,
                self._rings,
                self._marks,
                self._outliers,
                self._points,
            ),
            10,
        ):
            item.setZValue(z)
            plot.addItem(item, ignoreBounds=True)
        self._mask.hide()
        self.set_pixel_ratio(1.0)

    def set_pixel_ratio(self, ratio: float) -> None:
        """Draw all lines as wide as they look on a screen of this many pixels for one of ours."""
        if ratio == self._pixel_ratio:
            return
        self._pixel_ratio = ratio
        for curve in (self._outline, self._rings, self._ends):
            curve.setShadowPen(self._line(HALO, 3.5))
        self._outline.setPen(self._line(QColor(140, 148, 158), 1.0))
        self._rings.setPen(self._line(RING))

    def draw_mask(self, mask: Flags | None, channel: int) -> None:
        """Draw a mask translucently, nothing for ``None``."""
        self._mask.setVisible(mask is not None)
        if mask is None or (self._mask_drawn is mask and self._mask_channel == channel):
            return
        self._mask_drawn, self._mask_channel = mask, channel
        table = mask_table(color_of_channel(channel))
        indices = np.ascontiguousarray(mask).view(np.uint8)
        self._mask.setImage(indices, levels=(0, len(table)), lut=table)
        self._mask.setRect(QRectF(0, 0, mask.shape[1], mask.shape[0]))

    def draw_marks(self, uncovered: Flags | None, block: int) -> None:
        """Mark pixels one by one, nothing for ``None`` or very many."""
        rows, columns = np.nonzero(uncovered) if uncovered is not None else ((), ())
        if len(rows) > MOST_MARKS:
            rows, columns = (), ()
        middles = (block * (np.asarray(each, np.float64) + 0.5) for each in (columns, rows))
        self._marks.setData(*middles)

    def draw_points(self, points: tuple[FoundPoints, FoundPoints] | None) -> None:
        """Mark what a refinement has found on rings, and what it has left out."""
        for item, found in zip((self._points, self._outliers), points or (None, None), strict=True):
            if found is None:
                item.clear()
            else:
                item.setData(found.columns, found.rows)

    def draw_outline(self, shape: tuple[int, int] | None) -> None:
        """Draw the edge of the detector."""
        rows, columns = shape or (0, 0)
        corners = [(0, 0), (0, columns), (rows, columns), (rows, 0), (0, 0)]
        _set(self._outline, np.array(corners if shape else [], np.float64).reshape(-1, 2))

    def draw(
        self, calibration: Calibration | None, geometry: Geometry | None, rings: Rings
    ) -> None:
        """Draw all that lies at a q or in a slice.

        Parameters
        ----------
        calibration
            What to compute; nothing is drawn for ``None``.
        geometry
            That of the calibration, or while the beam centre is dragged another.
        rings
            Which rings to draw.
        """
        if calibration is None or geometry is None:
            self._clear()
            return
        lines: list[Polyline] = []
        self._ring_lines = []
        for n, q in enumerate(rings.qs, 1):
            drawn = overlays.ring(geometry, q)
            place = overlays.label_point(drawn, geometry)
            if place is not None:  # else none of it lies on the detector
                lines.append(drawn)
                self._ring_lines.append((f"{n} · {q:.3g}", place))
        _set(self._rings, overlays.joined(lines))
        self._draw_ends(calibration, geometry, rings.chosen_mask)
        self._draw_areas(calibration, geometry, rings.chosen_mask)
        self.place_labels()

    def set_stale(self, *, stale: bool) -> None:
        """Let all step back while the calibration is not valid."""
        self._opacity = STALE_OPACITY if stale else 1.0
        for item in (self._mask, self._marks, self._rings, self._ends, *self._areas, *self._labels):
            item.setOpacity(self._opacity)

    def place_labels(self) -> None:
        """Write beside the rings, where one label does not hide another at this zoom."""
        box = self._plot.getViewBox()
        seen = box.viewRect()
        taken = [_place(box, label) for label in self._labels[: self._n_fixed]]
        used = self._n_fixed
        for text, (row, column) in self._ring_lines:
            if not seen.contains(QPointF(column, row)):
                continue
            unit = " nm⁻¹" if used == self._n_fixed else ""  # once is enough
            label = self._label(used, f"{text}{unit}", (row, column), RING)
            place = _place(box, label)
            if any(place.intersects(other) for other in taken):
                continue
            taken.append(place)
            used += 1
        for label in self._labels[used:]:
            label.hide()

    def _draw_ends(self, calibration: Calibration, geometry: Geometry, chosen: int) -> None:
        """Draw where the range of the chosen mask begins and ends."""
        drawn: list[Polyline] = []
        if chosen < len(calibration.masks) and not calibration.masks[chosen].phi_mode:
            mask = calibration.masks[chosen]
            drawn = [overlays.ring(geometry, q) for q in (mask.q_start, mask.q_stop) if q > 0]
            if mask.bins is not None:
                drawn += overlays.bin_ends(geometry, mask.bins)
        self._ends.setPen(self._line(color_of_channel(chosen), 1.6, dashed=True))
        _set(self._ends, overlays.joined(drawn))

    def _draw_areas(self, calibration: Calibration, geometry: Geometry, chosen: int) -> None:
        """Fill what rings, the sectors of the chosen mask, and slices average over."""
        areas: list[tuple[QPainterPath, QColor, str, tuple[float, float]]] = []
        if chosen < len(calibration.masks) and not calibration.slices_only:
            mask = calibration.masks[chosen]
            for sector in mask.sectors:
                outline = overlays.wedge(geometry, sector)
                path, spot = _between(outline, np.empty((0, 2))), _within(outline, geometry)
                areas.append((path, color_of_channel(chosen), mask.name or f"R{chosen}", spot))
        for i, mask in enumerate(calibration.masks):
            if mask.phi_mode and not calibration.slices_only:
                outer, inner = overlays.band(geometry, mask.q_start, mask.q_stop)
                path = _between(outer, inner)
                middle = overlays.ring(geometry, (mask.q_start + mask.q_stop) / 2)
                place = overlays.label_point(middle, geometry) if middle.size else None
                areas.append(
                    (path, color_of_channel(i), mask.name or f"R{i}", place or geometry.beam_center)
                )
        for i, cut in enumerate(calibration.slices, len(calibration.masks)):
            area = overlays.slice_band(cut, geometry.shape)
            path = QPainterPath()
            path.addRect(
                QRectF(area.left, area.top, area.right - area.left, area.bottom - area.top)
            )
            along_x = cut.direction == "x"
            rows, columns = geometry.shape
            place = (
                ((area.top + area.bottom) / 2, 0.06 * columns)
                if along_x
                else (0.06 * rows, (area.left + area.right) / 2)
            )
            areas.append((path, color_of_channel(i), f"S{i}", place))
        self._show_areas(areas)

    def _show_areas(
        self, areas: list[tuple[QPainterPath, QColor, str, tuple[float, float]]]
    ) -> None:
        while len(self._areas) < len(areas):
            item = QGraphicsPathItem()
            item.setZValue(9)
            item.setOpacity(self._opacity)
            self._plot.addItem(item, ignoreBounds=True)
            self._areas.append(item)
        for i, (item, (path, color, text, place)) in enumerate(
            zip(self._areas, areas, strict=False)
        ):
            item.setPath(path)
            item.setPen(self._line(color, 1.3))
            item.setBrush(translucent(color, BAND_OPACITY))
            item.show()
            self._label(i, text, place, color)
        for item in self._areas[len(areas) :]:
            item.hide()
        self._n_fixed = len(areas)

    def _label(
        self,
        index: int,
        text: str,
        place: tuple[float, float],
        color: QColor,
    ) -> pg.TextItem:
        while len(self._labels) <= index:
            label = pg.TextItem(anchor=(0.5, 0.5), fill=_LABEL_GROUND)
            label.setFont(self._font)
            label.setZValue(50)
            label.setOpacity(self._opacity)
            self._plot.addItem(label, ignoreBounds=True)
            self._labels.append(label)
        label = self._labels[index]
        label.setText(text, color=color)
        label.setPos(place[1], place[0])
        label.show()
        return label

    def _line(self, color: QColor, width: float = 1.5, *, dashed: bool = False) -> QPen:
        return line(color, width, dashed=dashed, pixel_ratio=self._pixel_ratio)

    def _clear(self) -> None:
        nothing = np.empty((0, 2))
        for curve in (self._rings, self._ends):
            _set(curve, nothing)
        self._ring_lines = []
        self._show_areas([])
        self.place_labels()


def _curve() -> pg.PlotCurveItem:
    return pg.PlotCurveItem(antialias=True, connect="finite", skipFiniteCheck=False)


def _set(curve: pg.PlotCurveItem, points: Polyline) -> None:
    curve.setData(points[:, 1], points[:, 0], connect="finite")


def _place(box: pg.ViewBox, label: pg.TextItem) -> QRectF:
    """Return where a label is on the screen."""
    place = QRectF(label.boundingRect())
    place.moveCenter(box.mapViewToScene(label.pos()))
    return place


def _within(wedge: Polyline, geometry: Geometry) -> tuple[float, float]:
    """Choose a point in the middle of a sector, as near to the beam as labels can be read."""
    center = np.asarray(geometry.beam_center)
    away = wedge[len(wedge) // 2] - center
    row, column = center + away / np.hypot(*away) * min(geometry.shape) / 4
    return float(row), float(column)


def _between(outer: Polyline, inner: Polyline) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.OddEvenFill)
    for edge in (outer, inner):
        path.addPolygon(QPolygonF([QPointF(column, row) for row, column in edge.tolist()]))
    return path
