"""Which bin every sub-pixel of the detector falls into.

A binning knows the detector and nothing of masks. It is asked for the labels of a few rows of
pixels at a time, so that a detector of 18 million pixels never needs all of its sub-pixels at once.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.channels import Direction, Plane, SliceChannel
from saxsdog.reduction.geometry import Array, Geometry, offsets, q

Labels = NDArray[np.int32]
NO_BIN = -1


class Binning(Protocol):
    """A division of the detector into bins; equal binnings are compared and hashed as equal."""

    @property
    def oversampling(self) -> int:
        """Sub-pixels along each edge of a pixel."""

    @property
    def n_bins(self) -> int:
        """Number of bins; labels are smaller."""

    def labels(self, start: int, stop: int) -> Labels:
        """Bins of the sub-pixels in the pixel rows ``start <= row < stop``, -1 where there is none.

        Shape ``((stop - start) * oversampling, columns * oversampling)``.
        """


@dataclass(frozen=True)
class RadialBinning:
    r"""Rings of equal width in q, :math:`k = \lfloor q / \Delta q \rfloor`.

    :math:`\Delta q = q_{max} / (r_{max} / p) \cdot w` with the maxima over all sub-pixel centres,
    p the vertical edge of a pixel and w ``pixels_per_bin``.
    """

    geometry: Geometry
    oversampling: int
    pixels_per_bin: float

    @cached_property
    def step(self) -> float:
        """Width of a bin, nm⁻¹."""
        q_max, r_max = maxima(self.geometry, self.oversampling)
        if r_max == 0.0:  # a single point, hit by the beam: any width will do
            return 1.0
        return q_max / (r_max / self.geometry.pixel_size[0]) * self.pixels_per_bin

    @cached_property
    def n_bins(self) -> int:
        q_max, _ = maxima(self.geometry, self.oversampling)
        # One bin in reserve: where q_max falls on an edge, rounding may lift it over.
        edge = q_max / self.step
        return int(np.floor(edge * (1.0 + 1e-12))) + 1

    @property
    def centers(self) -> Array:
        """Middle of each bin, nm⁻¹."""
        return np.asarray((np.arange(self.n_bins) + 0.5) * self.step)

    def labels(self, start: int, stop: int) -> Labels:
        y, x = sub_pixel_offsets(self.geometry, self.oversampling, start, stop)
        geometry = self.geometry
        scale = 4 * np.pi / geometry.wavelength / self.step
        return _radial_labels(y, x, *geometry.tilt_direction, geometry.distance, scale)


@dataclass(frozen=True)
class PhiBinning:
    """Equal sectors of azimuth in the plane of the detector, of what lies in a range of q."""

    geometry: Geometry
    oversampling: int
    n_bins: int
    q_start: float
    q_stop: float

    @property
    def centers(self) -> Array:
        """Middle of each bin, rad."""
        return np.asarray((np.arange(self.n_bins) + 0.5) * (2 * np.pi / self.n_bins) - np.pi)

    def labels(self, start: int, stop: int) -> Labels:
        y, x = sub_pixel_offsets(self.geometry, self.oversampling, start, stop)
        geometry = self.geometry
        scale = 4 * np.pi / geometry.wavelength
        return _phi_labels(
            y,
            x,
            *geometry.tilt_direction,
            geometry.distance,
            self.n_bins,
            self.q_start / scale,
            self.q_stop / scale,
        )


@dataclass(frozen=True)
class SliceBinning:
    """Detector columns from left to right (x), or detector rows from bottom to top (y)."""

    shape: tuple[int, int]
    direction: Direction
    oversampling: int = 1

    @property
    def n_bins(self) -> int:
        return self.shape[1] if self.direction is Direction.X else self.shape[0]

    def labels(self, start: int, stop: int) -> Labels:
        rows, columns = self.shape
        along_x = np.arange(columns)[np.newaxis, :]
        along_y = (rows - 1 - np.arange(start, stop))[:, np.newaxis]
        chosen = along_x if self.direction is Direction.X else along_y
        return np.broadcast_to(chosen, (stop - start, columns)).astype(np.int32)


def slice_axis(channel: SliceChannel, geometry: Geometry) -> Array:
    r"""Scattering vector along a slice, nm⁻¹, signed, 0 at the beam centre, ascending.

    In the plane of the sample :math:`q_h = 4\pi/\lambda\,\sin(\arctan(w/d)/2)` with w the distance
    to the right; across it :math:`q_v = 2\pi/\lambda\,(\sin(\alpha_d - \alpha_i) + \sin\alpha_i)`,
    :math:`\alpha_d = \arctan(h/d)`, with h the height and :math:`\alpha_i` the incident angle.
    Coordinates of the detector: neither tilt nor the curvature of the Ewald sphere is corrected.

    References
    ----------
    M. Burian et al., "SAXSDOG", section 4.3, with the incident angle's sine added once, so that
    the axis is 0 at the beam.
    """
    rows, columns = geometry.shape
    if channel.direction is Direction.X:
        _, along = offsets(geometry, 0.0, np.arange(columns) + 0.5)
    else:
        along, _ = offsets(geometry, np.arange(rows) + 0.5, 0.0)
        along = -along[::-1]
    angle = np.arctan(along / geometry.distance)
    if channel.plane is Plane.IN_PLANE:
        return np.asarray(4 * np.pi / geometry.wavelength * np.sin(angle / 2))
    incident = channel.incident_angle
    return np.asarray(
        2 * np.pi / geometry.wavelength * (np.sin(angle - incident) + np.sin(incident))
    )


def sub_pixel_offsets(
    geometry: Geometry, oversampling: int, start: int, stop: int
) -> tuple[Array, Array]:
    """Distances from the beam centre, m, of the sub-pixels in some rows and in all columns."""
    inside = (np.arange(oversampling) + 0.5) / oversampling
    row = (np.arange(start, stop)[:, np.newaxis] + inside).ravel()
    column = (np.arange(geometry.shape[1])[:, np.newaxis] + inside).ravel()
    return offsets(geometry, row, column)


@lru_cache(maxsize=8)
def maxima(geometry: Geometry, oversampling: int) -> tuple[float, float]:
    """Largest q (nm⁻¹) and largest distance from the beam centre (m) of all sub-pixel centres.

    In front of the sample both are largest in a corner, because the points below a scattering
    angle, or within a distance, form a convex set. A detector so tilted that it reaches behind the
    sample is searched whole.
    """
    rows, columns = geometry.shape
    margin = 0.5 / oversampling
    row = np.array([[margin], [rows - margin]])
    column = np.array([[margin, columns - margin]])
    y, x = offsets(geometry, row, column)
    slope_y, slope_x = geometry.tilt_direction
    q_max = float(q(geometry, row, column).max())
    if (geometry.distance + slope_y * y + slope_x * x).min() <= 0:
        inside = (np.arange(oversampling) + 0.5) / oversampling
        every_column = (np.arange(columns)[:, np.newaxis] + inside).ravel()
        for line in (np.arange(rows)[:, np.newaxis] + inside).ravel():
            q_max = max(q_max, float(q(geometry, line, every_column).max()))
    return q_max, float(np.hypot(x, y).max())


@compiled
def sine_of_theta(y: float, x: float, slope_y: float, slope_x: float, distance: float) -> float:
    """Sine of half the scattering angle, without trigonometry and without loss near the beam."""
    depth = slope_y * y + slope_x * x
    along = distance + depth
    across_squared = max(y * y + x * x - depth * depth, 0.0)
    path = np.sqrt(across_squared + along * along)
    if along < 0.0:
        return np.sqrt(0.5 - 0.5 * along / path)  # type: ignore[no-any-return]
    return np.sqrt(across_squared / (2.0 * path * (path + along)))  # type: ignore[no-any-return]


@compiled
def _radial_labels(
    y: Array, x: Array, slope_y: float, slope_x: float, distance: float, scale: float
) -> Labels:
    labels = np.empty((y.size, x.size), dtype=np.int32)
    for i in range(y.size):
        for j in range(x.size):
            sine = sine_of_theta(y[i], x[j], slope_y, slope_x, distance)
            labels[i, j] = np.int32(scale * sine)
    return labels


@compiled
def _phi_labels(
    y: Array,
    x: Array,
    slope_y: float,
    slope_x: float,
    distance: float,
    n_bins: int,
    lowest: float,
    highest: float,
) -> Labels:
    labels = np.empty((y.size, x.size), dtype=np.int32)
    for i in range(y.size):
        for j in range(x.size):
            sine = sine_of_theta(y[i], x[j], slope_y, slope_x, distance)
            labels[i, j] = NO_BIN
            if lowest <= sine < highest:
                share = (np.arctan2(y[i], x[j]) + np.pi) / (2 * np.pi)
                labels[i, j] = min(int(share * n_bins), n_bins - 1)
    return labels
