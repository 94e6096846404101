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
from saxsdog.io.status import Fingerprint, fingerprint_of, reason_of
from saxsdog.reasons import Reason

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
    fingerprint
        Which version of the file was read.
    """

    path: Path
    image: NDArray[np.generic]
    header: FrameHeader
    fingerprint: Fingerprint


class FrameReader:
    """Reads images one after the other into one buffer.

    The buffer grows to the largest image and stays: fresh memory for each image costs more than
    reading it. A reader belongs to one thread.

    Parameters
    ----------
    expected_shape
        ``(rows, columns)``; images of another shape are refused, most of them by their header,
        before anything is decoded.
    """

    def __init__(self, expected_shape: tuple[int, int] | None = None) -> None:
        self._expected_shape = expected_shape
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
            If the file cannot be read, is cut off, changes meanwhile, or does not hold an image of
            one number per pixel and of the expected shape. The message names the file.
        """
        try:
            with _open(path) as stream:
                return self._read_version(stream, path, page)
        except FrameError as error:
            raise FrameError(f"{path}: {error}", error.reason, error.fingerprint) from error

    def _read_version(self, stream: FileIO, path: Path, page: int) -> Frame:
        """Read a file that must stay as it is meanwhile; every error tells which version it was."""
        fingerprint = None
        try:
            status = os.fstat(stream.fileno())
            fingerprint = fingerprint_of(status)
            file = _File(stream, status)
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
        self, file: "_File", path: Path, page: int
    ) -> tuple[NDArray[np.generic], Mapping[str, str]]:
        if page < 0:
            raise FrameError(f"expected a page counted from 0, got {page}")
        layout = _describe(file, page)
        if layout is None:
            image, fields = read_with_fabio(path, page, file.head)
            file.check_still_at(path)
            self._check_shape(image.shape)
            return image, fields
        self._check_shape(layout.shape)
        _check_sizes(layout, file.size)
        match layout.packing:
            case "plain":
                image = self._read_plain(file, layout)
            case "byte offset":
                image = self._unpack(file, layout)
            case "tiff":
                image = read_with_tifffile(path, page, layout.dtype)
                file.check_still_at(path)
        return image, layout.fields

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if 0 in shape:
            message = f"expected an image, the header describes {shape[0]} x {shape[1]} pixels"
            raise FrameError(message, Reason.TRUNCATED)
        if self._expected_shape not in (None, shape):
            raise FrameError(
                f"expected an image of {self._expected_shape} pixels, got {shape}",
                Reason.WRONG_SHAPE,
            )

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

    def __init__(self, stream: FileIO, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise FrameError(
                "expected a regular file, got a pipe, a device or the like", Reason.NOT_REGULAR
            )
        if status.st_size == 0:
            raise FrameError("expected an image, the file is empty", Reason.TRUNCATED)
        self.size = status.st_size
        self.head = stream.read(FIRST_READ) or b""
        self._stream = stream
        self._fingerprint = fingerprint_of(status)

    def check_unchanged(self) -> None:
        self._compare(os.fstat(self._stream.fileno()))

    def check_still_at(self, path: Path) -> None:
        """Refuse what a library, which opens the path again, may have read from another file."""
        self._compare(path.stat())

    def _compare(self, status: os.stat_result) -> None:
        if fingerprint_of(status) != self._fingerprint:
            message = "expected a file that stays as it is, it changed while it was read"
            raise FrameError(message, Reason.CHANGED_WHILE_READING)

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
                    f"the file ended {missing.nbytes} bytes before",
                    Reason.TRUNCATED,
                )
            missing = missing[count:]


def _open(path: Path) -> FileIO:
    try:
        return FileIO(path, opener=_open_without_waiting)
    except OSError as error:
        raise FrameError(f"cannot be opened: {error.strerror}", reason_of(error)) from error
    except ValueError as error:  # a NUL in the name
        raise FrameError(f"cannot be opened: {error}", Reason.VANISHED) from error


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
    if not file.head.strip(b"\0"):
        raise FrameError(
            "expected an image, the file starts with nothing but zeros", Reason.TRUNCATED
        )
    if any(magic.startswith(file.head) for magic in (*tiff.DIALECTS, cbf.MAGIC)):
        raise FrameError(f"expected an image, the file ends after {file.head!r}", Reason.TRUNCATED)
    return None


def _check_sizes(layout: Layout, size: int) -> None:
    """Refuse what cannot be true before any memory is taken for it."""
    rows, columns = layout.shape
    if layout.size > max(ALWAYS_ALLOWED, MAX_EXPANSION * size):
        raise FrameError(
            f"expected {rows} x {columns} pixels, the file has only {size} bytes", Reason.TOO_LARGE
        )
    stored = layout.size if layout.packing == "plain" else layout.length
    if layout.offset + stored > size:
        raise FrameError(
            f"expected {stored} bytes of pixels at offset {layout.offset}, "
            f"the file has {size} bytes",
            Reason.TRUNCATED,
        )
    if layout.packing == "byte offset" and rows * columns > stored:
        raise FrameError(
            f"expected {rows} x {columns} pixels, {stored} bytes cannot hold them", Reason.TOO_LARGE
        )
