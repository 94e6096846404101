"""Read a detector image, whatever its format, into memory that is used again for the next one."""

import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import FrameError, SeveralImagesError
from saxsdog.io import cbf, hdf5
from saxsdog.io.headers import FrameHeader, Layout, frame_header
from saxsdog.io.image_file import ImageFile, open_image
from saxsdog.io.layouts import Places, check_sizes, describe
from saxsdog.io.libraries import read_with_fabio, read_with_tifffile
from saxsdog.io.status import Fingerprint, fingerprint_of, reason_of
from saxsdog.io.writers import Writers, times_are_fine, writers_of
from saxsdog.reasons import Reason
from saxsdog.regular_file import place_of

IMAGE_SUFFIXES: tuple[str, ...] = (".tif", ".tiff", ".cbf", ".edf", *hdf5.SUFFIXES)
"""What names of images end with, in lower case; :class:`FrameReader` itself looks at the bytes."""

Unpack = Callable[[NDArray[np.uint8], NDArray[Any]], None]
"""Fills pixels from packed bytes."""


@dataclass(frozen=True)
class Caution:
    """What a reader must reckon with where others write and plant files meanwhile.

    Attributes
    ----------
    roots
        No file is read that is not in one of these folders, whatever links lead to it; none of them
        allows all. Without links in their paths.
    quiet
        Seconds for which a file must not have been written when it is read, unless the system says
        that nobody writes to it.
    """

    roots: tuple[Path, ...] = ()
    quiet: float = 0.0


NO_CAUTION = Caution()


@dataclass(frozen=True, eq=False)
class Frame:
    """One exposure.

    Attributes
    ----------
    path
        The file that it came from.
    image
        Counts as stored, shape ``(rows, columns)``, integers or floats of at most 64 bits in the
        byte order of this machine, contiguous.
    header
        When it was taken, and what else the file says.
    fingerprint
        Which version of the file was read.
    """

    path: Path
    image: NDArray[np.generic]
    header: FrameHeader
    fingerprint: Fingerprint


def no_measurement(kind: np.dtype[Any]) -> float:
    """Return the value that means of a pixel that it measured nothing."""
    match kind.kind:
        case "u":
            return int(np.iinfo(kind).max)
        case "i":
            return -1
    return np.nan


