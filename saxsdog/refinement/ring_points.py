"""Points on the rings of a frame."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.geometry import Geometry
from saxsdog.refinement.peaks import Peaks, find_peaks
from saxsdog.refinement.pixels import Pixels, pixels_per_radian
from saxsdog.refinement.profiles import Profiles, Windows, profiles_of

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]

UNLIKE = 2.5
"""Ratio of its width to that of its ring beyond which a maximum is something else."""

FEWEST_OF_RING = 3
"""Points without which a ring counts as not seen."""


@dataclass(frozen=True, eq=False)
class RingPoints:
    """Where rings run over the detector.

    Attributes
    ----------
    row, column
        Pixels, 0 at the outer edge of the first.
    ring
        Which ring, an index into the angles that were looked for.
    azimuth
        rad.
    error
        Standard error across the ring from counting alone, pixels.
    width
        Standard deviation of the maximum, pixels.
    """

    row: Array
    column: Array
    ring: Indices
    azimuth: Array
    error: Array
    width: Array

    @property
    def number(self) -> int:
        return int(self.ring.size)

    @property
    def rings(self) -> Indices:
        """The rings that have points, ascending."""
        return np.unique(self.ring)

    def only(self, wanted: Flags) -> Self:
        """Return some of them."""
        return replace(
            self,
            row=self.row[wanted],
            column=self.column[wanted],
            ring=self.ring[wanted],
            azimuth=self.azimuth[wanted],
            error=self.error[wanted],
            width=self.width[wanted],
        )


def find_points(pixels: Pixels, geometry: Geometry, windows: Windows, widths: Array) -> RingPoints:
    """Look for each ring in each sector, near where the geometry expects it.

    Parameters
    ----------
    pixels
        The frame.
    geometry
        Where the detector stands, nearly.
    windows
        Which rings, and how far to look.
    widths
        Expected standard deviation of each ring, pixels.
    """
    profiles = profiles_of(pixels, geometry, windows)
    if not profiles.ring.size:
        nothing = np.empty(0)
        return RingPoints(nothing, nothing, profiles.ring, nothing, nothing, nothing)
    peaks = find_peaks(profiles, windows.half_widths[profiles.ring], widths[profiles.ring])
    points = _on_detector(profiles, peaks, geometry, windows)
    return points.only(_alike(points))


def _on_detector(
    profiles: Profiles, peaks: Peaks, geometry: Geometry, windows: Windows
) -> RingPoints:
    r"""Bring the maxima back to the detector: :math:`r = d \sin 2\theta/\cos(2\theta + \alpha)`."""
    clear = peaks.clear
    ring, azimuth = profiles.ring[clear], profiles.azimuth[clear]
    angle = windows.angles[ring]
    angle = angle + peaks.place[clear] / pixels_per_radian(geometry, angle)
    slope_y, slope_x = geometry.tilt_direction
    alpha = np.arcsin(slope_y * np.sin(azimuth) + slope_x * np.cos(azimuth))
    radius = geometry.distance * np.sin(angle) / np.cos(angle + alpha)
    (row, column), (height, width) = geometry.beam_center, geometry.pixel_size
    return RingPoints(
        row=row + radius * np.sin(azimuth) / height,
        column=column + radius * np.cos(azimuth) / width,
        ring=ring,
        azimuth=azimuth,
        error=peaks.error[clear],
        width=peaks.width[clear],
    )


def _alike(points: RingPoints) -> Flags:
    """Leave out what is much wider or narrower than the rest of its ring, and lonely points."""
    good = np.zeros(points.number, np.bool_)
    for ring in points.rings:
        own = points.ring == ring
        usual = np.median(points.width[own])
        ratio = points.width / usual
        fits = own & (ratio < UNLIKE) & (ratio > 1 / UNLIKE)
        if np.count_nonzero(fits) >= FEWEST_OF_RING:
            good |= fits
    return good
