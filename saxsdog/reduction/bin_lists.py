"""The pixels of a layer bin by bin, for what visits bins instead of pixels.

The kernel walks through a frame in memory order, which is fastest where the sums of all bins stay
beside the processor. Those of a large cake do not, and the pixels of one bin out of many are not
found that way. Here every bin has a list of the pixels that begin in it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.layers import Layer


@dataclass(frozen=True)
class BinLists:
    """For each bin its entries, in the order of the pixels.

    Attributes
    ----------
    sub_pixels
        In a pixel.
    starts
        Entries ``starts[b] <= e < starts[b + 1]`` are those of bin b; shape ``(bins + 1,)``.
    pixel
        Which pixel of the detector, for each entry.
    own, beyond
        How many of its sub-pixels lie in this bin, and how many in the next. A wide pixel has
        several entries.
    factor, dark
        What the plan has for the pixel of each entry, in the order in which it is needed; ``None``
        where it has nothing.
    """

    sub_pixels: int
    starts: NDArray[np.uint32]
    pixel: NDArray[np.uint32]
    own: NDArray[np.uint8]
    beyond: NDArray[np.uint8]
    factor: NDArray[np.float64] | None = None
    dark: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Forbid writing: as in a plan that processes share."""
        for array in self._arrays:
            array.setflags(write=False)

    @property
    def n_bins(self) -> int:
        return self.starts.size - 1

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self._arrays)

    @property
    def _arrays(self) -> list[NDArray[Any]]:
        return [field for field in vars(self).values() if isinstance(field, np.ndarray)]


def lists_of(
    layer: Layer,
    factor: NDArray[np.float64] | None = None,
    dark: NDArray[np.float64] | None = None,
) -> BinLists:
    """Sort the pixels of a layer of a single channel, and what is known of each pixel."""
    if len(layer.members) != 1:
        raise ValueError(f"expected a layer of one channel, got one of {len(layer.members)}")
    given = (
        layer.runs,
        layer.first,
        layer.count,
        layer.sub_pixels,
        layer.wide,
        layer.wide_bounds,
        layer.wide_bins,
        layer.wide_count,
    )
    numbers = np.zeros(layer.n_bins + 1, np.uint32)
    _sort(*given, numbers[1:], None, None, None)
    starts = np.cumsum(numbers, dtype=np.uint32)
    size = int(starts[-1])
    entries = np.empty(size, np.uint32), np.empty(size, np.uint8), np.empty(size, np.uint8)
    _sort(*given, starts[:-1].copy(), *entries)
    known = (None if values is None else values[entries[0]] for values in (factor, dark))
    return BinLists(layer.sub_pixels, starts, *entries, *known)


@compiled
def _sort(
    runs: NDArray[np.uint32],
    first: NDArray[Any],
    count: NDArray[np.uint8],
    sub_pixels: int,
    wide: NDArray[np.uint32],
    bounds: NDArray[np.uint32],
    bins: NDArray[np.uint32],
    wide_count: NDArray[np.uint8],
    places: NDArray[np.uint32],
    pixel: NDArray[np.uint32] | None,
    own: Any,
    beyond: Any,
) -> None:
    """Put every entry to the place of its list, which moves on; without room for them just that."""
    i = j = 0
    for run in range(runs.shape[0] + 1):
        # Narrow and wide pixels lie among each other, and lists have them in the order of memory.
        end = np.int64(runs[run, 0]) if run < runs.shape[0] else np.iinfo(np.int64).max
        while i < wide.size and np.int64(wide[i]) < end:
            e, stop = np.int64(bounds[i]), np.int64(bounds[i + 1])
            while e < stop:
                pairs = e + 1 < stop and bins[e + 1] == bins[e] + 1
                at = np.int64(bins[e])
                place = places[at]
                places[at] += 1
                if pixel is not None:
                    pixel[place], own[place] = wide[i], wide_count[e]
                    beyond[place] = wide_count[e + 1] if pairs else 0
                e += 2 if pairs else 1
            i += 1
        if run == runs.shape[0]:
            break
        for p in range(np.int64(runs[run, 0]), np.int64(runs[run, 1])):
            at = np.int64(first[j])
            place = places[at]
            places[at] += 1
            if pixel is not None:
                pixel[place], own[place], beyond[place] = p, count[j], sub_pixels - count[j]
            j += 1
