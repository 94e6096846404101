r"""Find the pixels of a frame that do not belong to their ring, and leave them out.

A cosmic ray, or a decay in the detector, gives a pixel or a few far more than their neighbours on
the ring have. With :math:`I` the mean of the corrected counts :math:`v_p` where pixel p lies, the
pixel is a zinger if

.. math:: |v_p - I| > S \max(\sigma, \sigma_p) + f_p\,\frac{S^2 - 1}{6} .

:math:`\sigma` is the scatter of the other pixels in the bin and :math:`\sigma_p` that of the
counting of this one, :math:`\sigma_p^2 = f_p I + (s + s^2) f_p^2 D_p` with the correction factor f
and s times the dark D. The last term is due to the skewness of Poisson's law (E. A. Cornish and
R. A. Fisher, Rev. Inst. Int. Stat. 5, 307 (1938)): without it a single photon in a dark bin would
be a zinger.

How far a pixel may lie from the mean that it is part of, where it lies S times the scatter of the
other pixels from the mean of the others, follows from the sums of all: with their number N and mean
square deviation m,

.. math::
    (v - I)^2 > \frac{S^2 m N}{N - 2}
    \left[\frac{N^2}{(N-1)^2} + \frac{S^2 N}{(N-1)(N-2)}\right]^{-1} .

So a zinger does not hide itself by what it adds to the scatter of a bin of few pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.bad_pixels import Clipping
from saxsdog.reduction.geometry import Array
from saxsdog.reduction.layers import Layer
from saxsdog.reduction.sums import Pixels, Sums, Weights, sum_layer

FEWEST_PIXELS = 10.0
"""In a bin of fewer nobody can tell which of them is wrong."""

FIRST_ROOM = 1024
"""Zingers that are noted at the first attempt."""


@dataclass(frozen=True)
class Clipped:
    """What the search has left.

    Attributes
    ----------
    pixels
        The frame, its zingers marked as bad; the same one where there is none.
    n_zingers
        How many there are.
    sums
        Over the remaining pixels of every bin, with their squares, without variances.
    """

    pixels: Pixels
    n_zingers: int
    sums: Sums


def without_zingers(
    layer: Layer,
    weights: Weights,
    pixels: Pixels,
    clipping: Clipping,
    *,
    factor: NDArray[np.float64] | None = None,
    dark: NDArray[np.float64] | None = None,
    scale: float = 1.0,
) -> Clipped:
    """Mark the zingers of a frame as bad.

    In the first round every pixel is looked at. Later only those are that share a bin with a
    zinger: nothing has changed for the others.

    Parameters
    ----------
    layer, weights
        Of a single channel, and the weights of all of its pixels.
    pixels
        The frame, which is not changed.
    clipping
        What a zinger is.
    factor, dark, scale
        As :func:`~saxsdog.reduction.sums.sum_layer` takes them.
    """
    if len(layer.members) != 1:
        raise ValueError(f"expected a layer of one channel, got one of {len(layer.members)}")
    corrected: dict[str, Any] = {"factor": factor, "dark": dark, "scale": scale}
    sums = sum_layer(layer, pixels, square=True, **corrected)
    n_zingers, near = 0, layer
    for _ in range(clipping.rounds):
        limits = _expected(weights, sums, clipping.sigmas)
        found, touched = _search(near, limits, pixels, clipping.sigmas, **corrected)
        if not found.size:
            break
        n_zingers += found.size
        pixels = pixels.without(found)
        near = _near(layer, touched)
        again = sum_layer(near, pixels, square=True, **corrected)
        sums = _with(sums, again, touched[np.newaxis])
    return Clipped(pixels, n_zingers, sums)


def _near(layer: Layer, touched: NDArray[np.bool_]) -> Layer:
    """Return the part of a layer in which all pixels of some bins are: they begin there or before.

    Wide pixels are all kept; there are few.
    """
    begin = touched.copy()
    begin[:-1] |= touched[1:]
    runs = np.empty((layer.first.size, 3), np.uint32)
    first, count = np.empty_like(layer.first), np.empty_like(layer.count)
    n_runs, n_pixels = _choose(layer.runs, layer.first, layer.count, begin, runs, first, count)
    return replace(layer, runs=runs[:n_runs], first=first[:n_pixels], count=count[:n_pixels])


def _with(sums: Sums, again: Sums, where: NDArray[np.bool_]) -> Sums:
    """Put the sums over some bins in the place of others."""

    def chosen(new: NDArray[Any], old: NDArray[Any]) -> NDArray[Any]:
        return np.where(where, new, old)

    assert sums.square is not None  # noqa: S101 - for the type checker
    assert again.square is not None  # noqa: S101
    return Sums(
        value=chosen(again.value, sums.value),
        variance=None,
        square=chosen(again.square, sums.square),
        lost=Weights(
            chosen(again.lost.linear, sums.lost.linear), chosen(again.lost.square, sums.lost.square)
        ),
    )


def _search(
    layer: Layer,
    limits: tuple[Array, Array],
    pixels: Pixels,
    sigmas: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    scale: float,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the zingers of a layer, and in which bins they lie."""
    touched = np.zeros(layer.n_bins, bool)
    given = (pixels.values, pixels.limit, factor, dark, scale, *limits, sigmas)
    inside = _surely_inside(*limits, sigmas, counts=factor is None and dark is None)
    narrow = (layer.runs, layer.first, layer.count, layer.sub_pixels)
    wide = (layer.wide, layer.wide_bounds, layer.wide_bins, layer.wide_count)
    found = [
        _all_of(_outside, *given, *inside, *narrow, touched),
        _all_of(_outside_wide, *given, *wide, touched),
    ]
    return np.concatenate(found), touched


