"""Which pixels of a frame are left out, beside those that hold no count."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Clipping:
    """How zingers are told from other pixels.

    Attributes
    ----------
    sigmas
        Standard deviations that a pixel may lie from the mean of its ring.
    rounds
        How often the remaining pixels are looked at again, at most.
    """

    sigmas: float
    rounds: int


@dataclass(frozen=True)
class BadPixels:
    """What is asked of every frame.

    Attributes
    ----------
    count_cutoff
        Whether those are bad whose counts reach the number that the header of the frame gives.
    pixel_mask
        Whether those are bad that the file of the frame marks.
    zingers
        Which do not belong to their ring, in radial channels; ``None``: nobody looks for them.
    """

    count_cutoff: bool = False
    pixel_mask: bool = False
    zingers: Clipping | None = None


NO_FURTHER_BAD_PIXELS = BadPixels()
