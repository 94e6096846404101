"""A frame that is looked at: whole from a file, or made small by a server."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from saxsdog.inspection.counts import Flags, without_count
from saxsdog.pipeline.preview import preview_of

OVERVIEW_SIDE = 2000
"""Rows or columns of an overview, about those of a screen; a Pilatus 2M is still shown whole."""


@dataclass(frozen=True, eq=False)
class ShownFrame:
    """One exposure, ready to be drawn.

    Attributes
    ----------
    name
        Of its file.
    pixels
        Counts, or means over blocks of pixels.
    shape
        ``(rows, columns)`` of the whole frame.
    block
        Side of a block, in pixels of the whole frame.
    flagged
        Where nothing was counted, of the shape of ``pixels``: gaps between modules, dead pixels.
        ``None`` if the pixels say that themselves, by :func:`without_count`.
    source
        Where it comes from.
    time
        When it was taken, s since the epoch, if known.
    """

    name: str
    pixels: NDArray[Any]
    shape: tuple[int, int]
    block: int
    flagged: Flags | None
    source: Literal["server", "file"]
    time: float | None = None

    @classmethod
    def of_image(cls, name: str, image: NDArray[Any], time: float | None = None) -> Self:
        """Show an image of a file.

        Copies the image and prepares what is drawn of it: for a frame of 16 million pixels call
        this in another thread.
        """
        rows, columns = image.shape
        shown = cls(name, np.array(image), (rows, columns), 1, None, "file", time)
        _ = shown.overview.gaps
        return shown

    @classmethod
    def of_preview(
        cls,
        name: str,
        pixels: NDArray[np.floating[Any]],
        shape: tuple[int, int],
        block: int,
        time: float | None = None,
    ) -> Self:
        """Show the block means of a server, NaN where no pixel of a block holds a count."""
        return cls(name, pixels, shape, block, None, "server", time)

    @cached_property
    def gaps(self) -> Flags:
        """Where nothing was counted, of the shape of ``pixels``."""
        return without_count(self.pixels) if self.flagged is None else self.flagged

    @cached_property
    def overview(self) -> Self:
        """The same frame, small enough to be drawn whole; itself if it is small."""
        if max(self.pixels.shape) <= OVERVIEW_SIDE:
            return self
        marked = self.pixels
        if self.flagged is not None:
            marked = np.where(self.flagged, np.float32(np.nan), marked.astype(np.float32))
        means, block = preview_of(marked, OVERVIEW_SIDE)
        return type(self)(
            self.name, means, self.shape, self.block * block, None, self.source, self.time
        )

    def counts_at(self, row: float, column: float) -> float | None:
        """Return the counts of the pixel that holds a point, or the mean of its block.

        ``None`` outside the frame and where nothing was counted.
        """
        rows, columns = self.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return None
        place = int(row) // self.block, int(column) // self.block
        return None if self.gaps[place] else float(self.pixels[place])
