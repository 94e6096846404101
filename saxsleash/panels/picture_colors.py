"""Colours on a picture of a detector: they stand out from its colours, not from the theme."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt5.QtGui import QColor, QPalette, QPen

from saxsleash.appearance import channel_color
from saxsleash.models.count_scale import BRIGHTEST, DARKEST, NO_COUNT

COLOR_MAP = "inferno"
"""From black over red to yellow, even in lightness; green and blue stay free for what lies over
it. Designed by S. van der Walt and N. Smith (2015)."""

PICTURE_GROUND = QColor("#14171a")
"""Around a frame, in the light theme too: a bright ground would make the dark colours one."""

ON_PICTURE = QColor("#d5dae0")
"""Text where there is no frame."""

GAP = QColor("#59616b")
"""Neutral, so that it is taken neither for few counts nor for many."""

RING = QColor("#7df5c8")
POINT = QColor("#3fa9ff")
"""Blue: the rings that they lie on are green."""

CROSS = QColor("#ffffff")
CROSS_HELD = QColor("#5ce1ff")
ALERT = QColor("#ff4fd8")
HALO = QColor(0, 0, 0, 170)
"""Dark edge of all lines: keeps them legible on the brightest colours."""

MASK_OPACITY = 0.4
BAND_OPACITY = 0.22

_GROUND = QPalette()
_GROUND.setColor(QPalette.Base, QColor("black"))


def lookup_table() -> NDArray[np.uint8]:
    """Return the colours of a frame by index, shape ``(256, 3)``."""
    table = np.empty((BRIGHTEST + 1, 3), np.uint8)
    table[NO_COUNT] = GAP.getRgb()[:3]
    colors = pg.colormap.get(COLOR_MAP).getLookupTable(nPts=BRIGHTEST - DARKEST + 1)
    table[DARKEST:] = colors[:, :3]
    return table


def mask_table(color: QColor) -> NDArray[np.uint8]:
    """Return the colours of what a mask leaves in and of what it leaves out, shape ``(2, 4)``."""
    red, green, blue, _ = color.getRgb()
    return np.array([(0, 0, 0, 0), (red, green, blue, round(255 * MASK_OPACITY))], np.uint8)


def color_of_channel(index: int) -> QColor:
    """Return the colour of a channel on a dark picture, whatever the theme."""
    return channel_color(index, _GROUND)


def line(
    color: QColor, width: float = 1.5, *, dashed: bool = False, pixel_ratio: float = 1.0
) -> QPen:
    """Return a pen as wide on every zoom.

    Qt counts the width of such a pen in pixels of the screen, whatever the scaling of the desktop;
    ``pixel_ratio`` is how many of them make one of ours.
    """
    pen = QPen(color, width * pixel_ratio)
    pen.setCosmetic(True)
    if dashed:
        pen.setDashPattern([5.0, 4.0])
    return pen


def translucent(color: QColor, opacity: float) -> QColor:
    """Return a colour that lets through what lies below."""
    through = QColor(color)
    through.setAlphaF(opacity)
    return through
