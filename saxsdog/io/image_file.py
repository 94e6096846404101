"""The bytes of one version of an image file."""

import os
import stat
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import FrameError
from saxsdog.io.status import fingerprint_of, reason_of
from saxsdog.reasons import Reason

FIRST_READ = 1 << 13
"""Bytes; the header of a Pilatus image takes 4096, so one read nearly always gets it all."""


class ImageFile:
    """A regular file and its first bytes; that it changes under the reader is noticed.

    Parameters
    ----------
    stream, status
        The open file, and what the system said of it before the first byte was read.

    Raises
    ------
    FrameError
        If it is no regular file, or empty.
    """

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


def open_image(path: Path) -> FileIO:
    """Open a file of which nothing is known; what is no file does not hold us up."""
    try:
        return FileIO(path, opener=_open_without_waiting)
    except OSError as error:
        raise FrameError(f"cannot be opened: {error.strerror}", reason_of(error)) from error
    except ValueError as error:  # a NUL in the name
        raise FrameError(f"cannot be opened: {error}", Reason.VANISHED) from error


def _open_without_waiting(path: str, flags: int) -> int:
    """Open, but do not wait for somebody to write into a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # not on Windows
