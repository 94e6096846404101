"""Pack bins and masks of the whole detector into the arrays that the kernel runs over.

Channels that divide the detector into the same bins share a *layer*. Within a layer the detector
falls apart into *regions*, in each of which every pixel is used by the same channels, so a pixel
is visited once however many masks it belongs to.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.binning import NO_BIN, Binning, Labels

UNUSED = 255
"""Region of the pixels that no channel of the layer uses."""

MAX_CHANNELS_PER_LAYER = 7
"""Their combinations are at most 127 regions, which stays below ``UNUSED``."""

SUB_PIXELS_PER_BLOCK = 1 << 19
"""Packed at a time: bounds the memory that building needs beyond the result to some megabytes."""


@dataclass(frozen=True)
class Layer:
    """The pixels of the channels that share a binning, as the kernel wants them.

    Attributes
    ----------
    n_bins, sub_pixels
        Of the binning; ``sub_pixels`` is the number in a pixel, ``oversampling`` squared.
    members
        Which regions a channel consists of, bool, shape ``(channels, regions)``.
    runs, first, count
        The narrow pixels.
    most_pixels
        The most of them that have the same region and the same first bin.
    wide, wide_bounds, wide_bins, wide_count
        The wide pixels and their entries.
    """

    n_bins: int
    sub_pixels: int
    members: NDArray[np.bool_]
    runs: NDArray[np.uint32]
    first: NDArray[Any]
    count: NDArray[np.uint8]
    most_pixels: int
    wide: NDArray[np.uint32]
    wide_bounds: NDArray[np.uint32]
    wide_bins: NDArray[np.uint32]
    wide_count: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Forbid writing: as in a plan that processes share, so that loops are compiled once."""
        for array in vars(self).values():
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    @property
    def n_regions(self) -> int:
        return int(self.members.shape[1])


def make_layer(
    binning: Binning, used: Sequence[NDArray[np.bool_]], shape: tuple[int, int]
) -> Layer:
    """Pack the pixels that channels with the same binning use.

    Parameters
    ----------
    binning
        Of all these channels.
    used
        For each of at most ``MAX_CHANNELS_PER_LAYER`` channels its pixels, bool, of ``shape``.
    shape
        Pixels of the detector, ``(rows, columns)``.
    """
    region, members = divide(used)
    dtype = np.uint16 if binning.n_bins <= 1 << 16 else np.uint32
    side = binning.oversampling

    def pack(rows: tuple[int, int]) -> "_Block | None":
        start, stop = rows
        if (region[start:stop] == UNUSED).all():
            return None
        labels = binning.labels(start, stop)
        first = np.empty((stop - start) * shape[1], dtype=dtype)
        offset = start * shape[1]
        return _Block(*_pack_block(labels, region[start:stop], side, offset, binning.n_bins, first))

    with ThreadPoolExecutor() as pool:
        blocks = [block for block in pool.map(pack, _row_blocks(shape, side)) if block]
    return _join(blocks, binning, members, dtype)


