"""Groups and fields of an HDF5 file in the words of NeXus, never a step into another file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import CalibrationError
from saxsdog.importers.words import shown
from saxsdog.io.libraries import translated
from saxsdog.reduction.geometry import Array

MOST_NAMES = 256
"""Members of a group that are looked at."""

_MOST_VALUES = 1 << 20
_MICROMETRE = ("um", "µm", "μm", "micron", "microns", "micrometer", "micrometre")
_ANGSTROM = ("angstrom", "angstroms", "a", "å")

LENGTHS: Mapping[str, float] = (
    {"m": 1.0, "metre": 1.0, "meter": 1.0, "mm": 1e-3, "cm": 1e-2, "nm": 1e-9}
    | dict.fromkeys(_MICROMETRE, 1e-6)
    | dict.fromkeys(_ANGSTROM, 1e-10)
)
"""Metres in a unit."""


@dataclass(frozen=True)
class Quantity:
    """A field of numbers.

    Attributes
    ----------
    path
        Where it stands.
    values
        One or many, in a row.
    unit
        In small letters, empty where the file does not say.
    attributes
        Of the field, as the library gives them.
    """

    path: str
    values: Array
    unit: str
    attributes: Mapping[str, Any]

    @property
    def first(self) -> float:
        """The first of the values."""
        return float(self.values[0])

    def times(self, units: Mapping[str, float], default: str) -> float:
        """Return the first value in the unit whose factor is 1."""
        return self.first * factor(self.path, self.unit or default, units)

    def text(self, attribute: str) -> str:
        """Return an attribute that is one text, else an empty one."""
        return one_text(self.attributes.get(attribute, ""))


class Tree:
    """An open file."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def has_group(self, path: str) -> bool:
        """Whether there is a group of this path."""
        return self._group(path) is not None

    def names(self, path: str) -> list[str]:
        """Return the names in a group, in the order of the alphabet."""
        group = self._group(path)
        if group is None:
            return []
        with translated(f"names at {path}"):
            return sorted(name.decode("utf-8", "replace") for name in group)[:MOST_NAMES]

    def of_class(self, kind: str, path: str) -> list[str]:
        """Return the paths of the groups in a group whose ``NX_class`` is this."""
        places = (f"{path}/{name}" for name in self.names(path))
        return [place for place in places if self._class_of(place) == kind]

    def shape(self, path: str) -> tuple[int, ...] | None:
        """Return the shape of a dataset that lies in this file."""
        with translated(f"a dataset at {path}"):
            dataset = self._dataset(path)
            shape = None if dataset is None else dataset.shape
        return None if shape is None else tuple(map(int, shape))

    def field(self, path: str) -> Quantity | None:
        """Read a field of numbers."""
        with translated(f"numbers at {path}"):
            dataset = self._dataset(path)
            if dataset is None or not dataset.size or dataset.size > _MOST_VALUES:
                return None
            if dataset.dtype.kind not in "iuf":
                return None
            values = _in_double_precision(np.asarray(dataset[()]).reshape(-1))
            attributes = {name: dataset.attrs[name] for name in dataset.attrs}
        unit = one_text(attributes.get("units", "")).strip().casefold()
        return Quantity(path, values, unit, attributes)

    def _class_of(self, path: str) -> str:
        from saxsdog.io.hdf5_search import text_attribute

        group = self._group(path)
        if group is None:
            return ""
        with translated(f"an NX_class at {path}"):
            return text_attribute(group, b"NX_class").decode("utf-8", "replace")

    def _object(self, path: str) -> Any:
        from saxsdog.io.hdf5_search import follow

        with translated(f"an object at {path}"):
            return follow(self._root, path.encode())

    def _group(self, path: str) -> Any:
        from h5py import h5g

        found = self._object(path)
        return found if isinstance(found, h5g.GroupID) else None

    def _dataset(self, path: str) -> Any:
        """Return a dataset with its own numbers: others may open any file."""
        import h5py
        from h5py import h5d

        from saxsdog.io.hdf5_search import has_own_numbers

        found = self._object(path)
        if not isinstance(found, h5d.DatasetID) or not has_own_numbers(found):
            return None
        return h5py.Dataset(found)


@contextmanager
def opened(path: Path) -> Iterator[Tree]:
    """Open a file for reading; a :exc:`~saxsdog.errors.FrameError` says why that cannot be."""
    with translated("an HDF5 file"):
        import h5py
        import hdf5plugin  # noqa: F401 - makes its filters known to the library

        file = h5py.File(path, "r", locking=False)
    with file:
        with translated("a group in an HDF5 file"):
            root = file["/"].id
        yield Tree(root)


def _in_double_precision(values: NDArray[Any]) -> Array:
    """Convert numbers; single precision to the shortest decimals that it stands for.

    Detectors write the edge of a pixel as a single-precision 7.5e-5, which is 7.50000035624e-5.
    """
    if values.dtype.kind == "f" and values.dtype.itemsize < np.dtype(np.float64).itemsize:
        values = values.astype(np.str_)
    return values.astype(np.float64)


def one_text(value: Any) -> str:
    """Return a text of one, as numpy or h5py wraps it, else an empty one."""
    first = np.asarray(value).reshape(-1)[0] if np.size(value) == 1 else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def factor(path: str, unit: str, units: Mapping[str, float]) -> float:
    """Look up a unit of a field; a :exc:`CalibrationError` names those that are known."""
    if unit not in units:
        raise CalibrationError(f"{path}: expected one of {', '.join(units)}, got {shown(unit)}")
    return units[unit]
