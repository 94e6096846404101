"""The compiled loops that run over every pixel of every frame.

A pixel is *narrow* when all of its sub-pixels fall into one bin b or into b and b + 1. Then b and
the number k of sub-pixels in b say everything, three bytes in all, and what belongs to either bin
is added to a pair of sums at b (see :mod:`saxsdog.reduction.sums`). The few *wide* pixels list
their bins one by one.

Pixels are visited in the order in which they lie in memory, so a frame is read once, as it comes
from the detector. Integer frames are summed in integers: exactly, whatever the order. No sum is
ever a difference, so a dark bin beside a bright one keeps its precision where counts are corrected.

An argument that is ``None`` costs nothing: the loop is compiled without it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled

N_COPIES = 2
"""Neighbours often meet in the same bin and would wait for each other: they take turns."""

N_BAD = 4
"""Numbers kept of the bad pixels of a bin: k and k² for its own share, and for the next bin's."""


@compiled
def scatter_narrow(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    n_bins: int,
    sums: NDArray[Any],
    variances: NDArray[Any] | None,
    squares: NDArray[Any] | None,
    bad: NDArray[np.int64],
) -> None:
    """Add the narrow pixels to the sums of their first bins.

    Parameters
    ----------
    pixels
        The frame, flat; integers are passed in their unsigned view, so that a negative value and
        the "no value" of an unsigned detector both lie above ``limit``.
    limit
        Largest value that is a measurement.
    factor
        Correction factor of every pixel of the detector, or ``None``.
    runs
        Pixels ``start <= p < stop`` that belong to the same region, rows ``(start, stop, region)``.
    first, count
        First bin of each pixel, in the order of the runs, and its number k of sub-pixels there.
    sub_pixels, n_bins
        Of the layer. The other ``sub_pixels - k`` lie in the next bin; the bins of a region follow
        those of the one before.
    sums
        Output, flat: for each copy, region and bin the weighted values of these pixels, those that
        belong to the bin and those that belong to the next one.
    variances
        Output of the same form: Poisson variances, with the squares of the weights; or ``None``.
    squares
        Output of the same form: squares of the values, with the weights; or ``None``.
    bad
        Output: for each region and bin ``N_BAD`` sums over the weights of the pixels left out.
    """
    one, two, four = np.uint64(1), np.uint64(2), np.uint64(N_BAD)
    copy = np.uint64(sums.size // N_COPIES)
    unit = sums.dtype.type(1)
    j = np.uint64(0)
    for run in range(runs.shape[0]):
        # Views from the region on: one addition less for every pixel.
        region = np.uint64(runs[run, 2]) * np.uint64(n_bins)
        my_sums, my_bad = sums[two * region :], bad[four * region :]
        if variances is not None:
            my_variances = variances[two * region :]
        if squares is not None:
            my_squares = squares[two * region :]
        for p in range(np.uint64(runs[run, 0]), np.uint64(runs[run, 1])):
            n = pixels[p]
            here = np.int64(count[j])
            beyond = sub_pixels - here
            b = np.uint64(first[j])
            if 0 <= n <= limit:
                value = unit * n
                if factor is not None:
                    value *= factor[p]
                at = two * b + (j & one) * copy
                my_sums[at] += value * here
                my_sums[at + one] += value * beyond
                if variances is not None:
                    variance = variances.dtype.type(1) * value
                    if factor is not None:
                        variance *= factor[p]
                    my_variances[at] += variance * (here * here)
                    my_variances[at + one] += variance * (beyond * beyond)
                if squares is not None:
                    square = np.float64(value) * np.float64(value)
                    my_squares[at] += square * here
                    my_squares[at + one] += square * beyond
            else:
                at = four * b
                my_bad[at] += here
                my_bad[at + one] += beyond
                my_bad[at + two] += here * here
                my_bad[at + two + one] += beyond * beyond
            j += one


@compiled
def scatter_wide(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    wide: NDArray[np.uint32],
    bounds: NDArray[np.uint32],
    bins: NDArray[np.uint32],
    count: NDArray[np.uint8],
    sums: NDArray[Any],
    variances: NDArray[Any] | None,
    squares: NDArray[Any] | None,
    bad: NDArray[np.int64],
) -> None:
    """Add the wide pixels to each of their bins.

    The parameters mean what they mean in :func:`scatter_narrow`; pixel ``wide[i]`` has the entries
    ``bounds[i] <= e < bounds[i + 1]`` of ``bins``, which count through the regions, and ``count``.
    Outputs hold one number for each region and bin, ``bad`` two: the sums over k and over k².
    """
    unit = sums.dtype.type(1)
    for i in range(wide.size):
        n = pixels[wide[i]]
        good = 0 <= n <= limit
        value = unit * n
        if factor is not None:
            value *= factor[wide[i]]
        for e in range(bounds[i], bounds[i + 1]):
            b = bins[e]
            k = np.int64(count[e])
            if good:
                sums[b] += value * k
                if variances is not None:
                    variance = variances.dtype.type(1) * value
                    if factor is not None:
                        variance *= factor[wide[i]]
                    variances[b] += variance * (k * k)
                if squares is not None:
                    squares[b] += np.float64(value) * np.float64(value) * k
            else:
                bad[2 * b] += k
                bad[2 * b + 1] += k * k


@compiled
def sum_once(pixels: NDArray[Any]) -> int:
    """Sum of a frame read once: the yardstick of the benchmark."""
    total = 0
    for p in range(pixels.size):
        total += pixels[p]
    return total
