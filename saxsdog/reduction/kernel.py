"""The compiled loops that run over every pixel of every frame.

A pixel is *narrow* when all of its sub-pixels fall into one bin b or into b and b + 1. Then b and
the number k of sub-pixels in b say everything, three bytes in all, and what belongs to either bin
is added to a pair of sums at b (see :mod:`saxsdog.reduction.sums`). The few *wide* pixels list
their bins one by one.

Pixels are visited in the order in which they lie in memory, so a frame is read once, as it comes
from the detector. Integer frames are summed in integers: exactly, whatever the order. No sum is
ever a difference, so a dark bin beside a bright one keeps its precision where counts are corrected.

What costs time is to fetch and to store a sum. Counts that nobody corrects therefore keep both sums
of a pair in the halves of one 64-bit number, a *packed pair*, and pixels are weighted by vector
instructions, some at a time, before they are added one by one. Counts so high that a half could
overflow are rare, like bad pixels; both are looked at again.

An argument that is ``None`` costs nothing: the loop is compiled without it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled, prefetch

N_COPIES = 2
"""Neighbours often meet in the same bin and would wait for each other: they take turns."""

N_BAD = 4
"""Numbers kept of the bad pixels of a bin: k and k² for its own share, and for the next bin's."""

HALF = 32
"""Bits of either sum in a packed pair; the lower half belongs to the bin itself."""

CHUNK = 2048
"""Pixels that are weighted at a time: what is kept of them stays next to the processor."""

SHORT = 50
"""Pixels of a run in the mean; chunks of shorter ones, as in a narrow slice, are not worth it."""

BLOCK = 64
"""Pixels after which the same number of the next chunk is asked for."""


@compiled
def scatter_counts(
    pixels: NDArray[Any],
    faint: Any,
    limit: float,
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    n_bins: int,
    packed: NDArray[np.uint64],
    packed_variances: NDArray[np.uint64] | None,
    sums: NDArray[Any],
    variances: NDArray[Any] | None,
    bad: NDArray[np.int64],
) -> None:
    """Add the counts of the narrow pixels to the packed pairs of their first bins.

    Parameters
    ----------
    pixels
        The frame, flat; integers are passed in their unsigned view, so that a negative value and
        the "no value" of an unsigned detector both lie above ``limit``.
    faint
        Largest count, of the type of the pixels, with which no packed pair can overflow.
    limit
        Largest value that is a measurement.
    runs
        Pixels ``start <= p < stop`` that belong to the same region, rows ``(start, stop, region)``.
    first, count
        First bin of each pixel, in the order of the runs, and its number k of sub-pixels there.
    sub_pixels, n_bins
        Of the layer. The other ``sub_pixels - k`` lie in the next bin; the bins of a region follow
        those of the one before.
    packed
        Output, flat: for each copy, region and bin the packed pair of the weighted counts.
    packed_variances
        Output of the same form: Poisson variances, with the squares of the weights; or ``None``.
    sums, variances
        Output, flat: for each region and bin the pair of what is not faint.
    bad
        Output: for each region and bin ``N_BAD`` sums over the weights of the pixels left out.
    """
    if first.size < SHORT * runs.shape[0]:
        _scatter_singly(
            pixels,
            faint,
            limit,
            runs,
            first,
            count,
            sub_pixels,
            n_bins,
            packed,
            packed_variances,
            sums,
            variances,
            bad,
        )
        return
    values = np.empty(CHUNK, pixels.dtype)
    weighted = np.empty(CHUNK, np.uint64)
    j = filled = 0
    for run in range(runs.shape[0]):
        start, stop = np.int64(runs[run, 0]), np.int64(runs[run, 1])
        while start < stop:
            # Put together, runs between spots of a mask are weighted as fast as whole rows.
            size: Any = min(CHUNK - filled, stop - start)
            _copy(pixels[start : start + size], values[filled:])
            filled += size
            start += size
            last = start == stop and (run + 1 == runs.shape[0] or runs[run + 1, 2] != runs[run, 2])
            if filled < CHUNK and not last:
                continue
            chunk = values[:filled]
            region = np.uint64(runs[run, 2]) * np.uint64(n_bins)
            its_first, its_count = first[j : j + filled], count[j : j + filled]
            any_rare = _weigh(chunk, faint, its_count, sub_pixels, weighted)
            _add(its_first, weighted, packed, region, pixels, start, its_count)
            if packed_variances is not None:
                _weigh_by_square(chunk, faint, its_count, sub_pixels, weighted)
                _add(its_first, weighted, packed_variances, region, pixels, start, its_count)
            if any_rare:
                _scatter_rare(
                    chunk,
                    faint,
                    limit,
                    its_first,
                    its_count,
                    sub_pixels,
                    region,
                    sums,
                    variances,
                    bad,
                )
            j += filled
            filled = 0