def _all_of(search: Callable[..., int], *given: Any) -> NDArray[np.int64]:
    """Let a loop fill an array, again where there was not enough room.

    Were it to take memory itself, every step of it would be ten times slower.
    """
    found = np.empty(FIRST_ROOM, np.int64)
    n_found = search(*given, found)
    if n_found > found.size:
        found = np.empty(n_found, np.int64)
        search(*given, found)
    return found[:n_found]


def _expected(weights: Weights, sums: Sums, sigmas: float) -> tuple[Array, Array]:
    """Mean of every bin, and how far from it the scatter of a bin lets a pixel lie."""
    linear = weights.linear[0] - sums.lost.linear[0]
    square = weights.square[0] - sums.lost.square[0]
    assert sums.square is not None  # noqa: S101 - for the type checker
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.value[0] / linear
        spread = np.maximum(sums.square[0] / linear - mean**2, 0.0)
        number = linear / (square / linear)
        others = number * spread / (number - 2.0)
        leverage = (number / (number - 1.0)) ** 2
        leverage += sigmas**2 * number / ((number - 1.0) * (number - 2.0))
        most = sigmas * np.sqrt(others / leverage)
    return mean, np.where(number >= FEWEST_PIXELS, most, np.inf)


def _surely_inside(mean: Array, most: Array, sigmas: float, *, counts: bool) -> tuple[Array, Array]:
    """Between which values no narrow pixel that begins in a bin is a zinger.

    What is expected of it lies between the means of its bin and of the next.
    """
    next_mean, next_most = (np.append(each[1:], np.nan) for each in (mean, most))
    lower, upper = np.fmin(mean, next_mean), np.fmax(mean, next_mean)
    far = np.fmin(most, next_most)
    if counts:
        with np.errstate(invalid="ignore"):
            far = np.fmax(far, sigmas * np.sqrt(lower)) + max(sigmas**2 - 1.0, 0.0) / 6.0
    return upper - far, lower + far


@compiled
def _choose(
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    begin: NDArray[np.bool_],
    chosen_runs: NDArray[np.uint32],
    chosen_first: NDArray[Any],
    chosen_count: NDArray[np.uint8],
) -> tuple[int, int]:
    """Choose the narrow pixels that begin in some bins; return how many runs and pixels."""
    n_runs = n_pixels = 0
    j = np.uint64(0)
    for run in range(runs.shape[0]):
        open_run = False
        for p in range(np.uint64(runs[run, 0]), np.uint64(runs[run, 1])):
            if begin[np.uint64(first[j])]:
                if not open_run:
                    chosen_runs[n_runs, 0], chosen_runs[n_runs, 2] = p, runs[run, 2]
                    n_runs += 1
                    open_run = True
                chosen_runs[n_runs - 1, 1] = p + np.uint64(1)
                chosen_first[n_pixels], chosen_count[n_pixels] = first[j], count[j]
                n_pixels += 1
            else:
                open_run = False
            j += np.uint64(1)
    return n_runs, n_pixels


