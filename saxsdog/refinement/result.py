"""What a refinement has found, and what is to be thought of it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.geometry import Geometry
from saxsdog.refinement.calibrants import Calibrant
from saxsdog.refinement.errors import RefinementError
from saxsdog.refinement.fit import Fit, best_wavelength
from saxsdog.refinement.pixels import pixels_per_radian
from saxsdog.refinement.ring_points import RingPoints

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST_RINGS_FOR_TILT = 3
MOST_BESIDE = 0.15
LEAST_BESIDE = 0.6
"""Standard deviation of whole rings from their places above which the spacings are not those of the
powder: over the width of the rings, and at least so many pixels."""

MOST_RMS = 0.5
"""Residuals over the width of the rings above which the rings have another form."""

MOST_OFF = 0.5
"""Share of outliers above which the points belong to something else."""

FAR_FROM_START = 0.15
"""Relative difference of distances that a ruler would notice."""

MOST_NAMED = 4

NARROW_VIEW = 120.0
"""Degrees of azimuth below which a centre is known in one direction only."""

SURE = 4.0
"""Standard errors by which a wavelength must be off to be told."""

WORTH_TELLING = 2e-4
"""Relative error of a wavelength that a monochromator should not have."""


@dataclass(frozen=True)
class RingResult:
    """One ring.

    Attributes
    ----------
    order
        Its number in the list of the calibrant, from 1.
    spacing
        nm.
    n_points
        Points that were used.
    n_outliers
        Points that were not.
    rms
        Of the residuals of the points used, pixels.
    mean
        How far outside its place the ring lies on average, pixels.
    q_error
        The same as a part of its q.
    """

    order: int
    spacing: float
    n_points: int
    n_outliers: int
    rms: float
    mean: float
    q_error: float

    @property
    def q(self) -> float:
        """nm⁻¹."""
        return 2 * math.pi / self.spacing


@dataclass(frozen=True)
class Uncertainties:
    """Standard uncertainties of a geometry; 0 of what was not refined.

    Attributes
    ----------
    row, column
        Pixels.
    distance
        m.
    tilt_down, tilt_right
        Of the two components of the tilt, rad.
    tilt
        Of its angle, rad.
    tilt_rotation
        Of its direction, rad; pi where the tilt is not known from none.
    """

    row: float
    column: float
    distance: float
    tilt_down: float = 0.0
    tilt_right: float = 0.0
    tilt: float = 0.0
    tilt_rotation: float = 0.0


@dataclass(frozen=True, eq=False)
class Refinement:
    """A refined geometry.

    Attributes
    ----------
    calibrant, start, geometry
        With what, from where, and what came out.
    tilt_is_free
        Whether the tilt was refined.
    uncertainties
        Of the geometry.
    covariance
        As :attr:`saxsdog.refinement.fit.Fit.covariance`.
    rings
        Those that were found, from the inside out.
    points, residuals, used
        Where the rings run, how far outside their places (pixels), and which points were used.
    rms
        Of the residuals of the points used, pixels.
    ring_scatter
        Standard deviation by which a whole ring lies beside its place, pixels.
    warnings
        What a person should know before using it.
    """

    calibrant: Calibrant
    start: Geometry
    geometry: Geometry
    tilt_is_free: bool
    uncertainties: Uncertainties
    covariance: Array
    rings: tuple[RingResult, ...]
    points: RingPoints
    residuals: Array
    used: NDArray[np.bool_]
    rms: float
    ring_scatter: float
    warnings: tuple[str, ...]

    @property
    def n_points(self) -> int:
        """How many points were used."""
        return int(np.count_nonzero(self.used))


def result_of(
    start: Geometry,
    calibrant: Calibrant,
    points: RingPoints,
    angles: Array,
    fit: Fit,
    looked_for: Flags,
    *,
    tilt: bool,
) -> Refinement:
    """Judge a fit.

    Raises
    ------
    RefinementError
        If the rings are those of something else.
    """
    rings = tuple(_rings(calibrant, points, angles, fit))
    _check(calibrant, points, fit, tilt=tilt)
    return Refinement(
        calibrant=calibrant,
        start=start,
        geometry=fit.geometry,
        tilt_is_free=tilt,
        uncertainties=_uncertainties(fit, tilt=tilt),
        covariance=fit.covariance,
        rings=rings,
        points=points,
        residuals=fit.residuals,
        used=fit.used,
        rms=fit.rms,
        ring_scatter=fit.ring_scatter,
        warnings=tuple(_warnings(start, calibrant, points, rings, fit, looked_for, tilt=tilt)),
    )


def _rings(
    calibrant: Calibrant, points: RingPoints, angles: Array, fit: Fit
) -> Iterator[RingResult]:
    scales = pixels_per_radian(fit.geometry, angles)
    for ring in points.rings.tolist():
        own = points.ring == ring
        used = own & fit.used
        if not used.any():
            continue
        mean = float(fit.residuals[used].mean())
        half = angles[ring] / 2
        yield RingResult(
            order=ring + 1,
            spacing=calibrant.spacings[ring],
            n_points=int(np.count_nonzero(used)),
            n_outliers=int(np.count_nonzero(own & ~fit.used)),
            rms=float(np.sqrt(np.mean(fit.residuals[used] ** 2))),
            mean=mean,
            q_error=mean / scales[ring] / 2 / math.tan(half),
        )


def _check(calibrant: Calibrant, points: RingPoints, fit: Fit, *, tilt: bool) -> None:
    width = float(np.median(points.width))
    outlying = 1.0 - np.count_nonzero(fit.used) / points.number
    beside = fit.ring_scatter > max(MOST_BESIDE * width, LEAST_BESIDE)
    if beside or outlying > MOST_OFF or (tilt and is_crooked(fit, points)):
        raise RefinementError(
            f"expected the rings of {calibrant.name}, but the maxima do not lie where it has them: "
            f"whole rings are {fit.ring_scatter:.2g} pixels beside their places, the points "
            f"{fit.rms:.2g}, and {outlying:.0%} of them fit no ring. Is it another calibrant?"
        )


def is_crooked(fit: Fit, points: RingPoints) -> bool:
    """Whether the rings have another form than those of this geometry."""
    return fit.rms > MOST_RMS * float(np.median(points.width))


def _uncertainties(fit: Fit, *, tilt: bool) -> Uncertainties:
    errors = np.sqrt(np.diag(fit.covariance))
    row, column, log_distance = errors[:3].tolist()
    distance = log_distance * fit.geometry.distance
    if not tilt:
        return Uncertainties(row, column, distance)
    slopes = np.array(fit.geometry.tilt_direction)
    sine = float(np.hypot(*slopes))
    own = fit.covariance[3:, 3:]
    if sine > 0.0:
        along = slopes / sine
        across = np.array([-along[1], along[0]])
        of_angle = math.sqrt(along @ own @ along)
        of_rotation = min(math.sqrt(across @ own @ across) / sine, math.pi)
    else:
        of_angle, of_rotation = math.sqrt(np.trace(own) / 2), math.pi
    # The components are sines.
    cosine = math.sqrt(max(1.0 - sine * sine, 1e-6))
    down, right = errors[3:].tolist()
    return Uncertainties(
        row, column, distance, down / cosine, right / cosine, of_angle / cosine, of_rotation
    )


def _warnings(
    start: Geometry,
    calibrant: Calibrant,
    points: RingPoints,
    rings: tuple[RingResult, ...],
    fit: Fit,
    looked_for: Flags,
    *,
    tilt: bool,
) -> Iterator[str]:
    if not fit.converged:
        yield "the fit did not come to an end: do not trust it; begin nearer, or hold the tilt"
    if calibrant.nominal:
        yield f"the spacing of {calibrant.name} is nominal; so is the distance"
    if not tilt and is_crooked(fit, points):
        yield (
            f"the points lie {fit.rms:.2g} pixels beside their rings: the detector is tilted, or "
            "the calibrant another one; free the tilt"
        )
    if missing := _missing(calibrant, rings, looked_for):
        yield (
            f"no maximum where {calibrant.name} has rings, at "
            f"{', '.join(f'{q:.4g}' for q in missing[:MOST_NAMED])} nm⁻¹: they are weak or hidden, "
            "or the calibrant is another one"
        )
    if tilt and len(rings) == 1:
        yield (
            "only one ring: too few to tell a tilt from its opposite around another centre (three "
            "or more are better); hold the tilt"
        )
    elif tilt and len(rings) < FEWEST_RINGS_FOR_TILT:
        yield (
            "only two rings: too few to tell a tilt from a shift of the centre "
            "(three or more are better); hold the tilt"
        )
    if not tilt and len(rings) == 1:
        yield "one ring: nothing shows whether it was taken for its neighbour"
    seen = _azimuth_seen(points.azimuth[fit.used])
    if seen < NARROW_VIEW:
        yield (
            f"the points cover {seen:.0f}° of the circle: distance and centre can stand in for "
            "each other there; the uncertainties say how far"
        )
    if abs(fit.geometry.distance / start.distance - 1) > FAR_FROM_START:
        same = start.wavelength * start.distance / fit.geometry.distance
        yield (
            f"the distance is {fit.geometry.distance * 1e3:.5g} mm, where the start says "
            f"{start.distance * 1e3:.5g} mm: a wavelength of {same * 10:.5g} Å instead of "
            f"{start.wavelength * 10:.5g} Å would give nearly the same rings"
        )
    yield from _wavelength_warning(calibrant, points, fit)


def _missing(calibrant: Calibrant, rings: tuple[RingResult, ...], looked_for: Flags) -> list[float]:
    """Return the q of rings that are not there though one outside of them is."""
    seen = {ring.order for ring in rings}
    return [
        q
        for order, (q, wanted) in enumerate(zip(calibrant.qs, looked_for, strict=False), 1)
        if wanted and rings[0].order < order < rings[-1].order and order not in seen
    ]


def _wavelength_warning(calibrant: Calibrant, points: RingPoints, fit: Fit) -> Iterator[str]:
    found = best_wavelength(points, calibrant.two_thetas, fit)
    if found is None:
        return
    wavelength, error = found
    used = fit.geometry.wavelength
    off = abs(wavelength - used)
    if off > SURE * error and off > WORTH_TELLING * used:
        yield (
            f"the rings would fit better at {wavelength * 10:.5g} ± {error * 10:.2g} Å than at "
            f"{used * 10:.5g} Å: wavelength or calibrant may be wrong"
        )


def _azimuth_seen(azimuths: Array) -> float:
    """Degrees around the beam in which there are points: the circle less its largest gap."""
    around = np.sort(azimuths)
    gaps = np.diff(np.concatenate((around, [around[0] + 2 * math.pi])))
    return math.degrees(2 * math.pi - float(gaps.max()))
