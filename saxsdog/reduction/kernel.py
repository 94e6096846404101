"""The compiled loops that run over every pixel of every frame.

A pixel is *narrow* when all of its sub-pixels fall into one bin b or into b and b + 1. Then b and
the number k of sub-pixels in b say everything, three bytes in all, and the loop only adds the count
n and k n to bin b; what belongs to b + 1 follows from the two sums once a frame (see
:mod:`saxsdog.reduction.sums`). The few *wide* pixels list their bins one by one.

Pixels are visited in the order in which they lie in memory, so a frame is read once, as it comes
from the detector. Integer frames are summed in integers: exactly, whatever the order.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

N_COPIES = 2
"""Neighbours often meet in the same bin and would wait for each other: they take turns."""


@njit(cache=True, nogil=True)
def scatter_narrow(
    pixels: NDArray[np.generic],
    limit: float,
    factor: NDArray[np.float64] | None,
    squares: bool,
    runs: NDArray[np.uint32],
    first: NDArray[np.unsignedinteger],
    count: NDArray[np.uint8],
    n_bins: int,
    sums: NDArray[np.generic],
    moments: NDArray[np.float64] | None,
    bad: NDArray[np.int64],
) -> None:
    """Add the narrow pixels to the sums of their first bins.

    Parameters
    ----------
    pixels
        The frame, flat; integers are passed in their unsigned view, so that a negative value and
        the "no value" of an unsigned detector both lie above ``limit``.
    limit
        Largest value that is a measurement, in the type of ``pixels``.
    factor
        Correction factor of every pixel of the detector, or ``None``: the loop is compiled without.
    squares
        Whether ``moments`` collects squares of the values, else their Poisson variances.
    runs
        Pixels ``start <= p < stop`` that belong to the same region, rows ``(start, stop, region)``.
    first, count
        First bin of each pixel, in the order of the runs, and its number of sub-pixels there.
    n_bins
        Of the layer; the sums of a region follow those of the one before.
    sums
        Output, flat: for each copy, region and bin the pair of sums over n and over k n.
    moments
        Output like ``sums``: triples of sums over w, k w and k² w with w the square or the
        variance; ``None`` where no error model asks for it.
    bad
        Output: for each region and bin the sums over 1, k and k² of the pixels left out.
    """
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    copy_of_sums = np.uint64(sums.size // N_COPIES)
    copy_of_moments = np.uint64(0 if moments is None else moments.size // N_COPIES)
    unit = sums.dtype.type(1)
    j = np.uint64(0)
    for run in range(runs.shape[0]):
        base = np.uint64(runs[run, 2]) * np.uint64(n_bins)
        for p in range(np.uint64(runs[run, 0]), np.uint64(runs[run, 1])):
            n = pixels[p]
            k = np.int64(count[j])
            b = base + np.uint64(first[j])
            if 0 <= n <= limit:
                value = unit * n
                if factor is not None:
                    value *= factor[p]
                at = two * b + (j & one) * copy_of_sums
                sums[at] += value
                sums[at + one] += value * k
                if moments is not None:
                    weight = np.float64(value)
                    if squares:
                        weight *= value
                    elif factor is not None:
                        weight *= factor[p]
                    at = three * b + (j & one) * copy_of_moments
                    moments[at] += weight
                    moments[at + one] += weight * k
                    moments[at + two] += weight * k * k
            else:
                at = three * b
                bad[at] += 1
                bad[at + one] += k
                bad[at + two] += k * k
            j += one


@njit(cache=True, nogil=True)
def scatter_wide(
    pixels: NDArray[np.generic],
    limit: float,
    factor: NDArray[np.float64] | None,
    squares: bool,
    wide: NDArray[np.uint32],
    bounds: NDArray[np.uint32],
    bins: NDArray[np.uint32],
    count: NDArray[np.uint8],
    sums: NDArray[np.generic],
    moments: NDArray[np.float64] | None,
    bad: NDArray[np.int64],
) -> None:
    """Add the wide pixels to each of their bins.

    The parameters mean what they mean in :func:`scatter_narrow`; pixel ``wide[i]`` has the entries
    ``bounds[i] <= e < bounds[i + 1]`` of ``bins``, which count through the regions, and ``count``.
    Outputs are complete sums for each region and bin: ``sums`` over k n, ``moments`` over k w and
    k² w, ``bad`` over k and k².
    """
    unit = sums.dtype.type(1)
    for i in range(wide.size):
        n = pixels[wide[i]]
        good = 0 <= n <= limit
        value = unit * n
        weight = np.float64(value)
        if factor is not None:
            value *= factor[wide[i]]
            weight = np.float64(value * factor[wide[i]])
        if squares:
            weight = np.float64(value * value)
        for e in range(bounds[i], bounds[i + 1]):
            b = bins[e]
            k = np.int64(count[e])
            if good:
                sums[b] += value * k
                if moments is not None:
                    moments[2 * b] += weight * k
                    moments[2 * b + 1] += weight * k * k
            else:
                bad[2 * b] += k
                bad[2 * b + 1] += k * k


@njit(cache=True, nogil=True)
def sum_once(pixels: NDArray[np.generic]) -> int:
    """Sum of a frame read once: the yardstick of the benchmark."""
    total = 0
    for p in range(pixels.size):
        total += pixels[p]
    return total
