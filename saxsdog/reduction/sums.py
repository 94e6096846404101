"""Weighted sums over the pixels of every bin, complete and for each channel.

The kernel keeps a pair of sums for every bin b: over what the narrow pixels that begin in b give to
b itself, and over what they give to b + 1. A complete sum is the first of b plus the second of
b - 1, plus what the wide pixels give.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.kernel import N_BAD, N_COPIES, scatter_narrow, scatter_wide
from saxsdog.reduction.layers import Layer

INT64_MAX = np.iinfo(np.int64).max


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
    """

    value: NDArray[Any]
    variance: NDArray[np.float64] | None
    square: NDArray[np.float64] | None
    lost: Weights


def sum_layer(
    layer: Layer,
    pixels: Pixels,
    *,
    factor: NDArray[np.float64] | None = None,
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
    variance, square
        Which of the optional sums to collect.
    """
    corrected = factor is not None
    most = layer.sub_pixels * pixels.values.size
    value = _Cells(layer, _accumulator(pixels, most, corrected))
    most *= layer.sub_pixels
    variances = _Cells(layer, _accumulator(pixels, most, corrected)) if variance else None
    squares = _Cells(layer, np.dtype(np.float64)) if square else None
    bad = np.zeros((layer.n_regions, layer.n_bins, N_BAD), dtype=np.int64)
    wide_bad = np.zeros((layer.n_regions, layer.n_bins, 2), dtype=np.int64)
    scatter_narrow(
        pixels.values,
        pixels.limit,
        factor,
        layer.runs,
        layer.first,
        layer.count,
        layer.sub_pixels,
        layer.n_bins,
        value.pairs.reshape(-1),
        None if variances is None else variances.pairs.reshape(-1),
        None if squares is None else squares.pairs.reshape(-1),
        bad.reshape(-1),
    )
    scatter_wide(
        pixels.values,
        pixels.limit,
        factor,
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
        linear=_of_channels(layer, _complete(bad[..., :2]) + wide_bad[..., 0]),
        square=_of_channels(layer, _complete(bad[..., 2:]) + wide_bad[..., 1]),
    )
    return Sums(
        value=value.of_channels(),
        variance=None if variances is None else variances.of_channels(),
        square=None if squares is None else squares.of_channels(),
        lost=lost,
    )


def all_weights(layer: Layer, n_pixels: int) -> Weights:
    """Weights of all pixels of a layer: what a frame loses in which every pixel is bad."""
    nothing_is_good = Pixels(np.zeros(n_pixels, dtype=np.uint8), limit=-1)
    return sum_layer(layer, nothing_is_good).lost


def _accumulator(pixels: Pixels, weight: int, corrected: bool) -> np.dtype[Any]:
    """Integers, unless counts are not whole or a sum over this much weight could overflow."""
    if corrected or pixels.values.dtype.kind == "f":
        return np.dtype(np.float64)
    most = INT64_MAX // max(weight, 1)
    highest = pixels.limit
    if highest > most:
        highest = int(pixels.values.max(initial=0, where=pixels.values <= pixels.limit))
    return np.dtype(np.int64 if highest <= most else np.float64)


class _Cells:
    """Where the kernel collects one kind of sum: copies of the pairs, and of the wide pixels."""

    def __init__(self, layer: Layer, kind: np.dtype[Any]) -> None:
        self._layer = layer
        self.pairs: NDArray[Any] = np.zeros(
            (N_COPIES, layer.n_regions, layer.n_bins, 2), dtype=kind
        )
        self.wide: NDArray[Any] = np.zeros((layer.n_regions, layer.n_bins), dtype=kind)

    def of_channels(self) -> NDArray[Any]:
        return _of_channels(self._layer, _complete(self.pairs.sum(axis=0)) + self.wide)


def _complete(pairs: NDArray[Any]) -> NDArray[Any]:
    """Add up what a bin gets from its own pair and from the one before: ``(regions, bins)``."""
    total = pairs[..., 0].copy()
    total[:, 1:] += pairs[:, :-1, 1]
    return total


def _of_channels(layer: Layer, of_regions: NDArray[Any]) -> NDArray[Any]:
    """Add up the regions of each channel."""
    if layer.members.shape == (1, 1):
        return of_regions
    return np.stack([of_regions[mine].sum(axis=0) for mine in layer.members])
