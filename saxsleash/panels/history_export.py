"""The selected rows of the history as a table of text."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.intensity import in_ascii
from saxsdog.whole_file import write_whole
from saxsdog.words import UNKNOWN, local_time
from saxsleash.models.file_names import FileNames
from saxsleash.models.history_columns import quantity_of
from saxsleash.models.history_model import HistoryModel, TimeSource
from saxsleash.models.selection import Rows
from saxsleash.panels.history_points import Array

_TIME_WORDS = {TimeSource.HEADER: "header", TimeSource.FILE: "file", TimeSource.NONE: "integrated"}


@dataclass(frozen=True, eq=False)
class HistoryTable:
    """Rows as they are now; they can be written in another thread while the history goes on.

    Attributes
    ----------
    files, rows
        All names, and which of them are written.
    first
        The number of the first frame, counted from 1.
    times, sources
        When images were taken, and how that is known.
    numbers
        The other columns, by the heading of the table.
    """

    files: FileNames
    rows: Rows
    first: int
    times: Array
    sources: NDArray[np.int8]
    numbers: dict[str, Array]

    @classmethod
    def of(cls, model: HistoryModel) -> "HistoryTable":
        """Take hold of what is selected now."""
        rows = model.selected.copy()
        names = {"exposure_s": "exposure", "done_s": "done"}
        names |= {_heading(name, model.intensity_unit): name for name in model.columns.names}
        return cls(
            files=model.files,
            rows=rows,
            first=model.selection.first + 1,
            times=model.times()[rows],
            sources=model.time_sources()[rows],
            numbers={head: model.columns.column(name)[rows] for head, name in names.items()},
        )

    def write_csv(self, path: Path) -> None:
        """Write a line for each row, below a line with the names of the columns.

        Raises
        ------
        OSError
            If the file cannot be written; an old one of this name is as it was.
        """
        write_whole(path, self._text().encode(errors="surrogateescape"))

    def _text(self) -> str:
        text = io.StringIO(newline="")
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["frame", "file", "time", "time_s", "time_source", *self.numbers])
        columns = [values.tolist() for values in self.numbers.values()]
        words = [_TIME_WORDS[TimeSource(source)] for source in self.sources.tolist()]
        times = self.times.tolist()
        table.writerows(
            zip(
                range(self.first, self.first + len(times)),
                self.files.names(self.rows),
                map(_iso_text, times),
                times,
                words,
                *columns,
                strict=True,
            )
        )
        return text.getvalue()


def _heading(name: str, intensity: str) -> str:
    """Return the name of a column with its unit, as far as it has one."""
    unit = quantity_of(name.partition(".")[2], intensity).unit
    return f"{name} ({in_ascii(unit)})" if unit else name


def _iso_text(seconds: float) -> str:
    when = local_time(seconds)
    return UNKNOWN if when is None else when.isoformat(timespec="milliseconds")
