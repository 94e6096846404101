"""What can be asked of an image: rings, sectors of azimuth, slices; and with which weights."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class ErrorModel(StrEnum):
    """How the standard error of a mean intensity is estimated."""

    POISSON = "poisson"
    PROPAGATED = "propagated"
    AZIMUTHAL = "azimuthal"


class Direction(StrEnum):
    """Along which axis of the detector a slice runs."""

    X = "x"
    Y = "y"


class Plane(StrEnum):
    """How the direction of a slice lies to the surface of the sample."""

    IN_PLANE = "InPlane"
    VERTICAL = "Vertical"


class Unit(StrEnum):
    """Over what the bins of a radial channel run, and in which unit."""

    Q = "q"  # nm⁻¹
    Q_PER_ANGSTROM = "q_per_angstrom"  # Å⁻¹
    TWO_THETA = "two_theta"  # degree
    D = "d"  # nm
    R = "r"  # mm, in the plane of the detector from the beam centre


class Spacing(StrEnum):
    """How bins lie between two ends."""

    LINEAR = "linear"
    LOGARITHMIC = "logarithmic"


@dataclass(frozen=True)
class Bins:
    """Bins of one's own choice, in the unit in which the curve is reported.

    Attributes
    ----------
    unit
        That of the ends and of the edges.
    spacing
        Equal widths, or equal ratios.
    number
        Of bins between the ends.
    start, stop
        The ends; ``None``: those of the detector, which are 0 and the largest value on it, or the
        smallest d on it and none.
    edges
        Borders of the bins, ascending; empty where the ends say all.
    """

    unit: Unit
    spacing: Spacing = Spacing.LINEAR
    number: int = 1000
    start: float | None = None
    stop: float | None = None
    edges: tuple[float, ...] = ()

    @property
    def n_bins(self) -> int:
        return len(self.edges) - 1 if self.edges else self.number


@dataclass(frozen=True)
class Sector:
    """Azimuths ``start <= chi < stop``, rad in [-pi, pi).

    It goes over pi where ``stop`` is less than ``start``, and is the whole circle where both are
    the same.
    """

    start: float
    stop: float


@dataclass(frozen=True)
class RadialChannel:
    """Mean intensity over the length of the scattering vector, or over that and azimuth.

    Attributes
    ----------
    name
        For example ``R0``; unique in a plan.
    mask
        ``True`` leaves a pixel out; shape of the detector, or ``None`` to use every pixel.
    oversampling
        A pixel is divided into this number of sub-pixels along each axis.
    pixels_per_bin
        Width of a bin in vertical pixel edges, at the average over the detector.
    q_start, q_stop
        Range of the integral parameters, nm⁻¹; ``q_stop`` itself is outside.
    bins
        Others than those of ``pixels_per_bin``; ``None``: these.
    sectors
        What lies in none of them is left out; empty: nothing is.
    azimuthal_bins
        Of a cake around the full circle; 0 for a curve.
    """

    name: str
    mask: Mask | None
    oversampling: int
    pixels_per_bin: float
    q_start: float
    q_stop: float
    bins: Bins | None = None
    sectors: tuple[Sector, ...] = ()
    azimuthal_bins: int = 0


@dataclass(frozen=True)
class PhiChannel:
    """Mean intensity over azimuth, of what lies at ``q_start <= q < q_stop``."""

    name: str
    mask: Mask | None
    oversampling: int
    n_bins: int
    q_start: float
    q_stop: float


@dataclass(frozen=True)
class SliceChannel:
    """Mean intensity along a band of detector rows (direction x) or columns (direction y).

    Attributes
    ----------
    position, margin
        The band holds ``2 * margin + 1`` rows or columns around the ``position``-th, counted from
        1 at the bottom edge for rows and at the left edge for columns.
    incident_angle
        Between the beam and the surface of the sample, rad; moves the zero of a vertical axis.
    """

    name: str
    mask: Mask | None
    direction: Direction
    plane: Plane
    position: int
    margin: int
    incident_angle: float

    def band(self, shape: tuple[int, int]) -> slice:
        """Rows (direction x) or columns (direction y) of the band, counted from 0 at the top left.

        What reaches over the edge of the detector is cut off; the slice may be empty.
        """
        rows, columns = shape
        if self.direction is Direction.X:
            center, size = rows - self.position, rows
        else:
            center, size = self.position - 1, columns
        return slice(max(center - self.margin, 0), max(min(center + self.margin + 1, size), 0))


Channel = RadialChannel | PhiChannel | SliceChannel
