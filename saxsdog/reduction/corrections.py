"""Factors by which the counts of a pixel are multiplied."""

from dataclasses import dataclass

import numpy as np

from saxsdog.reduction.geometry import Array, Geometry, lab_azimuth, pixel_centers, two_theta


@dataclass(frozen=True)
class Polarization:
    """Of the incident beam.

    Attributes
    ----------
    fraction
        Share of the intensity in the plane of polarization, 0 to 1; 0.5 is unpolarized.
    angle
        Of the plane of polarization, rad, measured like the azimuth: 0 is horizontal.
    """

    fraction: float
    angle: float


def polarization_factor(geometry: Geometry, polarization: Polarization) -> Array:
    r"""Share of the scattered intensity that polarization lets through to each pixel.

    .. math::
        P\,(1 - (\sin\phi \sin 2\theta)^2) + (1 - P)\,(1 - (\cos\phi \sin 2\theta)^2),
        \qquad \phi = \chi - (\text{angle} - 90°)

    The azimuth is that around the beam, so a tilted detector is treated rightly.

    Returns
    -------
    Array
        Shape of the detector, in (0, 1] below a right angle; divide the counts by it.

    References
    ----------
    The dipole term of Thomson scattering, split into the two states of polarization: R. Kahn et
    al., J. Appl. Cryst. 15, 330 (1982), doi:10.1107/S0021889882012060.
    """
    row, column = pixel_centers(geometry)
    sine = np.sin(two_theta(geometry, row, column))
    phi = lab_azimuth(geometry, row, column) - (polarization.angle - np.pi / 2)
    across = 1.0 - (np.sin(phi) * sine) ** 2
    along = 1.0 - (np.cos(phi) * sine) ** 2
    return np.asarray(polarization.fraction * across + (1.0 - polarization.fraction) * along)
