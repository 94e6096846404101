"""Read a detector image, whatever its format, into memory that is used again for the next one."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import FrameError
from saxsdog.io import cbf, edf, tiff
from saxsdog.io.headers import FrameHeader, Layout, frame_header
from saxsdog.io.libraries import read_with_fabio, read_with_tifffile

IMAGE_SUFFIXES: tuple[str, ...] = (".tif", ".tiff", ".cbf", ".edf")
"""What names of images end with, in lower case; :class:`FrameReader` itself looks at the bytes."""

FIRST_READ = 1 << 13
"""Bytes; the header of a Pilatus image takes 4096, so one read nearly always gets it all."""

ALWAYS_ALLOWED = 1 << 28
MAX_EXPANSION = 1032
"""Deflate packs no tighter; a larger claim, above ``ALWAYS_ALLOWED`` bytes, is no true header."""


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
    """

    path: Path
    image: NDArray[np.generic]
    header: FrameHeader


class FrameReader:
    """Reads images one after the other into one buffer.

    The buffer grows to the largest image and stays: fresh memory for each image costs more than
    reading it. A reader belongs to one thread.
    """

    def __init__(self) -> None:
        self._pixels = np.empty(0, np.uint8)
        self._packed = np.empty(0, np.uint8)

    def read(self, path: Path, *, page: int = 0) -> Frame:
        """Read one image.

        The bytes tell the format, not the name. Plain TIFF and EDF and byte-offset CBF are read
        here; libraries decode the other TIFFs and the other formats.

        Parameters
        ----------
        path
            The file.
        page
            Which image of a file that holds several, counted from 0.

        Returns
        -------
        Frame
            Its image may be a read-only view of the buffer, valid until the next ``read``.

        Raises
        ------
        FrameError
            If the file cannot be read, is cut off, or does not hold an image of one number per
            pixel. The message names the file.
        """
        try:
            with _open(path) as stream:
                image, fields, modified = self._read(_File(stream), path, page)
        except FrameError as error:
            raise FrameError(f"{path}: {error}") from error
        except OSError as error:  # the disk, or the server of a network file system
            raise FrameError(f"{path}: cannot be read: {error.strerror or error}") from error
        image.setflags(write=False)
        return Frame(path, image, frame_header(fields, modified=modified))

    def _read(
        self, file: "_File", path: Path, page: int
    ) -> tuple[NDArray[np.generic], Mapping[str, str], float]:
        if page < 0:
            raise FrameError(f"expected a page counted from 0, got {page}")
        layout = _describe(file, page)
        if layout is None:
            image, fields = read_with_fabio(path, page)
            return image, fields, file.modified
        _check_sizes(layout, file.size)
        match layout.packing:
            case "plain":
                image = self._read_plain(file, layout)
            case "byte offset":
                image = self._unpack(file, layout)
            case "tiff":
                image = read_with_tifffile(path, page, layout.dtype)
        return image, layout.fields, file.modified

    def _read_plain(self, file: "_File", layout: Layout) -> NDArray[np.generic]:
        image = self._image(layout)
        file.read_into(self._pixels[: layout.size], layout.offset)
        return image if layout.dtype.isnative else image.byteswap(inplace=True)

    def _unpack(self, file: "_File", layout: Layout) -> NDArray[np.generic]:
        if self._packed.size < layout.length:
            self._packed = np.empty(layout.length, np.uint8)
        packed = self._packed[: layout.length]
        file.read_into(packed, layout.offset)
        image = self._image(layout)
        cbf.unpack(packed, image.reshape(-1))
        return image

    def _image(self, layout: Layout) -> NDArray[Any]:
        """View the buffer as the image of a layout, in the byte order of this machine."""
        if self._pixels.size < layout.size:
            self._pixels = np.empty(layout.size, np.uint8)
        pixels = self._pixels[: layout.size].view(layout.dtype.newbyteorder("="))
        return pixels.reshape(layout.shape)


def read_frame(path: Path, *, page: int = 0) -> Frame:
    """Read one image into memory of its own; see :meth:`FrameReader.read`."""
    frame = FrameReader().read(path, page=page)
    return replace(frame, image=frame.image.copy())


class _File:
    """A regular file and its first bytes."""

    def __init__(self, stream: FileIO) -> None:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise FrameError("expected a regular file, got a pipe, a device or the like")
        if status.st_size == 0:
            raise FrameError("expected an image, the file is empty")
        self.size = status.st_size
        self.modified = status.st_mtime
        self.head = stream.read(FIRST_READ) or b""
        self._stream = stream

    def read_at(self, offset: int, count: int) -> bytes:
        if offset + count <= len(self.head):
            return self.head[offset : offset + count]
        count = min(count, self.size - offset)
        if count <= 0:
            return b""
        self._stream.seek(offset)
        return self._stream.read(count) or b""

    def read_into(self, target: NDArray[np.uint8], offset: int) -> None:
        self._stream.seek(offset)
        missing = target.data
        while missing.nbytes:
            count = self._stream.readinto(missing)
            if not count:
                raise FrameError(
                    f"expected {target.size} bytes of pixels at offset {offset}, "
                    f"the file ended {missing.nbytes} bytes before"
                )
            missing = missing[count:]


def _open(path: Path) -> FileIO:
    try:
        return FileIO(path, opener=_open_without_waiting)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else error
        raise FrameError(f"cannot be opened: {reason}") from error


def _open_without_waiting(path: str, flags: int) -> int:
    """Open, but do not wait for somebody to write into a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # not on Windows


def _describe(file: _File, page: int) -> Layout | None:
    if tiff.is_tiff(file.head):
        return tiff.describe(file.read_at, page)
    if cbf.is_cbf(file.head):
        return cbf.describe(file.read_at, page)
    if edf.is_edf(file.head):
        return edf.describe(file.read_at, page)
    return None


def _check_sizes(layout: Layout, size: int) -> None:
    """Refuse what cannot be true before any memory is taken for it."""
    rows, columns = layout.shape
    if rows == 0 or columns == 0:
        raise FrameError(f"expected an image, the header describes {rows} x {columns} pixels")
    if layout.packing == "tiff":
        if layout.size > max(ALWAYS_ALLOWED, MAX_EXPANSION * size):
            raise FrameError(f"expected {rows} x {columns} pixels, the file has only {size} bytes")
        return
    stored = layout.size if layout.packing == "plain" else layout.length
    if layout.offset + stored > size:
        raise FrameError(
            f"expected {stored} bytes of pixels at offset {layout.offset}, "
            f"the file has {size} bytes"
        )
    if layout.packing == "byte offset" and rows * columns > stored:
        raise FrameError(f"expected {rows} x {columns} pixels, {stored} bytes cannot hold them")
