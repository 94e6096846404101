"""How the shape of an image or a mask fits that of the detector."""

from enum import Enum, auto


class Fit(Enum):
    """How one shape compares with another."""

    SAME = auto()
    SWAPPED = auto()
    """Rows are columns, and columns rows."""
    OTHER = auto()


def fit_of(shape: tuple[int, ...], expected: tuple[int, int]) -> Fit:
    """Compare a shape with the one of the calibration."""
    if shape == expected:
        return Fit.SAME
    return Fit.SWAPPED if shape == expected[::-1] else Fit.OTHER
