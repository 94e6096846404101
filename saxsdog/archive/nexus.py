"""The NeXus file of a data set (``.hdf``): all curves as stacks, with everything they came from.

Stacks are laid out as NXazint1d and NXazint2d want it, the newest curve of each channel as NXcanSAS
does, and once the file is finished each of them, if there are not many. Each image has one row: one
that is integrated again takes its former place.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from saxsdog.archive.description import Description
from saxsdog.archive.growing import LIBVER, GrowingFile
from saxsdog.archive.nexus_layout import (
    DIGEST,
    ENTRY,
    FLOAT,
    IDENTITY,
    IMAGES,
    CurveOfImage,
    curve_group,
    lay_out,
)
from saxsdog.archive.records import Record
from saxsdog.errors import OutputError
from saxsdog.whole_file import remove_leftovers_of_the_dead, temporary_name

if TYPE_CHECKING:
    Columns = Mapping[str, NDArray[Any]]

SUFFIX = ".hdf"
"""As of cakes: none that an image may have, so that a result is never taken for one."""

FEWEST_ROWS = 64
GROWTH = 1.5
"""Of a file that is full: it is written anew with so many times the rows."""

MOST_CURVES = 200
"""That a finished file has one by one besides the stacks; each of them takes some milliseconds."""

SHORTEST_NAME = 32
COPIED = 16 << 20
"""Bytes that are copied at a time; the rows of a cake are large."""

_PER_Q = ("1/nm", "1/angstrom")


class NexusFile:
    """The file of one data set, open for more results; a context manager is what holds it.

    Parameters
    ----------
    path
        The file; made if it is not there.
    description
        Of the results; a file that is there has the same identity.
    folder
        Where names of images start.
    expected
        How many images there will be, as far as that is known.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def __init__(
        self, path: Path, description: Description, folder: str, expected: int = 0
    ) -> None:
        self._path = path
        self._description = description
        self._folder = folder
        self._expected = expected
        self._channels = {channel.name: channel for channel in description.channels}
        self._file: GrowingFile | None = None
        self._rows: dict[bytes, int] = {}
        self._over_q = [
            channel
            for channel in description.channels
            if channel.unit in _PER_Q and channel.kind != "Cake"
        ]
        self._shows_newest = False  # or the curve of each image
        remove_leftovers_of_the_dead(path.parent)
        if path.exists():
            self._open()

    @property
    def n_images(self) -> int:
        """Images that the file holds."""
        return len(self._rows)

    def add(self, records: Sequence[Record]) -> None:
        """Add results, and let readers see them.

        Raises
        ------
        OutputError
            If the disk takes nothing; the same results may be added again.
        """
        try:
            self._add(records)
        except OSError as error:
            raise self._cannot_be_written(error) from error

    def finish(self) -> None:
        """Give back the room for further rows, and close the file.

        If there are not many curves, each of them becomes one that SasView shows.
        """
        file = self._file
        if file is not None:
            each = len(self._over_q) * file.n_rows <= MOST_CURVES
            try:
                if each or file.capacity > file.n_rows:
                    self._rebuild(file.n_rows, (), (), each=each)
            except OSError as error:
                raise self._cannot_be_written(error) from error
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _cannot_be_written(self, error: OSError) -> OutputError:
        return OutputError(f"{self._path}: cannot be written: {error.strerror or error}")

    # -------------------------------------------------------------------- rows

    def _add(self, records: Sequence[Record]) -> None:
        names = [_encoded(record.image, self._folder) for record in records]
        self._file_that_is_there()
        new = [name for name in dict.fromkeys(names) if name not in self._rows]
        file = self._with_room(len(self._rows) + len(new), names, records)
        for name in new:
            self._rows.setdefault(name, len(self._rows))
        for first, group in _runs([self._rows[name] for name in names]):
            chosen = [records[i] for i in group]
            named = [names[i] for i in group]
            file.write(first, self._columns(chosen, named, first, file))
        self._show_newest(records[-1], names[-1], file)
        file.show(len(self._rows))

    def _with_room(
        self, n_rows: int, names: Sequence[bytes], records: Sequence[Record]
    ) -> GrowingFile:
        """Return the file with room for so many rows, for these names and their parameters."""
        file = self._file
        columns = {name for record in records for name in _parameters_of(record)}
        if file is None:
            n_rows = max(n_rows, self._expected, FEWEST_ROWS)
            return self._rebuild(n_rows, names, columns, records[0])
        width = file.columns[f"{IMAGES}/name"][0].itemsize
        if n_rows > file.capacity or (self._over_q and not self._shows_newest):
            n_rows = max(n_rows, int(file.capacity * GROWTH))
            return self._rebuild(n_rows, names, columns)
        if max(map(len, names)) > width or not columns <= file.columns.keys():
            return self._rebuild(file.capacity, names, columns)
        return file

    def _file_that_is_there(self) -> GrowingFile | None:
        """Return the file, unless somebody has removed it: then its images are forgotten."""
        if self._file is not None and not self._file.is_at(self._path):
            self.close()
        if self._file is None:
            self._rows = {}
            if self._path.exists():
                self._open()
        return self._file

    def _columns(
        self, records: Sequence[Record], names: Sequence[bytes], first: int, file: GrowingFile
    ) -> "Columns":
        columns: dict[str, NDArray[Any]] = {
            f"{IMAGES}/index": np.arange(first, first + len(records)),
            f"{IMAGES}/name": np.array(names, dtype=file.columns[f"{IMAGES}/name"][0]),
            f"{IMAGES}/counts_xxh3": np.array([record.counts for record in records], DIGEST),
            f"{IMAGES}/time": _floats(record.time for record in records),
            f"{IMAGES}/exposure": _floats(record.exposure for record in records),
            f"{IMAGES}/integrated": _floats(record.done for record in records),
        }
        values = [_parameters_of(record) for record in records]
        for name in file.columns:
            if name.startswith(f"{IMAGES}/") and name not in columns:
                columns[name] = _floats(each.get(name) for each in values)
        for name in self._channels:
            pairs = [record.curves[name] for record in records]
            columns[f"{ENTRY}/{name}/I"] = np.stack([intensity for intensity, _ in pairs])
            columns[f"{ENTRY}/{name}/I_errors"] = np.stack([sigma for _, sigma in pairs])
        return columns

    def _show_newest(self, record: Record, image: bytes, file: GrowingFile) -> None:
        for name in (channel.name for channel in self._over_q):
            intensity, sigma = record.curves[name]
            file.replace(f"{curve_group(name)}/data/I", intensity)
            file.replace(f"{curve_group(name)}/data/Idev", sigma)
            width = file.columns[f"{IMAGES}/name"][0]
            for text in ("title", "run"):
                file.replace(f"{curve_group(name)}/{text}", np.array(image, width))

    # -------------------------------------------------------------------- the file

    def _open(self) -> GrowingFile:
        self.close()
        file = self._file = GrowingFile(self._path)
        file.show(file.n_rows)  # who was killed may have left one dataset longer than another
        names = file.read(f"{IMAGES}/name", 0, file.n_rows)
        self._rows = {name: row for row, name in enumerate(names.tolist())}
        self._shows_newest = any(
            file.has(f"{curve_group(each.name)}/data/I") for each in self._over_q
        )
        return file

    def _rebuild(
        self,
        capacity: int,
        names: Sequence[bytes],
        columns: Iterable[str],
        first: Record | None = None,
        *,
        each: bool = False,
    ) -> GrowingFile:
        """Write the file anew, with another number of rows, longer names or more columns."""
        former = self._file
        width = max([SHORTEST_NAME, *map(len, names)])
        if former is not None:
            width = max(width, former.columns[f"{IMAGES}/name"][0].itemsize)
            columns = {*columns, *_parameters_in(former)}
        curves = self._newest(former)
        if each and former is not None:
            curves = self._of_each_image(former)
        temporary = temporary_name(self._path)
        try:
            with h5py.File(temporary, "w", libver=LIBVER) as root:
                lay_out(root, self._description, capacity, width, sorted(columns), curves)
            with GrowingFile(temporary) as new:
                if former is not None:
                    _copy(former, new)
                elif first is not None:  # HDF5 does not open what has no rows
                    name = _encoded(first.image, self._folder)
                    new.write(0, self._columns([first], [name], 0, new))
                    new.show(1)
            self.close()  # Windows replaces no open file
            temporary.replace(self._path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return self._open()

    def _newest(self, former: GrowingFile | None) -> Iterator[CurveOfImage]:
        """Return the newest curve of each channel, as far as the file has that: not its images."""
        for channel in self._over_q:
            nothing = np.full(len(channel.q), np.nan)
            curve = CurveOfImage(channel, curve_group(channel.name), b" ", nothing, nothing)
            if former is not None and self._shows_newest:
                with h5py.File(self._path, "r") as root:
                    group = root[curve.group]
                    data = group["data"]
                    title = bytes(group["title"][()])
                    curve = replace(
                        curve, title=title, intensity=data["I"][()], sigma=data["Idev"][()]
                    )
            yield curve

    def _of_each_image(self, former: GrowingFile) -> Iterator[CurveOfImage]:
        """Return all curves over q of all images."""
        names = former.read(f"{IMAGES}/name", 0, former.n_rows).tolist()
        for channel in self._over_q:
            for row, title in enumerate(names):
                intensity, sigma = (
                    former.read(f"{ENTRY}/{channel.name}/{field}", row, row + 1)[0]
                    for field in ("I", "I_errors")
                )
                group = f"{curve_group(channel.name)}_{row:05d}"
                yield CurveOfImage(channel, group, title, intensity, sigma)


def identity_of(path: Path) -> str | None:
    """Return whose results a file holds; ``None`` if it is none of ours."""
    try:
        with h5py.File(path, "r") as root:
            return str(root[IDENTITY].asstr()[()])
    except (OSError, KeyError, TypeError, AttributeError, ValueError, RuntimeError):
        return None


def _encoded(image: str, folder: str) -> bytes:
    """Name an image as seen from the folder of the data set."""
    name = os.path.relpath(image, folder) if os.path.isabs(image) else image  # noqa: PTH117 - text
    return name.encode("utf-8", "backslashreplace")


def _parameters_of(record: Record) -> Mapping[str, float]:
    return {
        f"{IMAGES}/{channel}/{name.replace('/', '|')}": value
        for channel, numbers in record.parameters.items()
        for name, value in numbers.items()
    }


def _parameters_in(file: GrowingFile) -> Iterable[str]:
    return [name for name in file.columns if name.startswith(f"{IMAGES}/") and name.count("/") > 2]


def _floats(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], FLOAT)


def _runs(rows: Sequence[int]) -> Iterable[tuple[int, list[int]]]:
    """Divide rows into runs that follow each other: first row, and places in the sequence."""
    runs: list[tuple[int, list[int]]] = []
    for place, row in enumerate(rows):
        if runs and row == runs[-1][0] + len(runs[-1][1]):
            runs[-1][1].append(place)
        else:
            runs.append((row, [place]))
    return runs


def _copy(former: GrowingFile, new: GrowingFile) -> None:
    for name, (dtype, row_shape) in new.columns.items():
        n_rows = max(1, COPIED // (dtype.itemsize * int(np.prod(row_shape))))
        for start in range(0, former.n_rows, n_rows):
            stop = min(start + n_rows, former.n_rows)
            if name in former.columns:
                rows = former.read(name, start, stop)
            else:
                rows = np.full(stop - start, np.nan)
            new.write(start, {name: rows})
    new.show(former.n_rows)
