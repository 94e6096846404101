"""A first geometry that is near enough: which ring is which."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import (
    gaussian_filter,
    gaussian_filter1d,
    maximum_filter1d,
    minimum_filter,
    minimum_filter1d,
)

from saxsdog.inspection.center import Samples, find_center
from saxsdog.reduction.geometry import Geometry, chi, two_theta
from saxsdog.refinement.pixels import LARGEST_ANGLE, Pixels

Array = NDArray[np.float64]

SECTORS = 16
N_BINS = 600
"""Of the profile from the beam to the farthest pixel."""

SCALES = np.exp(np.linspace(math.log(0.7), math.log(1.43), 181))
"""Distances to be tried, over that of the start."""

GRID = np.arange(-48.0, 49.0, 8.0)
LEAST_GRID = 10.0
"""Centres to be tried around that of the start along each axis, pixels; on a large detector at
least so many blocks of the samples to either side."""

MOST_CENTERS = 3

SMOOTHED = 0.4
"""Standard deviation of what is taken away, over the usual distance of two rings."""

NARROW_SPACING, WIDE_SPACING = 6.0, 100.0
"""Blocks; distances of rings between which that holds."""

FARTHEST_TANGENT = 6.0
"""Of scattering angles that are told apart when centres are tried."""

FEWEST_IN_BIN = 3
BROADEST = 0.25
"""Width of the background under a ring, over the usual distance of two rings."""


@dataclass(frozen=True, eq=False)
class Profile:
    """How the counts of a frame go with the distance from the beam.

    Attributes
    ----------
    tangent
        Of the scattering angle, in the middle of each bin.
    contrast
        Logarithm of the counts over a smooth background; 0 where there are none.
    known
        Where there are any.
    """

    tangent: Array
    contrast: Array
    known: NDArray[np.bool_]


def profile_of(pixels: Pixels, geometry: Geometry, spacing: float | None = None) -> Profile:
    """Average around the beam; a shadow in some sectors does not show.

    Parameters
    ----------
    pixels, geometry
        What is averaged around what.
    spacing
        Usual distance between two rings, as a tangent, if known.
    """
    angles = pixels.angles(geometry)
    forward = angles < LARGEST_ANGLE
    tangents = np.tan(angles[forward])
    counts = pixels.counts[forward]
    farthest = float(np.quantile(tangents, 0.999)) if tangents.size else 1.0
    column = np.minimum((tangents / farthest * N_BINS).astype(np.intp), N_BINS - 1)
    around = chi(geometry, pixels.rows[forward], pixels.columns[forward])
    sector = ((around + np.pi) / (2 * np.pi) * SECTORS).astype(np.intp).clip(0, SECTORS - 1)
    flat = sector * N_BINS + column
    number = np.bincount(flat, minlength=SECTORS * N_BINS).reshape(SECTORS, N_BINS)
    sums = np.bincount(flat, np.log1p(counts), SECTORS * N_BINS).reshape(SECTORS, N_BINS)
    means = np.where(number >= FEWEST_IN_BIN, sums / np.maximum(number, 1), np.nan)
    known = np.asarray(np.isfinite(means).any(axis=0))
    middle = np.zeros(N_BINS)
    if known.any():
        middle[known] = _middle_of_sectors(means[:, known])
        middle = np.interp(np.arange(N_BINS), np.flatnonzero(known), middle[known])
    step = farthest / N_BINS
    width = N_BINS / 20 if spacing is None else spacing / step * BROADEST * 2
    return Profile(
        tangent=np.asarray((np.arange(N_BINS) + 0.5) * step),
        contrast=np.where(known, _above_background(middle, int(np.clip(width, 5, N_BINS / 4))), 0),
        known=known,
    )


def _middle_of_sectors(means: Array) -> Array:
    """Median over sectors, of which something may shade some: their levels are made alike first."""
    middle = np.nanmedian(means, axis=0)
    seen = np.isfinite(means).any(axis=1)
    levels = np.nanmedian(means[seen] - middle, axis=1)
    return np.asarray(np.nanmedian(means[seen] - levels[:, np.newaxis], axis=0))


def _above_background(values: Array, width: int) -> Array:
    """Take away what is broader than a ring: the opening, and what is left of a slope."""
    smooth = gaussian_filter1d(values, 1.0)
    floor = maximum_filter1d(minimum_filter1d(smooth, width), width)
    floor = np.minimum(gaussian_filter1d(floor, width / 4), smooth)
    return np.asarray(smooth - floor)


def flattened(samples: Samples, spacing: float) -> Samples:
    """Take away what is broader than a ring: a slope, the shade of something in the way.

    Parameters
    ----------
    samples
        Of a frame.
    spacing
        Usual distance between two rings, pixels.
    """
    rows = (samples.rows / samples.block).astype(np.intp)
    columns = (samples.columns / samples.block).astype(np.intp)
    if not rows.size:
        return samples
    values = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1))
    there = np.zeros_like(values)
    values[rows, columns], there[rows, columns] = samples.values, 1.0
    width = SMOOTHED * float(np.clip(spacing / samples.block, NARROW_SPACING, WIDE_SPACING))
    smooth = gaussian_filter(values, width) / np.maximum(gaussian_filter(there, width), 1e-9)
    return replace(samples, values=samples.values - smooth[rows, columns])


def even_centers(samples: Samples, start: Geometry) -> list[tuple[float, float]]:
    """Return the centres near that of the start that the image is most even around.

    A search that goes downhill from the start can end between two rings; so this one looks at a
    grid of centres first.
    """
    if samples.values.size == 0:
        return [start.beam_center]
    grid = GRID * max(1.0, LEAST_GRID * samples.block / GRID[-1])
    row, column = start.beam_center
    scatters = np.array(
        [
            [_scatter(samples, start, (row + down, column + right)) for right in grid]
            for down in grid
        ]
    )
    lowest = np.argwhere(scatters == minimum_filter(scatters, 3, mode="nearest")).tolist()
    lowest.sort(key=lambda place: float(scatters[tuple(place)]))
    found = []
    for down, right in lowest[:MOST_CENTERS]:
        near = replace(start, beam_center=(row + grid[down], column + grid[right]))
        finding = find_center(samples, near)
        found.append(near.beam_center if finding is None else finding.center)
    return found


def _scatter(samples: Samples, start: Geometry, center: tuple[float, float]) -> float:
    """Mean absolute deviation from the means of rings around a centre."""
    moved = replace(start, beam_center=center)
    angles = two_theta(moved, samples.rows, samples.columns)
    tangents = np.tan(np.minimum(angles, LARGEST_ANGLE))
    width = start.pixel_size[0] * samples.block / start.distance
    rings = (np.minimum(tangents, FARTHEST_TANGENT) / width).astype(np.intp)
    numbers = np.bincount(rings)
    means = np.bincount(rings, samples.values) / np.maximum(numbers, 1)
    freedom = rings.size - int(np.count_nonzero(numbers))
    return float(np.abs(samples.values - means[rings]).sum()) / max(freedom, 1)


def likeness(profile: Profile, tangents: Array, width: float) -> float:
    """Correlation of a profile with rings of equal height at these tangents, from -1 to 1."""
    known = profile.known
    if np.count_nonzero(known) < 10:
        return -1.0
    x = profile.tangent[known]
    comb = np.exp(-(((x[:, np.newaxis] - tangents) / width) ** 2) / 2).max(axis=1, initial=0.0)
    y = np.sqrt(profile.contrast[known])
    spread = float(comb.std() * y.std())
    if spread == 0.0:
        return -1.0
    return float(np.mean((comb - comb.mean()) * (y - y.mean())) / spread)


def usual_spacing(tangents: Array, farthest: float) -> float:
    """Distance of neighbouring rings that are seen, as a tangent."""
    seen = tangents[tangents < farthest]
    if seen.size == 0:
        return farthest
    return float(np.median(np.diff(np.concatenate(([0.0], seen)))))


def hypotheses(
    pixels: Pixels, start: Geometry, centers: list[tuple[float, float]], tangents: Array, most: int
) -> Iterator[tuple[float, Geometry]]:
    """Give geometries that explain the profile best, with their likeness, the best first.

    All distances around that of the start are tried, so that no ring is taken for its neighbour:
    the wrong scale leaves rings without a maximum, and maxima without a ring.
    """
    found: list[tuple[float, Geometry]] = []
    for center in dict.fromkeys(centers):
        moved = replace(start, beam_center=center)
        farthest = _reach(pixels, moved)
        spacing = usual_spacing(tangents, farthest)
        profile = profile_of(pixels, moved, spacing)
        width = max(0.12 * spacing, 1.5 * farthest / N_BINS)
        # A detector nearer by a factor sees the rings nearer together by that factor.
        scores = np.array([likeness(profile, tangents * scale, width) for scale in SCALES])
        found += [
            (float(scores[i]), replace(moved, distance=start.distance * float(SCALES[i])))
            for i in _summits(scores)
        ]
    found.sort(key=lambda each: -each[0])
    yield from found[:most]


def _reach(pixels: Pixels, geometry: Geometry) -> float:
    angles = pixels.angles(geometry)
    forward = angles[angles < LARGEST_ANGLE]
    return float(np.tan(np.quantile(forward, 0.999))) if forward.size else 1.0


def _summits(scores: Array) -> list[int]:
    padded = np.concatenate(([-np.inf], scores, [-np.inf]))
    inner = padded[1:-1]
    return np.flatnonzero((inner >= padded[:-2]) & (inner > padded[2:])).tolist()
