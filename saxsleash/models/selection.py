"""Which images of the history are shown: a data set, and of that the frames from one to another."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from saxsleash.models.data_sets import DataSet
from saxsleash.models.file_names import FileNames
from saxsleash.models.growing import Growing
from saxsleash.models.newest_rows import NewestRows

Rows = NDArray[np.int32]
_NONE = -1
"""Instead of the number of a rest: no name of the group is of the data set."""


class Selection:
    """Rows of a data set in the order of their times, the newest of each image.

    Workers finish out of order, and old images may be integrated after new ones: frames are counted
    by time, not by when they came. What was looked at once is not looked at again. Rows that came
    are sorted in when somebody asks: rows come faster than anybody looks.

    Parameters
    ----------
    files
        The name of each row.
    when
        The time of each row; no NaN.
    newest
        Which rows hold no longer.
    """

    def __init__(self, files: FileNames, when: Growing[np.float64], newest: NewestRows) -> None:
        self._files = files
        self._when = when
        self._newest = newest
        self._first = 0
        self._last: int | None = None
        self._start_again(DataSet())

    @property
    def data_set(self) -> DataSet:
        return self._data_set

    @property
    def members(self) -> Rows:
        """All rows of the data set, by time; rows of one time in the order in which they came."""
        self._catch_up()
        return self._members.values

    @property
    def times(self) -> NDArray[np.float64]:
        """The time of each member, ascending."""
        self._catch_up()
        return self._times.values

    @property
    def first(self) -> int:
        """The first frame that is shown, counted from 0."""
        self._catch_up()
        return self._first

    @property
    def last(self) -> int | None:
        """The last frame that is shown; ``None``: the newest."""
        self._catch_up()
        return self._last

    @property
    def stop(self) -> int:
        """The number of members before and in the selected range."""
        n = len(self.members)
        return n if self._last is None else min(self._last + 1, n)

    @property
    def selected(self) -> Rows:
        """The members from the first to the last frame."""
        return self.members[self.first : self.stop]

    def choose(self, data_set: DataSet) -> None:
        """Show another data set, all of its frames."""
        self._first, self._last = 0, None
        self._start_again(data_set)

    def limit(self, first: int, last: int | None) -> None:
        """Show frames from ``first`` to ``last``, counted from 0; ``None``: to the newest.

        Raises
        ------
        ValueError
            If there can be no such frame.
        """
        if first < 0 or (last is not None and last < first):
            raise ValueError(f"expected frames 0 <= first <= last, got {first} to {last}")
        self._catch_up()  # what is known now is counted, and moves no end that is chosen now
        self._first, self._last = first, last

    def _start_again(self, data_set: DataSet) -> None:
        self._data_set = data_set
        self._n_seen = 0
        self._n_gone = 0
        self._rests: dict[str, int] = {}
        self._rest_of = Growing[np.int32](np.int32)
        self._members = Growing[np.int32](np.int32)
        self._times = Growing[np.float64](np.float64)

    def _catch_up(self) -> None:
        """Take in the rows that came since somebody asked last."""
        n = len(self._files)
        if n == self._n_seen:
            return
        gone = self._newest.superseded[self._n_gone :]
        self._n_gone += gone.size
        holds = np.ones(n, np.bool_)
        holds[gone] = False
        new = np.flatnonzero(holds[self._n_seen :]).astype(np.int32) + np.int32(self._n_seen)
        new = new[self._are_members(new)]
        gone = gone[gone < self._n_seen]
        gone = gone[self._are_members(gone)]
        self._n_seen = n
        if gone.size and (self._first or self._last is not None):
            self._keep_frames(gone, holds)
        if gone.size or new.size:
            self._replace(gone, new, holds)

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

    def _keep_frames(self, gone: Rows, holds: NDArray[np.bool_]) -> None:
        """Show the same images as before, though some before them are about to move.

        An image that was written again may have another time, and so another place. An end of the
        range that was not chosen does not move.
        """
        times = self._times.values
        left = np.flatnonzero(~holds[self._members.values])
        arrive = self._when.values[self._newest.newest(gone)]
        first, last = self._first, self._last
        if 0 < first < times.size:
            self._first += _count(arrive < times[first]) - _count(left < first)
        if last is not None and last < times.size:
            last += _count(arrive <= times[last]) - _count(left <= last)
            self._last = max(last, self._first)

    def _replace(self, gone: Rows, new: Rows, holds: NDArray[np.bool_]) -> None:
        """Put rows where they belong by time; what is older than all of them stays untouched."""
        times = self._when.values[new]
        place = min(
            _place_of_first(self._times.values, times, "right"),
            _place_of_first(self._times.values, self._when.values[gone], "left"),
        )
        stays = holds[self._members.values[place:]]
        rows, kept = self._members.values[place:][stays], self._times.values[place:][stays]
        order = np.argsort(times, kind="stable")
        places = np.searchsorted(kept, times[order], side="right")
        self._members.cut(place)
        self._times.cut(place)
        self._members.extend(np.insert(rows, places, new[order]))
        self._times.extend(np.insert(kept, places, times[order]))


def _count(given: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(given))


def _place_of_first(
    ascending: NDArray[np.float64], times: NDArray[np.float64], side: Literal["left", "right"]
) -> int:
    """Return the first place that one of some times has among others."""
    return int(np.searchsorted(ascending, times.min(initial=np.inf), side=side))
