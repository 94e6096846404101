"""Files with the results of many images."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from saxsdog.archive.nexus import ENTRY, IDENTITY, IMAGES
from saxsdog.archive.tables import FIRST_COLUMNS, require_parquet
from saxsdog.errors import CurveFileError, VerificationError
from saxsdog.provenance.notes import Note
from saxsdog.regular_file import read_regular
from saxsdog.verification.comparison import differing, differing_numbers
from saxsdog.verification.results import Again, Result, newest_notes

LARGEST_TABLE = 1 << 30

_NUMBERED = re.compile(r"(?P<stem>.+)_[0-9]+", re.DOTALL)


def is_archive(path: Path) -> bool:
    """Whether this is the file of a data set, and not a cake."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return IDENTITY in file
    except OSError as error:
        raise CurveFileError(f"{path}: expected an HDF5 file: {error}") from error


def archived(path: Path) -> Iterator[Result]:
    """Yield what the file of a data set holds of each image."""
    import h5py

    images = _images_of(path)
    try:
        with h5py.File(path, "r") as file:
            bundle = file[f"{ENTRY}/reduction/input/bundle"].asstr()[()]
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
                channel: (group["I"], group["I_errors"])
                for channel, group in file[ENTRY].items()
                if isinstance(group, h5py.Group) and "I_errors" in group
            }
            for row, name in enumerate(names):
                note = Note(path.stem, name, counts[row], bundle)
                curves = {channel: (i[row], e[row]) for channel, (i, e) in stacks.items()}
                numbers = {column: values[row] for column, values in columns.items()}
                yield _row(path, images, note, curves, numbers)
    except (OSError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise CurveFileError(f"{path}: expected a file of saxsdog: {error}") from error


def tabulated(path: Path, rows: Iterator[Mapping[str, Any]]) -> Iterator[Result]:
    """Yield what a table says of each image."""
    images = _images_of(path)
    for row in rows:
        try:
            note = Note(path.stem, row["image"], row["counts_xxh3"] or "", row["bundle"] or "")
        except KeyError as error:
            raise VerificationError(
                f"{path}: expected a column {error}, as saxsdog writes"
            ) from error
        numbers = {name: value for name, value in row.items() if name not in FIRST_COLUMNS}
        yield _row(path, images, note, {}, numbers)


def _images_of(path: Path) -> Path:
    """Return the folder of the data set of an archive, from which its images are seen."""
    stems = [path.stem]
    if found := _NUMBERED.fullmatch(path.stem):  # the file of another calibration
        stems.append(found["stem"])
    noted = newest_notes(path.parent, set(stems))
    for stem in stems:
        if stem in noted:
            return noted[stem].image_path(path.parent)
    return path.parent


def _row(
    path: Path,
    images: Path,
    note: Note,
    curves: Mapping[str, tuple[Any, Any]],
    numbers: Mapping[str, Any],
) -> Result:
    def differences(again: Again) -> list[str]:
        found = differing_numbers(numbers, again.numbers)
        for channel, (intensity, sigma) in curves.items():
            now = again.curve(channel)
            found += differing(f"{channel} intensity", intensity, now.intensity, np.asarray(sigma))
            found += differing(f"{channel} error", sigma, now.sigma)
        return found

    return Result(f"{path}: {note.image}", images, note, differences)


def csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of a table; ``VerificationError`` if it is none."""
    try:
        text = read_regular(path, LARGEST_TABLE, follow=True).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise VerificationError(f"{path}: expected a table of saxsdog: {error}") from error
    yield from csv.DictReader(io.StringIO(text))


def parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table; ``VerificationError`` if it is none."""
    _, parquet = require_parquet()
    try:
        yield from parquet.read_table(path).to_pylist()
    except (OSError, ValueError) as error:
        raise VerificationError(f"{path}: expected a table of saxsdog: {error}") from error
