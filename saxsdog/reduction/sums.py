"""Weighted sums over the pixels of every bin, complete and for each channel.

The kernel keeps a pair of sums for every bin b: over what the narrow pixels that begin in b give to
b itself, and over what they give to b + 1. A complete sum is the first of b plus the second of
b - 1, plus what the wide pixels give.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.kernel import (
    HALF,
    N_BAD,
    N_COPIES,
    scatter_counts,
    scatter_values,
    scatter_wide,
)
from saxsdog.reduction.layers import Layer

INT64_MAX = np.iinfo(np.int64).max
BAD_BYTE = 255

_REAL = np.dtype(np.float64)
_PAIR = np.dtype(np.uint64)
_HALF_PAIR = np.dtype(np.uint32)
"""A packed pair seen as two numbers, the lower half first, as all machines of today store it."""


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
    counts = factor is None and not square and pixels.values.dtype.kind != "f"
    most = layer.sub_pixels * pixels.values.size
    value = _Cells(layer, _accumulator(pixels, most) if counts else _REAL, packed=counts)
    most *= layer.sub_pixels
    kind = _accumulator(pixels, most) if counts else _REAL
    variances = _Cells(layer, kind, packed=counts) if variance else None
    squares = _Cells(layer, _REAL) if square else None
    bad = np.zeros((layer.n_regions, layer.n_bins, N_BAD), dtype=np.int64)
    wide_bad = np.zeros((layer.n_regions, layer.n_bins, 2), dtype=np.int64)
    narrow = (layer.runs, layer.first, layer.count, layer.sub_pixels, layer.n_bins)
    if counts:
        scatter_counts(
            pixels.values,
            _faint(layer, pixels, variance=variance),
            pixels.limit,
            *narrow,
            value.packed,
            None if variances is None else variances.packed,
            value.pairs.reshape(-1),
            None if variances is None else variances.pairs.reshape(-1),
            bad.reshape(-1),
        )
    else:
        scatter_values(
            pixels.values,
            pixels.limit,
            factor,
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
    nothing_is_good = Pixels(np.full(n_pixels, BAD_BYTE, dtype=np.uint8), limit=BAD_BYTE - 1)
    return sum_layer(layer, nothing_is_good).lost


def _faint(layer: Layer, pixels: Pixels, *, variance: bool) -> np.integer[Any]:
    """Largest count that both sums of a packed pair hold, whatever the bin."""
    heaviest = layer.sub_pixels**2 if variance else layer.sub_pixels
    most = (2**HALF - 1) // max(heaviest * layer.most_pixels, 1)
    return pixels.values.dtype.type(min(most, pixels.limit))  # type: ignore[no-any-return]


def _accumulator(pixels: Pixels, weight: int) -> np.dtype[Any]:
    """Integers, unless a sum over this much weight could overflow."""
    most = INT64_MAX // max(weight, 1)
    highest = pixels.limit
    if highest > most:
        highest = int(pixels.values.max(initial=0, where=pixels.values <= pixels.limit))
    return np.dtype(np.int64) if highest <= most else _REAL


class _Cells:
    """Where the kernel collects one kind of sum: pairs, packed pairs, and those of wide pixels."""

    def __init__(self, layer: Layer, kind: np.dtype[Any], *, packed: bool = False) -> None:
        self._layer = layer
        shape = (layer.n_regions, layer.n_bins)
        self.packed = np.zeros(N_COPIES * layer.n_regions * layer.n_bins if packed else 0, _PAIR)
        n_copies = 1 if packed else N_COPIES
        self.pairs: NDArray[Any] = np.zeros((n_copies, *shape, 2), dtype=kind)
        self.wide: NDArray[Any] = np.zeros(shape, dtype=kind)

    def of_channels(self) -> NDArray[Any]:
        pairs = self.pairs.sum(axis=0)
        if self.packed.size:
            halves = self.packed.view(_HALF_PAIR).reshape(N_COPIES, *pairs.shape)
            pairs += halves.sum(axis=0, dtype=np.int64)
        return _of_channels(self._layer, _complete(pairs) + self.wide)


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
