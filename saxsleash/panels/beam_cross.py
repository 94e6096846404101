"""The cross at the beam centre, which is dragged to where the beam is."""

from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import QPointF
from PyQt5.QtGui import QPainter, QPainterPath

from saxsleash.panels.picture_colors import CROSS, CROSS_HELD, HALO, line

GAP = 0.12
"""Share of an arm that is left free around the centre, to see the pixel in it."""

RING = 0.42
"""Radius of the circle to take hold of, as a share of an arm."""


class BeamCross(pg.TargetItem):  # type: ignore[misc]  # pyqtgraph has no types
    """A cross with a circle to take hold of, of one size at every zoom.

    Parameters
    ----------
    arm
        Length of an arm, in pixels of the screen.
    """

    def __init__(self, arm: float) -> None:
        handle = QPainterPath()
        handle.addEllipse(QPointF(0.0, 0.0), 1.0, 1.0)
        super().__init__(size=arm * RING, symbol=handle)
        self._arm = arm
        self.setZValue(100)

    def boundingRect(self) -> Any:
        # The arms reach beyond the handle.
        handle = super().boundingRect()
        width, height = handle.width() / RING, handle.height() / RING
        return handle.adjusted(-width, -height, width, height)

    def paint(self, painter: QPainter, *_: Any) -> None:
        transform = self.deviceTransform_()
        if transform is None:
            return
        center = transform.map(QPointF(0.0, 0.0))
        painter.save()
        painter.resetTransform()
        painter.translate(center)
        painter.setRenderHint(QPainter.Antialiasing)
        held = self.moving or self.mouseHovering
        for pen in (line(HALO, 4.0), line(CROSS_HELD if held else CROSS, 1.6)):
            pen.setCosmetic(False)  # nothing is zoomed here but by the desktop
            painter.setPen(pen)
            inner, outer = GAP * self._arm, self._arm
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(QPointF(inner * x, inner * y), QPointF(outer * x, outer * y))
            painter.drawEllipse(QPointF(0.0, 0.0), RING * self._arm, RING * self._arm)
        painter.restore()
