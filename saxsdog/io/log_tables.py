"""Tables that grow beside the images: a row for each, with what was measured meanwhile."""

import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from saxsdog.errors import FrameError
from saxsdog.io.status import Fingerprint, fingerprint_of
from saxsdog.reasons import Reason
from saxsdog.regular_file import open_regular, place_of

MOST_BYTES = 1 << 28
MOST_COLUMNS = 1000

_DELIMITERS = (",", ";", "\t")
_COMMENT = re.compile(r"#[A-Z]?\s*")
"""What a line of titles may begin with: ``#L`` in a scan of SPEC, ``#`` in many others."""


class LogTable:
    """The rows of a table by the name of the image; reads on where it grows.

    The titles stand in the first line, or in the last comment (``#``) before the numbers. Columns
    are divided by commas, semicolons, tabs or, where there are none of these, spaces. Of several
    rows for an image the last counts.

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
            if self._seen is None or now.inode != self._seen.inode or now.size < self._seen.size:
                self._forget()
            file.seek(self._offset)
            data = file.read(MOST_BYTES)
        whole = data[: data.rfind(b"\n") + 1]  # the last line may not be complete
        self._take(whole.decode("utf-8", "replace").splitlines())
        self._offset += len(whole)
        self._seen = now

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
    return [cell.strip().strip('"') for cell in line.strip().split(delimiter)]


def _stem(name: str) -> str:
    """Return a name without its suffix, and without the number of an image in its file."""
    return Path(name.partition("::")[0]).stem


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
