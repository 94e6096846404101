"""Where every point of the detector lies in reciprocal space."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Geometry:
    """The position of a flat detector behind the sample, in FIT2D's convention.

    Attributes
    ----------
    shape
        Pixels of the detector, ``(rows, columns)``.
    beam_center
        Where the direct beam meets the detector, ``(row, column)`` in pixels; 0 is the outer edge
        of the first pixel.
    distance
        From the sample to the detector along the direct beam, m.
    pixel_size
        Edges of a pixel, ``(vertical, horizontal)``, m.
    wavelength
        Of the photons, nm.
    tilt
        Angle between the direct beam and the normal of the detector, rad.
    tilt_rotation
        Direction of the tilt in the plane of the detector, rad.
    """

    shape: tuple[int, int]
    beam_center: tuple[float, float]
    distance: float
    pixel_size: tuple[float, float]
    wavelength: float
    tilt: float = 0.0
    tilt_rotation: float = 0.0

    @property
    def tilt_direction(self) -> tuple[float, float]:
        r"""Depth gained along the beam per metre on the detector, ``(vertical, horizontal)``.

        With :math:`\sin\alpha = \sin\tau\,\sin(\psi + \varphi + \pi/2)` a point at
        :math:`(y, x) = r(\sin\psi, \cos\psi)` lies :math:`r\sin\alpha` deeper than the point where
        the beam hits, and that is linear in x and y.
        """
        slope = math.sin(self.tilt)
        return -slope * math.sin(self.tilt_rotation), slope * math.cos(self.tilt_rotation)


def pixel_centers(geometry: Geometry) -> tuple[Array, Array]:
    """Rows and columns of all pixel centres, shapes ``(rows, 1)`` and ``(1, columns)``."""
    rows, columns = geometry.shape
    return np.arange(0.5, rows)[:, np.newaxis], np.arange(0.5, columns)[np.newaxis, :]


def offsets(geometry: Geometry, row: ArrayLike, column: ArrayLike) -> tuple[Array, Array]:
    """Distance of detector points from the beam centre along both axes, ``(y, x)`` in m."""
    center_row, center_column = geometry.beam_center
    height, width = geometry.pixel_size
    y = (np.asarray(row, dtype=np.float64) - center_row) * height
    x = (np.asarray(column, dtype=np.float64) - center_column) * width
    return np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)


def two_theta(geometry: Geometry, row: ArrayLike, column: ArrayLike) -> Array:
    r"""Full scattering angle of detector points, rad.

    .. math:: 2\theta = \operatorname{atan2}(r\cos\alpha,\; d + r\sin\alpha)

    Parameters
    ----------
    geometry
        The position of the detector.
    row, column
        Points in pixels, 0 at the outer edge of the first pixel; any shapes that broadcast.

    References
    ----------
    M. Burian et al., "SAXSDOG", eqs. 1-3. Their eq. 3 has a wrong sign: the law of cosines reads
    :math:`\cos(\pi - 2\theta) = (l^2 + d^2 - r^2) / 2ld` in their notation; the form above is the
    same and keeps its precision at small angles.
    """
    y, x = offsets(geometry, row, column)
    slope_y, slope_x = geometry.tilt_direction
    depth = slope_y * y + slope_x * x
    across = np.sqrt(np.maximum(x * x + y * y - depth * depth, 0.0))
    return np.asarray(np.arctan2(across, geometry.distance + depth))


def chi(geometry: Geometry, row: ArrayLike, column: ArrayLike) -> Array:
    """Azimuth in the plane of the detector, rad in (-pi, pi], growing from +column to +row."""
    y, x = offsets(geometry, row, column)
    return np.asarray(np.arctan2(*np.broadcast_arrays(y, x)))


def lab_azimuth(geometry: Geometry, row: ArrayLike, column: ArrayLike) -> Array:
    """Azimuth around the direct beam, rad in (-pi, pi]; equals :func:`chi` where nothing is tilted.

    The component along the direction of the tilt is foreshortened by its cosine. What depends on
    directions in space, such as polarization, needs this angle and not the one in the plane.
    """
    y, x = np.broadcast_arrays(*offsets(geometry, row, column))
    unit_y, unit_x = -math.sin(geometry.tilt_rotation), math.cos(geometry.tilt_rotation)
    lost = (1.0 - math.cos(geometry.tilt)) * (unit_y * y + unit_x * x)
    return np.asarray(np.arctan2(y - lost * unit_y, x - lost * unit_x))


def q_from_two_theta(two_theta: ArrayLike, wavelength: float) -> Array:
    r"""Length of the scattering vector :math:`q = 4\pi\sin\theta/\lambda`, in 1/``wavelength``."""
    half = np.asarray(two_theta, dtype=np.float64) / 2
    return np.asarray(4 * np.pi / wavelength * np.sin(half))


def q(geometry: Geometry, row: ArrayLike, column: ArrayLike) -> Array:
    """Length of the scattering vector of detector points, nm⁻¹."""
    return q_from_two_theta(two_theta(geometry, row, column), geometry.wavelength)


def incidence_cosine(geometry: Geometry, row: ArrayLike, column: ArrayLike) -> Array:
    r"""Cosine of the angle between the ray to a detector point and the normal of the detector.

    .. math:: \cos i = \frac{d\cos\tau}{\sqrt{d^2 + 2 d\,r\sin\alpha + r^2}}

    with the distance of the plane from the sample above, and that of the point below the line. It
    is 1 at the foot of the perpendicular, which is the beam centre only where nothing is tilted.
    """
    y, x = offsets(geometry, row, column)
    slope_y, slope_x = geometry.tilt_direction
    depth = slope_y * y + slope_x * x
    ray = np.sqrt(geometry.distance**2 + 2 * geometry.distance * depth + x * x + y * y)
    return np.asarray(geometry.distance * math.cos(geometry.tilt) / ray)
