"""A detector to look at: pan, zoom, point at a pixel, drag the beam centre."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt5.QtGui import QFont, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QWidget

from saxsdog.inspection.counts import Flags
from saxsdog.inspection.dead_pixels import uncovered
from saxsleash.appearance import in_characters, in_lines, style_view
from saxsleash.models.count_scale import CountScale, Levels
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.shown_frame import ShownFrame
from saxsleash.panels.beam_cross import BeamCross
from saxsleash.panels.detector_overlay import DetectorOverlay, Rings
from saxsleash.panels.frame_image import FrameImage
from saxsleash.panels.picture_colors import PICTURE_GROUND
from saxsleash.panels.redraw import Redraw
from saxsleash.panels.steady_view import SteadyView

ARM = 4.0
"""Length of an arm of the cross, in digits of the font."""

STEP = 1.0
FINE_STEP = 0.1
"""Pixels that an arrow key moves the beam centre by, without and with Shift."""

AROUND_BEAM = 0.16
"""Share of the detector that is seen when looking at the beam."""

CLOSEST = 4
"""Pixels of the detector that are seen at least."""

PADDING = 0.02

ROOMY = 14
"""Lines of text in the height of a view that has place for the names of its axes."""

LABEL_SIZE = 0.85
"""Of the text on the picture, relative to other text."""

_ARROWS = {
    Qt.Key_Up: (-1, 0),
    Qt.Key_Down: (1, 0),
    Qt.Key_Left: (0, -1),
    Qt.Key_Right: (0, 1),
}


class BottomAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Writes rows as ``BeamCenter`` counts them: from the bottom edge."""

    def __init__(self) -> None:
        super().__init__("left")
        self.enableAutoSIPrefix(False)
        self.rows = 0

    def set_rows(self, rows: int) -> None:
        """Count from this row, from the top, upwards."""
        if rows != self.rows:
            self.rows = rows
            self.picture = None  # what it had drawn
            self.update()

    # The names are those that pyqtgraph calls.
    def tickValues(self, minVal: float, maxVal: float, size: float) -> Any:  # noqa: N803
        levels = super().tickValues(self.rows - maxVal, self.rows - minVal, size)
        return [(spacing, [self.rows - value for value in values]) for spacing, values in levels]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> Any:
        return super().tickStrings([self.rows - value for value in values], scale, spacing)


