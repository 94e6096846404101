"""HDF5: from a stack of images to the place of the pixels of one.

The library tells where the bytes of a chunk are; they are read and unpacked without it, because it
would copy them twice on the way. It is imported with the first HDF5 file: that takes as long as the
start of a worker.
"""

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import FrameError, SeveralImagesError
from saxsdog.io.headers import Layout
from saxsdog.io.libraries import translated
from saxsdog.reasons import Reason

if TYPE_CHECKING:
    import h5py

    from saxsdog.io.hdf5_dataset import Images

SUFFIXES = (".h5", ".hdf5", ".nxs")

MAGIC = b"\x89HDF\r\n\x1a\n"
STARTS = (0, 512, 1024, 2048, 4096)
"""Where an HDF5 file may begin; other things may stand ahead of it."""

SUPERBLOCK = 96
"""Bytes at the start of a file, of which the shortest form of it needs half."""


def is_hdf5(head: bytes) -> bool:
    """Tell by the first bytes of a file whether it is an HDF5 file."""
    return any(head.startswith(MAGIC, start) for start in STARTS)


def unpacker(packing: Literal["bitshuffle", "lz4"]) -> Callable[[Any, Any], None]:
    """Return what fills pixels from the bytes of a chunk."""
    from saxsdog.io.hdf5_dataset import UNPACK

    return UNPACK[packing]


class Stack:
    """The images in a file, which stays open: to find them takes longer than to read one.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FrameError
        If it is no HDF5 file, is not complete, or there are no images in it.
    """

    def __init__(self, path: Path) -> None:
        with translated("an HDF5 file with images"):
            from saxsdog.io.hdf5_dataset import Images
            from saxsdog.io.hdf5_fields import Fields
            from saxsdog.io.hdf5_search import find_images

            self._file = _open(path)
            try:
                root = self._file["/"].id
                self._parts = [Images(dataset) for dataset in find_images(root)]
                self._ends = list(accumulate(part.n_images for part in self._parts))
                self._fields = Fields(root, self._parts[0].dataset)
                self._marked: NDArray[np.intp] | None = None
            except BaseException:
                self._file.close()
                raise

    @property
    def n_images(self) -> int:
        return self._ends[-1]

    def close(self) -> None:
        with translated("an HDF5 file that can be closed"):
            self._file.close()

    def describe(self, page: int | None = None) -> Layout:
        """Tell where an image lies.

        Parameters
        ----------
        page
            Counted from 0; ``None`` stands for the only one.

        Returns
        -------
        Layout
            Packing ``"hdf5"`` where it is no run of bytes that we unpack: :meth:`read_into` reads
            it.

        Raises
        ------
        SeveralImagesError
            If ``page`` is ``None`` and the file holds several images.
        FrameError
            If there is no such image, or it has not been written.
        """
        if self.n_images == 0:
            raise FrameError("expected an image, there is none in the file yet", Reason.TRUNCATED)
        if page is None and self.n_images > 1:
            raise SeveralImagesError.counted(self.n_images)
        image = page or 0
        with translated("a dataset of images"):
            part, place = self._locate(image)
            return part.describe(place, self._fields.of(image, self.n_images))

    def read_into(self, page: int | None, target: NDArray[Any]) -> None:
        """Read an image of packing ``"hdf5"`` into memory of the shape and type of its layout."""
        with translated("an image that HDF5 can decode"):
            part, place = self._locate(page or 0)
            part.read_into(place, target)

    def marked_pixels(self) -> NDArray[np.intp]:
        """Return the pixels that the file marks as bad, by their flat indices; looked for once."""
        if self._marked is None:
            with translated("a mask of pixels"):
                from saxsdog.io.hdf5_mask import marked_pixels

                self._marked = marked_pixels(self._file["/"].id, self._parts[0].dataset)
        return self._marked

    def _locate(self, image: int) -> tuple["Images", int]:
        if image >= self.n_images:
            raise FrameError(
                f"expected a page {image}, the file has {self.n_images}", Reason.TRUNCATED
            )
        number = bisect_right(self._ends, image)
        return self._parts[number], image - (self._ends[number] - self._parts[number].n_images)


def _open(path: Path) -> "h5py.File":
    """Open a file for reading, also one that a writer shares."""
    import h5py
    import hdf5plugin  # noqa: F401 - makes its filters known to the library

    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "truncated file" in str(error) or path.stat().st_size < SUPERBLOCK:
            raise FrameError(f"expected a whole file: {error}", Reason.TRUNCATED) from error
        if "already open for" not in str(error):
            raise
    try:
        return h5py.File(path, "r", locking=False, swmr=True)
    except OSError as error:
        message = f"expected a file that its writer has closed: {error}"
        raise FrameError(message, Reason.TRUNCATED) from error
