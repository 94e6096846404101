"""The images in one dataset of an HDF5 file: where they lie and how they are packed.

HDF5 File Format Specification, https://support.hdfgroup.org/documentation/hdf5/latest/_s_p_e_c.html.
"""

import math
from array import array
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5t
from numpy.typing import NDArray

from saxsdog.errors import FrameError
from saxsdog.io.hdf5_filters import unpack_bitshuffle, unpack_lz4
from saxsdog.io.headers import Layout, Packing
from saxsdog.reasons import Reason

LZ4, BITSHUFFLE = 32004, 32008
"""Numbers of filters, https://github.com/HDFGroup/hdf5_plugins."""

BITSHUFFLE_WITH_LZ4 = 2
"""The fifth of the numbers that this filter keeps with a dataset; the third is its pixel's size."""

UNPACK: Mapping[Packing, Callable[[NDArray[np.uint8], NDArray[Any]], None]] = {
    "bitshuffle": unpack_bitshuffle,
    "lz4": unpack_lz4,
}
"""What fills pixels from the bytes of a chunk."""

MAX_CHUNKS = 1 << 24
"""Chunks of a dataset; 100 000 images in 16 pieces each have 1.6 million."""

_ROOM_FOR_FILTERS = 4096
"""Bytes; what no filter can pack becomes longer by what it says about that."""

MAX_CHUNK = 1 << 30
"""Bytes of an unpacked chunk, which the library takes memory for."""


