"""Weighted sums over the pixels of every bin, complete and for each channel.

The kernel keeps a pair of sums for every bin b: over what the narrow pixels that begin in b give to
b itself, and over what they give to b + 1. A complete sum is the first of b plus the second of
b - 1, plus what the wide pixels give.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.kernel import (
    HALF,
    N_BAD,
    N_COPIES,
    scatter_counts,
    scatter_squares,
    scatter_values,
    scatter_wide,
)
from saxsdog.reduction.layers import Layer

INT64_MAX = np.iinfo(np.int64).max
BAD_BYTE = 255

NO_PAIRS = np.empty((0, 0, 0), dtype=np.uint64)

_REAL = np.dtype(np.float64)


@dataclass(frozen=True)
class Pixels:
    """A frame as the kernel takes it.

    Attributes
    ----------
    values
        Flat; integers below 64 bits as unsigned, so that negative values look enormous.
    limit
        The largest value that is a measurement.
    """

    values: NDArray[Any]
    limit: float

    def __post_init__(self) -> None:
        """Forbid writing: frames come so from files, and loops are compiled for either kind."""
        values = self.values.view()
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    def without(self, places: NDArray[np.integer[Any]]) -> "Pixels":
        """Copy the frame with some pixels, by their flat indices, marked as bad."""
        values = self.values.copy()
        kind = values.dtype.kind
        values[places] = (
            np.nan if kind == "f" else -1 if kind == "i" else np.iinfo(values.dtype).max
        )
        return Pixels(values, self.limit)


@dataclass(frozen=True)
class Weights:
    """Sums over c and over c² of the pixels in every bin, shape ``(channels, bins)``."""

    linear: NDArray[np.int64]
    square: NDArray[np.int64]


@dataclass(frozen=True)
class Sums:
    """Sums over the good pixels of a frame, shape ``(channels, bins)``.

    Attributes
    ----------
    value
        Over c v with v the corrected counts; exact integers where counts are not corrected.
    variance
        Over c² times the Poisson variance of v; ``None`` unless asked for.
    square
        Over c v²; ``None`` unless asked for.
    lost
        The weights of the bad pixels.
    any_lost
        Whether it may be more than zeros.
    """

    value: NDArray[Any]
    variance: NDArray[Any] | None
    square: NDArray[np.float64] | None
    lost: Weights
    any_lost: bool = True


def sum_layer(
    layer: Layer,
    pixels: Pixels,
    *,
    factor: NDArray[np.float64] | None = None,
    dark: NDArray[np.float64] | None = None,
    scale: float = 1.0,
    variance: bool = False,
    square: bool = False,
) -> Sums:
    """Sum a frame over the bins of a layer.

    Parameters
    ----------
    layer, pixels
        Made for the same detector.
    factor
        Correction factor of every pixel of the detector, flat.
    dark, scale
        What to subtract from every corrected pixel, flat, and how often. Variances are those of the
        counts alone.
    variance, square
        Which of the optional sums to collect.
    """
    plain = factor is None and dark is None
    counts = plain and pixels.values.dtype.kind != "f"
    most = layer.sub_pixels * pixels.values.size
    value = _Cells(layer, accumulator(pixels, most) if counts else _REAL, packed=counts)
    most *= layer.sub_pixels
    kind = accumulator(pixels, most) if counts else _REAL
    variances = _Cells(layer, kind, packed=counts) if variance else None
    squares = _Cells(layer, _REAL) if square else None
    faint_squares = _Cells(layer, np.dtype(np.int64)) if square and counts else None
    bad = np.zeros((layer.n_regions, layer.n_bins, N_BAD), dtype=np.int64)
    wide_bad = np.zeros((layer.n_regions, layer.n_bins, 2), dtype=np.int64)
    narrow = (layer.runs, layer.first, layer.count, layer.sub_pixels, layer.n_bins)
    if counts:
        scatter_counts(
            pixels.values,
            _faint(layer, pixels, variance=variance),
            pixels.limit,
            *narrow,
            value.packed.reshape(-1),
            None if variances is None else variances.packed.reshape(-1),
            value.pairs.reshape(-1),
            None if variances is None else variances.pairs.reshape(-1),
            bad.reshape(-1),
        )
        if squares is not None and faint_squares is not None:
            scatter_squares(
                pixels.values,
                _faint_square(layer, pixels),
                pixels.limit,
                *narrow,
                faint_squares.pairs.reshape(-1),
                squares.pairs.reshape(-1),
            )
    else:
        scatter_values(
            pixels.values,
            pixels.limit,
            factor,
            dark,
            scale,
            *narrow,
            value.pairs.reshape(-1),
            None if variances is None else variances.pairs.reshape(-1),
            None if squares is None else squares.pairs.reshape(-1),
            bad.reshape(-1),
        )
    scatter_wide(
        pixels.values,
        pixels.limit,
        factor,
        dark,
        scale,
        layer.wide,
        layer.wide_bounds,
        layer.wide_bins,
        layer.wide_count,
        value.wide.reshape(-1),
        None if variances is None else variances.wide.reshape(-1),
        None if squares is None else squares.wide.reshape(-1),
        wide_bad.reshape(-1),
    )
    lost = Weights(
        linear=of_channels(bad[np.newaxis, ..., :2], NO_PAIRS, wide_bad[..., 0], layer.members),
        square=of_channels(bad[np.newaxis, ..., 2:], NO_PAIRS, wide_bad[..., 1], layer.members),
    )
    return Sums(
        value=value.of_channels(),
        variance=None if variances is None else variances.of_channels(),
        square=_added(squares, faint_squares),
        lost=lost,
    )


def all_weights(layer: Layer, n_pixels: int) -> Weights:
    """Weights of all pixels of a layer: what a frame loses in which every pixel is bad."""
    return sum_layer(layer, no_good_pixels(n_pixels)).lost


def no_good_pixels(n_pixels: int) -> Pixels:
    """Return a frame in which every pixel is bad."""
    return Pixels(np.full(n_pixels, BAD_BYTE, dtype=np.uint8), limit=BAD_BYTE - 1)


def _faint(layer: Layer, pixels: Pixels, *, variance: bool) -> np.integer[Any]:
    """Largest count that both sums of a packed pair hold, whatever the bin."""
    heaviest = layer.sub_pixels**2 if variance else layer.sub_pixels
    most = (2**HALF - 1) // max(heaviest * layer.most_pixels, 1)
    return pixels.values.dtype.type(min(most, pixels.limit))  # type: ignore[no-any-return]


def _faint_square(layer: Layer, pixels: Pixels) -> np.integer[Any]:
    """Largest count whose square sums of integers hold: that of a bin and that from before."""
    most = math.isqrt(INT64_MAX // max(2 * layer.sub_pixels * layer.most_pixels, 1))
    return pixels.values.dtype.type(min(most, pixels.limit))  # type: ignore[no-any-return]


def _added(squares: "_Cells | None", faint: "_Cells | None") -> NDArray[np.float64] | None:
    if squares is None:
        return None
    total = squares.of_channels()
    return total if faint is None else total + faint.of_channels()


def accumulator(pixels: Pixels, weight: int) -> np.dtype[Any]:
    """Integers, unless a sum over this much weight could overflow."""
    most = INT64_MAX // max(weight, 1)
    highest = pixels.limit
    if highest > most:
        highest = int(pixels.values.max(initial=0, where=pixels.values <= pixels.limit))
    return np.dtype(np.int64) if highest <= most else _REAL


class _Cells:
    """Where the kernel collects one kind of sum: pairs, packed pairs, and what wide pixels give."""

    def __init__(self, layer: Layer, kind: np.dtype[Any], *, packed: bool = False) -> None:
        shape = (layer.n_regions, layer.n_bins)
        self._members = layer.members
        self.packed = np.zeros((N_COPIES, *shape), dtype=np.uint64) if packed else NO_PAIRS
        self.pairs: NDArray[Any] = np.zeros((1 if packed else N_COPIES, *shape, 2), dtype=kind)
        self.wide: NDArray[Any] = np.zeros(shape, dtype=kind)

    def of_channels(self) -> NDArray[Any]:
        return of_channels(self.pairs, self.packed, self.wide, self._members)


@compiled
def of_channels(
    pairs: NDArray[Any],
    packed: NDArray[np.uint64],
    wide: NDArray[Any],
    members: NDArray[np.bool_],
) -> NDArray[Any]:
    """Add up what each bin of a channel gets, from its own pair and from the one before.

    Parameters
    ----------
    pairs
        Shape ``(copies, regions, bins, 2)``.
    packed
        Shape ``(copies, regions, bins)``.
    wide
        Of the wide pixels, shape ``(regions, bins)``.
    members
        Which regions a channel consists of, shape ``(channels, regions)``.
    """
    half = np.uint64(HALF)
    lower = (np.uint64(1) << half) - np.uint64(1)
    total = np.zeros((members.shape[0], wide.shape[1]), dtype=wide.dtype)
    for channel in range(members.shape[0]):
        for region in np.flatnonzero(members[channel]):
            from_before = wide.dtype.type(0)
            for b in range(wide.shape[1]):
                own, beyond = wide[region, b] + from_before, wide.dtype.type(0)
                for copy in range(pairs.shape[0]):
                    own += pairs[copy, region, b, 0]
                    beyond += pairs[copy, region, b, 1]
                for copy in range(packed.shape[0]):
                    own += np.int64(packed[copy, region, b] & lower)
                    beyond += np.int64(packed[copy, region, b] >> half)
                total[channel, b] += own
                from_before = beyond
    return total
