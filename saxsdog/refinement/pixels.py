"""The pixels of a frame that hold a count, and how they lie around rings."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, maximum_filter, minimum_filter

from saxsdog.errors import UsageError
from saxsdog.inspection.counts import Flags, without_count
from saxsdog.reduction.geometry import Geometry, two_theta

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

DARK_AREA = 100
"""Pixels of zero that hang together and are more than chance, where others count."""

DARK_SQUARE = 10
"""Side of a square of zeros that is more than chance, even where half of a frame is zero."""

BRIGHT = 2.0
"""Median counts of a frame in which a large area of zeros is a dead module or a shadow."""

LARGEST_ANGLE = 1.5
"""rad; near a right angle a ring has no size on a detector."""


@dataclass(frozen=True, eq=False)
class Pixels:
    """Those of one frame that tell something.

    Attributes
    ----------
    rows, columns
        Their middles, pixels.
    counts
        What they hold.
    shape
        ``(rows, columns)`` of the frame.
    """

    rows: NDArray[np.float32]
    columns: NDArray[np.float32]
    counts: NDArray[np.float64]
    shape: tuple[int, int]

    @classmethod
    def of(cls, image: NDArray[Any], mask: Flags | None = None) -> Self:
        """Take those of an image that are not masked and hold a count, outside of dead modules.

        Raises
        ------
        UsageError
            If the mask has another shape.
        """
        used = ~without_count(image)
        if mask is not None:
            if mask.shape != image.shape:
                raise UsageError(f"expected a mask of {image.shape} pixels, got {mask.shape}")
            used &= ~mask
        used &= ~_dark(image, used)
        rows, columns = np.nonzero(used)
        return cls(
            rows=(rows + 0.5).astype(np.float32),
            columns=(columns + 0.5).astype(np.float32),
            counts=image[used].astype(np.float64),
            shape=(image.shape[0], image.shape[1]),
        )

    @property
    def used(self) -> Flags:
        """Where they are, as an image."""
        flags = np.zeros(self.shape, np.bool_)
        flags[self.rows.astype(np.intp), self.columns.astype(np.intp)] = True
        return flags

    def thinned(self, most: int) -> Self:
        """Return about ``most`` of them, strewn evenly, always the same; itself if it has fewer."""
        if self.counts.size <= most:
            return self
        share = most / self.counts.size
        kept = np.random.default_rng(0).random(self.counts.size) < share
        return type(self)(self.rows[kept], self.columns[kept], self.counts[kept], self.shape)

    def angles(self, geometry: Geometry) -> Array:
        """Scattering angles, rad."""
        return two_theta(geometry, self.rows, self.columns)


def _dark(image: NDArray[Any], used: Flags) -> Flags:
    """Tell which pixels lie in large areas of zeros: they look even, which rings do too."""
    zero = used & (image == 0)
    dark = np.zeros(image.shape, np.bool_)
    if not zero.any():
        return dark
    if not _is_bright(image, used):
        # The zeros may be those of half a detector. Chance makes no squares where others count.
        if not _is_bright(image, used & ~zero):
            return dark
        dark = np.asarray(maximum_filter(minimum_filter(zero, DARK_SQUARE), DARK_SQUARE, origin=-1))
        dark &= zero
        if not _is_bright(image, used & ~dark):
            return dark
    areas, number = label(zero)
    large = np.bincount(areas.ravel(), minlength=number + 1) >= DARK_AREA
    large[0] = False
    return np.asarray(large[areas] | dark)


def _is_bright(image: NDArray[Any], pixels: Flags) -> bool:
    return bool(pixels.any() and np.median(image[pixels]) >= BRIGHT)


def pixels_per_radian(geometry: Geometry, angles: Array) -> Array:
    """How many pixels of the detector a radian of the scattering angle is long, without a tilt."""
    cosines = np.cos(np.minimum(angles, LARGEST_ANGLE))
    return np.asarray(geometry.distance / geometry.pixel_size[0] / cosines**2)
