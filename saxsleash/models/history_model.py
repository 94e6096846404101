"""All that was integrated since the queue was opened, and what of it is looked at."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QObject, pyqtSignal

from saxsleash.models.data_sets import DataSet, Offer, offers_of
from saxsleash.models.file_names import FileNames
from saxsleash.models.growing import Growing
from saxsleash.models.history_columns import Array, HistoryColumns, Quantity
from saxsleash.models.newest_rows import NewestRows
from saxsleash.models.rate import Rate
from saxsleash.models.selection import Rows, Selection

TIME_SOURCES = ("header", "file")
"""What the column ``time_source`` means where nothing else is said."""


class TimeSource(IntEnum):
    """How we know when an image was taken."""

    HEADER = 0
    FILE = 1
    """When the file was last written to."""
    NONE = 2
    """Not at all: the time at which it was integrated stands in."""


@dataclass(frozen=True)
class HistoryRow:
    """One integrated image; ``exposure`` in s, NaN if nobody knows."""

    file: str
    cursor: int
    time: float
    source: TimeSource
    exposure: float
    done: float


class HistoryModel(QObject):
    """Rows in the order of their cursors, and a selection of them.

    An image that is integrated again gets another row. Its old one stays where it is, so that
    places of rows never change, but is selected and counted as an image no longer.

    Signals
    -------
    changed
        Rows came, or the queue was replaced.
    selection_changed
        Somebody chose another data set or other frames; or the queue was replaced.
    server_changed
        The server told its time or its counts.

    Parameters
    ----------
    clock
        Seconds that never jump.
    """

    changed = pyqtSignal()
    selection_changed = pyqtSignal()
    server_changed = pyqtSignal()

    def __init__(
        self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self.rate = Rate(clock)
        self.queue = ""
        self.intensity_unit = ""
        self.known: int | None = None
        self.integrated: int | None = None
        self._empty()

    def __len__(self) -> int:
        """Return how many rows came, also those whose images were integrated again."""
        return len(self.files)

    @property
    def n_images(self) -> int:
        """How many images have rows."""
        return self.newest.n_images

    @property
    def cursor(self) -> int:
        """Of the newest row, 0 if there is none: ask the server for what came after it."""
        return int(self._cursors.values[-1]) if len(self) else 0

    @property
    def channels(self) -> tuple[str, ...]:
        return self.columns.channels

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What there is to draw; in the units of the curves, as soon as one has come."""
        return self.columns.quantities(self.intensity_unit)

    @property
    def data_set(self) -> DataSet:
        return self.selection.data_set

    @property
    def selected(self) -> Rows:
        """The rows that are looked at, by time."""
        return self.selection.selected

    def extend(
        self,
        queue: str,
        files: Sequence[str],
        numbers: Mapping[str, Array],
        time_sources: Sequence[str] = TIME_SOURCES,
    ) -> None:
        """Append a page of rows; another queue forgets all rows, a known row is passed over.

        Parameters
        ----------
        queue
            Whose rows these are.
        files, numbers, time_sources
            As in :class:`saxsdog.protocol.arrays.Table`.

        Raises
        ------
        ValueError
            If a column is not as long as there are files.
        """
        _check_lengths(numbers, len(files))
        is_new_queue = queue != self.queue
        if is_new_queue:
            self.queue = queue
            self._empty()
        fresh = self._fresh_rows(numbers["cursor"])
        if fresh.size:
            if fresh.size < len(files):
                files = [files[row] for row in fresh.tolist()]
                numbers = {name: values[fresh] for name, values in numbers.items()}
            self._append(files, numbers, time_sources)
        if is_new_queue:
            self.selection_changed.emit()
        if is_new_queue or fresh.size:
            self.changed.emit()

    def values(self, channel: str, quantity: str, rows: NDArray[np.integer] | None = None) -> Array:
        """Return a quantity of a channel, in all rows or in those asked for; NaN where unknown."""
        return self.columns.values(channel, quantity, rows)

    def times(self) -> Array:
        """Return when images were taken, s since the epoch; else when they were integrated."""
        return self._times.values

    def time_sources(self) -> NDArray[np.int8]:
        """Return how the time of each row is known, see :class:`TimeSource`."""
        return self._sources.values

    def doubtful_times(self) -> Counter[TimeSource]:
        """Count the selected rows of which nobody said when the image was taken."""
        if not self._has_doubtful_times:
            return Counter()
        counts = np.bincount(self._sources.values[self.selected], minlength=len(TimeSource))
        return Counter({source: int(counts[source]) for source in TimeSource if source})

    def row_at(self, index: int) -> HistoryRow:
        """Return one row by its place in the order in which rows came."""
        return HistoryRow(
            file=self.files.name(index),
            cursor=int(self._cursors.values[index]),
            time=float(self._times.values[index]),
            source=TimeSource(int(self._sources.values[index])),
            exposure=float(self.columns.column("exposure")[index]),
            done=float(self.columns.column("done")[index]),
        )

    def index_of(self, cursor: int) -> int | None:
        """Return the place of a row; ``None`` if it is not there."""
        place = int(np.searchsorted(self._cursors.values, cursor))
        return place if place < len(self) and self._cursors.values[place] == cursor else None

    def newest_of(self, index: int) -> int:
        """Return the place of the newest row of the image that a row is of."""
        return int(self.newest.newest(np.array([index]))[0])

    def choose_data_set(self, data_set: DataSet) -> None:
        """Look at another data set, all of its frames."""
        if data_set != self.data_set:
            self.selection.choose(data_set)
            self.selection_changed.emit()

    def choose_frames(self, first: int, last: int | None) -> None:
        """Look at frames of the data set, counted from 0; ``None``: to the newest."""
        if (first, last) != (self.selection.first, self.selection.last):
            self.selection.limit(first, last)
            self.selection_changed.emit()

    def offers(self) -> list[Offer]:
        """Return the data sets that there are, with the number of their images."""
        return offers_of(self.files, self.newest)

    def set_intensity_unit(self, unit: str) -> None:
        """Say in which unit the intensities of the queue are; rows do not tell it."""
        if unit != self.intensity_unit:
            self.intensity_unit = unit
            self.changed.emit()

    def set_server_time(self, seconds: float) -> None:
        """Say what the clock of the server shows, s since the epoch."""
        self.rate.set_server_time(seconds)
        self.server_changed.emit()

    def set_counts(self, known: int, integrated: int) -> None:
        """Say how many images the server knows, and how many of them it has integrated."""
        if (known, integrated) != (self.known, self.integrated):
            self.known, self.integrated = known, integrated
            self.server_changed.emit()

    def clear(self) -> None:
        """Forget everything: there is no server, or another."""
        self.queue = ""
        self.known = self.integrated = None
        self._empty()
        self.selection_changed.emit()
        self.changed.emit()

    def _empty(self) -> None:
        self.intensity_unit = ""
        self.files = FileNames()
        self.newest = NewestRows()
        self.columns = HistoryColumns()
        self._cursors = Growing[np.int64](np.int64)
        self._times = Growing[np.float64](np.float64)
        self._sources = Growing[np.int8](np.int8)
        self._has_doubtful_times = False
        self.selection = Selection(self.files, self._times, self.newest)
        self.rate.clear()

    def _fresh_rows(self, cursors: Array) -> NDArray[np.intp]:
        """Return which rows of a page are new, in the order of their cursors."""
        cursors, rows = np.unique(cursors, return_index=True)
        return rows[cursors > self.cursor]

    def _append(
        self, files: Sequence[str], numbers: Mapping[str, Array], time_sources: Sequence[str]
    ) -> None:
        times, sources = _known_times(numbers, time_sources)
        self.files.extend(files)
        self.newest.extend(files)
        self._cursors.extend(numbers["cursor"])
        self._times.extend(times)
        self._sources.extend(sources)
        self._has_doubtful_times |= bool(sources.any())
        self.columns.extend(
            {name: values for name, values in numbers.items() if name not in _KEPT_ELSEWHERE},
            len(files),
        )
        self.rate.add(numbers["done"])


_KEPT_ELSEWHERE = ("cursor", "time", "time_source")


def _check_lengths(numbers: Mapping[str, Array], n_rows: int) -> None:
    for name in ("cursor", "done", *numbers):
        length = len(numbers[name]) if name in numbers else 0
        if length != n_rows:
            raise ValueError(f"column {name!r}: expected {n_rows} rows, got {length}")


def _known_times(
    numbers: Mapping[str, Array], words: Sequence[str]
) -> tuple[Array, NDArray[np.int8]]:
    """Return a time for every row, and how it is known."""
    unknown = np.full(len(numbers["done"]), np.nan)
    taken = numbers.get("time", unknown)
    is_known = np.isfinite(taken)
    said = np.nan_to_num(numbers.get("time_source", unknown), nan=0.0)
    is_of_file = np.isin(said, [place for place, word in enumerate(words) if word != "header"])
    sources = np.where(is_of_file, TimeSource.FILE, TimeSource.HEADER)
    stands_in = np.nan_to_num(numbers["done"], nan=0.0)
    return (
        np.where(is_known, taken, stands_in),
        np.where(is_known, sources, TimeSource.NONE).astype(np.int8),
    )
