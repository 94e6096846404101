"""Arrays that grow at their end."""

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Number = TypeVar("Number", bound=np.generic)

_FIRST_ROOM = 1024


class Growing(Generic[Number]):
    """A one-dimensional array; room is doubled when it is full, so that appending costs little.

    What is appended stays where it is: a view taken before holds what it held, also in another
    thread, as long as nobody calls :meth:`cut`.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self._room: NDArray[Number] = np.empty(_FIRST_ROOM, dtype)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def values(self) -> NDArray[Number]:
        """All of it so far, to be read only."""
        view = self._room[: self._length]
        view.flags.writeable = False
        return view

    def extend(self, values: ArrayLike) -> None:
        """Append an array."""
        added = np.asarray(values, self._room.dtype)
        self._make_room(added.size)
        self._room[self._length : self._length + added.size] = added
        self._length += added.size

    def fill(self, length: int, value: float) -> None:
        """Append a value until there are ``length`` of them."""
        self._make_room(length - self._length)
        self._room[self._length : length] = value
        self._length = max(self._length, length)

    def cut(self, length: int) -> None:
        """Keep the first ``length`` values; views of the others are used again."""
        self._length = min(length, self._length)

    def _make_room(self, n_added: int) -> None:
        needed = self._length + n_added
        if needed > self._room.size:
            room = np.empty(max(needed + needed // 4, 2 * self._room.size), self._room.dtype)
            room[: self._length] = self._room[: self._length]
            self._room = room
