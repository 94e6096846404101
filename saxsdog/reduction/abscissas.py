"""Units of the bins of radial curves, and how they are converted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from saxsdog.reduction.channels import Unit
from saxsdog.reduction.geometry import Array, Geometry, q_from_two_theta

NM_PER_ANGSTROM = 0.1
METRE_PER_MM = 1e-3


@dataclass(frozen=True)
class Abscissa:
    """What a curve runs over.

    Attributes
    ----------
    label
        As plots and curve files write it.
    unit
        As NeXus writes it.
    """

    label: str
    unit: str


ABSCISSAS = {
    Unit.Q: Abscissa("Scattering Vector  q [$nm^{-1}$]", "1/nm"),
    Unit.Q_PER_ANGSTROM: Abscissa("Scattering Vector  q [$A^{-1}$]", "1/angstrom"),
    Unit.TWO_THETA: Abscissa("Scattering Angle  2theta [deg]", "degree"),
    Unit.D: Abscissa("Lattice Spacing  d [nm]", "nm"),
    Unit.R: Abscissa("Distance from the Beam  r [mm]", "mm"),
}


def q_of(values: ArrayLike, unit: Unit, geometry: Geometry) -> Array:
    r"""Convert to q in nm⁻¹.

    A distance from the beam on a tilted detector has not one q: it gets that of a detector which
    is not tilted, :math:`2\theta = \arctan(r / d)`.
    """
    x = np.asarray(values, dtype=np.float64)
    match unit:
        case Unit.Q:
            return x
        case Unit.Q_PER_ANGSTROM:
            return np.asarray(x / NM_PER_ANGSTROM)
        case Unit.TWO_THETA:
            return q_from_two_theta(np.radians(x), geometry.wavelength)
        case Unit.D:
            with np.errstate(divide="ignore"):
                return np.asarray(2 * np.pi / x)
        case Unit.R:
            two_theta = np.arctan(x * METRE_PER_MM / geometry.distance)
            return q_from_two_theta(two_theta, geometry.wavelength)


def from_q(q: float, unit: Unit, geometry: Geometry) -> float:
    """Convert a q in nm⁻¹, of any unit but that of distances; infinite for the d of 0."""
    match unit:
        case Unit.Q:
            return q
        case Unit.Q_PER_ANGSTROM:
            return q * NM_PER_ANGSTROM
        case Unit.TWO_THETA:
            sine = min(q * geometry.wavelength / (4 * np.pi), 1.0)
            return float(np.degrees(2 * np.arcsin(sine)))
        case Unit.D:
            return 2 * np.pi / q if q > 0 else np.inf
        case Unit.R:
            raise ValueError("a distance from the beam does not follow from q")
