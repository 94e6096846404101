"""The rows that are drawn, with their numbers in the order of their times."""

import numpy as np

from saxsleash.models.file_names import FileNames
from saxsleash.models.growing import Growing
from saxsleash.models.history_model import HistoryModel
from saxsleash.models.selection import Rows
from saxsleash.panels.history_points import Array

_AT_ONCE = 16_384
"""Rows that are read in a row: what stays in the cache costs a third."""


class ShownRows:
    """Follows a selection: reads from the model only what was not there at the last look.

    It stays as it is while the model goes on, which is what makes a pause.
    """

    def __init__(self, model: HistoryModel) -> None:
        self._model = model
        self._forget()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> Rows:
        return self._rows.values

    @property
    def times(self) -> Array:
        """Ascending."""
        return self._times.values

    @property
    def is_outdated(self) -> bool:
        """Tell whether the model has forgotten the rows."""
        return self._model.files is not self._files

    def follow(self, rows: Rows) -> None:
        """Show these rows of the model, in the order of their times."""
        if self.is_outdated:
            self._forget()
        n_same = _same(self._rows.values, rows)
        self._rows.cut(n_same)
        self._times.cut(n_same)
        for values in self._values.values():
            values.cut(n_same)
        self._rows.extend(rows[n_same:])
        times = self._model.times()
        for start in range(n_same, rows.size, _AT_ONCE):
            self._times.extend(times[rows[start : start + _AT_ONCE]])

    def values(self, channel: str, quantity: str) -> Array:
        """Return a quantity of the rows; it is kept for the next time."""
        if self.is_outdated:
            return np.full(len(self), np.nan)
        kept = self._values.setdefault((channel, quantity), Growing(np.float64))
        for start in range(len(kept), len(self), _AT_ONCE):
            rows = self.rows[start : start + _AT_ONCE]
            kept.extend(self._model.values(channel, quantity, rows))
        return kept.values

    def place_of(self, row: int) -> int | None:
        """Return where a row of the model stands here; ``None`` if it is not shown."""
        places = np.flatnonzero(self.rows == row)
        return int(places[0]) if places.size else None

    def _forget(self) -> None:
        self._files: FileNames = self._model.files
        self._rows = Growing[np.int32](np.int32)
        self._times = Growing[np.float64](np.float64)
        self._values: dict[tuple[str, str], Growing[np.float64]] = {}


def _same(one: Rows, other: Rows) -> int:
    """Return how many values at the beginning are equal."""
    n = min(one.size, other.size)
    differ = one[:n] != other[:n]
    return int(np.argmax(differ)) if differ.any() else n
