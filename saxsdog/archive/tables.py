"""The table of a data set: a line of text for each integration, and the same as Parquet.

A line that is there stays. An image that is integrated again gets another one, with a later time in
the column ``integrated``.
"""

import csv
import io
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from saxsdog.archive.description import Description
from saxsdog.archive.records import Record
from saxsdog.errors import OutputError, UsageError
from saxsdog.regular_file import open_regular
from saxsdog.whole_file import append_to, temporary_name

CSV, PARQUET = ".csv", ".parquet"

FIRST_COLUMNS = (
    "image",
    "time",
    "exposure",
    "integrated",
    "calibration",
    "bundle",
    "counts_xxh3",
)
NUMBERS = ("time", "exposure", "integrated")
"""Those of the first columns that are no text, though others may look like numbers."""

DIGEST = 12
"""Digits of the SHA-256 of a calibration that tell it from others of a data set."""

PAUSE = 30.0
"""s between two versions of a Parquet file, which is always written as a whole."""


class Table:
    """The CSV file of one data set, and the Parquet file beside it if there shall be one.

    Parameters
    ----------
    path
        Of the CSV file; made with the first results if it is not there.
    description, folder
        As of :class:`~saxsdog.archive.nexus.NexusFile`.
    clock
        Seconds that never jump.
    """

    def __init__(
        self,
        path: Path,
        description: Description,
        folder: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._folder = folder
        self._digest = description.calibration_sha256[:DIGEST]
        self._bundle = description.bundle
        self._parquet = "parquet" in description.formats
        self._clock = clock
        self._parquet_due = clock()
        self._columns: tuple[str, ...] = ()
        self._known: set[tuple[str, str]] = set()
        self._stale = False
        if path.exists():
            self._take_up()

    def takes(self, columns: Sequence[str]) -> bool:
        """Whether results with these columns may come to this file."""
        return not self._columns or set(columns) <= set(self._columns)

    def add(self, records: Sequence[Record]) -> None:
        """Append a line for each result that has none yet.

        Raises
        ------
        OutputError
            If the disk takes nothing; the same results may be added again.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not self._columns:
            self._columns = columns_of(records)
            writer.writerow(self._columns)
        lines = [self._line(record) for record in records]
        quoting = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for line in lines:
            if (line[0], line[3]) not in self._known:
                # Unquoted, a carriage return would end the line for others.
                (quoting if "\r" in line[0] else writer).writerow(line)
        try:
            if text.getvalue():
                append_to(self._path, text.getvalue().encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._take_up()  # a part of it may be there
            raise OutputError(f"{self._path}: cannot be written: {error.strerror}") from error
        self._known.update((line[0], line[3]) for line in lines)
        self._stale |= self._parquet
        if self._stale and self._clock() >= self._parquet_due:
            self.write_parquet()
            self._parquet_due = self._clock() + PAUSE

    def finish(self) -> None:
        """Bring the Parquet file up to date."""
        if self._stale:
            self.write_parquet()

    def write_parquet(self) -> None:
        """Write the Parquet file anew.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        target = self._path.with_name(f"{self._path.name.removesuffix(CSV)}{PARQUET}")
        temporary = temporary_name(target)
        pyarrow_csv, parquet = require_parquet()
        text = set(FIRST_COLUMNS) - set(NUMBERS)
        # Guessed, a digest of nothing but digits would be a number, and 1e... infinite.
        types = {name: "string" if name in text else "float64" for name in self._columns}
        try:
            table = pyarrow_csv.read_csv(
                self._path,
                parse_options=pyarrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow_csv.ConvertOptions(column_types=types),
            )
            parquet.write_table(table, temporary)
            temporary.replace(target)
        except (OSError, ValueError) as error:  # what pyarrow cannot read is a ValueError
            temporary.unlink(missing_ok=True)
            raise OutputError(f"{target}: cannot be written: {error}") from error
        self._stale = False

    def _take_up(self) -> None:
        """Go on with the file that is there, without the end of a line that was cut off."""
        self._columns, self._known = (), set()
        try:
            descriptor = open_regular(self._path, os.O_RDWR)
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(f"{self._path}: cannot be written: {error.strerror}") from error
        with os.fdopen(descriptor, "r+b") as file:
            data = file.read()
            whole = data.rfind(b"\n") + 1
            if whole < len(data):
                file.truncate(whole)
        lines = csv.reader(io.StringIO(data[:whole].decode("utf-8", "replace")))
        self._columns = tuple(next(lines, ()))
        # Whoever has looked at it in an editor may have left an empty line.
        self._known = {(line[0], line[3]) for line in lines if len(line) > len(NUMBERS)}
        self._stale = self._parquet and bool(self._known)

    def _line(self, record: Record) -> list[str]:
        numbers = dict(_parameters_of(record))
        first = [
            os.path.relpath(record.image, self._folder),
            _text(record.time),
            _text(record.exposure),
            _text(record.done),
            self._digest,
            self._bundle,
            record.counts,
        ]
        return first + [_text(numbers.get(name)) for name in self._columns[len(FIRST_COLUMNS) :]]


def columns_of(records: Sequence[Record]) -> tuple[str, ...]:
    """Return the columns of a table of these results."""
    names = dict.fromkeys(name for record in records for name, _ in _parameters_of(record))
    return (*FIRST_COLUMNS, *names)


def require_parquet() -> tuple[ModuleType, ModuleType]:
    """Return the modules of pyarrow that we need.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        from pyarrow import csv as pyarrow_csv
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            "the format 'parquet' needs pyarrow: pip install 'saxsdog[parquet]'"
        ) from error
    return pyarrow_csv, parquet


def _parameters_of(record: Record) -> Iterator[tuple[str, float]]:
    for channel, numbers in record.parameters.items():
        for name, value in numbers.items():
            yield f"{channel}.{name}", value


def _text(value: float | None) -> str:
    """Return a number with all its digits; nothing for what is not known."""
    return "" if value is None or not math.isfinite(value) else repr(float(value))
