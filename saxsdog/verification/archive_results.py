"""Files with the results of many images."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.archive.description import ChannelDescription
from saxsdog.archive.nexus_layout import CURVE, ENTRY, IDENTITY, IMAGES
from saxsdog.archive.tables import DIGEST, FIRST_COLUMNS, require_parquet
from saxsdog.errors import CurveFileError, VerificationError
from saxsdog.image_names import file_of
from saxsdog.provenance.bundle import is_id, sha256_of
from saxsdog.provenance.notes import Note
from saxsdog.regular_file import read_regular
from saxsdog.verification.comparison import differing, differing_numbers
from saxsdog.verification.results import Again, Result, newest_notes

LARGEST_TABLE = 1 << 30

_NUMBERED = re.compile(r"(?P<stem>.+)_[0-9]+", re.DOTALL)

_NONE_OF_OURS = (
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    RecursionError,
    MemoryError,  # it claims to have any number of rows
)
"""Errors of a file that is another or damaged; h5py has no list of its own."""

_NEEDED = ("image", "counts_xxh3", "bundle", "calibration")
_NO_UTF8 = re.compile(r"\\u(dc[89a-f][0-9a-f])")

_INPUT = f"{ENTRY}/reduction/input"
_AXES = ("radial_axis", "azimuthal_axis")

Values = NDArray[Any]


@dataclass(frozen=True, eq=False)
class _Common:
    """What the file of a data set says of all images.

    Attributes
    ----------
    document
        The calibration.
    calibration_sha256
        Of it.
    files
        SHA-256 of each file that it names.
    axes
        Of each stack, by name.
    """

    document: Any
    calibration_sha256: str
    files: Any
    axes: Mapping[str, Mapping[str, Values]]

    def differences(self, again: Again) -> list[str]:
        found = []
        if self.document != again.document:
            found.append("the calibration in the file is another")
        if self.calibration_sha256 != sha256_of(again.document):
            found.append("the SHA-256 of the calibration in the file is another")
        if self.files != dict(again.files):
            found.append("the SHA-256 of masks or other files in the file are others")
        for channel in again.plan.channels:
            said = self.axes.get(channel.name)
            if said is None:
                found.append(f"{channel.name}: it is not in the file")
                continue
            description = ChannelDescription.of(channel)
            q = _AXES[1] if description.kind == "Phi" else _AXES[0]
            now = {q: description.q}
            if description.chi is not None:
                now[_AXES[1]] = description.chi
            for name, values in now.items():
                there = said.get(name, np.empty(0))
                found += differing(f"{channel.name} {name}", there, np.array(values))
        return found


@dataclass(frozen=True, eq=False)
class _Columns:
    """What the file of a data set says of one image.

    Attributes
    ----------
    curves
        Intensity and error in the stack of each channel.
    alone
        Q, intensity and error of those that stand there once more for programs for curves.
    """

    curves: Mapping[str, tuple[Values, Values]]
    alone: Mapping[str, tuple[Values, Values, Values]]

    def differences(self, again: Again) -> list[str]:
        found = []
        for channel, (intensity, sigma) in self.curves.items():
            now = again.curve(channel)
            found += differing(f"{channel} intensity", intensity, now.intensity, sigma)
            found += differing(f"{channel} error", sigma, now.sigma)
        for channel, (q, intensity, sigma) in self.alone.items():
            now, name = again.curve(channel), f"{channel} as NXcanSAS"
            plan = next(each for each in again.plan.channels if each.name == channel)
            found += differing(f"{name}: q", q, plan.q)
            found += differing(f"{name}: intensity", intensity, now.intensity, sigma)
            found += differing(f"{name}: error", sigma, now.sigma)
        return found


def is_archive(path: Path) -> bool:
    """Whether this is the file of a data set, and not a cake."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return IDENTITY in file
    except _NONE_OF_OURS as error:
        raise CurveFileError(f"{path}: expected an HDF5 file: {error}") from error


def archived(path: Path) -> Iterator[Result]:
    """Yield what the file of a data set holds of each image."""
    import h5py

    images = _images_of(path)
    try:
        with h5py.File(path, "r") as file:
            bundle = str(file[f"{_INPUT}/bundle"].asstr()[()])
            table = file[IMAGES]
            names = table["name"].asstr()[()]
            counts = table["counts_xxh3"].asstr()[()]
            columns = {
                f"{channel}.{name.replace('|', '/')}": values[()]
                for channel, group in table.items()
                if isinstance(group, h5py.Group)
                for name, values in group.items()
            }
            stacks = {
                channel: group
                for channel, group in file[ENTRY].items()
                if isinstance(group, h5py.Group) and "I_errors" in group
            }
            common = _Common(
                json.loads(file[f"{_INPUT}/calibration"].asstr()[()]),
                str(file[f"{_INPUT}/calibration_sha256"].asstr()[()]),
                json.loads(file[f"{_INPUT}/files_sha256"].asstr()[()]),
                {
                    channel: {name: _floats(group[name][()]) for name in _AXES if name in group}
                    for channel, group in stacks.items()
                },
            )
            for row, name in enumerate(names):
                note = _note(path, images, name, counts[row], bundle)
                curves = {
                    channel: (_floats(group["I"][row]), _floats(group["I_errors"][row]))
                    for channel, group in stacks.items()
                }
                alone = _curves_alone(file, stacks, row, name)
                numbers = {column: values[row] for column, values in columns.items()}
                yield _row(path, images, note, numbers, common, _Columns(curves, alone))
    except _NONE_OF_OURS as error:
        raise CurveFileError(f"{path}: expected a file of saxsdog: {error}") from error


