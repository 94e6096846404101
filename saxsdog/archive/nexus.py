"""The NeXus file of a data set (``.hdf``): all curves as stacks, with everything they came from.

Stacks are laid out as NXazint1d and NXazint2d want it, the newest curve of each channel as NXcanSAS
does, and once the file is finished each of them, if there are not many. Each image has one row: one
that is integrated again takes its former place.
"""

import datetime as dt
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from saxsdog.archive.description import ChannelDescription, Description
from saxsdog.archive.growing import LIBVER, GrowingFile, create_growing
from saxsdog.archive.records import Record
from saxsdog.classifiers.descriptions import describe
from saxsdog.errors import OutputError
from saxsdog.reduction.intensity import in_ascii
from saxsdog.whole_file import remove_leftovers_of_the_dead, temporary_name

if TYPE_CHECKING:
    Columns = Mapping[str, NDArray[Any]]

SUFFIX = ".hdf"
"""As of cakes: none that an image may have, so that a result is never taken for one."""

ENTRY, IMAGES = "stack", "stack/images"
CURVE = "curve_{}"
"""Comes before the stacks in the order of names: SasView expects a SASentry first."""

IDENTITY = f"{ENTRY}/reduction/input/identity"

FEWEST_ROWS = 64
GROWTH = 1.5
"""Of a file that is full: it is written anew with so many times the rows."""

MOST_CURVES = 200
"""That a finished file has one by one besides the stacks; each of them takes some milliseconds."""

SHORTEST_NAME = 32
COPIED = 16 << 20
"""Bytes that are copied at a time; the rows of a cake are large."""

KEV_NM = 1.239841984332
"""Energy times wavelength of a photon."""

_PER_Q = ("1/nm", "1/angstrom")
_REFERENCE = "M. Burian et al., SAXSDOG"

_FLOAT = np.dtype("<f8")
_INTEGER = np.dtype("<i8")
_DIGEST = np.dtype("S32")
"""Of the counts of an image, hexadecimal."""


@dataclass(frozen=True, eq=False)
class CurveOfImage:
    """A curve that stands alone: the name of its group, and that of its image."""

    channel: ChannelDescription
    group: str
    title: bytes
    intensity: NDArray[np.float64]
    sigma: NDArray[np.float64]


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
            f"{IMAGES}/counts_xxh3": np.array([record.counts for record in records], _DIGEST),
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
            file.replace(f"{_curve(name)}/data/I", intensity)
            file.replace(f"{_curve(name)}/data/Idev", sigma)
            width = file.columns[f"{IMAGES}/name"][0]
            for text in ("title", "run"):
                file.replace(f"{_curve(name)}/{text}", np.array(image, width))

    # -------------------------------------------------------------------- the file

    def _open(self) -> GrowingFile:
        self.close()
        file = self._file = GrowingFile(self._path)
        file.show(file.n_rows)  # who was killed may have left one dataset longer than another
        names = file.read(f"{IMAGES}/name", 0, file.n_rows)
        self._rows = {name: row for row, name in enumerate(names.tolist())}
        self._shows_newest = any(file.has(f"{_curve(each.name)}/data/I") for each in self._over_q)
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
                self._lay_out(root, capacity, width, sorted(columns), curves)
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
        nothing = {c.name: np.full(len(c.q), np.nan) for c in self._over_q}
        for channel in self._over_q:
            curve = CurveOfImage(
                channel, _curve(channel.name), b" ", nothing[channel.name], nothing[channel.name]
            )
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
                group = f"{_curve(channel.name)}_{row:05d}"
                yield CurveOfImage(channel, group, title, intensity, sigma)

    def _lay_out(
        self,
        root: h5py.File,
        capacity: int,
        width: int,
        columns: Sequence[str],
        curves: Iterable[CurveOfImage],
    ) -> None:
        description, channels = self._description, self._description.channels
        root.attrs.update({"NX_class": "NXroot", "default": ENTRY, "creator": "saxsdog"})
        entry = _group(root, ENTRY, "NXentry", default=channels[0].name)
        # No title: SasView would take it for that of the last curve.
        _texts(entry, definition="NXazint2d" if channels[0].kind == "Cake" else "NXazint1d")
        entry["solid_angle_applied"] = description.solid_angle
        entry["polarization_applied"] = description.polarization
        entry["normalization_applied"] = description.normalization
        _write_instrument(entry, description)
        _write_process(entry, description)
        _create_table(entry, columns, capacity, width, description.intensity_unit)
        for channel in channels:
            _create_stack(entry, channel, description, capacity)
        for curve in curves:
            _create_curve(root, curve, description, width)


def identity_of(path: Path) -> str | None:
    """Return whose results a file holds; ``None`` if it is none of ours."""
    try:
        with h5py.File(path, "r") as root:
            return str(root[IDENTITY].asstr()[()])
    except (OSError, KeyError, TypeError, AttributeError, ValueError, RuntimeError):
        return None


