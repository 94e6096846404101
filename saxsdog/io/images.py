"""Read a detector image, whatever its format, into memory that is used again for the next one."""

import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import FrameError, SeveralImagesError
from saxsdog.io import cbf, edf, hdf5, tiff
from saxsdog.io.headers import FrameHeader, Layout, frame_header
from saxsdog.io.libraries import read_with_fabio, read_with_tifffile
from saxsdog.io.status import Fingerprint, fingerprint_of, reason_of
from saxsdog.io.writers import Writers, times_are_fine, writers_of
from saxsdog.reasons import Reason
from saxsdog.regular_file import place_of

IMAGE_SUFFIXES: tuple[str, ...] = (".tif", ".tiff", ".cbf", ".edf", *hdf5.SUFFIXES)
"""What names of images end with, in lower case; :class:`FrameReader` itself looks at the bytes."""

FIRST_READ = 1 << 13
"""Bytes; the header of a Pilatus image takes 4096, so one read nearly always gets it all."""

ALWAYS_ALLOWED = 1 << 28
MAX_EXPANSION = 1032
"""Deflate packs no tighter; a larger claim, above ``ALWAYS_ALLOWED`` bytes, is no true header."""
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
    """

    def __init__(
        self,
        expected_shape: tuple[int, int] | None = None,
        caution: Caution = NO_CAUTION,
    ) -> None:
        self._expected_shape = expected_shape
        self._caution = caution
        self._pixels = np.empty(0, np.uint8)
        self._packed = np.empty(0, np.uint8)
        self._places = _Places()
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
            with _open(path) as stream:
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
            file = _File(stream, status)
            if self._places.fingerprint != fingerprint:
                self._places = _Places(fingerprint)
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
        self, file: "_File", path: Path, page: int | None
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
        _check_sizes(layout, file.size)
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
        return image, layout.fields

    def _describe(self, file: "_File", path: Path, page: int | None) -> Layout | None:
        if hdf5.is_hdf5(file.head):
            return self._stack_of(file, path).describe(page)
        self.close()
        return _describe(file, page, self._places)

    def _stack_of(self, file: "_File", path: Path) -> "hdf5.Stack":
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

    def _read_plain(self, file: "_File", layout: Layout) -> NDArray[np.generic]:
        image = self._image(layout)
        file.read_into(self._pixels[: layout.size], layout.offset)
        return image if layout.dtype.isnative else image.byteswap(inplace=True)

    def _unpack(self, file: "_File", layout: Layout, unpack: Unpack) -> NDArray[np.generic]:
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


@dataclass
class _Places:
    """Where the images of one version of a file were found, so that each is looked for once."""

    fingerprint: Fingerprint | None = None
    pages: list[tiff.Page] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


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
        self.fingerprint = fingerprint_of(status)

    def check_unchanged(self) -> None:
        self._compare(os.fstat(self._stream.fileno()))

    def check_still_at(self, path: Path) -> None:
        """Refuse what a library, which opens the path again, may have read from another file."""
        self._compare(path.stat())

    def _compare(self, status: os.stat_result) -> None:
        if fingerprint_of(status) != self.fingerprint:
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


def _describe(file: _File, page: int | None, places: _Places) -> Layout | None:
    if tiff.is_tiff(file.head):
        return tiff.describe(file.read_at, page, places.pages)
    if cbf.is_cbf(file.head):
        return cbf.describe(file.read_at, page)
    if edf.is_edf(file.head):
        return edf.describe(file.read_at, page, places.starts)
    if not file.head.strip(b"\0"):
        raise FrameError(
            "expected an image, the file starts with nothing but zeros", Reason.TRUNCATED
        )
    if any(magic.startswith(file.head) for magic in (*tiff.DIALECTS, cbf.MAGIC, hdf5.MAGIC)):
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
