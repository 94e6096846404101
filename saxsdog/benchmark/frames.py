"""Frames in memory, more than the caches of a processor hold."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BEYOND_CACHES = 1 << 26
"""Bytes; most processors have less."""

Pixel = TypeVar("Pixel", bound=np.generic)


def copies_of(image: NDArray[Pixel]) -> list[NDArray[Pixel]]:
    """Copy a frame so often that none of them is still in a cache when its turn comes again.

    So it is with frames that come from a detector, while the weights are used for each of them.
    """
    return [image.copy() for _ in range(max(1, BEYOND_CACHES // image.nbytes))]
