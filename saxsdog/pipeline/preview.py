"""A frame made small enough to look at."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from saxsdog.inspection.counts import without_count

MARK = b"preview"
"""First bytes of a preview; an outcome is JSON."""

_LENGTH_BYTES = 4


@dataclass(frozen=True)
class PreviewJob:
    """A frame to look at and the largest number of rows or columns of its preview."""

    image: Path
    max_side: int

    def to_bytes(self) -> bytes:
        return json.dumps({"preview": str(self.image), "max_side": self.max_side}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        fields = json.loads(data)
        return cls(Path(fields["preview"]), fields["max_side"])

    @staticmethod
    def is_one(data: bytes) -> bool:
        """Tell by the first byte: that of a job for a curve is ``[``."""
        return data.startswith(b"{")


@dataclass(frozen=True, eq=False)
class Preview:
    """A small frame, or the reason why there is none.

    Attributes
    ----------
    image
        The file.
    frame_shape
        Of the whole frame; ``(0, 0)`` if it cannot be read.
    pixels
        Means of blocks of the frame, float32; see :func:`preview_of`.
    block
        Side of a block.
    error
        Why the frame cannot be read, else empty.
    """

    image: str
    frame_shape: tuple[int, int]
    pixels: NDArray[np.float32]
    block: int
    error: str = ""

    @classmethod
    def failed(cls, image: Path, error: str) -> Self:
        return cls(str(image), (0, 0), np.empty((0, 0), np.float32), 1, error)

    def to_bytes(self) -> bytes:
        header = json.dumps(
            {
                "image": self.image,
                "frame_shape": self.frame_shape,
                "shape": self.pixels.shape,
                "block": self.block,
                "error": self.error,
            }
        ).encode()
        length = len(header).to_bytes(_LENGTH_BYTES, "little")
        return b"".join((MARK, length, header, self.pixels.astype("<f4").tobytes()))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        start = len(MARK) + _LENGTH_BYTES
        end = start + int.from_bytes(data[len(MARK) : start], "little")
        fields = json.loads(data[start:end])
        pixels = np.frombuffer(data, "<f4", offset=end).reshape(fields["shape"])
        rows, columns = fields["frame_shape"]
        return cls(fields["image"], (rows, columns), pixels, fields["block"], fields["error"])

    @staticmethod
    def is_one(data: bytes) -> bool:
        """Tell by the first bytes whether a worker sends a preview."""
        return data.startswith(MARK)


def preview_of(image: NDArray[np.generic], max_side: int) -> tuple[NDArray[np.float32], int]:
    """Average an image over square blocks.

    Parameters
    ----------
    image
        Raw counts, two-dimensional, any integer or float type. Pixels without a count are left
        out: negative ones, NaN, infinity, and the largest value of an unsigned type.
    max_side
        Rows and columns that the result may have, at least 1.

    Returns
    -------
    tuple
        Mean counts per pixel, float32, NaN where no pixel of a block holds a count; and the side of
        a block. Those at the lower and the right edge may be cut off.
    """
    block = -(-max(image.shape) // max_side)
    rows, columns = (-(-side // block) for side in image.shape)
    # Filled up to whole blocks, which numpy sums three times faster than blocks of any size.
    counts = np.zeros((rows * block, columns * block))
    counted = np.zeros(counts.shape, np.bool_)
    inside = tuple(slice(side) for side in image.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        counted[inside] = ~without_count(image)
        np.copyto(counts[inside], image, where=counted[inside])
        blocks = (rows, block, columns, block)
        sums = counts.reshape(blocks).sum(axis=1).sum(axis=2)
        numbers = counted.reshape(blocks).sum(axis=1, dtype=np.int32).sum(axis=2)
        return (sums / numbers).astype(np.float32), block
