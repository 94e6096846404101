"""Pixels of a frame that hold no count, and masks that leave them in.

They are gaps between modules and dead pixels. Each is left out of the curves of its frame, whatever
the mask says; many outside of the mask show that the mask is a wrong one, or turned.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Self

import numpy as np
from numpy.typing import NDArray

from saxsdog.inspection.blocks import all_in_blocks
from saxsdog.inspection.counts import Flags

FEW = 1e-3
"""Share of the pixels of a frame that may be dead without being known to the mask."""

MUCH_BETTER = 0.5
"""Share of the pixels outside a mask that is left by a mask turned the right way."""


class Turn(Enum):
    """How somebody has turned a mask."""

    VERTICALLY = auto()
    HORIZONTALLY = auto()
    BY_180_DEGREES = auto()
    TRANSPOSED = auto()


_TURNS: Mapping[Turn, Callable[[Flags], Flags]] = {
    Turn.VERTICALLY: np.flipud,
    Turn.HORIZONTALLY: np.fliplr,
    Turn.BY_180_DEGREES: lambda mask: mask[::-1, ::-1],
    Turn.TRANSPOSED: np.transpose,
}


@dataclass(frozen=True, eq=False)
class DeadPixels:
    """Those of a frame.

    Attributes
    ----------
    rows, columns
        First pixels of the blocks that hold no count.
    block
        Side of a block, in pixels of the whole frame.
    shape
        ``(rows, columns)`` of the whole frame.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    block: int
    shape: tuple[int, int]

    @classmethod
    def of(cls, flags: Flags, block: int, shape: tuple[int, int]) -> Self:
        """Find them in a frame or its preview, marked by :func:`without_count`."""
        rows, columns = np.nonzero(flags)
        return cls(rows * block, columns * block, block, shape)

    @property
    def number(self) -> int:
        """How many there are."""
        down = np.minimum(self.block, self.shape[0] - self.rows)
        right = np.minimum(self.block, self.shape[1] - self.columns)
        return int((down * right).sum())

    @property
    def are_many(self) -> bool:
        """Whether a detector has so many that its calibration needs a mask."""
        return self._are_many(self.number)

    def outside(self, mask: Flags) -> int:
        """Count those that a mask of the whole frame leaves in."""
        total = 0
        for down in range(self.block):
            for right in range(self.block):
                row, column = self.rows + down, self.columns + right
                if self.block > 1:  # blocks at the far edges may be cut off
                    inside = (row < mask.shape[0]) & (column < mask.shape[1])
                    row, column = row[inside], column[inside]
                total += int(np.count_nonzero(~mask[row, column]))
        return total

    def compared_with(self, mask: Flags) -> "Comparison":
        """Judge a mask of the whole frame by them."""
        outside = self.outside(mask)
        if outside == 0:
            return Comparison(0, are_many=False)
        left = {
            turn: self.outside(turned)
            for turn, turning in _TURNS.items()
            if (turned := turning(mask)).shape == mask.shape
        }
        best = min(left, key=left.__getitem__)
        if left[best] < MUCH_BETTER * outside:
            return Comparison(outside, self._are_many(outside), best, left[best])
        return Comparison(outside, self._are_many(outside))

    def _are_many(self, number: int) -> bool:
        return number > FEW * self.shape[0] * self.shape[1]


@dataclass(frozen=True)
class Comparison:
    """How a mask covers the dead pixels of a frame.

    Attributes
    ----------
    outside
        How many it leaves in.
    are_many
        Whether these are more than pixels that died since the mask was made.
    turn, left
        How the mask fits much better, if there is such a way, and how many it then leaves in.
    """

    outside: int
    are_many: bool
    turn: Turn | None = None
    left: int = 0

    @property
    def is_doubtful(self) -> bool:
        """Whether the mask may be a wrong one."""
        return self.are_many or self.turn is not None

    @property
    def badness(self) -> tuple[bool, int]:
        """Order among masks: the greatest is the worst."""
        return self.is_doubtful, self.outside


def uncovered(flags: Flags, mask: Flags, block: int) -> Flags:
    """Blocks of a frame without a count that a mask leaves in, at least in part."""
    return np.asarray(flags & ~all_in_blocks(mask, block))