def divide(used: Sequence[NDArray[np.bool_]]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Divide the detector into regions of pixels that are used by the same channels.

    Returns the region of each pixel, ``UNUSED`` where no channel uses it, and ``members``.
    """
    code = np.zeros(used[0].shape, dtype=np.uint8)
    for bit, pixels in enumerate(used):
        code |= pixels.astype(np.uint8) << np.uint8(bit)
    codes = np.flatnonzero(np.bincount(code.ravel(), minlength=256))
    codes = codes[codes > 0]
    table = np.full(256, UNUSED, dtype=np.uint8)
    table[codes] = np.arange(codes.size)
    bits = np.arange(len(used))[:, np.newaxis]
    return table[code], ((codes[np.newaxis, :] >> bits) & 1).astype(bool)


@dataclass(frozen=True)
class _Block:
    """The part of a layer in a few rows of the detector."""

    runs: NDArray[np.uint32]
    first: NDArray[Any]
    count: NDArray[np.uint8]
    wide: NDArray[np.uint32]
    wide_sizes: NDArray[np.uint32]
    wide_bins: NDArray[np.uint32]
    wide_count: NDArray[np.uint8]


def _row_blocks(shape: tuple[int, int], side: int) -> Iterator[tuple[int, int]]:
    height = max(1, SUB_PIXELS_PER_BLOCK // (shape[1] * side * side))
    for start in range(0, shape[0], height):
        yield start, min(start + height, shape[0])


def _join(blocks: list[_Block], binning: Binning, members: NDArray[np.bool_], dtype: type) -> Layer:
    def joined(name: str, kind: type) -> NDArray[Any]:
        parts = [getattr(block, name) for block in blocks]
        return np.concatenate(parts) if parts else np.empty(0, dtype=kind)

    bounds = np.zeros(sum(block.wide.size for block in blocks) + 1, dtype=np.uint32)
    np.cumsum(joined("wide_sizes", np.uint32), out=bounds[1:])
    runs, first = joined("runs", np.uint32).reshape(-1, 3), joined("first", dtype)
    return Layer(
        n_bins=binning.n_bins,
        sub_pixels=binning.oversampling**2,
        members=members,
        runs=runs,
        first=first,
        count=joined("count", np.uint8),
        most_pixels=_most_in_a_bin(runs, first, members.shape[1], binning.n_bins),
        wide=joined("wide", np.uint32),
        wide_bounds=bounds,
        wide_bins=joined("wide_bins", np.uint32),
        wide_count=joined("wide_count", np.uint8),
    )


@compiled
def _most_in_a_bin(
    runs: NDArray[np.uint32], first: NDArray[Any], n_regions: int, n_bins: int
) -> int:
    """Largest number of narrow pixels of one region that have the same first bin."""
    pixels = np.zeros((max(n_regions, 1), n_bins), dtype=np.int64)
    j = 0
    for run in range(runs.shape[0]):
        for _ in range(runs[run, 1] - runs[run, 0]):
            pixels[runs[run, 2], first[j]] += 1
            j += 1
    return int(pixels.max())


@compiled
def _span(labels: Labels, i: int, j: int, side: int) -> tuple[int, int, int]:
    """Lowest bin, highest bin and number of the sub-pixels that have one, in pixel (i, j)."""
    low, high, inside = 2**31 - 1, NO_BIN, 0
    for a in range(i * side, (i + 1) * side):
        for b in range(j * side, (j + 1) * side):
            label = labels[a, b]
            if label != NO_BIN:
                low, high, inside = min(low, label), max(high, label), inside + 1
    return low, high, inside


@compiled
def _number_in(labels: Labels, i: int, j: int, side: int, label: int) -> int:
    """Return how many sub-pixels of pixel (i, j) lie in a bin."""
    number = 0
    for a in range(i * side, (i + 1) * side):
        for b in range(j * side, (j + 1) * side):
            number += labels[a, b] == label
    return number


@compiled
def _pack_block(
    labels: Labels,
    region: NDArray[np.uint8],
    side: int,
    first_pixel: int,
    n_bins: int,
    first: NDArray[Any],
) -> tuple[NDArray[Any], ...]:
    """Pack some rows of pixels; the fields of a :class:`_Block` in their order.

    ``first`` is scratch space for one number a pixel, in the type that the result shall have.
    """
    rows, columns = region.shape
    count = np.empty(first.size, dtype=np.uint8)
    runs = np.empty((first.size, 3), dtype=np.uint32)
    wide = np.empty(first.size, dtype=np.uint32)
    wide_sizes = np.empty(first.size, dtype=np.uint32)
    wide_bins = np.empty(labels.size, dtype=np.uint32)
    wide_count = np.empty(labels.size, dtype=np.uint8)
    n_narrow = n_runs = n_wide = n_entries = 0
    open_region = UNUSED
    for i in range(rows):
        for j in range(columns):
            here = region[i, j]
            low, high, inside = NO_BIN, NO_BIN, 0
            if here != UNUSED:
                low, high, inside = _span(labels, i, j, side)
            pixel = first_pixel + i * columns + j
            narrow = inside == side * side and high - low <= 1
            if not narrow or here != open_region:
                open_region = UNUSED
            if narrow:
                if open_region == UNUSED:
                    open_region = here
                    runs[n_runs, 0], runs[n_runs, 2] = pixel, here
                    n_runs += 1
                runs[n_runs - 1, 1] = pixel + 1
                first[n_narrow] = low
                count[n_narrow] = _number_in(labels, i, j, side, low)
                n_narrow += 1
            elif inside > 0:
                before = n_entries
                for label in range(low, high + 1):
                    in_bin = _number_in(labels, i, j, side, label)
                    if in_bin > 0:
                        wide_bins[n_entries] = here * n_bins + label
                        wide_count[n_entries] = in_bin
                        n_entries += 1
                wide[n_wide], wide_sizes[n_wide] = pixel, n_entries - before
                n_wide += 1
    return (
        runs[:n_runs].copy().ravel(),
        first[:n_narrow].copy(),
        count[:n_narrow].copy(),
        wide[:n_wide].copy(),
        wide_sizes[:n_wide].copy(),
        wide_bins[:n_entries].copy(),
        wide_count[:n_entries].copy(),
    )
