r"""Weighted sums over the pixels of every bin, complete and for each channel.

With k of the n = ``sub_pixels`` sub-pixels of a narrow pixel in its first bin b and the others in
b + 1, the kernel collects in b the sums over v, k v and k² v of a pixel value v. From them follow

.. math::
    \sum_p c_{bp} v_p = \Sigma_b(kv) + n\,\Sigma_{b-1}(v) - \Sigma_{b-1}(kv), \qquad
    \sum_p c_{bp}^2 v_p = \Sigma_b(k^2v)
        + n^2\,\Sigma_{b-1}(v) - 2n\,\Sigma_{b-1}(kv) + \Sigma_{b-1}(k^2v)

where :math:`c_{bp}` counts the sub-pixels of pixel p in bin b.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.kernel import N_COPIES, scatter_narrow, scatter_wide
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
    moment, moment_square
        Over c w and c² w with w the square or the Poisson variance of v; ``None`` unless asked for.
    lost
        The weights of the bad pixels.
    """

    value: NDArray[Any]
    moment: NDArray[np.float64] | None
    moment_square: NDArray[np.float64] | None
    lost: Weights


def sum_layer(
    layer: Layer,
    pixels: Pixels,
    *,
    factor: NDArray[np.float64] | None = None,
    moments: bool = False,
    squares: bool = False,
) -> Sums:
    """Sum a frame over the bins of a layer.

    Parameters
    ----------
    layer, pixels
        Made for the same detector.
    factor
        Correction factor of every pixel of the detector, flat.
    moments, squares
        Whether to collect moments, and whether of squares instead of Poisson variances.
    """
    kind = np.float64 if factor is not None else _accumulator(layer, pixels)
    n_cells = layer.n_regions * layer.n_bins
    narrow = np.zeros(N_COPIES * n_cells * 2, dtype=kind)
    narrow_bad = np.zeros(n_cells * 3, dtype=np.int64)
    narrow_moments = np.zeros(N_COPIES * n_cells * 3) if moments else None
    wide = np.zeros(n_cells, dtype=kind)
    wide_bad = np.zeros(n_cells * 2, dtype=np.int64)
    wide_moments = np.zeros(n_cells * 2) if moments else None
    frame = (pixels.values, pixels.limit, factor, squares)
    runs = (layer.runs, layer.first, layer.count, layer.n_bins)
    scatter_narrow(*frame, *runs, narrow, narrow_moments, narrow_bad)
    entries = (layer.wide, layer.wide_bounds, layer.wide_bins, layer.wide_count)
    scatter_wide(*frame, *entries, wide, wide_moments, wide_bad)
    value = _linear(layer, _cells(layer, narrow, 2)) + wide.reshape(layer.n_regions, layer.n_bins)
    lost = Weights(*_moments(layer, narrow_bad, wide_bad))
    first, second = (
        _moments(layer, narrow_moments, wide_moments)
        if narrow_moments is not None and wide_moments is not None
        else (None, None)
    )
    return Sums(_of_channels(layer, value), first, second, lost)


def all_weights(layer: Layer, n_pixels: int) -> Weights:
    """Weights of all pixels of a layer: what a frame loses in which every pixel is bad."""
    nothing_is_good = Pixels(np.zeros(n_pixels, dtype=np.uint8), limit=-1)
    return sum_layer(layer, nothing_is_good).lost


def _accumulator(layer: Layer, pixels: Pixels) -> type[np.int64] | type[np.float64]:
    """Integers where no sum can overflow, whatever the counts of the frame."""
    if pixels.values.dtype.kind == "f":
        return np.float64
    most = INT64_MAX // (layer.sub_pixels * max(pixels.values.size, 1))
    highest = pixels.limit
    if highest > most:
        highest = int(pixels.values.max(initial=0, where=pixels.values <= pixels.limit))
    return np.int64 if highest <= most else np.float64


def _cells(layer: Layer, flat: NDArray[Any], size: int) -> NDArray[Any]:
    """Add up the copies of what the narrow pixels gave, to shape ``(regions, bins, size)``."""
    return np.asarray(flat.reshape(-1, layer.n_regions, layer.n_bins, size).sum(axis=0))


def _linear(layer: Layer, sums: NDArray[Any]) -> NDArray[Any]:
    once, times_k = sums[..., 0], sums[..., 1]
    total = times_k.copy()
    total[:, 1:] += layer.sub_pixels * once[:, :-1] - times_k[:, :-1]
    return total


def _square(layer: Layer, sums: NDArray[Any]) -> NDArray[Any]:
    once, times_k, times_k2 = sums[..., 0], sums[..., 1], sums[..., 2]
    total = times_k2.copy()
    n = layer.sub_pixels
    total[:, 1:] += n * n * once[:, :-1] - 2 * n * times_k[:, :-1] + times_k2[:, :-1]
    return total


def _moments(
    layer: Layer, narrow: NDArray[Any], wide: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Complete sums over c w and over c² w of each channel."""
    triples = _cells(layer, narrow, 3)
    entries = wide.reshape(layer.n_regions, layer.n_bins, 2)
    return (
        _of_channels(layer, _linear(layer, triples) + entries[..., 0]),
        _of_channels(layer, _square(layer, triples) + entries[..., 1]),
    )


def _of_channels(layer: Layer, of_regions: NDArray[Any]) -> NDArray[Any]:
    if layer.members.shape == (1, 1):
        return of_regions
    return np.asarray(layer.members.astype(of_regions.dtype) @ of_regions)
