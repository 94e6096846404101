"""Sum a frame over many bins, one bin after the other.

A pixel costs more than in :mod:`saxsdog.reduction.kernel`, because pixels are fetched out of order.
But a sum stays in a register until its bin is done, so that it costs nothing to have hundreds of
thousands of them, as a cake has: those do not fit beside the processor.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.bin_lists import BinLists
from saxsdog.reduction.known_sums import N_KNOWN, KnownSums
from saxsdog.reduction.sums import Pixels, Sums, Weights, accumulator


def sum_lists(
    lists: BinLists,
    pixels: Pixels,
    *,
    subtract: float = 0.0,
    variance: bool = False,
    square: bool = False,
) -> Sums:
    """Sum a frame over all bins, corrected by the factor of the lists.

    Parameters
    ----------
    lists, pixels
        Made for the same detector.
    subtract
        How often the dark of the lists is subtracted from every corrected pixel.
    variance, square
        Which of the optional sums to collect.
    """
    n_bins, size = lists.n_bins, pixels.values.size
    factor, dark = lists.factor, lists.dark if subtract else None
    counts = factor is None and dark is None and pixels.values.dtype.kind != "f"
    real = np.dtype(np.float64)
    values = np.empty(n_bins, accumulator(pixels, lists.sub_pixels * size) if counts else real)
    kind = accumulator(pixels, lists.sub_pixels**2 * size) if counts else real
    variances = np.empty(n_bins, kind) if variance else None
    squares = np.empty(n_bins) if square else None
    lost, lost_squares = (np.zeros(n_bins + 1, np.int64) for _ in range(2))
    any_lost = _gather(
        pixels.values,
        pixels.limit,
        factor,
        dark,
        subtract,
        lists.starts,
        lists.pixel,
        lists.own,
        lists.beyond,
        values,
        variances,
        squares,
        lost,
        lost_squares,
    )
    return Sums(
        value=values[np.newaxis],
        variance=None if variances is None else variances[np.newaxis],
        square=None if squares is None else squares[np.newaxis],
        lost=Weights(lost[np.newaxis, :-1], lost_squares[np.newaxis, :-1]),
        any_lost=any_lost,
    )


def known_of_bad_entries(lists: BinLists, pixels: Pixels, *, squared: bool) -> KnownSums:
    """Do for lists what :func:`~saxsdog.reduction.known_sums.known_of_bad` does for a layer."""
    # Pages of these that stay zeros cost nothing.
    sums = [np.zeros((1, lists.n_bins + 1)) for _ in range(N_KNOWN)]
    _gather_bad(
        pixels.values,
        pixels.limit,
        squared,
        lists.starts,
        lists.pixel,
        lists.own,
        lists.beyond,
        lists.factor,
        lists.dark,
        *(each[0] for each in sums),
    )
    return KnownSums(*(each[:, :-1] for each in sums))


@compiled
def _gather_bad(
    pixels: NDArray[Any],
    limit: float,
    squared: bool,
    starts: NDArray[np.uint32],
    pixel: NDArray[np.uint32],
    own: NDArray[np.uint8],
    beyond: NDArray[np.uint8],
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    factors: NDArray[np.float64],
    darks: NDArray[np.float64],
    variances: NDArray[np.float64],
) -> None:
    """Add what is known beforehand of the bad pixels to the sums of their bins."""
    for b in range(starts.size - 1):
        for e in range(np.uint64(starts[b]), np.uint64(starts[b + 1])):
            if 0 <= pixels[pixel[e]] <= limit:
                continue
            f = 1.0 if factor is None else factor[e]
            for at, k in ((b, np.int64(own[e])), (b + 1, np.int64(beyond[e]))):
                factors[at] += f * k
                if dark is not None:
                    darks[at] += dark[e] * k
                    variances[at] += f * max(dark[e], 0.0) * (k * k if squared else k)


@compiled
def _gather(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    subtract: float,
    starts: NDArray[np.uint32],
    pixel: NDArray[np.uint32],
    own: NDArray[np.uint8],
    beyond: NDArray[np.uint8],
    values: NDArray[Any],
    variances: NDArray[Any] | None,
    squares: NDArray[np.float64] | None,
    lost: NDArray[np.int64],
    lost_squares: NDArray[np.int64],
) -> bool:
    """Sum the pixels of each bin; true if some of them are bad.

    The parameters mean what they mean in ``scatter_values``, in ``BinLists`` and above; besides

    Parameters
    ----------
    values, variances, squares
        Output, one number for each bin.
    lost, lost_squares
        Output, zeros at first and one more: weights of the bad pixels, and their squares.
    """
    unit, one = values.dtype.type(1), np.uint64(1)
    # In order, a frame comes from memory five times as fast as pixel by pixel.
    n_bad = _count_bad(pixels, limit)
    next_value = values.dtype.type(0)
    if variances is not None:
        next_variance = variances.dtype.type(0)
    next_square = 0.0
    any_lost = False
    for b in range(np.uint64(values.size)):
        value, next_value = next_value, values.dtype.type(0)
        if variances is not None:
            variance, next_variance = next_variance, variances.dtype.type(0)
        square, next_square = next_square, 0.0
        for e in range(np.uint64(starts[b]), np.uint64(starts[b + one])):
            p = np.uint64(pixel[e])
            n = pixels[p]
            here, there = np.int64(own[e]), np.int64(beyond[e])
            if 0 <= n <= limit:
                v = unit * n
                if factor is not None:
                    v *= factor[e]
                if variances is not None:
                    expected = variances.dtype.type(1) * v
                    if factor is not None:
                        expected *= factor[e]
                    variance += expected * (here * here)
                    next_variance += expected * (there * there)
                if dark is not None:
                    v -= subtract * dark[e]
                value += v * here
                next_value += v * there
                if squares is not None:
                    squared = np.float64(v) * np.float64(v)
                    square += squared * here
                    next_square += squared * there
            else:
                any_lost = True
                lost[b] += here
                lost[b + one] += there
                lost_squares[b] += here * here
                lost_squares[b + one] += there * there
        values[b] = value
        if variances is not None:
            variances[b] = variance
        if squares is not None:
            squares[b] = square
    return any_lost and n_bad > 0


@compiled
def _count_bad(pixels: NDArray[Any], limit: float) -> int:
    """Read a frame from its start to its end; compiled to vector instructions."""
    n_bad = 0
    for i in range(pixels.size):
        n_bad += not 0 <= pixels[i] <= limit
    return n_bad
