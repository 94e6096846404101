"""Frames of powders whose geometry is known, with what spoils them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.geometry import Geometry, pixel_centers, q
from saxsdog.refinement.calibrants import SILVER_BEHENATE, Calibrant

SMALL = Geometry(
    shape=(320, 300),
    beam_center=(120.3, 141.7),
    distance=0.30,
    pixel_size=(172e-6, 172e-6),
    wavelength=0.154987,
)
"""A corner of a detector that sees four rings of silver behenate."""

WIDE = replace(SMALL, distance=0.08, wavelength=0.05)
"""Near the sample, at a high energy: a dozen rings of lanthanum hexaboride."""


def expected_counts(
    geometry: Geometry,
    calibrant: Calibrant = SILVER_BEHENATE,
    *,
    height: float = 400.0,
    background: float = 60.0,
    width: float | None = None,
) -> NDArray[np.float64]:
    """Mean counts: rings that become weaker outwards, of one width in q, over a falling background.

    ``width`` is the standard deviation of a ring in nm⁻¹; without one a ring is 2.5 pixels wide.
    """
    where = q(geometry, *pixel_centers(geometry))
    pixel = 2 * np.pi * geometry.pixel_size[0] / geometry.wavelength / geometry.distance
    sigma = 2.5 * pixel if width is None else width
    mean = background * (1.0 + 2.0 * np.exp(-where / (0.3 * where.max())))
    for order, ring in enumerate(calibrant.qs, 1):
        if ring < where.max() + 5 * sigma:
            mean = mean + height / order * np.exp(-(((where - ring) / sigma) ** 2) / 2)
    return np.asarray(mean)


def powder_image(
    geometry: Geometry, calibrant: Calibrant = SILVER_BEHENATE, *, seed: int = 0, **kind: float
) -> NDArray[np.int32]:
    """Poisson counts of :func:`expected_counts`."""
    mean = expected_counts(geometry, calibrant, **kind)
    return np.random.default_rng(seed).poisson(mean).astype(np.int32)
