"""Mean counts across the rings of a frame, sector by sector."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.geometry import Geometry, chi
from saxsdog.refinement.pixels import Pixels, pixels_per_radian

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

OUTLYING = 6.0
"""Standard deviations of a count from its neighbours on the ring beyond which it may be broken."""

OUTLYING_RATIO = 3.0
"""And how many times more or less than they it then counts: a sharp ring is steep, not broken."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Which rings to look at, how far around them and in how fine steps.

    Attributes
    ----------
    angles
        Where the rings are expected, rad, ascending.
    half_widths
        How far to look to either side, pixels, for each ring.
    step
        Width of a bin, pixels.
    sectors
        Number of sectors around the full circle.
    """

    angles: Array
    half_widths: Array
    step: float
    sectors: int


@dataclass(frozen=True, eq=False)
class Profiles:
    """Bins across the rings; a row of each array is a cell, one ring in one sector.

    Attributes
    ----------
    ring, azimuth
        Of each cell: index of the ring, mean azimuth of its pixels (rad).
    place
        Mean distance from the expected ring of the pixels in each bin, pixels.
    mean, number
        Mean counts of a bin and the number of its pixels, which may be 0.
    """

    ring: Indices
    azimuth: Array
    place: Array
    mean: Array
    number: Array


def profiles_of(pixels: Pixels, geometry: Geometry, windows: Windows) -> Profiles:
    """Sort the pixels near rings into bins; broken ones are left out."""
    scales = pixels_per_radian(geometry, windows.angles)
    angles = pixels.angles(geometry)
    borders = (windows.angles[1:] + windows.angles[:-1]) / 2
    ring = np.searchsorted(borders, angles)
    place = (angles - windows.angles[ring]) * scales[ring]
    near = np.abs(place) < windows.half_widths[ring]
    ring, place, counts = ring[near], place[near], pixels.counts[near]
    around = chi(geometry, pixels.rows[near], pixels.columns[near])
    turn = (around + np.pi) / (2 * np.pi) * windows.sectors
    sector = np.minimum(turn.astype(np.intp), windows.sectors - 1)
    n_bins = 2 * int(np.ceil(windows.half_widths.max() / windows.step)) + 1
    cell = ring * windows.sectors + sector
    column = np.rint(place / windows.step).astype(np.intp) + n_bins // 2
    flat = cell * n_bins + np.clip(column, 0, n_bins - 1)
    good = _unbroken(flat, counts)
    flat, cell, place = flat[good], cell[good], place[good]
    counts, turn = counts[good], turn[good]
    shape = (windows.angles.size * windows.sectors, n_bins)
    size = shape[0] * shape[1]
    number = np.bincount(flat, minlength=size).reshape(shape).astype(np.float64)
    each = np.maximum(number, 1.0)
    sums = np.bincount(flat, counts, size).reshape(shape)
    places = np.bincount(flat, place, size).reshape(shape)
    in_cell = np.bincount(cell, minlength=shape[0])
    turns = np.bincount(cell, turn, shape[0]) / np.maximum(in_cell, 1)
    filled = in_cell > 0
    return Profiles(
        ring=np.repeat(np.arange(windows.angles.size), windows.sectors)[filled],
        azimuth=(turns * (2 * np.pi) / windows.sectors - np.pi)[filled],
        place=(places / each)[filled],
        mean=(sums / each)[filled],
        number=number[filled],
    )


def _unbroken(group: Indices, counts: Array) -> NDArray[np.bool_]:
    """Tell which counts are like the middle one of their group: hot and dead pixels are not."""
    if not group.size:
        return np.zeros(0, np.bool_)
    order = np.lexsort((counts, group))
    sorted_groups = group[order]
    starts = np.flatnonzero(np.diff(sorted_groups, prepend=-1))
    sizes = np.diff(starts, append=group.size)
    middle = np.repeat(counts[order][starts + (sizes - 1) // 2], sizes)
    value = counts[order]
    allowed = OUTLYING * np.sqrt(np.maximum(middle, 1.0))
    wrong = (value > middle + allowed) & (value > OUTLYING_RATIO * middle)
    wrong |= (value < middle - allowed) & (value < middle / OUTLYING_RATIO)
    good = np.empty(group.size, np.bool_)
    good[order] = ~wrong
    return good