@compiled
def _outside(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    scale: float,
    mean: Array,
    most: Array,
    sigmas: float,
    lowest: Array,
    highest: Array,
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    touched: NDArray[np.bool_],
    found: NDArray[np.int64],
) -> int:
    """Find the narrow pixels that are zingers; the parameters are those of the kernel.

    A pixel in two bins is compared with the mean that its shares in them lead to expect, and with
    the larger scatter, unless it lies where none is. Returned is how many zingers there are;
    ``found`` gets as many as it has room for, and in ``touched`` all of their bins are marked.
    """
    n_found = 0
    share = 1.0 / sub_pixels
    j = np.uint64(0)
    one = np.uint64(1)
    for run in range(runs.shape[0]):
        for p in range(np.uint64(runs[run, 0]), np.uint64(runs[run, 1])):
            n = pixels[p]
            b = np.uint64(first[j])
            here = np.int64(count[j])
            j += one
            value = _corrected(n, factor, dark, scale, p)
            if lowest[b] <= value <= highest[b] or not 0 <= n <= limit:
                continue
            expected, far = mean[b], most[b]
            if here < sub_pixels:
                part = here * share
                expected = part * expected + (1.0 - part) * mean[b + one]
                far = max(far, most[b + one])
            distance = abs(value - expected)
            if distance > far and _is_no_chance(
                distance, expected, far, sigmas, factor, dark, scale, p
            ):
                touched[b] = True
                if here < sub_pixels:
                    touched[b + one] = True
                if n_found < found.size:
                    found[n_found] = p
                n_found += 1
    return n_found


@compiled
def _outside_wide(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    scale: float,
    mean: Array,
    most: Array,
    sigmas: float,
    wide: NDArray[np.uint32],
    bounds: NDArray[np.uint32],
    bins: NDArray[np.uint32],
    count: NDArray[np.uint8],
    touched: NDArray[np.bool_],
    found: NDArray[np.int64],
) -> int:
    """Find the wide pixels that are zingers, as :func:`_outside` does."""
    n_found = 0
    for i in range(wide.size):
        p = np.uint64(wide[i])
        n = pixels[p]
        if not 0 <= n <= limit:
            continue
        value = _corrected(n, factor, dark, scale, p)
        expected = far = weight = 0.0
        for e in range(bounds[i], bounds[i + 1]):
            expected += count[e] * mean[bins[e]]
            weight += count[e]
            far = max(far, most[bins[e]])
        expected /= weight
        distance = abs(value - expected)
        if distance > far and _is_no_chance(
            distance, expected, far, sigmas, factor, dark, scale, p
        ):
            for e in range(bounds[i], bounds[i + 1]):
                touched[bins[e]] = True
            if n_found < found.size:
                found[n_found] = p
            n_found += 1
    return n_found


@compiled
def _corrected(
    n: Any,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    scale: float,
    p: Any,
) -> Any:
    """Return the corrected count of a pixel."""
    value = np.float64(n)
    if factor is not None:
        value *= factor[p]
    if dark is not None:
        value -= scale * dark[p]
    return value


@compiled
def _is_no_chance(
    distance: float,
    expected: float,
    far: float,
    sigmas: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    scale: float,
    p: Any,
) -> bool:
    """Whether counting alone does not bring a pixel so far from what is expected of it."""
    f = 1.0 if factor is None else factor[p]
    variance = f * max(expected, 0.0)
    if dark is not None:
        variance += (scale + scale * scale) * f * max(dark[p], 0.0)
    skewed = f * max(sigmas * sigmas - 1.0, 0.0) / 6.0
    return bool(distance > max(far, sigmas * np.sqrt(variance)) + skewed)
