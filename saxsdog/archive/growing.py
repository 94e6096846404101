"""HDF5 files whose datasets grow without HDF5, so that nobody ever meets one that is broken.

The library changes many places of a file when a dataset grows, in any order, and marks a file that
is open for writing so that others refuse it, also after the writer has died. We let it make the
file with room for more rows than there are, close it, and then write rows into that room; last of
all the one number of each dataset that says how many rows there are. Every reader may open such a
file at any time, and whenever its writer is killed it is whole.

The oldest version of the format is used: it has no marks of open files and no checksums, and
every program reads it.
"""

import io
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import OutputError
from saxsdog.regular_file import open_regular

if TYPE_CHECKING:
    import h5py

Values = NDArray[Any]

LIBVER = ("earliest", "v108")
"""Versions of the format that :func:`growing` files are made with."""

GROWS = "grows"
"""Attribute of datasets that grow."""

_HEADER_VERSION = 1
_HEADER = struct.Struct("<BBHII")
_MESSAGE = struct.Struct("<HHB")
_BLOCK = struct.Struct("<QQ")
_ROWS = struct.Struct("<Q")
_PREFIX = 16
_MESSAGE_PREFIX = 8
_DIMENSIONS = 8
"""Where in a message on the shape the first dimension stands."""

_SHAPE, _CONTINUATION = 0x01, 0x10
"""Types of messages in the header of an object."""

_NONE_OF_OURS = (
    OSError,
    LookupError,
    ValueError,
    TypeError,
    RuntimeError,
    ArithmeticError,
    struct.error,
)
"""Errors of a file that is another or damaged; h5py has no list of its own."""


def create_growing(
    group: "h5py.Group",
    name: str,
    dtype: "np.dtype[Any]",
    row_shape: tuple[int, ...],
    capacity: int,
    **attributes: Any,
) -> None:
    """Make a dataset with room for ``capacity`` rows, in a file of the version :data:`LIBVER`.

    It seems full until :class:`GrowingFile` opens it and :meth:`GrowingFile.show` is called.
    """
    import h5py

    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_layout(h5py.h5d.CONTIGUOUS)
    settings.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    settings.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space = h5py.h5s.create_simple((capacity, *row_shape))
    kind = h5py.h5t.py_create(dtype, logical=True)
    dataset = h5py.Dataset(h5py.h5d.create(group.id, name.encode(), kind, space, settings))
    dataset.attrs.update(attributes | {GROWS: True})


@dataclass(frozen=True)
class _Place:
    """A dataset in the bytes of the file: where its data begin, and its number of rows stands."""

    dtype: "np.dtype[Any]"
    row_shape: tuple[int, ...]
    data: int
    rows: int | None

    @property
    def row_bytes(self) -> int:
        return self.dtype.itemsize * int(np.prod(self.row_shape))


