"""Which images of the history are shown: a data set, and of that the frames from one to another."""

import numpy as np
from numpy.typing import NDArray

from saxsleash.models.data_sets import DataSet
from saxsleash.models.file_names import FileNames
from saxsleash.models.growing import Growing

Rows = NDArray[np.int32]

_NONE = -1
"""Instead of the number of a rest: no name of the group is of the data set."""


class Selection:
    """Rows of a data set in the order of their times, kept up to date as rows come.

    Workers finish out of order, and old images may be integrated after new ones: frames are counted
    by time, not by when they came. What was looked at once is not looked at again.

    Parameters
    ----------
    files
        The name of each row.
    when
        The time of each row; no NaN.
    """

    def __init__(self, files: FileNames, when: Growing[np.float64]) -> None:
        self._files = files
        self._when = when
        self.first = 0
        self.last: int | None = None
        self._n_seen = 0
        self._start_again(DataSet())

    @property
    def data_set(self) -> DataSet:
        return self._data_set

    @property
    def members(self) -> Rows:
        """All rows of the data set, by time; rows of one time in the order in which they came."""
        return self._members.values

    @property
    def times(self) -> NDArray[np.float64]:
        """The time of each member, ascending."""
        return self._times.values

    @property
    def stop(self) -> int:
        """The number of members before and in the selected range."""
        n = len(self._members)
        return n if self.last is None else min(self.last + 1, n)

    @property
    def selected(self) -> Rows:
        """The members from the first to the last frame."""
        return self.members[self.first : self.stop]

    def choose(self, data_set: DataSet) -> None:
        """Show another data set, all of its frames."""
        self.limit(0, None)
        self._start_again(data_set)
        self.grow()

    def limit(self, first: int, last: int | None) -> None:
        """Show frames from ``first`` to ``last``, counted from 0; ``None``: to the newest.

        Raises
        ------
        ValueError
            If there can be no such frame.
        """
        if first < 0 or (last is not None and last < first):
            raise ValueError(f"expected frames 0 <= first <= last, got {first} to {last}")
        self.first, self.last = first, last

    def grow(self) -> None:
        """Look at the rows that came since the last call."""
        n = len(self._files)
        new = np.arange(self._n_seen, n, dtype=np.int32)
        self._n_seen = n
        new = new[self._are_members(new)]
        if new.size:
            self._insert(new)

    def _start_again(self, data_set: DataSet) -> None:
        self._data_set = data_set
        self._n_seen = 0
        self._rests: dict[str, int] = {}
        self._rest_of = Growing[np.int32](np.int32)
        self._members = Growing[np.int32](np.int32)
        self._times = Growing[np.float64](np.float64)

    def _are_members(self, rows: Rows) -> NDArray[np.bool_]:
        """Ask each group of names once, and the names themselves only where that is not enough."""
        for group in self._files.groups[len(self._rest_of) :]:
            rest = self._data_set.rest_in(group)
            number = _NONE if rest is None else self._rests.setdefault(rest, len(self._rests))
            self._rest_of.fill(len(self._rest_of) + 1, number)
        rests = self._rest_of.values[self._files.group_of[rows]]
        found: NDArray[np.bool_] = rests != _NONE
        for rest, number in self._rests.items():
            if rest:
                of_rest = np.flatnonzero(rests == number)
                found[of_rest] = self._files.go_on_with(rows[of_rest], rest)
        return found

    def _insert(self, rows: Rows) -> None:
        """Put rows where they belong by time; what is older than all of them stays untouched."""
        times = self._when.values[rows]
        place = int(np.searchsorted(self._times.values, times.min(), side="right"))
        rows = np.concatenate([self._members.values[place:], rows])
        times = np.concatenate([self._times.values[place:], times])
        order = np.argsort(times, kind="stable")
        self._members.cut(place)
        self._times.cut(place)
        self._members.extend(rows[order])
        self._times.extend(times[order])
