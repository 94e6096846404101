"""The names of hundreds of thousands of files, kept small and searched fast."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.image_names import SEPARATOR
from saxsleash.models.growing import Growing

_DIGITS = "0123456789"
_CODE = "utf-8"
_ODD = "surrogatepass"
"""Names from file systems may hold what is no text."""


@dataclass(frozen=True)
class Group:
    """Files whose names begin alike.

    Attributes
    ----------
    folder
        With a slash at its end; empty for files that lie in none.
    series
        How the names in the folder begin, before their last number; empty where names end in none
        or begin with it.
    """

    folder: str
    series: str

    @property
    def start(self) -> str:
        """What all names of the group begin with, with the folder."""
        return self.folder + self.series


class FileNames:
    """Names in the order in which they came.

    The start of a name (``run/agbeh_`` of ``run/agbeh_00017.tif``) is kept once for its group,
    the rest in one row of bytes.
    """

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._known: dict[str, int] = {}
        self._group_of = Growing[np.int32](np.int32)
        self._rests = Growing[np.uint8](np.uint8)
        self._ends = Growing[np.int64](np.int64)

    def __len__(self) -> int:
        return len(self._group_of)

    @property
    def group_of(self) -> NDArray[np.int32]:
        """The index in ``groups`` for each name."""
        return self._group_of.values

    def counts(self) -> NDArray[np.int64]:
        """Return how many names each group has."""
        return np.bincount(self.group_of, minlength=len(self.groups))

    def extend(self, files: Iterable[str]) -> None:
        """Append names; folders are set apart by slashes."""
        groups, rests = [], []
        for file in files:
            split = _start_of(file)
            start = file[:split]
            group = self._known.get(start)
            groups.append(self._new_group(start) if group is None else group)
            rests.append(file[split:].encode(_CODE, _ODD))
        offset = len(self._rests)
        self._rests.extend(np.frombuffer(b"".join(rests), np.uint8))
        lengths = np.fromiter(map(len, rests), np.int64, len(rests))
        self._ends.extend(offset + np.cumsum(lengths))
        self._group_of.extend(groups)

    def name(self, index: int) -> str:
        """Return one name, as it came."""
        begin = int(self._ends.values[index - 1]) if index else 0
        rest = self._rests.values[begin : int(self._ends.values[index])].tobytes()
        return self.groups[int(self.group_of[index])].start + rest.decode(_CODE, _ODD)

    def names(self, indices: NDArray[np.integer]) -> list[str]:
        """Return many names; may be called in another thread for names that are there."""
        ends, groups, rests = self._ends.values, self.group_of, self._rests.values
        begins = np.where(indices > 0, ends[indices - 1], 0).tolist()
        starts = (self.groups[group].start for group in groups[indices].tolist())
        data = rests.tobytes()
        return [
            start + data[begin:end].decode(_CODE, _ODD)
            for start, begin, end in zip(starts, begins, ends[indices].tolist(), strict=True)
        ]

    def go_on_with(self, indices: NDArray[np.integer], text: str) -> NDArray[np.bool_]:
        """Tell of each name whether it has a text after the start of its group."""
        ends, rests = self._ends.values, self._rests.values
        begins = np.where(indices > 0, ends[indices - 1], 0)
        wanted = text.encode(_CODE, _ODD)
        found: NDArray[np.bool_] = ends[indices] - begins >= len(wanted)
        for offset, byte in enumerate(wanted):
            found[found] = rests[begins[found] + offset] == byte
        return found

    def _new_group(self, start: str) -> int:
        cut = start.rfind("/") + 1
        self.groups.append(Group(start[:cut], start[cut:]))
        self._known[start] = len(self.groups) - 1
        return len(self.groups) - 1


def _start_of(file: str) -> int:
    """Return where the last number of a name begins; where the name begins if it ends in none."""
    begin = file.rfind("/") + 1
    dot = file.rfind(".", begin)
    end = dot if dot > begin and SEPARATOR not in file[dot:] else len(file)
    start = len(file[:end].rstrip(_DIGITS))
    return begin if start == end else max(start, begin)
