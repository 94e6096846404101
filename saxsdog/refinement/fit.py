"""The geometry that fits points on rings best, with an uncertainty that follows from them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from saxsdog.reduction.geometry import Geometry, two_theta
from saxsdog.refinement.noise import Noise, estimated, likeliest, solved
from saxsdog.refinement.pixels import pixels_per_radian
from saxsdog.refinement.ring_points import RingPoints

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

FLOOR = 0.05
"""Pixels; nobody knows the place of a pixel better, so no point counts more than one of this error
while the others are judged."""

OUTLIER = 4.5
"""Robust standard deviations beyond which a point is left out of the last fit."""

NORMAL_MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

STEEPEST = math.sin(math.radians(80.0))
"""Largest component of a tilt, as a sine."""

STEPS = (1e-3, 1e-3, 1e-7, 1e-6, 1e-6)
"""Of the parameters for derivatives: pixel, pixel, relative distance, sines of the tilt."""

N_SOLUTIONS = 6

AS_WELL = 1.1
"""Residuals of a fit over those of another up to which both may be right."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A geometry fitted to points.

    Attributes
    ----------
    geometry
        The best one.
    covariance
        Of ``(row, column, ln distance, depth per metre down, depth per metre to the right)``, the
        latter two only if the tilt was free; pixels and numbers.
    residuals
        How far outside its ring each point lies, pixels.
    used
        Which points the fit took; the others are outliers.
    ring_scatter
        Standard deviation by which a whole ring lies beside its place, pixels.
    converged
        Whether the steps came to an end.
    """

    geometry: Geometry
    covariance: Array
    residuals: Array
    used: Flags
    ring_scatter: float
    converged: bool

    @property
    def rms(self) -> float:
        """Root of the mean square of the residuals used, pixels."""
        return float(np.sqrt(np.mean(self.residuals[self.used] ** 2)))


def parameters_of(geometry: Geometry, *, tilt: bool) -> Array:
    """Write a geometry as the numbers that are fitted.

    The tilt has two components, those of the slope along both axes of the detector: an angle and
    a direction would not know where to go from zero.
    """
    row, column = geometry.beam_center
    slopes = geometry.tilt_direction if tilt else ()
    return np.array([row, column, math.log(geometry.distance), *slopes])


def geometry_of(parameters: Array, start: Geometry) -> Geometry:
    """Return the geometry of these numbers; what they do not say is that of ``start``."""
    row, column, log_distance, *slopes = parameters.tolist()
    moved = replace(start, beam_center=(row, column), distance=math.exp(log_distance))
    if not slopes:
        return moved
    down, right = slopes
    sine = min(math.hypot(down, right), 1.0)
    rotation = math.atan2(-down, right) if sine else 0.0
    return replace(moved, tilt=math.asin(sine), tilt_rotation=rotation)


def residuals_of(geometry: Geometry, points: RingPoints, angles: Array) -> Array:
    """How far outside its ring each point lies, pixels."""
    expected = angles[points.ring]
    found = two_theta(geometry, points.row, points.column)
    return np.asarray((found - expected) * pixels_per_radian(geometry, expected))


def fit_robustly(
    points: RingPoints, angles: Array, start: Geometry, *, tilt: bool, floor: float = FLOOR
) -> Fit:
    """Fit with a loss that grows slowly (soft L1), so that wrong points do not pull.

    Its covariance is not of use: :func:`fit_honestly` makes that of the points that are left.
    """
    errors = np.hypot(points.error, floor)
    first = parameters_of(start, tilt=tilt)
    low = np.full(first.size, -np.inf)
    low[2] = first[2] - 1.0
    low[3:] = -STEEPEST
    high = np.full(first.size, np.inf)
    high[2] = first[2] + 1.0
    high[3:] = STEEPEST
    scale = max(1.0, float(np.median(np.abs(residuals_of(start, points, angles) / errors))))
    for softness in (scale, 1.5):
        solved = least_squares(
            lambda values: residuals_of(geometry_of(values, start), points, angles) / errors,
            np.clip(first, low, high),
            bounds=(low, high),
            x_scale=(1.0, 1.0, 1e-2, 1e-2, 1e-2)[: first.size],
            loss="soft_l1",
            f_scale=softness,
        )
        first = solved.x
    geometry = geometry_of(first, start)
    residuals = residuals_of(geometry, points, angles)
    used = _near(residuals, errors)
    at_bound = bool(np.any((first <= low) | (first >= high)))
    nothing = np.zeros((first.size, first.size))
    return Fit(geometry, nothing, residuals, used, 0.0, bool(solved.success) and not at_bound)


def _near(residuals: Array, errors: Array) -> Flags:
    ratio = residuals / errors
    spread = NORMAL_MAD * float(np.median(np.abs(ratio - np.median(ratio))))
    return np.asarray(np.abs(ratio) < OUTLIER * max(spread, 1.0))


def fit_honestly(points: RingPoints, angles: Array, robust: Fit, *, tilt: bool) -> Fit:
    r"""Fit the points that a robust fit has left, and say how far the result can be trusted.

    Three things move a point off its ring: counting, by the error that it brings; what else goes
    wrong at each point, such as pixels out of their place, by a standard deviation s; and what
    moves a whole ring, such as a background under it, by t. With points i, j on rings
    :math:`k(i), k(j)`

    .. math:: V_{ij} = \varphi\left[(e_i^2 + s^2)\,\delta_{ij} + t^2\,\delta_{k(i)k(j)}\right].

    s and t are those that make the residuals most likely (restricted maximum likelihood), and
    :math:`\varphi` is that for which their weighted squares have the mean that they should. The
    parameters are those of generalised least squares, their covariance
    :math:`(J^T V^{-1} J)^{-1}`, enlarged where the points of a part of the detector err alike.

    References
    ----------
    H. D. Patterson, R. Thompson, Biometrika 58, 545 (1971), doi:10.1093/biomet/58.3.545.
    """
    used = robust.used
    kept = points.only(used)
    start = robust.geometry
    values = parameters_of(start, tilt=tilt)
    noise = Noise(0.0, 0.0)
    for _ in range(N_SOLUTIONS):
        residuals = residuals_of(geometry_of(values, start), kept, angles)
        jacobian = _jacobian(values, start, kept, angles)
        noise = likeliest(residuals, jacobian, kept)
        _, step = solved(residuals, jacobian, kept, noise)
        values = values - step
    geometry = geometry_of(values, start)
    residuals = residuals_of(geometry, kept, angles)
    _, covariance, spread = estimated(residuals, jacobian, kept, noise)
    settled = bool(np.all(np.abs(step) < 0.1 * np.sqrt(np.diag(covariance)) + 1e-12))
    return Fit(
        geometry=geometry,
        covariance=covariance,
        residuals=residuals_of(geometry, points, angles),
        used=used,
        ring_scatter=noise.ring * math.sqrt(spread),
        converged=robust.converged and settled,
    )


def with_the_opposite_tilt(points: RingPoints, angles: Array, fit: Fit) -> Fit:
    """Let the covariance cover the opposite tilt, if it fits as well.

    At small angles a ring alone is an ellipse, which a tilt and its opposite make around two
    centres.
    """
    geometry = fit.geometry
    opposite = replace(geometry, tilt_rotation=geometry.tilt_rotation + math.pi)
    other = fit_robustly(points.only(fit.used), angles, opposite, tilt=True)
    if other.rms > AS_WELL * fit.rms:
        return fit
    apart = parameters_of(other.geometry, tilt=True) - parameters_of(geometry, tilt=True)
    return replace(fit, covariance=fit.covariance + np.outer(apart, apart))


def _jacobian(values: Array, start: Geometry, points: RingPoints, angles: Array) -> Array:
    columns = []
    for i in range(values.size):
        step = np.zeros(values.size)
        step[i] = STEPS[i]
        ahead = residuals_of(geometry_of(values + step, start), points, angles)
        behind = residuals_of(geometry_of(values - step, start), points, angles)
        columns.append((ahead - behind) / (2 * STEPS[i]))
    return np.column_stack(columns)


def best_wavelength(
    points: RingPoints, angles_at: Callable[[float], Array], fit: Fit
) -> tuple[float, float] | None:
    """Return the wavelength that the rings would like best, with its standard error, nm.

    At small angles a distance and a wavelength cannot be told from each other; the error is large
    then, or there is ``None``.
    """
    kept = points.only(fit.used)
    start = fit.geometry
    tilt = fit.covariance.shape[0] > 3
    if kept.rings.size < 3:
        return None
    values = parameters_of(start, tilt=tilt)
    angles = angles_at(start.wavelength)
    residuals = residuals_of(start, kept, angles)
    geometric = _jacobian(values, start, kept, angles)
    step = 1e-6
    ahead = angles_at(start.wavelength * (1 + step))
    behind = angles_at(start.wavelength * (1 - step))
    by_wavelength = np.zeros(kept.number)
    scale = pixels_per_radian(start, angles[kept.ring])
    by_wavelength -= (ahead[kept.ring] - behind[kept.ring]) / (2 * step) * scale
    jacobian = np.column_stack((geometric, by_wavelength))
    noise = likeliest(residuals, jacobian, kept)
    try:
        solution, covariance, _ = estimated(residuals, jacobian, kept, noise)
    except np.linalg.LinAlgError:
        return None
    variance = float(covariance[-1, -1])
    if not 0.0 < variance < 1e-2:
        return None
    relative = -float(solution[-1])
    return start.wavelength * (1 + relative), start.wavelength * math.sqrt(variance)