class DetectorView(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws the model; tells where the mouse is and where the user wants the beam centre."""

    beam_center_moved = pyqtSignal(float, float)
    beam_center_dropped = pyqtSignal(float, float)
    pointed = pyqtSignal(object)
    """``(row, column)`` under the mouse, ``None`` when it has left."""

    levels_changed = pyqtSignal()

    _ready = False  # Qt sends events while the base class is being made

    def __init__(self, model: DetectorModel, parent: QWidget | None = None) -> None:
        self._row_axis = BottomAxis()
        super().__init__(parent, axisItems={"left": self._row_axis})
        self._model = model
        self._box = self.getViewBox()
        self._steady = SteadyView(self)
        self._whole = True
        self._drawn_shape: tuple[int, int] | None = (0, 0)
        self._shows_mask = True
        self._own_levels: Levels | None = None
        self._scale = CountScale.LOG
        self._key_moved = False
        self._marked: tuple[ShownFrame | None, Flags | None] = (None, None)
        self._set_up_axes()
        self.image = FrameImage(self.plotItem)
        self.overlay = DetectorOverlay(self.plotItem, _smaller(self.font()))
        self.cross = BeamCross(in_characters(self, ARM))
        self.cross.hide()
        self.addItem(self.cross, ignoreBounds=True)
        self._placing_cross = False
        self._frame_redraw = Redraw(self._draw_frame, self)
        self._overlay_redraw = Redraw(self._draw_overlay, self)
        self._zoom_redraw = Redraw(self._draw_zoom, self)
        self._tell_redraw = Redraw(self._tell_moved, self)
        self.cross.sigPositionChanged.connect(self._on_cross_moved)
        self.cross.sigPositionChangeFinished.connect(self._on_cross_dropped)
        self._box.sigRangeChanged.connect(self._zoom_redraw.request)
        self._box.sigRangeChangedManually.connect(self._on_range_changed_by_hand)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        model.frame_changed.connect(self._frame_redraw.request)
        model.calibration_changed.connect(self._overlay_redraw.request)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAccessibleName("Detector image")
        style_view(self, self.palette())
        self._hide_grid()
        self._pixel_ratio = self.devicePixelRatioF()
        self._ready = True
        self._frame_redraw.request()
        self._overlay_redraw.request()

    @property
    def levels(self) -> Levels:
        """Places of the darkest and the brightest colour."""
        return self.image.levels

    @property
    def count_scale(self) -> CountScale:
        return self._scale

    def set_count_scale(self, scale: CountScale) -> None:
        """Spread the counts over the colours in another way."""
        self._scale, self._own_levels = scale, None
        self._frame_redraw.request()

    def set_levels(self, levels: Levels | None) -> None:
        """Keep levels for all frames; ``None`` chooses them for every frame."""
        self._own_levels = levels
        self._frame_redraw.request()

    def show_mask(self, shown: bool) -> None:
        """Draw the chosen mask or not."""
        self._shows_mask = shown
        self._overlay_redraw.request()

    def show_whole(self) -> None:
        """Fit the detector into the view."""
        self._whole = True
        rows, columns = self._model.shape or (1, 1)
        self._box.setRange(QRectF(0, 0, columns, rows), padding=PADDING)

    def show_beam(self) -> None:
        """Look closely at the beam centre."""
        geometry = self._model.geometry
        if geometry is None:
            return
        self._whole = False
        row, column = geometry.beam_center
        half = AROUND_BEAM * max(geometry.shape) / 2
        self._box.setRange(QRectF(column - half, row - half, 2 * half, 2 * half), padding=0)

    def show_pixels(self) -> None:
        """Show one pixel of the detector on one of the screen, where one looks now.

        Of pixels that are not square the columns count.
        """
        self._whole = False
        across, down = self._box.viewPixelSize()
        width = self._box.width() * self.devicePixelRatioF()
        height = self._box.height() * self.devicePixelRatioF() * down / across
        seen = QRectF(0, 0, width, height)
        seen.moveCenter(self._box.viewRect().center())
        self._box.setRange(seen, padding=0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        direction = _ARROWS.get(Qt.Key(event.key()))
        if direction is None or not self.cross.isVisible():
            super().keyPressEvent(event)
            return
        step = FINE_STEP if event.modifiers() & Qt.ShiftModifier else STEP
        place = self.cross.pos()
        self._key_moved = True
        self.cross.setPos(place.x() + step * direction[1], place.y() + step * direction[0])
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._key_moved and Qt.Key(event.key()) in _ARROWS and not event.isAutoRepeat():
            self._on_cross_dropped()
            return
        super().keyReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_whole()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._ready and self._pixel_ratio != self.devicePixelRatioF():  # on another screen
            self._pixel_ratio = self.devicePixelRatioF()
            self._overlay_redraw.request()
        super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready and not self._steady.holds:
            self._fit_size()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._ready and event.type() == QEvent.PaletteChange:
            style_view(self, self.palette())
            self._hide_grid()

    def _set_up_axes(self) -> None:
        self._box.invertY(True)
        self._box.setAspectLocked(True)
        self._box.setMenuEnabled(False)
        self._box.disableAutoRange()
        self._box.setBackgroundColor(PICTURE_GROUND)
        self.hideButtons()
        self.setLabel("bottom", "column / pixel")
        self.setLabel("left", "row from bottom / pixel")
        self.getAxis("bottom").enableAutoSIPrefix(False)

    def _hide_grid(self) -> None:
        """Take away the grid, which would lie over the picture."""
        self.plotItem.showGrid(x=False, y=False)

    def _draw_frame(self) -> None:
        self._fit_shape()
        self.image.show(self._model.frame, self._scale, self._own_levels)
        self.image.look_at(self._box.viewRect())
        self.overlay.draw_points(self._model.points)
        self._draw_marks()
        self.levels_changed.emit()

    def _draw_overlay(self) -> None:
        self._fit_shape()
        model = self._model
        self.overlay.set_pixel_ratio(self.devicePixelRatioF())
        self.overlay.draw_outline(model.shape)
        self.overlay.draw_mask(model.mask if self._shows_mask else None, model.chosen_mask)
        self._draw_marks()
        self.overlay.draw_points(model.points)
        self.overlay.set_stale(stale=model.stale)
        held = self.cross.moving or self._key_moved
        if not held:
            self._place_cross()
        self._draw_lines()

    def _draw_lines(self) -> None:
        """Draw what hangs on the beam centre; while the cross is held, around that."""
        model, geometry = self._model, self._model.geometry
        if geometry is not None and (self.cross.moving or self._key_moved):
            geometry = replace(geometry, beam_center=(self.cross.pos().y(), self.cross.pos().x()))
        self.overlay.draw(model.calibration, geometry, Rings(model.rings, model.chosen_mask))

    def _draw_marks(self) -> None:
        frame, mask = self._model.frame, self._model.mask
        if not self._shows_mask:
            mask = None
        if self._marked[0] is frame and self._marked[1] is mask:
            return
        self._marked = frame, mask
        if frame is None or mask is None or mask.shape != frame.shape:
            self.overlay.draw_marks(None, 1)
        else:
            self.overlay.draw_marks(uncovered(frame.gaps, mask, frame.block), frame.block)

    def _draw_zoom(self) -> None:
        self.image.look_at(self._box.viewRect())
        self.overlay.place_labels()

    def _fit_shape(self) -> None:
        """Look at all of a detector that was not there before."""
        geometry, shape = self._model.geometry, self._model.shape
        height, width = (1.0, 1.0) if geometry is None else geometry.pixel_size
        self._box.setAspectLocked(True, ratio=width / height)
        if shape == self._drawn_shape:
            return
        self._drawn_shape = shape
        rows, columns = shape or (1, 1)
        for name in ("left", "bottom"):
            self.showAxis(name, shape is not None)
        self._row_axis.set_rows(rows)
        self._box.setLimits(minXRange=CLOSEST, maxXRange=20 * max(rows, columns))
        self.show_whole()

    def _fit_size(self) -> None:
        """Go with the size of the view: names of axes only where there is place for them."""
        roomy = self.height() > in_lines(self, ROOMY)
        for name in ("left", "bottom"):
            self.plotItem.getAxis(name).showLabel(roomy)
        if self._whole:
            self.show_whole()

    def _place_cross(self) -> None:
        geometry = self._model.geometry
        self.cross.setVisible(geometry is not None)
        if geometry is not None:
            self._placing_cross = True
            self.cross.setPos(geometry.beam_center[1], geometry.beam_center[0])
            self._placing_cross = False

    def _on_cross_moved(self) -> None:
        if not self._placing_cross:
            if self.cross.moving:
                self._steady.hold()
            # The hand must see at once what it does; that is a few milliseconds.
            self._draw_lines()
            self._tell_redraw.request()

    def _on_cross_dropped(self) -> None:
        self._key_moved = False
        place = self.cross.pos()
        self._steady.release()
        self._fit_size()
        self.beam_center_dropped.emit(place.y(), place.x())
        self._overlay_redraw.request()

    def _tell_moved(self) -> None:
        if self.cross.moving or self._key_moved:
            place = self.cross.pos()
            self.beam_center_moved.emit(place.y(), place.x())

    def _on_range_changed_by_hand(self) -> None:
        self._whole = False

    def _on_mouse_moved(self, place: QPointF) -> None:
        if self._box.sceneBoundingRect().contains(place):
            point = self._box.mapSceneToView(place)
            self.pointed.emit((point.y(), point.x()))
        else:
            self.pointed.emit(None)


def _smaller(font: QFont) -> QFont:
    smaller = QFont(font)
    smaller.setPointSizeF(LABEL_SIZE * font.pointSizeF())
    return smaller
