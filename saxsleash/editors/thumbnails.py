"""Small pictures of masks."""

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtGui import QColor, QImage, QPalette, QPixmap

from saxsleash.appearance import Tone, muted_color, tone_color
from saxsleash.models.mask_store import MaskStore


class Thumbnails:
    """Draws the masks of a store, each once while it stays the same."""

    def __init__(self, masks: MaskStore) -> None:
        self._masks = masks
        self._drawn: dict[tuple[str, int, bool], tuple[NDArray[np.bool_], QColor, QPixmap]] = {}

    def pixmap(self, name: str, side: int, palette: QPalette, *, framed: bool) -> QPixmap | None:
        """Return a picture of which the longer side has so many pixels; ``None`` without mask.

        Masked pixels have the colour of the overlay of the detector, a block of them that is
        masked in part has a shade of it.
        """
        mask = self._masks.mask(name)
        if mask is None or 0 in mask.shape:
            return None
        masked, key = tone_color(Tone.BAD, palette), (name, side, framed)
        old = self._drawn.get(key)
        if old is not None and old[0] is mask and old[1] == masked:
            return old[2]
        free = muted_color(palette) if framed else palette.color(QPalette.Base)
        pixmap = QPixmap.fromImage(_image(shares(mask, side), free, masked))
        known = set(self._masks.names)
        self._drawn = {one: entry for one, entry in self._drawn.items() if one[0] in known}
        self._drawn[key] = (mask, masked, pixmap)
        return pixmap


def shares(mask: NDArray[np.bool_], side: int) -> NDArray[np.float64]:
    """Return the masked share of blocks of a mask, at most ``side`` blocks along an edge."""
    block = -(-max(mask.shape) // side)
    rows = np.arange(0, mask.shape[0], block)
    columns = np.arange(0, mask.shape[1], block)
    sums = np.add.reduceat(mask.view(np.uint8), rows, axis=0, dtype=np.uint32)
    sums = np.add.reduceat(sums, columns, axis=1)
    heights = np.diff(np.append(rows, mask.shape[0]))
    widths = np.diff(np.append(columns, mask.shape[1]))
    result: NDArray[np.float64] = sums / np.outer(heights, widths)
    return result


def _image(share: NDArray[np.float64], free: QColor, masked: QColor) -> QImage:
    ends = np.array([color.getRgb()[:3] for color in (free, masked)], np.float64)
    pixels = ends[0] + share[..., np.newaxis] * (ends[1] - ends[0])
    data = np.ascontiguousarray(pixels.round().astype(np.uint8))
    rows, columns, _ = data.shape
    return QImage(data.tobytes(), columns, rows, 3 * columns, QImage.Format_RGB888).copy()
