"""Which rows of the history hold no longer: their images were integrated again."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from saxsleash.models.growing import Growing

Rows = NDArray[np.int32]

_NOWHERE = -1
FEWEST_RECENT = 4096
_RECENT_SHARE = 8
"""One row in so many may be recent. Sorting these in touches all, so they have to be a fair share:
then it costs little for each."""


class NewestRows:
    """Finds the row of an image that came last, by the hash of its name.

    Recent rows are in a dict; it is emptied now and then into sorted arrays, which take a tenth of
    its memory. A hash has 64 bits: two names of a night have the same once in a million years.

    Parameters
    ----------
    fewest_recent
        Rows in the dict, below which it is not worth while to sort them in.
    """

    def __init__(self, fewest_recent: int = FEWEST_RECENT) -> None:
        self._fewest_recent = fewest_recent
        self._keys = Growing[np.int64](np.int64)
        self._superseded = Growing[np.int32](np.int32)
        self._recent: dict[int, int] = {}
        self._sorted_keys = np.empty(0, np.int64)
        self._sorted_rows = np.empty(0, np.int32)

    @property
    def superseded(self) -> Rows:
        """Rows of images that have a newer one, in the order in which that came."""
        return self._superseded.values

    @property
    def n_images(self) -> int:
        """How many images there are, however often they were integrated."""
        return len(self._keys) - len(self._superseded)

    def extend(self, files: Sequence[str]) -> None:
        """Append rows with the names of their images."""
        first = len(self._keys)
        keys = np.fromiter(map(hash, files), np.int64, len(files))
        self._keys.extend(keys)
        places = self._places_of(keys)
        superseded = []
        for row, (key, place) in enumerate(zip(keys.tolist(), places.tolist(), strict=True), first):
            if place != _NOWHERE:
                superseded.append(self._sorted_rows[place])
                self._sorted_rows[place] = row
            else:
                if key in self._recent:
                    superseded.append(self._recent[key])
                self._recent[key] = row
        self._superseded.extend(superseded)
        if len(self._recent) > max(self._fewest_recent, self._sorted_keys.size // _RECENT_SHARE):
            self._sort_in()

    def newest(self, rows: NDArray[np.integer]) -> Rows:
        """Return for each row that of the same image that came last."""
        keys = self._keys.values[rows]
        places = self._places_of(keys)
        is_recent = places == _NOWHERE
        found = np.empty(keys.size, np.int32)
        found[~is_recent] = self._sorted_rows[places[~is_recent]]
        found[is_recent] = [self._recent[key] for key in keys[is_recent].tolist()]
        return found

    def _places_of(self, keys: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return where keys are in the sorted arrays."""
        if not self._sorted_keys.size:
            return np.full(keys.size, _NOWHERE)
        places = np.searchsorted(self._sorted_keys, keys)
        places[places == self._sorted_keys.size] = 0
        places[self._sorted_keys[places] != keys] = _NOWHERE
        return places

    def _sort_in(self) -> None:
        keys = np.fromiter(self._recent.keys(), np.int64, len(self._recent))
        rows = np.fromiter(self._recent.values(), np.int32, len(self._recent))
        order = np.argsort(keys)
        places = np.searchsorted(self._sorted_keys, keys[order])
        self._sorted_keys = np.insert(self._sorted_keys, places, keys[order])
        self._sorted_rows = np.insert(self._sorted_rows, places, rows[order])
        self._recent = {}
