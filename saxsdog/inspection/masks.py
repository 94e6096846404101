"""What is wrong with a mask, seen by itself."""

from enum import Enum, auto

import numpy as np

from saxsdog.inspection.counts import Flags
from saxsdog.inspection.shapes import Fit, fit_of

TOO_MUCH = 0.95
"""Masked share that leaves hardly a curve."""


class Fault(Enum):
    """What can be wrong with a mask, the worst first."""

    SHAPE = auto()
    """It is of another detector: nothing can be integrated."""
    INVERTED = auto()
    """It leaves hardly a curve."""
    EMPTY = auto()
    """It masks nothing, for which nobody needs a file."""


def fault_of(mask: Flags, shape: tuple[int, int]) -> Fault | None:
    """Return what is wrong with a mask of a detector of this shape."""
    if fit_of(mask.shape, shape) is not Fit.SAME:
        return Fault.SHAPE
    if masked_share(mask) > TOO_MUCH:
        return Fault.INVERTED
    return None if mask.any() else Fault.EMPTY


def masked_share(mask: Flags) -> float:
    """Return the share of masked pixels, from 0 to 1."""
    return float(np.count_nonzero(mask)) / mask.size if mask.size else 0.0