class GrowingFile:
    """A file with datasets that grow, opened to write; a context manager.

    Parameters
    ----------
    path
        Made with :func:`create_growing`. Datasets of a fixed shape may be in it, and are replaced
        as a whole.

    Attributes
    ----------
    n_rows
        That all growing datasets have.
    capacity
        Rows that there is room for.

    Raises
    ------
    OutputError
        If it cannot be written, or is none of this kind.
    """

    def __init__(self, path: Path) -> None:
        import h5py

        self.path = path
        self._growing: dict[str, _Place] = {}
        self._fixed: dict[str, _Place] = {}
        try:
            self._file = io.FileIO(open_regular(path, os.O_RDWR), "r+")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
        try:
            with h5py.File(path, "r") as file:
                counts = self._find(file)
            self.capacity = min(count[1] for count in counts)
            self.n_rows = min(count[0] for count in counts)
        except _NONE_OF_OURS as error:
            self._file.close()
            raise OutputError(
                f"{path}: expected a file of saxsdog: {error}; move it away to begin another"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def is_at(self, path: Path) -> bool:
        """Whether this is still the file of a name."""
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), path.stat())
        except FileNotFoundError:
            return False

    @property
    def columns(self) -> Mapping[str, tuple["np.dtype[Any]", tuple[int, ...]]]:
        """Type and shape of a row of each growing dataset, by path."""
        return {name: (each.dtype, each.row_shape) for name, each in self._growing.items()}

    def has(self, name: str) -> bool:
        """Whether there is a dataset of a fixed shape with this path."""
        return name in self._fixed

    def write(self, row: int, values: Mapping[str, Values]) -> None:
        """Write some rows of some datasets; they are there for readers once they are shown.

        Raises
        ------
        OSError
            If the disk takes nothing.
        """
        for name, rows in values.items():
            place = self._growing[name]
            if rows.shape[1:] != place.row_shape or row + len(rows) > self.capacity:
                raise ValueError(f"{name}: expected rows of {place.row_shape}, got {rows.shape}")
            data = np.ascontiguousarray(rows, place.dtype).tobytes()
            self._put(place.data + row * place.row_bytes, data)

    def replace(self, name: str, values: Values) -> None:
        """Replace a dataset of a fixed shape."""
        place = self._fixed[name]
        if values.shape != place.row_shape:
            raise ValueError(f"{name}: expected {place.row_shape}, got {values.shape}")
        self._put(place.data, np.ascontiguousarray(values, place.dtype).tobytes())

    def show(self, n_rows: int) -> None:
        """Let all growing datasets have so many rows."""
        for place in self._growing.values():
            if place.rows is not None:
                self._put(place.rows, _ROWS.pack(n_rows))
        self.n_rows = n_rows

    def read(self, name: str, start: int, stop: int) -> Values:
        """Return some rows of a growing dataset."""
        place = self._growing[name]
        self._file.seek(place.data + start * place.row_bytes)
        data = self._file.read((stop - start) * place.row_bytes) or b""
        return np.frombuffer(data, place.dtype).reshape(stop - start, *place.row_shape)

    def _put(self, at: int, data: bytes) -> None:
        self._file.seek(at)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _find(self, file: "h5py.File") -> list[tuple[int, int]]:
        """Find all datasets; return the rows that the growing ones have and have room for."""
        import h5py

        counts: list[tuple[int, int]] = []

        def visit(name: str, node: Any) -> None:
            if not isinstance(node, h5py.Dataset):
                return
            data = node.id.get_offset()
            if GROWS in node.attrs:
                rows, shape = self._rows_of(h5py.h5o.get_info(node.id).addr), node.shape[1:]
                self._growing[name] = _Place(node.dtype, shape, data, rows)
                counts.append((node.shape[0], node.maxshape[0]))
            elif data is not None:
                self._fixed[name] = _Place(node.dtype, node.shape, data, None)

        file.visititems(visit)
        if not counts:
            raise ValueError("no dataset in it grows")
        return counts

    def _rows_of(self, header: int) -> int:
        """Return where the number of rows stands, from the header of a dataset.

        References
        ----------
        HDF5 File Format Specification 3.0, sections IV.A.1.a (header, version 1), IV.A.2.b
        (dataspace message) and IV.A.2.q (continuation message).
        """
        version, _, _, _, size = _HEADER.unpack(self._get(header, _HEADER.size))
        if version != _HEADER_VERSION:
            raise ValueError(f"expected a header of version {_HEADER_VERSION}, got {version}")
        blocks = [(header + _PREFIX, size)]
        while blocks:
            at, size = blocks.pop(0)
            block = self._get(at, size)
            within = 0
            while within + _MESSAGE_PREFIX <= size:
                kind, length, _ = _MESSAGE.unpack_from(block, within)
                within += _MESSAGE_PREFIX
                if kind == _SHAPE:
                    return at + within + _DIMENSIONS
                if kind == _CONTINUATION:
                    blocks.append(_BLOCK.unpack_from(block, within))
                within += length
        raise ValueError("a dataset has no shape")

    def _get(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(min(size, os.fstat(self._file.fileno()).st_size)) or b""
