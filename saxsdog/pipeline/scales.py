"""Tells when a process that does the same again and again needs ever more memory."""

import math
import os
from collections.abc import Callable
from pathlib import Path

USUAL_AT = 4
"""The image after which the process holds what it needs: buffers and libraries are in use."""

EVERY = 16
"""Images between two looks from then on; one costs as much as a hundredth of an image."""

FACTOR = 1.5
ALLOWANCE = 256 << 20
"""Bytes above what was usual, times :data:`FACTOR`: a file with another filter may need some."""


def memory() -> int:
    """Return the bytes of this process that are in memory; 0 where nobody can tell."""
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Scales:
    """Weighs a process now and then.

    Parameters
    ----------
    weigh
        Returns its memory, bytes.
    """

    def __init__(self, weigh: Callable[[], int] = memory) -> None:
        self._weigh = weigh
        self._images = 0
        self._most = math.inf

    def tell_too_much(self) -> bool:
        """Whether the process, after one more image, holds far more than it used to."""
        self._images += 1
        if self._images == USUAL_AT:
            self._most = FACTOR * self._weigh() + ALLOWANCE
        if self._images % EVERY:
            return False
        return self._weigh() > self._most
