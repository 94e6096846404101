"""Which pixels of an image hold no count."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


def without_count(image: NDArray[Any]) -> Flags:
    """Tell where an image holds no count.

    That is a negative number, NaN, infinity, or the largest value of an unsigned type.
    """
    match image.dtype.kind:
        case "b":
            return np.zeros(image.shape, np.bool_)
        case "u":
            return np.asarray(image == np.iinfo(image.dtype).max)
        case "f":
            # Not-a-number is not above zero either.
            return np.asarray(~((image >= 0) & (image < np.inf)))
        case _:
            return np.asarray(image < 0)