class Images:
    """A dataset as a row of images of one size and type.

    Parameters
    ----------
    dataset
        Of numbers; its last two dimensions are rows and columns, those ahead count the images.

    Attributes
    ----------
    n_images
        How many there are.
    """

    def __init__(self, dataset: h5d.DatasetID) -> None:
        self.dataset = dataset
        *leading, rows, columns = map(int, dataset.shape)
        self._leading, self._shape = tuple(leading), (rows, columns)
        self.n_images = math.prod(leading)
        self._dtype = dataset.dtype
        self._computable = _computable(self._dtype)
        properties = dataset.get_create_plist()
        self._contiguous = properties.get_layout() == h5d.CONTIGUOUS
        self._chunk: tuple[int, ...] | None = None
        if properties.get_layout() == h5d.CHUNKED:
            self._chunk = tuple(map(int, properties.get_chunk()))
        whole = self._contiguous or self._chunk == (*(1 for _ in leading), rows, columns)
        # A number may use only some of its bits; the library converts those.
        as_stored = h5t.py_create(self._dtype).equal(dataset.get_type())
        packing = _packing(properties, self._dtype.itemsize) if as_stored else "hdf5"
        whole &= self._computable == self._dtype.newbyteorder("=")
        self._packing: Packing = packing if whole else "hdf5"
        self._unpack = UNPACK.get(packing)
        self._unpacked = np.empty(0, np.uint8), -1

    def describe(self, image: int, fields: dict[str, str]) -> Layout:
        """Tell where an image lies; :meth:`read_into` reads it where the packing is ``"hdf5"``.

        Raises
        ------
        FrameError
            If it has not been written.
        """
        if self._packing == "hdf5":
            layout = Layout(self._shape, self._computable, "hdf5", fields)
            if self._chunk is not None:
                self._chunks.check_size(self._chunks.check(image))
            elif self._contiguous and self.dataset.get_offset() is None:
                raise _unwritten(image)
            return layout
        size = math.prod(self._shape) * self._dtype.itemsize
        packing, length = self._packing, size
        if self._contiguous:
            start = self.dataset.get_offset()
            if start is None:
                raise _unwritten(image)
            offset = start + image * size
        else:
            offset, length, as_it_is = self._chunks.place(image)
            packing = "plain" if as_it_is else packing
        if packing == "plain" and length != size:
            raise FrameError(f"expected {size} bytes in the chunk of the image, got {length}")
        return Layout(self._shape, self._dtype, packing, fields, offset, length)

    def read_into(self, image: int, target: NDArray[Any]) -> None:
        """Read an image of packing ``"hdf5"`` into memory of the shape and type of its layout."""
        if self._unpack is not None:
            self._join(image, target)
            return
        if self._dtype.kind == "b":
            target = target.view(np.bool_)
        where = np.unravel_index(image, self._leading) if self._leading else ()
        selection = (*map(int, where), slice(None), slice(None))
        h5py.Dataset(self.dataset).read_direct(target, selection)

    def _join(self, image: int, target: NDArray[Any]) -> None:
        """Put an image together from chunks that hold pieces of it, or more than it.

        Damaged chunks may end the process in the filters of the library, but not in ours.
        """
        assert self._chunk is not None  # noqa: S101 - only chunks are packed
        height, width = self._chunk[-2:]
        where = np.unravel_index(image, self._leading) if self._leading else ()
        inside = tuple(int(at) % step for at, step in zip(where, self._chunk, strict=False))
        first = self._chunks.check(image)
        per_row = -(-self._shape[1] // width)
        for number in range(self._chunks.per_layer):
            row, column = number // per_row * height, number % per_row * width
            start = (*(int(at) - off for at, off in zip(where, inside, strict=True)), row, column)
            piece = self._unpacked_chunk(first + number, start)[inside]
            place = target[row : row + height, column : column + width]
            place[:] = piece[: place.shape[0], : place.shape[1]]

    def _unpacked_chunk(self, number: int, start: tuple[int, ...]) -> NDArray[Any]:
        """Unpack a chunk, unless it is the one that was unpacked last."""
        assert self._chunk is not None  # noqa: S101 - as above
        assert self._unpack is not None  # noqa: S101 - as above
        chunk, last = self._unpacked
        if number != last:
            form = np.dtype(np.uint8) if self._dtype.kind == "b" else self._dtype
            if chunk.shape != self._chunk:
                chunk = np.empty(self._chunk, form)
            self._unpacked = chunk, -1
            packed = np.empty(self._chunks.size(number), np.uint8)
            as_it_is, _ = self.dataset.read_direct_chunk(start, out=packed)
            if not as_it_is:
                self._unpack(packed, chunk.reshape(-1))
            elif packed.size == chunk.nbytes:
                chunk.reshape(-1).view(np.uint8)[:] = packed
            else:
                raise FrameError(f"expected {chunk.nbytes} bytes in a chunk, got {packed.size}")
            self._unpacked = chunk, number
        return chunk

    @cached_property
    def _chunks(self) -> "_Chunks":
        assert self._chunk is not None  # noqa: S101 - asked for chunked datasets only
        return _Chunks(self.dataset, self._chunk, self._dtype.itemsize)


class _Chunks:
    """Where the chunks of a dataset are.

    All are asked for at once: that takes as long as asking for the place of a few, because the
    library goes through all of them each time.
    """

    def __init__(self, dataset: h5d.DatasetID, chunk: tuple[int, ...], item_size: int) -> None:
        shape = tuple(map(int, dataset.shape))
        grid = [-(-length // step) for length, step in zip(shape, chunk, strict=True)]
        if math.prod(chunk) * item_size > MAX_CHUNK:
            raise FrameError(
                f"expected chunks of at most {MAX_CHUNK} bytes, got {chunk} pixels",
                Reason.TOO_LARGE,
            )
        self._shape, self._chunk = shape[:-2], chunk[:-2]
        self._largest = int(1.1 * math.prod(chunk) * item_size) + _ROOM_FOR_FILTERS
        self.per_layer = grid[-2] * grid[-1]
        steps = [math.prod(grid[i + 1 :]) for i in range(len(grid))]
        self._steps = steps[:-2]
        numbers, offsets, sizes, plain = array("q"), array("q"), array("q"), array("b")

        def note(found: Any) -> bool | None:
            places = zip(found.chunk_offset, chunk, steps, strict=True)
            numbers.append(sum(at // length * step for at, length, step in places))
            offsets.append(found.byte_offset)
            sizes.append(found.size)
            plain.append(found.filter_mask != 0)
            return True if len(numbers) > MAX_CHUNKS else None

        if math.prod(shape):
            dataset.chunk_iter(note)
        if len(numbers) > MAX_CHUNKS:
            raise FrameError(f"expected at most {MAX_CHUNKS} chunks", Reason.TOO_LARGE)
        order = np.argsort(np.frombuffer(numbers, np.int64), kind="stable")
        self._numbers = np.frombuffer(numbers, np.int64)[order]
        self._offsets = np.frombuffer(offsets, np.int64)[order]
        self._sizes = np.frombuffer(sizes, np.int64)[order]
        self._plain = np.frombuffer(plain, np.int8)[order]

    def place(self, image: int) -> tuple[int, int, bool]:
        """Offset and size of the one chunk of an image, and whether no filter was applied."""
        at = self.check(image)
        return int(self._offsets[at]), int(self._sizes[at]), bool(self._plain[at])

    def check_size(self, first: int) -> None:
        """Refuse pieces of an image that the library would unpack to much more than they are of."""
        largest = int(self._sizes[first : first + self.per_layer].max(initial=0))
        if largest > self._largest:
            raise FrameError(
                f"expected at most {self._largest} bytes in a chunk, got {largest}",
                Reason.TOO_LARGE,
            )

    def size(self, index: int) -> int:
        return int(self._sizes[index])

    def check(self, image: int) -> int:
        """Return the index of the first chunk of an image, all of whose chunks must be there.

        The library makes up zeros for what is not.
        """
        where = np.unravel_index(image, self._shape) if self._shape else ()
        places = zip(map(int, where), self._chunk, self._steps, strict=True)
        first = sum(at // length * step for at, length, step in places)
        at = int(np.searchsorted(self._numbers, first))
        there = self._numbers[at : at + self.per_layer]
        if there.size < self.per_layer or there[-1] != first + self.per_layer - 1:
            raise _unwritten(image)
        return at


def _unwritten(image: int) -> FrameError:
    return FrameError(
        f"expected an image, the file has room for number {image} but no pixels yet",
        Reason.TRUNCATED,
    )


def _packing(properties: Any, item_size: int) -> Packing:
    """How chunks of one image are packed, as far as we can unpack them."""
    filters = [properties.get_filter(i) for i in range(properties.get_nfilters())]
    match filters:
        case []:
            return "plain"
        case [(number, _, _, _)] if number == LZ4:
            return "lz4"
        case [(number, _, (_, _, size, _, compression, *_), _)] if (
            number == BITSHUFFLE and size == item_size and compression == BITSHUFFLE_WITH_LZ4
        ):
            return "bitshuffle"
    return "hdf5"


def _computable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type that a stored one is integrated in, in the byte order of this machine."""
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype.kind == "f":
        return np.dtype(f"f{min(max(dtype.itemsize, 4), 8)}")
    return dtype.newbyteorder("=")
