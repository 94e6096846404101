"""Keeps a picture where it is on the screen while a hand holds something in it."""

from dataclasses import dataclass

import pyqtgraph as pg
from PyQt5.QtCore import QPointF, QRectF


@dataclass(frozen=True)
class _Grip:
    """What of the picture would lie at the corner of the screen, and the size of its pixels."""

    origin: QPointF
    across: float
    down: float


class SteadyView:
    """While it holds, a view that gets another size shows more or less, at the same scale.

    Other parts of the window answer to what the hand does and may need more place for it. If the
    picture gave way by becoming smaller, what the hand holds would go elsewhere.
    """

    def __init__(self, view: pg.PlotWidget) -> None:
        self._view = view
        self._box = view.getViewBox()
        self._grip: _Grip | None = None
        self._box.sigResized.connect(self._on_resized)

    @property
    def holds(self) -> bool:
        """Whether the picture stays where it is."""
        return self._grip is not None

    def hold(self) -> None:
        """Keep every point of the picture where it is now."""
        if self._grip is None:
            across, down = self._box.viewPixelSize()
            seen, corner = self._box.viewRect(), self._corner()
            origin = QPointF(seen.left() - across * corner.x(), seen.top() - down * corner.y())
            self._grip = _Grip(origin, across, down)

    def release(self) -> None:
        """Let the picture give way again."""
        self._grip = None

    def _corner(self) -> QPointF:
        """Return where the upper left corner of the picture is on the screen."""
        in_scene = self._box.mapToScene(self._box.rect().topLeft())
        at: QPointF = self._view.viewportTransform().map(in_scene)
        whole = at.toPoint()  # which is all that a screen knows
        return QPointF(self._view.viewport().mapToGlobal(whole)) + (at - QPointF(whole))

    def _on_resized(self) -> None:
        grip = self._grip
        if grip is None:
            return
        corner, size = self._corner(), self._box.rect().size()
        left = grip.origin.x() + grip.across * corner.x()
        top = grip.origin.y() + grip.down * corner.y()
        whole = QRectF(left, top, grip.across * size.width(), grip.down * size.height())
        self._box.setRange(whole, padding=0)