class FrameReader:
    """Reads images one after the other into one buffer.

    The buffer grows to the largest image and stays: fresh memory for each image costs more than
    reading it. A reader belongs to one thread.

    Parameters
    ----------
    expected_shape
        ``(rows, columns)``; images of another shape are refused, most of them by their header,
        before anything is decoded.
    caution
        What must be reckoned with.
    without_marked
        Whether pixels that the file itself marks as bad get the value that means "no measurement".
    """

    def __init__(
        self,
        expected_shape: tuple[int, int] | None = None,
        caution: Caution = NO_CAUTION,
        *,
        without_marked: bool = False,
    ) -> None:
        self._expected_shape = expected_shape
        self._caution = caution
        self._without_marked = without_marked
        self._pixels = np.empty(0, np.uint8)
        self._packed = np.empty(0, np.uint8)
        self._places = Places()
        self._stack: hdf5.Stack | None = None
        self._stack_version: tuple[Path, Fingerprint] | None = None

    def read(self, path: Path, *, page: int | None = None) -> Frame:
        """Read one image.

        The bytes tell the format, not the name. Plain TIFF and EDF, byte-offset CBF and what
        Eigers write as HDF5 are read here; libraries decode the other TIFFs, the other HDF5 files
        and the other formats. An HDF5 file stays open until another file is read, or ``close``.

        Parameters
        ----------
        path
            The file.
        page
            Which image of a file that holds several, counted from 0; ``None`` stands for the only
            one.

        Returns
        -------
        Frame
            Its image may be a read-only view of the buffer, valid until the next ``read``.

        Raises
        ------
        SeveralImagesError
            If ``page`` is ``None`` and the file holds several images.
        FrameError
            If the file cannot be read, is cut off, changes meanwhile, or does not hold an image of
            one number per pixel and of the expected shape. The message names the file.
        """
        try:
            with open_image(path) as stream:
                self._check_place(stream, path)
                return self._read_version(stream, path, page)
        except FrameError as error:
            raise error.at(path) from error

    def _check_place(self, stream: FileIO, path: Path) -> None:
        """Refuse a file that a link leads to, planted after somebody looked at the image."""
        roots = self._caution.roots
        if roots:
            place = place_of(stream.fileno(), path)
            if not any(place.is_relative_to(root) for root in roots):
                raise FrameError("is a link that leads elsewhere", Reason.OUTSIDE_ROOT)

    def _status_when_quiet(self, stream: FileIO) -> os.stat_result:
        """Return the status of a file that nobody writes to, as far as that can be known.

        What is written within the same tick of the clock of the file system leaves no trace in the
        times of the file, nor does a call that writes for a while: they tell when it began. So the
        writers are looked for after the times; where nobody tells of them, we wait.
        """
        status = os.fstat(stream.fileno())
        quiet = self._caution.quiet
        age = time.time() - status.st_mtime
        if -quiet < age < quiet and stat.S_ISREG(status.st_mode):
            if times_are_fine() and writers_of(stream.fileno()) is Writers.NONE:
                return status
            time.sleep(quiet - max(age, 0.0))
            status = os.fstat(stream.fileno())
        return status

    @property
    def keeps_file_open(self) -> bool:
        """Whether a file is still open for the next ``read``."""
        return self._stack is not None

    def close(self) -> None:
        """Let go of the file that was read last; the next ``read`` is as good as the first."""
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.close()

    def _read_version(self, stream: FileIO, path: Path, page: int | None) -> Frame:
        """Read a file that must stay as it is meanwhile; every error tells which version it was."""
        fingerprint = None
        try:
            status = self._status_when_quiet(stream)
            fingerprint = fingerprint_of(status)
            file = ImageFile(stream, status)
            if self._places.fingerprint != fingerprint:
                self._places = Places(fingerprint)
            try:
                image, fields = self._read(file, path, page)
            finally:  # what a changing file seems to lack may be there now
                file.check_unchanged()
        except FrameError as error:
            error.fingerprint = fingerprint
            raise
        except OSError as error:  # the disk, or the server of a network file system
            message = f"cannot be read: {error.strerror or error}"
            raise FrameError(message, reason_of(error), fingerprint) from error
        image.setflags(write=False)
        return Frame(path, image, frame_header(fields, modified=status.st_mtime), fingerprint)

    def _read(
        self, file: ImageFile, path: Path, page: int | None
    ) -> tuple[NDArray[np.generic], Mapping[str, str]]:
        if page is not None and page < 0:
            raise FrameError(f"expected a page counted from 0, got {page}")
        layout = self._describe(file, path, page)
        if layout is None:
            image, fields = read_with_fabio(path, page, file.head)
            file.check_still_at(path)
            self._check_shape(image.shape)
            return image, fields
        self._check_shape(layout.shape)
        check_sizes(layout, file.size)
        match layout.packing:
            case "plain":
                image = self._read_plain(file, layout)
            case "byte offset":
                image = self._unpack(file, layout, cbf.unpack)
            case "bitshuffle" | "lz4":
                image = self._unpack(file, layout, hdf5.unpacker(layout.packing))
            case "tiff":
                image = read_with_tifffile(path, layout.page, layout.dtype)
                file.check_still_at(path)
            case "hdf5":
                image = self._image(layout)
                self._stack_of(file, path).read_into(page, image)
        if self._without_marked and self._stack is not None:
            image.reshape(-1)[self._stack.marked_pixels()] = no_measurement(image.dtype)
        return image, layout.fields

    def _describe(self, file: ImageFile, path: Path, page: int | None) -> Layout | None:
        if hdf5.is_hdf5(file.head):
            return self._stack_of(file, path).describe(page)
        self.close()
        return describe(file, page, self._places)

    def _stack_of(self, file: ImageFile, path: Path) -> "hdf5.Stack":
        """Return the images of an HDF5 file, which stays open until it is another one's turn."""
        if self._stack is None or self._stack_version != (path, file.fingerprint):
            self.close()
            self._stack, self._stack_version = hdf5.Stack(path), None
            file.check_still_at(path)  # the library opened it again
            self._stack_version = (path, file.fingerprint)
        return self._stack

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if 0 in shape:
            message = f"expected an image, the header describes {shape[0]} x {shape[1]} pixels"
            raise FrameError(message, Reason.TRUNCATED)
        if self._expected_shape not in (None, shape):
            raise FrameError(
                f"expected an image of {self._expected_shape} pixels, got {shape}",
                Reason.WRONG_SHAPE,
            )

    def _read_plain(self, file: ImageFile, layout: Layout) -> NDArray[np.generic]:
        image = self._image(layout)
        file.read_into(self._pixels[: layout.size], layout.offset)
        return image if layout.dtype.isnative else image.byteswap(inplace=True)

    def _unpack(self, file: ImageFile, layout: Layout, unpack: Unpack) -> NDArray[np.generic]:
        if self._packed.size < layout.length:
            self._packed = np.empty(layout.length, np.uint8)
        packed = self._packed[: layout.length]
        file.read_into(packed, layout.offset)
        image = self._image(layout)
        unpack(packed, image.reshape(-1))
        return image if layout.dtype.isnative else image.byteswap(inplace=True)

    def _image(self, layout: Layout) -> NDArray[Any]:
        """View the buffer as the image of a layout, in the byte order of this machine."""
        if self._pixels.size < layout.size:
            self._pixels = np.empty(layout.size, np.uint8)
        pixels = self._pixels[: layout.size].view(layout.dtype.newbyteorder("="))
        return pixels.reshape(layout.shape)


def read_frame(
    path: Path,
    *,
    page: int | None = None,
    caution: Caution = NO_CAUTION,
) -> Frame:
    """Read one image into memory of its own; see :class:`FrameReader`."""
    reader = FrameReader(caution=caution)
    try:
        frame = reader.read(path, page=page)
        return replace(frame, image=frame.image.copy())
    finally:
        reader.close()


def count_images(path: Path) -> int:
    """Count the images of a file; errors as of :meth:`FrameReader.read`."""
    reader = FrameReader()
    try:
        reader.read(path)
    except SeveralImagesError as error:
        return error.n_images
    finally:
        reader.close()
    return 1