@compiled
def _scatter_singly(
    pixels: NDArray[Any],
    faint: Any,
    limit: float,
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    n_bins: int,
    packed: NDArray[np.uint64],
    packed_variances: NDArray[np.uint64] | None,
    sums: NDArray[Any],
    variances: NDArray[Any] | None,
    bad: NDArray[np.int64],
) -> None:
    """Do the work of :func:`scatter_counts` one pixel after the other."""
    one, half = np.uint64(1), np.uint64(HALF)
    copy = np.uint64(packed.size // N_COPIES)
    all_sub_pixels = np.uint64(sub_pixels)
    j = np.uint64(0)
    for run in range(runs.shape[0]):
        start, stop = np.uint64(runs[run, 0]), np.uint64(runs[run, 1])
        region = np.uint64(runs[run, 2]) * np.uint64(n_bins)
        for p in range(start, stop):
            n = pixels[p]
            b = region + np.uint64(first[j])
            here = np.uint64(count[j])
            beyond = all_sub_pixels - here
            if 0 <= n <= faint:
                at = b + (j & one) * copy
                packed[at] += np.uint64(n) * (here | beyond << half)
                if packed_variances is not None:
                    packed_variances[at] += np.uint64(n) * (here * here | beyond * beyond << half)
            elif 0 <= n <= limit:
                _add_bright(sums, variances, b, n, np.int64(here), np.int64(beyond))
            else:
                _leave_out(bad, b, np.int64(here), np.int64(beyond))
            j += one


@compiled
def _copy(pixels: NDArray[Any], target: NDArray[Any]) -> None:
    """Copy to the start of the target; as a function it is compiled to vector instructions."""
    for i in range(pixels.size):
        target[i] = pixels[i]


@compiled
def _weigh(
    pixels: NDArray[Any],
    faint: Any,
    count: NDArray[np.uint8],
    sub_pixels: int,
    weighted: NDArray[np.uint64],
) -> bool:
    """Pack ``k n`` and ``(sub_pixels - k) n`` of the faint pixels; true if there are others."""
    # The pair of weights as one number: sub_pixels * 2**32 - k * (2**32 - 1).
    next_bin = np.uint64(sub_pixels) << np.uint64(HALF)
    back = (np.uint64(1) << np.uint64(HALF)) - np.uint64(1)
    n_rare = 0
    for i in range(pixels.size):
        is_faint = 0 <= pixels[i] <= faint
        n_rare += not is_faint
        n = np.uint64(pixels[i]) if is_faint else np.uint64(0)
        weighted[i] = n * (next_bin - np.uint64(count[i]) * back)
    return n_rare > 0


@compiled
def _weigh_by_square(
    pixels: NDArray[Any],
    faint: Any,
    count: NDArray[np.uint8],
    sub_pixels: int,
    weighted: NDArray[np.uint64],
) -> None:
    """Pack ``k² n`` and ``(sub_pixels - k)² n`` of the faint pixels."""
    for i in range(pixels.size):
        n = np.uint64(pixels[i]) if 0 <= pixels[i] <= faint else np.uint64(0)
        here = np.uint64(count[i])
        beyond = np.uint64(sub_pixels) - here
        weighted[i] = n * (here * here | beyond * beyond << np.uint64(HALF))


@compiled
def _add(
    first: NDArray[Any],
    weighted: NDArray[np.uint64],
    packed: NDArray[np.uint64],
    region: np.uint64,
    pixels: NDArray[Any],
    next_pixel: int,
    count: NDArray[np.uint8],
) -> None:
    """Add packed pairs to those of their bins, while the next chunk comes from memory.

    A large frame does not stay beside the processor, and what is read in chunks is not foreseen by
    it: without asking, a frame of 16 million pixels takes a quarter longer.
    """
    my_packed = packed[region:]
    copy = np.uint64(packed.size // N_COPIES)
    n_pixels = np.uint64(first.size)
    for block in range(np.uint64(0), n_pixels, np.uint64(BLOCK)):
        ahead = np.int64(block) + CHUNK
        for i in range(4):  # 64 pixels lie in four lines of 16 numbers of 32 bits ...
            prefetch(pixels, next_pixel + np.int64(block) + 16 * i)
        for i in range(2):  # ... their first bins in two lines, and their counts in one
            prefetch(first, ahead + 32 * i)
        prefetch(count, ahead)
        for i in range(block, min(block + np.uint64(BLOCK), n_pixels)):
            my_packed[np.uint64(first[i]) + (i & np.uint64(1)) * copy] += weighted[i]


@compiled
def _scatter_rare(
    pixels: NDArray[Any],
    faint: Any,
    limit: float,
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    region: np.uint64,
    sums: NDArray[Any],
    variances: NDArray[Any] | None,
    bad: NDArray[np.int64],
) -> None:
    """Add the bright pixels of a chunk, and take note of the bad ones."""
    for i in range(pixels.size):
        n = pixels[i]
        if 0 <= n <= faint:
            continue
        b = region + np.uint64(first[i])
        here = np.int64(count[i])
        beyond = np.int64(sub_pixels) - here
        if 0 <= n <= limit:
            _add_bright(sums, variances, b, n, here, beyond)
        else:
            _leave_out(bad, b, here, beyond)


@compiled
def _add_bright(
    sums: NDArray[Any],
    variances: NDArray[Any] | None,
    b: np.uint64,
    n: Any,
    here: np.int64,
    beyond: np.int64,
) -> None:
    """Add a count to sums that cannot overflow."""
    at = np.uint64(2) * b
    value = sums.dtype.type(1) * n
    sums[at] += value * here
    sums[at + np.uint64(1)] += value * beyond
    if variances is not None:
        variance = variances.dtype.type(1) * n
        variances[at] += variance * (here * here)
        variances[at + np.uint64(1)] += variance * (beyond * beyond)


@compiled
def scatter_squares(
    pixels: NDArray[Any],
    faint: Any,
    limit: float,
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    n_bins: int,
    squares: NDArray[np.int64],
    bright: NDArray[np.float64],
) -> None:
    """Add the squares of the counts of the narrow pixels to the sums of their first bins.

    The parameters mean what they mean in :func:`scatter_counts`; besides them

    Parameters
    ----------
    faint
        Largest count with whose square no sum of integers can overflow.
    squares
        Output, flat: for each copy, region and bin the pair of sums over the faint pixels.
    bright
        Output, flat: for each region and bin the pair of sums over the others.
    """
    one, two = np.uint64(1), np.uint64(2)
    copy = np.uint64(squares.size // N_COPIES)
    j = np.uint64(0)
    for run in range(runs.shape[0]):
        region = np.uint64(runs[run, 2]) * np.uint64(n_bins)
        my_squares, my_bright = squares[two * region :], bright[two * region :]
        for p in range(np.uint64(runs[run, 0]), np.uint64(runs[run, 1])):
            n = pixels[p]
            here = np.int64(count[j])
            beyond = np.int64(sub_pixels) - here
            at = two * np.uint64(first[j])
            if 0 <= n <= faint:
                square = np.int64(n) * np.int64(n)
                at += (j & one) * copy
                my_squares[at] += square * here
                my_squares[at + one] += square * beyond
            elif 0 <= n <= limit:
                large = np.float64(n) * np.float64(n)
                my_bright[at] += large * here
                my_bright[at + one] += large * beyond
            j += one


@compiled
def scatter_values(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    scale: float,
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    n_bins: int,
    sums: NDArray[np.float64],
    variances: NDArray[np.float64] | None,
    squares: NDArray[np.float64] | None,
    bad: NDArray[np.int64],
) -> None:
    """Add the values of the narrow pixels, real or corrected, to the sums of their first bins.

    The parameters mean what they mean in :func:`scatter_counts`; besides them

    Parameters
    ----------
    factor
        Correction factor of every pixel of the detector, or ``None``.
    dark, scale
        What is subtracted from every pixel, corrected already, and how often; or ``None``.
    sums, variances, squares
        Output, flat: for each copy, region and bin the pair of sums, of the weighted values, of
        the Poisson variances of the counts with the squares of the weights, and of the weighted
        squares of the values.
    """
    one, two = np.uint64(1), np.uint64(2)
    copy = np.uint64(sums.size // N_COPIES)
    j = np.uint64(0)
    for run in range(runs.shape[0]):
        region = np.uint64(runs[run, 2]) * np.uint64(n_bins)
        my_sums = sums[two * region :]
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
                value = np.float64(n)
                if factor is not None:
                    value *= factor[p]
                if variances is not None:
                    variance = value
                    if factor is not None:
                        variance *= factor[p]
                if dark is not None:
                    value -= scale * dark[p]
                at = two * b + (j & one) * copy
                my_sums[at] += value * here
                my_sums[at + one] += value * beyond
                if variances is not None:
                    my_variances[at] += variance * (here * here)
                    my_variances[at + one] += variance * (beyond * beyond)
                if squares is not None:
                    my_squares[at] += value * value * here
                    my_squares[at + one] += value * value * beyond
            else:
                _leave_out(bad, region + b, here, beyond)
            j += one


@compiled
def _leave_out(bad: NDArray[np.int64], b: np.uint64, here: np.int64, beyond: np.int64) -> None:
    """Take note of a bad pixel."""
    at = np.uint64(N_BAD) * b
    bad[at] += here
    bad[at + np.uint64(1)] += beyond
    bad[at + np.uint64(2)] += here * here
    bad[at + np.uint64(3)] += beyond * beyond


@compiled
def scatter_wide(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    scale: float,
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

    The parameters mean what they mean in :func:`scatter_values`; pixel ``wide[i]`` has the entries
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
        if variances is not None:
            variance = variances.dtype.type(1) * value
            if factor is not None:
                variance *= factor[wide[i]]
        if dark is not None:
            value -= scale * dark[wide[i]]
        for e in range(bounds[i], bounds[i + 1]):
            b = bins[e]
            k = np.int64(count[e])
            if good:
                sums[b] += value * k
                if variances is not None:
                    variances[b] += variance * (k * k)
                if squares is not None:
                    squares[b] += np.float64(value) * np.float64(value) * k
            else:
                bad[2 * b] += k
                bad[2 * b + 1] += k * k
