"""From a frame of a powder and a rough geometry to a good one, step by step."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.inspection.center import samples_of
from saxsdog.inspection.counts import Flags
from saxsdog.reduction.geometry import Geometry, chi, q_from_two_theta, two_theta
from saxsdog.refinement import start as first
from saxsdog.refinement.calibrants import Calibrant
from saxsdog.refinement.errors import RefinementError
from saxsdog.refinement.fit import Fit, fit_honestly, fit_robustly, with_the_opposite_tilt
from saxsdog.refinement.pixels import Pixels, pixels_per_radian
from saxsdog.refinement.profiles import Windows
from saxsdog.refinement.result import Refinement, is_crooked, result_of
from saxsdog.refinement.ring_points import RingPoints, find_points

Array = NDArray[np.float64]

SECTORS = 72
ROUGH_SECTORS = 36
MOST_SECTORS = 720

MOST_HYPOTHESES = 4
WORTH_TRYING = 0.5
"""Likeness over that of the best hypothesis below which another is not looked at."""

NEARLY = 0.8
"""Likeness over that of a fitted hypothesis below which another one, not yet fitted, is not."""

ENOUGH_PIXELS = 400_000
"""For a rough geometry; that of a large detector would take long with all."""

ROUGH_PASSES = 4
MOST_PASSES = 15
SETTLED = 0.02
"""Pixels by which no ring moves any more."""

SHARE_OF_GAP = 0.42
"""Of the distance to the next ring: how far around a ring it is looked for."""

WIDEST = 60.0
"""Pixels to look to either side at first."""

NARROWEST = 3.0
"""Half width in pixels of a window in which a maximum can still be told from its background; rings
that leave less between them are not used."""

WIDTHS = 3.2
"""Half width of the last windows, in standard deviations of the ring."""

FIRST_WIDTH = 0.12
"""Standard deviation of a ring over the half width of its first window: a first value."""

FEWEST_POINTS = 8
ROUGH_FLOOR = 0.5
"""Pixels of error that no point is below while the geometry is rough."""

FARTHEST = 1.8
"""Factor by which a distance may differ from that of the start; more cannot be the same setup."""

Progress = Callable[[str], None]


def _silent(_text: str) -> None:
    """Tell nobody."""


def refine(
    image: NDArray[Any],
    start: Geometry,
    calibrant: Calibrant,
    *,
    mask: Flags | None = None,
    tilt: bool = False,
    progress: Progress = _silent,
) -> Refinement:
    """Find beam centre, distance and, if wanted, tilt from the rings of a powder.

    The centre is looked for around that of the start by the evenness of the image, the distance
    among 0.7 to 1.43 times that of the start. Pixels without a count and masked ones are left out;
    a shadow, a gap or a module that is off takes points away and nothing else.

    Parameters
    ----------
    image
        Counts, shape ``start.shape``.
    start
        Where the detector stands, roughly; pixel size and wavelength are taken as they are.
    calibrant
        What the frame shows.
    mask
        Pixels to leave out besides.
    tilt
        Whether to refine the tilt; else that of the start is kept.
    progress
        Told in a word or two what is being done, from the thread of the caller.

    Raises
    ------
    RefinementError
        If the frame does not show the rings of this calibrant, or not enough of them.
    """
    if image.shape != start.shape:
        raise RefinementError(f"expected an image of {start.shape} pixels, got {image.shape}")
    progress("looking for the beam centre")
    pixels = Pixels.of(image, mask)
    if not pixels.counts.size or not np.any(pixels.counts > 0):
        raise RefinementError("expected a frame with counts outside of the mask, got none")
    search = _Search(pixels, calibrant, start)
    samples = first.flattened(samples_of(image, ~pixels.used), search.spacing(start))
    centers = first.even_centers(samples, start)
    progress("looking for the distance")
    geometries = search.starts([start.beam_center, *centers])
    progress("fitting the rings")
    refused: RefinementError | None = None
    for geometry in geometries:
        try:
            points, angles, fit = search.settled(geometry, tilt=tilt)
        except RefinementError as error:
            refused = refused or error
        else:
            return search.judged(points, angles, fit, tilt=tilt)
    raise refused or search.nothing_found()


class _Search:
    """What stays the same while the geometry becomes better."""

    def __init__(self, pixels: Pixels, calibrant: Calibrant, start: Geometry) -> None:
        self._all_pixels = pixels
        self._pixels = pixels.thinned(ENOUGH_PIXELS)
        self._calibrant = calibrant
        self._start = start
        self._all_angles = calibrant.two_thetas(start.wavelength)
        self.looked_for: NDArray[np.bool_] = np.zeros(self._all_angles.size, np.bool_)
        """Rings that stood alone on the detector when points were looked for the last time."""

    def spacing(self, geometry: Geometry) -> float:
        """Usual distance of neighbouring rings on the detector, pixels."""
        tangents = np.tan(self._all_angles[self._all_angles < math.pi / 2])
        spacing = first.usual_spacing(tangents, float(np.tan(self._reach(geometry)[1])))
        return spacing * geometry.distance / geometry.pixel_size[0]

    def starts(self, centers: list[tuple[float, float]]) -> list[Geometry]:
        """Fit hypotheses roughly; return them, that which the frame is then most like first."""
        tangents = np.tan(self._all_angles[self._all_angles < math.pi / 2])
        guesses = list(
            first.hypotheses(self._pixels, self._start, centers, tangents, MOST_HYPOTHESES)
        )
        found: list[tuple[float, Geometry]] = []
        for likely, guess in guesses:
            most = max((likeness for likeness, _ in found), default=-math.inf)
            if found and likely < max(WORTH_TRYING * guesses[0][0], NEARLY * most):
                break
            geometry = self._roughly(guess)
            if geometry is not None:
                found.append((self._likeness(geometry, tangents), geometry))
        found.sort(key=lambda each: -each[0])
        return [geometry for _, geometry in found]

    def settled(self, geometry: Geometry, *, tilt: bool) -> tuple[RingPoints, Array, Fit]:
        """Look for points and fit, in turn, until nothing moves."""
        self._pixels = self._all_pixels
        widths: Array | None = None
        moved = math.inf
        for number in range(MOST_PASSES):
            if self._ran_away(geometry):
                raise self.nothing_found()
            angles, points = self._points(geometry, widths, SECTORS)
            if points.number < FEWEST_POINTS:
                raise self.nothing_found(points.number)
            robust = fit_robustly(points, angles, geometry, tilt=tilt)
            moved = self._movement(geometry, robust.geometry, angles, points)
            geometry = robust.geometry
            widths = self._widths(points, angles)
            if moved < SETTLED and number >= 2:
                break
        fit = fit_honestly(points, angles, robust, tilt=tilt)
        if tilt and points.rings.size == 1:
            fit = with_the_opposite_tilt(points, angles, fit)
        return points, angles, replace(fit, converged=fit.converged and moved < 5 * SETTLED)

    def nothing_found(self, number: int = 0) -> RefinementError:
        """Return what is to be said where too few points are found."""
        name = self._calibrant.name
        low, high = self._q_reach(self._start)
        return RefinementError(
            f"expected rings of {name}, found {number} points of them: is it another calibrant, "
            f"or are distance and wavelength far off? With the start the detector sees q from "
            f"{low:.3g} to {high:.3g} nm⁻¹"
        )

    def judged(self, points: RingPoints, angles: Array, fit: Fit, *, tilt: bool) -> Refinement:
        """Return a result; what a tilt that is held spoils is told from another calibrant."""
        start, calibrant = self._start, self._calibrant
        try:
            found = result_of(start, calibrant, points, angles, fit, self.looked_for, tilt=tilt)
        except RefinementError as error:
            if tilt:
                raise
            try:
                freed = self._with_the_tilt_free(fit)
            except RefinementError:
                raise error from None
            held, free = (math.degrees(each.tilt) for each in (start, freed.geometry))
            raise RefinementError(
                f"expected the rings of {calibrant.name} on a detector with a tilt of {held:.3g}°, "
                f"got those on one with a tilt of {free:.3g}°: free the tilt"
            ) from error
        if not tilt and is_crooked(fit, points):
            self._with_the_tilt_free(fit)  # nothing but a tilt may do that
        return found

    def _with_the_tilt_free(self, fit: Fit) -> Refinement:
        points, angles, freed = self.settled(fit.geometry, tilt=True)
        return result_of(
            self._start, self._calibrant, points, angles, freed, self.looked_for, tilt=True
        )

    def _roughly(self, geometry: Geometry) -> Geometry | None:
        """Fit without the tilt, from wide windows on; ``None`` if that leads nowhere."""
        widths: Array | None = None
        for _ in range(ROUGH_PASSES):
            angles, points = self._points(geometry, widths, ROUGH_SECTORS)
            if points.number < FEWEST_POINTS:
                return None
            fit = fit_robustly(points, angles, geometry, tilt=False, floor=ROUGH_FLOOR)
            widths = self._widths(points, angles)
            moved = self._movement(geometry, fit.geometry, angles, points)
            geometry = fit.geometry
            if self._ran_away(geometry):
                return None
            if moved < 0.5:
                break
        return geometry

    def _ran_away(self, geometry: Geometry) -> bool:
        """Tell whether a fit follows something else than rings."""
        ratio = geometry.distance / self._start.distance
        away = math.dist(geometry.beam_center, self._start.beam_center)
        return not (1 / FARTHEST < ratio < FARTHEST) or away > max(self._start.shape)

    def _likeness(self, geometry: Geometry, tangents: Array) -> float:
        spacing = first.usual_spacing(tangents, float(np.tan(self._reach(geometry)[1])))
        profile = first.profile_of(self._pixels, geometry, spacing)
        return first.likeness(profile, tangents, 0.12 * spacing)

    def _reach(self, geometry: Geometry) -> tuple[float, float]:
        """Scattering angles between which there are pixels, up to less than a right angle."""
        angles = self._pixels.angles(geometry)
        low, high = np.quantile(angles, (0.0005, 0.9995)).tolist()
        return low, min(high, 1.5)

    def _points(
        self, geometry: Geometry, widths: Array | None, sectors: int
    ) -> tuple[Array, RingPoints]:
        """Find points of all rings that can be seen; also their angles.

        ``widths`` are those of all rings of the calibrant, NaN where none is known.
        """
        everything = self._all_angles
        scales = pixels_per_radian(geometry, everything)
        gaps = np.diff(np.concatenate(([0.0], everything, [np.inf])))
        free = SHARE_OF_GAP * np.minimum(gaps[:-1], gaps[1:]) * scales
        if widths is None:
            half = np.minimum(free, WIDEST)
            sizes = FIRST_WIDTH * half
            step = 1.0
        else:
            usual = float(np.nanmedian(widths))
            sizes = np.where(np.isfinite(widths), widths, usual)
            half = np.minimum(free, np.maximum(WIDTHS * sizes, NARROWEST))
            step = float(np.clip(usual / 2, 0.25, 1.0))
        low, high = self._reach(geometry)
        seen = (everything > low) & (everything < high) & (half >= NARROWEST)
        if widths is not None:
            seen &= half > 1.5 * sizes
        if not seen.any():
            raise RefinementError(self._no_ring_on_detector(geometry))
        self.looked_for = seen
        windows = Windows(everything[seen], half[seen], step, self._sectors(geometry, sectors))
        points = find_points(self._pixels, geometry, windows, sizes[seen])
        # Rings are numbered as the calibrant has them.
        return everything, replace(points, ring=np.flatnonzero(seen)[points.ring])

    def _sectors(self, geometry: Geometry, usual: int) -> int:
        """Cut finer where the detector sees only a part of the rings."""
        every = max(self._pixels.rows.size // 200_000, 1)
        around = chi(geometry, self._pixels.rows[::every], self._pixels.columns[::every])
        share = np.count_nonzero(np.bincount(((around + math.pi) * 28).astype(np.intp))) / 176
        return int(min(usual / max(share, 0.01), MOST_SECTORS))

    def _widths(self, points: RingPoints, angles: Array) -> Array:
        widths = np.full(angles.size, np.nan)
        for ring in points.rings:
            widths[ring] = np.median(points.width[points.ring == ring])
        return widths

    def _movement(self, old: Geometry, new: Geometry, angles: Array, points: RingPoints) -> float:
        """By how many pixels the rings move between two geometries, at most."""
        scale = pixels_per_radian(new, angles[points.ring])
        moved = _angles(new, points) - _angles(old, points)
        return float(np.max(np.abs(moved * scale)))

    def _no_ring_on_detector(self, geometry: Geometry) -> str:
        low, high = self._q_reach(geometry)
        return (
            f"expected a ring of {self._calibrant.name} on the detector, got none that stands "
            f"alone: it sees q from {low:.3g} to {high:.3g} nm⁻¹, and the first ring lies at "
            f"{self._calibrant.qs[0]:.4g} nm⁻¹"
        )

    def _q_reach(self, geometry: Geometry) -> tuple[float, float]:
        low, high = q_from_two_theta(np.array(self._reach(geometry)), geometry.wavelength)
        return float(low), float(high)


def _angles(geometry: Geometry, points: RingPoints) -> Array:
    return two_theta(geometry, points.row, points.column)
