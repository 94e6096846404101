"""Tables that grow beside the images: a row for each, with what was measured meanwhile."""

import csv
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from saxsdog.errors import FrameError
from saxsdog.io.status import Fingerprint, fingerprint_of
from saxsdog.reasons import Reason
from saxsdog.regular_file import open_regular, place_of

MOST_BYTES = 1 << 28
MOST_COLUMNS = 1000

CHECKED = 1 << 16
"""Bytes before those that are new: where they have changed, so may have all others."""

_DELIMITERS = (",", ";", "\t")
_COMMENT = re.compile(r"#[A-Z]?\s*")
"""What a line of titles may begin with: ``#L`` in a scan of SPEC, ``#`` in many others."""

_MARK = "\ufeff"
"""What spreadsheets begin a text in UTF-8 with."""


class LogTable:
    """The rows of a table by the name of the image; reads on where it grows.

    The titles stand in the first line, or in the last comment (``#``) before the numbers. Columns
    are divided by commas, semicolons, tabs or, where there are none of these, spaces; a cell in
    quotes may hold what divides others. Of several rows for an image the last counts.

    Parameters
    ----------
    path
        The file; it need not be there yet.
    key
        Title of the column with the names of the images, whatever its case. Folders in the names do
        not count, nor do suffixes that are missing there.
    roots
        Folders that the file must lie in, behind all links; none of them allows all.
    """

    def __init__(self, path: Path, key: str, roots: Sequence[Path] = ()) -> None:
        self._path = path
        self._key = key.lower()
        self._roots = roots
        self._seen: Fingerprint | None = None
        self._forget()

    def row(self, image: str) -> Mapping[str, float]:
        """Return the numbers of an image by the titles of their columns, in lower case.

        Cells that are no finite numbers are left out.

        Raises
        ------
        FrameError
            ``no-log-row`` if there is none yet, ``permission`` or ``outside-root`` if the file may
            not be read.
        """
        self._read_on()
        cells = self._rows.get(image) or self._rows.get(_stem(image))
        if cells is None:
            raise FrameError(
                f"expected a row for {image} in {self._path}, got {len(self._rows)} rows of others",
                Reason.NO_LOG_ROW,
            )
        numbers = zip(self._titles, map(_number, cells), strict=False)
        return {title: number for title, number in numbers if number is not None}

    def _forget(self) -> None:
        self._offset = 0
        self._newest = b""
        self._titles: list[str] = []
        self._delimiter: str | None = None
        self._rows: dict[str, list[str]] = {}

    def _read_on(self) -> None:
        try:
            descriptor = open_regular(self._path, os.O_RDONLY, follow=True)
        except OSError as error:
            raise self._refused(error.strerror or str(error), Reason.NO_LOG_ROW) from error
        with os.fdopen(descriptor, "rb") as file:
            if self._roots:
                place = place_of(descriptor, self._path)
                if not any(place.is_relative_to(root) for root in self._roots):
                    raise self._refused("a link leads out of the folders", Reason.OUTSIDE_ROOT)
            now = fingerprint_of(os.fstat(descriptor))
            if now == self._seen:
                return
            if now.size > MOST_BYTES:
                raise self._refused(f"it has {now.size} bytes", Reason.TOO_LARGE)
            if self._seen is None or not self._has_grown(file, self._seen, now):
                self._forget()
            file.seek(self._offset)
            data = file.read(MOST_BYTES)
        whole = data[: data.rfind(b"\n") + 1]  # the last line may not be complete
        text = whole.decode("utf-8", "replace")
        self._take((text if self._offset else text.removeprefix(_MARK)).splitlines())
        self._offset += len(whole)
        self._newest = (self._newest + whole)[-CHECKED:]
        self._seen = now

    def _has_grown(self, file: BinaryIO, seen: Fingerprint, now: Fingerprint) -> bool:
        """Tell whether there is more at the end, and nothing else has been corrected by hand."""
        if now.inode != seen.inode or now.size <= seen.size:
            return False
        file.seek(self._offset - len(self._newest))
        return file.read(len(self._newest)) == self._newest

    def _take(self, lines: Sequence[str]) -> None:
        for line in lines:
            if not line.strip():
                continue
            if line.startswith("#"):
                self._set_titles(_COMMENT.sub("", line, count=1))
            elif self._key not in self._titles:
                self._set_titles(line)
            else:
                self._add(line)

    def _set_titles(self, line: str) -> None:
        delimiter = next((each for each in _DELIMITERS if each in line), None)
        titles = [title.lower() for title in _cells(line, delimiter)]
        if self._key in titles and len(titles) <= MOST_COLUMNS:
            self._titles, self._delimiter = titles, delimiter

    def _add(self, line: str) -> None:
        cells = _cells(line, self._delimiter)
        at = self._titles.index(self._key)
        if at < len(cells):
            name = re.split(r"[\\/]", cells[at])[-1]
            self._rows[name] = cells

    def _refused(self, why: str, reason: Reason) -> FrameError:
        return FrameError(f"expected a log in {self._path}: {why}", reason)


def _cells(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return [cell.strip('"') for cell in line.split()]
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
    except csv.Error:  # a cell without an end
        return []
    return [cell.strip() for cell in cells]


def _stem(name: str) -> str:
    """Return a name without its suffix, and without the number of an image in its file."""
    return Path(name.partition("::")[0]).stem


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
