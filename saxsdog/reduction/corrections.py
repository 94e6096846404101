"""Factors by which the counts of a pixel are multiplied."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.geometry import (
    Array,
    Geometry,
    incidence_cosine,
    lab_azimuth,
    pixel_centers,
    two_theta,
)

RIGHT_ANGLE = np.pi / 2
"""Nothing leaves a flat sample at a larger scattering angle on the far side."""


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


@dataclass(frozen=True)
class Sensor:
    """The layer of the detector in which photons are stopped.

    Attributes
    ----------
    thickness
        Of the layer, m.
    attenuation_length
        Path on which all but 1/e of the photons are stopped, m.
    """

    thickness: float
    attenuation_length: float


@dataclass(frozen=True, eq=False)
class Corrections:
    """What besides polarization is corrected; nothing by default.

    Attributes
    ----------
    solid_angle
        Whether counts are divided by the solid angle of their pixel.
    flat
        Response of every pixel, of the shape of the detector, used as it is; a pixel where it is 0,
        negative, NaN or infinite is left out.
    dark
        Counts of every pixel without a beam; a pixel where it is NaN or infinite is left out.
    dark_exposure
        Of the dark image, s: it is scaled to the exposure of each frame; ``None``: it is not.
    sensor
        Of a detector that stops more of what comes in at an angle.
    sample_transmission
        Share of the direct beam that a flat sample, across the beam, lets through.
    """

    solid_angle: bool = False
    flat: Array | None = None
    dark: Array | None = None
    dark_exposure: float | None = None
    sensor: Sensor | None = None
    sample_transmission: float | None = None

    @property
    def weigh_counts(self) -> bool:
        """Whether counts are multiplied by something."""
        parts = (self.flat, self.sensor, self.sample_transmission)
        return self.solid_angle or any(part is not None for part in parts)


NO_CORRECTIONS = Corrections()


def correction_factor(
    geometry: Geometry, polarization: Polarization | None, corrections: Corrections
) -> Array | None:
    """Return what counts are multiplied by, ``None`` where that is 1 everywhere.

    Shape of the detector; 1 where :func:`unusable` says that the pixel is left out.
    """
    response = np.ones(geometry.shape)
    if polarization is not None:
        response = polarization_factor(geometry, polarization)
    elif not corrections.weigh_counts:
        return None
    if corrections.solid_angle:
        response = response * relative_solid_angle(geometry)
    if corrections.sensor is not None:
        response = response * relative_efficiency(geometry, corrections.sensor)
    if corrections.sample_transmission is not None:
        response = response * relative_transmission(geometry, corrections.sample_transmission)
    if corrections.flat is not None:
        response = response * corrections.flat
    left_out = unusable(geometry, corrections)
    if left_out is not None:
        response = np.where(left_out, 1.0, response)
    return np.asarray(1.0 / response)


def unusable(geometry: Geometry, corrections: Corrections) -> NDArray[np.bool_] | None:
    """Pixels that cannot be corrected, bool, shape of the detector; ``None`` where all can be."""
    left_out = np.zeros(geometry.shape, dtype=bool)
    if corrections.flat is not None:
        left_out |= ~(np.isfinite(corrections.flat) & (corrections.flat > 0))
    if corrections.dark is not None:
        left_out |= ~np.isfinite(corrections.dark)
    if corrections.sample_transmission is not None:
        left_out |= two_theta(geometry, *pixel_centers(geometry)) >= RIGHT_ANGLE
    return left_out if left_out.any() else None


def relative_solid_angle(geometry: Geometry) -> Array:
    r"""Solid angle of each pixel over that of one at the foot of the perpendicular.

    .. math:: \Omega / \Omega_0 = \cos^3 i

    with the angle of incidence i: two powers are those of the distance, one that of the slant.

    Returns
    -------
    Array
        Shape of the detector, in (0, 1]; divide the counts by it.

    References
    ----------
    Eq. 6 of P. Boesecke and O. Diat, J. Appl. Cryst. 30, 867 (1997), doi:10.1107/S0021889897001647.
    """
    return np.asarray(incidence_cosine(geometry, *pixel_centers(geometry)) ** 3)


def relative_efficiency(geometry: Geometry, sensor: Sensor) -> Array:
    r"""Share of the photons that a sensor stops, over that at normal incidence.

    .. math::
        \frac{\varepsilon(i)}{\varepsilon(0)} =
        \frac{1 - e^{-t / (L \cos i)}}{1 - e^{-t / L}}

    by Lambert's law, with the thickness t, the attenuation length L and the angle of incidence i.

    Returns
    -------
    Array
        Shape of the detector, at least 1; divide the counts by it.
    """
    depth = sensor.thickness / sensor.attenuation_length
    slanted = depth / incidence_cosine(geometry, *pixel_centers(geometry))
    return np.asarray(np.expm1(-slanted) / np.expm1(-depth))


def relative_transmission(geometry: Geometry, transmission: float) -> Array:
    r"""Transmission of a flat sample for what it scatters, over that for the direct beam.

    The mean over the depth z at which a photon is scattered, of a plate of thickness t across the
    beam with :math:`T = e^{-\mu t}`:

    .. math::
        \frac{1}{T t} \int_0^t e^{-\mu z - \mu (t - z) / \cos 2\theta}\,dz
        = \frac{1 - e^{-u}}{u}, \qquad u = -\ln T \left(\frac{1}{\cos 2\theta} - 1\right)

    Returns
    -------
    Array
        Shape of the detector, in (0, 1] below a right angle, NaN from there on; divide the counts
        by it.

    References
    ----------
    B. R. Pauw, J. Phys.: Condens. Matter 25, 383201 (2013), doi:10.1088/0953-8984/25/38/383201.
    """
    angle = two_theta(geometry, *pixel_centers(geometry))
    forward = np.where(angle < RIGHT_ANGLE, angle, np.nan)
    u = -np.log(transmission) * (1.0 / np.cos(forward) - 1.0)
    small = u == 0.0  # the direct beam, and a sample that absorbs nothing
    return np.where(small, 1.0, -np.expm1(-u) / np.where(small, 1.0, u))


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
