"""The pixels of a frame in colours: an overview, and all of them where one looks closely."""

import math

import pyqtgraph as pg
from PyQt5.QtCore import QRectF

from saxsdog.inspection.counts import Flags
from saxsleash.models.count_scale import (
    CountScale,
    Levels,
    Places,
    indices,
    levels_of,
    places,
)
from saxsleash.models.shown_frame import OVERVIEW_SIDE, ShownFrame
from saxsleash.panels.picture_colors import lookup_table

MARGIN = 0.25
"""Of what is seen, drawn around it in advance."""


class FrameImage:
    """Two images in a view, of which the upper one shows every pixel of what is looked at.

    It is used for frames that are too large to be drawn whole within the blink of an eye.
    """

    def __init__(self, plot: pg.PlotItem) -> None:
        self._overview = pg.ImageItem(axisOrder="row-major", lut=lookup_table())
        self._detail = pg.ImageItem(axisOrder="row-major", lut=lookup_table())
        for item in (self._overview, self._detail):
            item.hide()
            plot.addItem(item)
        self._frame: ShownFrame | None = None
        self._scale = CountScale.LOG
        self._places: Places | None = None
        self._gaps: Flags | None = None
        self._block = 1
        self._levels: Levels = (0.0, 1.0)
        self._detail_rect = QRectF()

    @property
    def levels(self) -> Levels:
        """Places of the darkest and the brightest colour."""
        return self._levels

    @property
    def scale(self) -> CountScale:
        return self._scale

    def show(self, frame: ShownFrame | None, scale: CountScale, levels: Levels | None) -> None:
        """Draw another frame, or on another scale; without ``levels`` they are chosen."""
        if frame is not self._frame or scale is not self._scale or self._places is None:
            self._frame, self._scale = frame, scale
            self._map()
        if self._places is None or self._gaps is None:
            return
        self._levels = levels or levels_of(self._places, self._gaps, scale)
        self._draw(self._overview, self._places, self._gaps)
        height, width = self._places.shape
        self._overview.setRect(QRectF(0, 0, width * self._block, height * self._block))
        self._drop_detail()

    def look_at(self, seen: QRectF) -> None:
        """Draw all pixels of what is seen, if the overview does not have them all."""
        frame = self._frame
        if frame is None or frame.overview is frame:
            return
        block = frame.block
        if max(seen.width(), seen.height()) > OVERVIEW_SIDE * block:
            self._drop_detail()
            return
        whole = QRectF(0, 0, frame.shape[1], frame.shape[0])
        if self._detail_rect.contains(seen.intersected(whole)):
            return
        around = seen.adjusted(
            -MARGIN * seen.width(),
            -MARGIN * seen.height(),
            MARGIN * seen.width(),
            MARGIN * seen.height(),
        ).intersected(whole)
        if around.isEmpty():
            self._drop_detail()
            return
        rows = slice(int(around.top()) // block, math.ceil(around.bottom() / block))
        columns = slice(int(around.left()) // block, math.ceil(around.right() / block))
        gaps = frame.gaps[rows, columns]
        self._draw(self._detail, places(frame.pixels[rows, columns], gaps, self._scale), gaps)
        height, width = gaps.shape
        self._detail_rect = QRectF(
            columns.start * block, rows.start * block, width * block, height * block
        )
        self._detail.setRect(self._detail_rect)

    def _map(self) -> None:
        self._drop_detail()
        if self._frame is None:
            self._places = self._gaps = None
            self._overview.hide()
            return
        small = self._frame.overview
        self._gaps, self._block = small.gaps, small.block
        self._places = places(small.pixels, self._gaps, self._scale)

    def _draw(self, item: pg.ImageItem, mapped: Places, gaps: Flags) -> None:
        item.setImage(indices(mapped, gaps, self._levels), autoLevels=False)
        item.show()

    def _drop_detail(self) -> None:
        self._detail.hide()
        self._detail_rect = QRectF()
