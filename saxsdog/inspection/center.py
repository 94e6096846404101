"""Look for the point that an image is even around."""

import math
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.inspection.blocks import any_in_blocks
from saxsdog.inspection.counts import Flags
from saxsdog.reduction.geometry import Geometry, offsets

Array = NDArray[np.float64]

SIDE = 200
"""Rows or columns of the samples: finds a centre to a few pixels and takes some milliseconds."""

FIRST_STEP = 16.0
LAST_STEP = 0.5
"""Of the search, in blocks."""

FEWEST_SAMPLES = 500

ESCAPED = 0.8
"""Of the detector's longer side: a search that gets there follows a slope, not rings."""

CLEARLY_BETTER = 0.9
"""Ratio of scatter below which another centre is no accident. Around the true centre of measured
and simulated frames it is 1.00; ten pixels beside it 0.89 at most."""

EVEN = 0.75
"""Unevenness above which an image has no rings that a centre could be judged by."""

NEAR = 3.0
"""In steps of the search: so near to a usual slip is it."""


class Answer(Enum):
    """What a search says of the centre that it was asked about."""

    FITS = auto()
    ANOTHER_FITS = auto()
    NONE_FITS = auto()
    """There are no rings to be seen."""


class Slip(Enum):
    """A usual wrong way to write down a centre."""

    ROW_FROM_TOP = auto()
    SWAPPED = auto()


@dataclass(frozen=True, eq=False)
class Samples:
    """What a frame shows, in blocks that a mask leaves at least half of.

    Attributes
    ----------
    rows, columns
        Middles of the blocks, pixels of the whole frame.
    values
        Logarithms of the mean counts.
    block
        Side of a block, pixels.
    """

    rows: Array
    columns: Array
    values: Array
    block: int


@dataclass(frozen=True)
class Finding:
    """How even an image is around a point and around the best one near it.

    Attributes
    ----------
    center
        The best one, ``(row, column)``.
    away
        How far it is from the one that was asked for, pixels.
    ratio
        Scatter within rings around the best one over that around the one asked for, at most 1.
        Scatter is the mean absolute deviation, which shadows and hot pixels spoil less than a
        variance.
    unevenness
        Scatter within rings around the best one over that of the whole image; near 1 where there
        is no ring to be seen, 1 where the search ran away.
    resolution
        Distance below which centres are not told apart, pixels.
    """

    center: tuple[float, float]
    away: float
    ratio: float
    unevenness: float
    resolution: float

    @property
    def answer(self) -> Answer:
        """What is to be made of it."""
        if self.unevenness > EVEN:
            return Answer.NONE_FITS
        if self.ratio > CLEARLY_BETTER or self.away < self.resolution:
            return Answer.FITS
        return Answer.ANOTHER_FITS

    def slips(self, geometry: Geometry) -> list[Slip]:
        """Return the slips that would explain why the best centre is not that of the geometry."""
        return [
            slip
            for slip, meant in slips(geometry).items()
            if math.dist(self.center, meant) < NEAR * self.resolution
        ]


