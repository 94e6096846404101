"""Where the direct beam would go."""

import math

from saxsdog.inspection.counts import Flags
from saxsdog.reduction.geometry import Geometry

BEAM_SPOT = 10.0
"""Pixels from the beam centre within which a beamstop masks something."""


def is_on_detector(geometry: Geometry) -> bool:
    """Tell whether the direct beam would hit the detector, its outermost edges included."""
    (row, column), (rows, columns) = geometry.beam_center, geometry.shape
    return 0 <= row <= rows and 0 <= column <= columns


def is_below(mask: Flags, beam_center: tuple[float, float]) -> bool:
    """Tell whether a mask covers anything near the beam."""
    row, column = beam_center
    top, left = (max(math.floor(at - BEAM_SPOT), 0) for at in beam_center)
    near = mask[top : math.ceil(row + BEAM_SPOT), left : math.ceil(column + BEAM_SPOT)]
    return bool(near.any())