def _floats(values: Any) -> Values:
    return np.asarray(values, np.float64)


def _curves_alone(
    file: Any, channels: Iterable[str], row: int, image: str
) -> dict[str, tuple[Values, Values, Values]]:
    """Return the curves of an image that stand alone: each of a finished file, else the newest."""
    found = {}
    for channel in channels:
        name = CURVE.format(channel)
        group = file.get(f"{name}_{row:05d}")
        if group is None and name in file and file[name]["title"].asstr()[()] == image:
            group = file[name]
        if group is not None:
            q, intensity, sigma = (_floats(group["data"][each][()]) for each in ("Q", "I", "Idev"))
            found[channel] = (q, intensity, sigma)
    return found


def tabulated(path: Path, rows: Iterator[Mapping[str, Any]]) -> Iterator[Result]:
    """Yield what a table says of each image."""
    images = _images_of(path)
    for row in rows:
        missing = [name for name in _NEEDED if name not in row]
        if missing:
            raise VerificationError(f"{path}: expected a column {missing[0]!r}, as saxsdog writes")
        if None in row or not row["image"]:
            raise VerificationError(f"{path}: expected a whole row with an image in it")
        note = _note(path, images, row["image"], row["counts_xxh3"] or "", row["bundle"] or "")
        numbers = {name: value for name, value in row.items() if name not in FIRST_COLUMNS}
        yield _row(path, images, note, numbers, _Digest(str(row.get("calibration"))))


@dataclass(frozen=True)
class _Digest:
    """The calibration as a table names it."""

    digits: str

    def differences(self, again: Again) -> list[str]:
        if self.digits == sha256_of(again.document)[:DIGEST]:
            return []
        return ["the SHA-256 of the calibration in the table is another"]


def _note(path: Path, images: Path, image: Any, counts: Any, bundle: Any) -> Note:
    """Return what a row was made of; ``VerificationError`` if it cannot say that."""
    if not all(isinstance(text, str) for text in (image, counts, bundle)):
        raise VerificationError(f"{path}: expected texts for image, counts and bundle")
    if bundle and not is_id(bundle):
        raise VerificationError(f"{path}: {image}: expected the name of a bundle, got {bundle!r}")
    return Note(path.stem, _file_name(image, images), counts, bundle)


def _file_name(image: str, images: Path) -> str:
    r"""Take bytes that are no UTF-8 from the text for which they stand, such as ``\udce4``."""
    raw = _NO_UTF8.sub(lambda found: chr(int(found[1], 16)), image)
    with suppress(OSError):
        if raw != image and file_of(images / image).exists():
            return image  # it really is named like that
    return raw


def _images_of(path: Path) -> Path:
    """Return the folder of the data set of an archive, from which its images are seen."""
    stems = [path.stem]
    if found := _NUMBERED.fullmatch(path.stem):  # the file of another calibration
        stems.append(found["stem"])
    noted = newest_notes(path.parent, of_archives=True)
    fitting = [noted[stem] for stem in stems if stem in noted] or list(noted.values())
    folders = [note.image_path(path.parent) for note in fitting]
    if len(set(folders)) == 1 or (folders and stems[0] in noted):
        return folders[0]
    return path.parent


def _row(
    path: Path,
    images: Path,
    note: Note,
    numbers: Mapping[str, Any],
    *others: _Common | _Columns | _Digest,
) -> Result:
    def differences(again: Again) -> list[str]:
        found = differing_numbers(numbers, again.numbers)
        for other in others:
            found += other.differences(again)
        return found

    return Result(f"{path}: {note.image}", images, note, differences)


def csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of a table; ``VerificationError`` if it is none."""
    try:
        text = read_regular(path, LARGEST_TABLE, follow=True).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise VerificationError(f"{path}: expected a table of saxsdog: {error}") from error
    try:
        yield from csv.DictReader(io.StringIO(text, newline=""))
    except csv.Error as error:
        raise VerificationError(f"{path}: expected a table of saxsdog: {error}") from error


def parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table; ``VerificationError`` if it is none."""
    _, parquet = require_parquet()
    try:
        yield from parquet.read_table(path).to_pylist()
    except (OSError, ValueError, LookupError, TypeError, NotImplementedError) as error:
        raise VerificationError(f"{path}: expected a table of saxsdog: {error}") from error