def samples_of(
    pixels: NDArray[Any], flags: Flags, mask: Flags | None = None, block: int = 1
) -> Samples:
    """Reduce a frame to the samples of a search.

    Parameters
    ----------
    pixels
        Counts, or means over square blocks of pixels.
    flags
        Where they hold no count; see :func:`without_count`.
    mask
        Pixels of the whole frame to leave out.
    block
        Side of a block in ``pixels``.
    """
    used = ~flags
    if mask is not None:
        used &= ~any_in_blocks(mask, block)
    side = max(1, math.ceil(max(pixels.shape) / SIDE))
    # A frame narrower than a block leaves no whole one, and so no sample.
    rows, columns = (n // side for n in pixels.shape)
    inside = slice(rows * side), slice(columns * side)
    blocks = (rows, side, columns, side)
    counts = np.where(used, pixels, 0)[inside].reshape(blocks)
    sums = counts.sum(axis=1, dtype=np.float64).sum(axis=2)
    numbers = used[inside].reshape(blocks).sum(axis=1, dtype=np.int32).sum(axis=2)
    row, column = np.nonzero(numbers >= side * side / 2)
    # Half a count more in a block keeps the logarithm of an empty one near its neighbours'.
    values = np.log((sums[row, column] + 0.5) / numbers[row, column])
    whole = side * block
    return Samples((row + 0.5) * whole, (column + 0.5) * whole, values, whole)


def find_center(samples: Samples, geometry: Geometry) -> Finding | None:
    """Search near the beam centre of a geometry for one that the image is more even around.

    Values on rings of equal scattering angle, a block wide, are alike if the centre is right and
    the scattering is isotropic; their scatter is made small by steps along rows and columns, from
    the given centre or, if that is better, from one of the usual :func:`slips`.

    Returns
    -------
    Finding or None
        ``None`` if the mask leaves too little to tell.
    """
    if samples.values.size < FEWEST_SAMPLES:
        return None
    total = float(np.abs(samples.values - samples.values.mean()).mean())
    here = _scatter(samples, geometry, geometry.beam_center)
    if total == 0.0 or here == 0.0:
        return Finding(geometry.beam_center, 0.0, 1.0, 1.0, samples.block)
    starts = [geometry.beam_center, *slips(geometry).values()]
    scatters = [here, *(_scatter(samples, geometry, start) for start in starts[1:])]
    least = min(scatters)
    best = starts[scatters.index(least)]
    step = FIRST_STEP
    while step >= LAST_STEP:
        found, scatter = _walk(samples, geometry, best, least, step * samples.block)
        if found == best:
            step /= 2
        best, least = found, scatter
    (row, column), (old_row, old_column) = best, geometry.beam_center
    away = math.hypot(row - old_row, column - old_column)
    ran_away = away > ESCAPED * max(geometry.shape)
    unevenness = 1.0 if ran_away else least / total
    return Finding(best, away, least / here, unevenness, float(samples.block))


def slips(geometry: Geometry) -> dict[Slip, tuple[float, float]]:
    """Return the centres that were meant if a number was written down in a usual wrong way."""
    (row, column), (rows, _) = geometry.beam_center, geometry.shape
    return {
        Slip.ROW_FROM_TOP: (rows - row, column),
        Slip.SWAPPED: (rows - column, rows - row),
    }


def _walk(
    samples: Samples,
    geometry: Geometry,
    center: tuple[float, float],
    scatter: float,
    step: float,
) -> tuple[tuple[float, float], float]:
    """Go along rows and columns as long as that helps."""
    farthest = max(geometry.shape)
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        # Away from the detector every image is even: a ring there is nearly a line.
        while True:
            there = center[0] + down * step, center[1] + right * step
            moved = math.dist(there, geometry.beam_center)
            lower = _scatter(samples, geometry, there) if moved < farthest else math.inf
            if lower >= scatter:
                break
            center, scatter = there, lower
    return center, scatter


def _scatter(samples: Samples, geometry: Geometry, center: tuple[float, float]) -> float:
    """Mean absolute deviation from the means of rings around a centre."""
    moved = replace(geometry, beam_center=center)
    y, x = offsets(moved, samples.rows, samples.columns)
    slope_y, slope_x = moved.tilt_direction
    depth = slope_y * y + slope_x * x
    across = np.sqrt(np.maximum(x * x + y * y - depth * depth, 0.0))
    # Seen from a strong tilt, some pixels lie beside or behind the sample; they are put together.
    tangent = across / np.maximum(moved.distance + depth, 0.01 * moved.distance)
    width = moved.pixel_size[0] * samples.block / moved.distance
    rings = (tangent / width).astype(np.intp)
    numbers = np.bincount(rings)
    means = np.bincount(rings, samples.values) / np.maximum(numbers, 1)
    deviations = np.abs(samples.values - means[rings])
    # A ring that holds one sample has no scatter: count what is free to scatter.
    freedom = samples.values.size - int(np.count_nonzero(numbers))
    return float(deviations.sum()) / freedom if freedom > 0 else math.inf
