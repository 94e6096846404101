"""From counts to the places of a colour scale, and back."""

import math
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.inspection.counts import Flags

Places = NDArray[np.float32]
Levels = tuple[float, float]

DARKEST_PERCENTILE = 1.0
DARKEST_OF_MEDIAN = 0.3
"""Black is well below the background, so that the background itself can be seen."""

BRIGHTEST_PERCENTILE = 99.8
"""The direct beam and a few hot pixels may be brighter than the brightest colour."""

SAMPLED = 50_000
"""Pixels that the levels are found from."""

FEWEST_COUNTS = 4.0
"""Between the darkest and the brightest colour at least, so that a flat frame looks flat."""

MOST = np.finfo(np.float32).max
"""Counts that a place can be found for; a file may hold more."""

NO_COUNT = 0
"""Index of pixels without a count."""

DARKEST, BRIGHTEST = 1, 255
"""Indices of the colours."""


class CountScale(StrEnum):
    """How counts are spread over the colours."""

    LOG = "log"
    SQUARE_ROOT = "sqrt"
    LINEAR = "linear"


def place_of(counts: float, scale: CountScale) -> float:
    """Return where a number of counts lies; the logarithm is that of counts + 1."""
    match scale:
        case CountScale.LOG:
            return math.log10(max(counts, 0.0) + 1.0)
        case CountScale.SQUARE_ROOT:
            return math.sqrt(max(counts, 0.0))
        case CountScale.LINEAR:
            return counts


def counts_of(place: float, scale: CountScale) -> float:
    """Return the counts that lie at a place."""
    match scale:
        case CountScale.LOG:
            return float(10.0 ** min(place, 300.0)) - 1.0
        case CountScale.SQUARE_ROOT:
            return place * abs(place)
        case CountScale.LINEAR:
            return place


def places(pixels: NDArray[Any], gaps: Flags, scale: CountScale) -> Places:
    """Map counts, the largest at most to where :data:`MOST` lies; a gap is put at 0."""
    if pixels.dtype.kind == "f" and pixels.dtype.itemsize > MOST.itemsize:
        pixels = np.minimum(pixels, MOST)
    counts = pixels.astype(np.float32)
    np.copyto(counts, np.float32(0.0), where=gaps)
    match scale:
        case CountScale.LOG:
            counts += np.float32(1.0)
            np.log(counts, out=counts)
            counts *= np.float32(1.0 / math.log(10.0))
        case CountScale.SQUARE_ROOT:
            np.sqrt(counts, out=counts)
        case CountScale.LINEAR:
            pass
    return counts


def levels_of(mapped: Places, gaps: Flags, scale: CountScale) -> Levels:
    """Choose the places of the darkest and the brightest colour for what a frame shows."""
    # An odd stride that shares no factor with the columns, else it would sample a few of them.
    stride = max(mapped.size // SAMPLED, 1)
    while math.gcd(stride, mapped.shape[1]) > 1:
        stride += 1
    sample = mapped.ravel()[::stride][~gaps.ravel()[::stride]]
    if not sample.size:
        return 0.0, place_of(FEWEST_COUNTS, scale)
    low, middle, high = np.percentile(sample, (DARKEST_PERCENTILE, 50.0, BRIGHTEST_PERCENTILE))
    background = place_of(DARKEST_OF_MEDIAN * counts_of(float(middle), scale), scale)
    low = min(low, background)
    least = place_of(counts_of(float(low), scale) + FEWEST_COUNTS, scale)
    return float(low), max(float(high), least)


def indices(mapped: Places, gaps: Flags, levels: Levels) -> NDArray[np.uint8]:
    """Map places to colours from ``DARKEST`` to ``BRIGHTEST``, gaps to ``NO_COUNT``."""
    low, high = levels
    step = np.float32((BRIGHTEST - DARKEST) / max(high - low, 1e-12))
    scaled = mapped - np.float32(low)
    with np.errstate(over="ignore"):  # what is far beyond the levels is clipped
        scaled *= step
    scaled += np.float32(DARKEST)
    np.clip(scaled, DARKEST, BRIGHTEST, out=scaled)
    result = scaled.astype(np.uint8)
    np.copyto(result, np.uint8(NO_COUNT), where=gaps)
    return result


def ticks(levels: Levels, scale: CountScale) -> list[float]:
    """Choose counts to write beside the colours, ascending."""
    low, high = (counts_of(place, scale) for place in levels)
    if not math.isfinite(high - low):  # levels can be dragged beyond every number
        return []
    if scale is CountScale.LOG:
        decades = math.log10(max(high, 1.0)) - math.log10(max(low, 1.0))
        steps = (1, 2, 5) if decades < 2.5 else (1,)
        top = math.ceil(math.log10(max(high, 1.0))) + 1
        candidates = [0.0, *(float(step * 10**n) for n in range(top) for step in steps)]
    else:
        step = _nice((high - low) / 6)
        start = math.ceil(low / step)
        candidates = [n * step for n in range(start, start + 20)]
    return [counts for counts in candidates if low <= counts <= high]


def _nice(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(max(step, 1e-9)))
    return next(power * nice for nice in (1, 2, 5, 10) if power * nice >= step * (1 - 1e-9))
