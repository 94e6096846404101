"""Sums over what is known of the pixels of a bin before any frame comes.

A dark image changes a sum by the same amount in every frame, but for the pixels that are bad in
it. So it is summed once, over all pixels, and for a frame only what its bad pixels would have
added: the loops that run over counts need not know of it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.layers import Layer
from saxsdog.reduction.sums import NO_PAIRS, Pixels, no_good_pixels, of_channels

BLOCK = 256
"""Pixels that are looked at together: bad ones are rare."""

N_KNOWN = 3
"""Sums: of the factor, of the dark, of the variance of the dark."""


@dataclass(frozen=True)
class KnownSums:
    """Sums over some pixels of every bin, in sub-pixels, shape ``(channels, bins)``.

    Attributes
    ----------
    factor
        Over c f with f the correction factor.
    dark
        Over c f D with D the dark counts.
    variance
        Over c f² D, or over c² f² D: the Poisson variance of the dark.
    """

    factor: NDArray[np.float64]
    dark: NDArray[np.float64]
    variance: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Forbid writing: as in a plan that processes share."""
        for array in vars(self).values():
            array.setflags(write=False)

    def without(self, lost: "KnownSums") -> "KnownSums":
        return KnownSums(
            self.factor - lost.factor, self.dark - lost.dark, self.variance - lost.variance
        )


def known_of_all(
    layer: Layer,
    n_pixels: int,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    *,
    squared: bool,
) -> KnownSums:
    """Sum over all pixels of a layer; the parameters are those of :func:`known_of_bad`."""
    return known_of_bad(layer, no_good_pixels(n_pixels), factor, dark, squared=squared)


def known_of_bad(
    layer: Layer,
    pixels: Pixels,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    *,
    squared: bool,
) -> KnownSums:
    """Sum over the pixels of a layer that are bad in a frame.

    Parameters
    ----------
    layer, pixels
        Made for the same detector.
    factor, dark
        Correction factor and corrected dark of every pixel of the detector, flat.
    squared
        Whether the variance is weighted by c², else by c.
    """
    pairs = np.zeros((N_KNOWN, 1, layer.n_regions, layer.n_bins, 2))
    wide = np.zeros((N_KNOWN, layer.n_regions, layer.n_bins))
    given = (pixels.values, pixels.limit, factor, dark, squared)
    narrow = (layer.runs, layer.first, layer.count, layer.sub_pixels, layer.n_bins)
    entries = (layer.wide, layer.wide_bounds, layer.wide_bins, layer.wide_count)
    _scatter_bad(*given, *narrow, pairs.reshape(-1))
    _scatter_wide_bad(*given, *entries, wide.reshape(-1))
    sums = (
        of_channels(*each, layer.members)
        for each in zip(pairs, [NO_PAIRS] * N_KNOWN, wide, strict=True)
    )
    return KnownSums(*sums)


@compiled
def _scatter_bad(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    squared: bool,
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    n_bins: int,
    sums: NDArray[np.float64],
) -> None:
    """Add what is known beforehand of the narrow pixels that are bad to sums of their first bins.

    The parameters mean what they mean in ``scatter_values`` of :mod:`saxsdog.reduction.kernel`;
    besides them

    Parameters
    ----------
    squared
        Whether variances are weighted by the squares of the weights.
    sums
        Output, flat: for the factor, the dark and its Poisson variance, each region and bin, the
        pair of sums.
    """
    size = sums.size // N_KNOWN
    before = np.int64(0)
    for run in range(runs.shape[0]):
        start, stop = np.int64(runs[run, 0]), np.int64(runs[run, 1])
        region = np.int64(runs[run, 2]) * n_bins
        for block in range(start, stop, BLOCK):
            end: Any = min(block + BLOCK, stop)
            if not _any_bad(pixels[block:end], limit):
                continue
            for p in range(block, end):
                n = pixels[p]
                if 0 <= n <= limit:
                    continue
                j = before + p - start
                here = np.int64(count[j])
                beyond = sub_pixels - here
                at = 2 * (region + np.int64(first[j]))
                f = 1.0 if factor is None else factor[p]
                sums[at] += f * here
                sums[at + 1] += f * beyond
                if dark is not None:
                    sums[size + at] += dark[p] * here
                    sums[size + at + 1] += dark[p] * beyond
                    variance = f * max(dark[p], 0.0)
                    sums[2 * size + at] += variance * (here * here if squared else here)
                    sums[2 * size + at + 1] += variance * (beyond * beyond if squared else beyond)
        before += stop - start


@compiled
def _any_bad(pixels: NDArray[Any], limit: float) -> bool:
    """Whether there is a bad pixel; as a function it is compiled to vector instructions."""
    n_bad = 0
    for i in range(pixels.size):
        n_bad += not 0 <= pixels[i] <= limit
    return n_bad > 0


@compiled
def _scatter_wide_bad(
    pixels: NDArray[Any],
    limit: float,
    factor: NDArray[np.float64] | None,
    dark: NDArray[np.float64] | None,
    squared: bool,
    wide: NDArray[np.uint32],
    bounds: NDArray[np.uint32],
    bins: NDArray[np.uint32],
    count: NDArray[np.uint8],
    sums: NDArray[np.float64],
) -> None:
    """Do the work of :func:`_scatter_bad` for the wide pixels."""
    size = sums.size // N_KNOWN
    for i in range(wide.size):
        p = wide[i]
        n = pixels[p]
        if 0 <= n <= limit:
            continue
        f = 1.0 if factor is None else factor[p]
        for e in range(bounds[i], bounds[i + 1]):
            b = np.int64(bins[e])
            k = np.int64(count[e])
            sums[b] += f * k
            if dark is not None:
                sums[size + b] += dark[p] * k
                sums[2 * size + b] += f * max(dark[p], 0.0) * (k * k if squared else k)
