"""The shadow of a beamstop and of the rod that holds it."""

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.geometry import Geometry, offsets, pixel_centers

Array = NDArray[np.float64]

# Lengths of the shadow are given as the q at which they are seen, nm⁻¹, so that the shadow fits any
# detector. They are near those on a real Pilatus 1M frame, where 0.0084 nm⁻¹ is one pixel.
STOP_RADIUS = 0.2
ROD_HALF_WIDTH = 0.12
PENUMBRA = 0.04
"""Width of the soft edge outside the shadow: the beam and the stop are not points."""
SAFETY_MARGIN = 0.02
"""How much more than the soft edge the mask covers."""


def distance_from_stop(geometry: Geometry) -> Array:
    """How far every pixel centre is outside the shadow, nm⁻¹, negative inside; ``geometry.shape``.

    The stop is a disc around the beam; the rod leaves it upwards, over the edge of the detector.
    """
    metre = 2 * np.pi / (geometry.wavelength * geometry.distance)
    y, x = (metre * offset for offset in offsets(geometry, *pixel_centers(geometry)))
    disc = np.hypot(x, y) - STOP_RADIUS
    rod = np.maximum(np.abs(x) - ROD_HALF_WIDTH, y)
    return np.minimum(disc, rod)


def transmission(distance: Array) -> Array:
    """Share of the scattering that passes: 0 in the shadow, 1 beyond its soft edge."""
    return np.clip(distance / PENUMBRA, 0.0, 1.0)


def stop_mask(distance: Array) -> NDArray[np.bool_]:
    """Pixels in the shadow, in its soft edge or in the margin around that."""
    return distance < PENUMBRA + SAFETY_MARGIN