def _write_instrument(entry: h5py.Group, description: Description) -> None:
    instrument = _group(entry, "instrument", "NXinstrument")
    _texts(instrument, name="unknown")
    monochromator = _group(instrument, "monochromator", "NXmonochromator")
    wavelength = description.wavelength
    _value(monochromator, "wavelength", wavelength * 10.0, "angstrom")
    _value(monochromator, "energy", KEV_NM / wavelength, "keV")
    detector = _group(instrument, "detector", "NXdetector")
    row, column = description.beam_center
    height, width = description.pixel_size
    _value(detector, "distance", description.distance, "m")
    _value(detector, "beam_center_x", column, "pixel")
    _value(detector, "beam_center_y", row, "pixel")
    _value(detector, "x_pixel_size", width, "m")
    _value(detector, "y_pixel_size", height, "m")
    source = _group(instrument, "source", "NXsource")
    _texts(source, name="unknown", type="Synchrotron X-ray Source", probe="x-ray")


def _write_process(entry: h5py.Group, description: Description) -> None:
    process = _group(entry, "reduction", "NXprocess")
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    _texts(process, program="saxsdog", version=description.program, date=now, reference=_REFERENCE)
    given = _group(process, "input", "NXparameters")
    _texts(
        given,
        calibration=description.calibration,
        calibration_sha256=description.calibration_sha256,
        files_sha256=json.dumps(dict(description.files)),
        identity=description.identity,
        bundle=description.bundle,
    )


def _create_table(
    entry: h5py.Group, columns: Sequence[str], capacity: int, width: int, intensity_unit: str
) -> None:
    """Make the columns of what is known of each image, and of its parameters."""
    table = _group(entry, "images", "NXcollection")
    name = h5py.string_dtype("utf-8", width)
    create_growing(table, "index", _INTEGER, (), capacity)
    create_growing(table, "name", name, (), capacity)
    create_growing(table, "counts_xxh3", _DIGEST, (), capacity)
    for field in ("time", "integrated"):
        long_name = f"{field}, seconds since 1970-01-01 UTC"
        create_growing(table, field, _FLOAT, (), capacity, units="s", long_name=long_name)
    create_growing(table, "exposure", _FLOAT, (), capacity, units="s")
    for path in columns:
        channel, parameter = path.removeprefix(f"{IMAGES}/").split("/", 1)
        if channel not in table:
            _group(table, channel, "NXcollection")
        unit = in_ascii(describe(parameter.replace("|", "/")).unit_with(intensity_unit))
        units = {"units": unit} if unit else {}
        create_growing(table[channel], parameter, _FLOAT, (), capacity, **units)


def _create_stack(
    entry: h5py.Group, channel: ChannelDescription, description: Description, capacity: int
) -> None:
    data = _group(entry, channel.name, "NXdata", signal="I")
    units = {"units": description.intensity_unit}
    long_name = description.intensity_label
    create_growing(data, "I", _FLOAT, channel.shape, capacity, **units, long_name=long_name)
    create_growing(data, "I_errors", _FLOAT, channel.shape, capacity, **units)
    q = "azimuthal_axis" if channel.kind == "Phi" else "radial_axis"
    _axis(data, q, channel.q, channel.unit, channel.label)
    if channel.chi is None:
        data.attrs.update({"axes": [".", q], "interpretation": "spectrum"})
        return
    _axis(data, "azimuthal_axis", channel.chi, "rad", "Azimuth [rad]")
    data.attrs.update({"axes": [".", "azimuthal_axis", q], "interpretation": "image"})


def _create_curve(
    root: h5py.File, curve: CurveOfImage, description: Description, width: int
) -> None:
    """Write a curve as programs for curves read it; they leave empty bins out themselves."""
    group = _group(root, curve.group, "NXentry")
    group.attrs.update({"canSAS_class": "SASentry", "version": "1.1", "default": "data"})
    _texts(group, definition="NXcanSAS")
    text = h5py.string_dtype("utf-8", width)
    for name in ("title", "run"):
        group.create_dataset(name, data=np.array(curve.title, text))
    data = _group(group, "data", "NXdata", canSAS_class="SASdata", signal="I")
    data.attrs.update({"I_axes": "Q", "axes": ["Q"], "Q_indices": np.array([0], np.int32)})
    channel = curve.channel
    _axis(data, "Q", channel.q, channel.unit, channel.label)
    data["I"], data["Idev"] = curve.intensity, curve.sigma
    data["I"].attrs.update({"units": description.intensity_unit, "uncertainties": "Idev"})
    data["Idev"].attrs["units"] = description.intensity_unit


def _curve(channel: str) -> str:
    return CURVE.format(channel)


def _group(parent: h5py.Group, name: str, kind: str, **attributes: str) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs.update({"NX_class": kind} | attributes)
    return group


def _texts(group: h5py.Group, **texts: str) -> None:
    for name, text in texts.items():
        group[name] = text.encode("utf-8", "backslashreplace").decode()


def _value(group: h5py.Group, name: str, value: float, units: str) -> None:
    group[name] = value
    group[name].attrs["units"] = units


def _axis(group: h5py.Group, name: str, values: Any, units: str, long_name: str) -> None:
    group[name] = np.asarray(values, _FLOAT)
    group[name].attrs.update({"units": units, "long_name": long_name})


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
    return np.array([np.nan if value is None else value for value in values], _FLOAT)


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
