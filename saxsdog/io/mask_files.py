"""Read the masks that a calibration names, and write FIT2D's."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import CalibrationError, FrameError
from saxsdog.io.images import FrameReader

FIT2D_MAGIC = b"M\0\0\0A\0\0\0S\0\0\0K\0\0\0"
FIT2D_HEADER = 1024
"""Bytes ahead of the first row."""

FIT2D_SIZE = struct.Struct("<II")  # width, height in pixels, right behind the magic bytes
NPY_MAGIC = b"\x93NUMPY"


Shape = tuple[int, int]


def read_mask(path: Path, shape: Shape | None = None) -> NDArray[np.bool_]:
    """Read a mask.

    Parameters
    ----------
    path
        A FIT2D ``.msk``, a NumPy ``.npy``, or an image in any format that frames have. In an
        array or image a pixel is masked where it is not 0; NaN counts as masked.
    shape
        ``(rows, columns)`` that it must have; another one is refused ahead of its pixels, because
        a small file may claim to hold very many.

    Returns
    -------
    NDArray[np.bool_]
        Shape ``(rows, columns)``, row 0 at the top; ``True`` leaves a pixel out.

    Raises
    ------
    CalibrationError
        If the file is missing, cut off or not a mask. The message names the file.
    """
    try:
        if not path.is_file():
            why = "this is no regular file" if path.exists() else "there is no such file"
            raise CalibrationError(f"{path}: expected a mask, {why}")
        with path.open("rb") as file:
            head = file.read(FIT2D_HEADER)
        if head.startswith(FIT2D_MAGIC):
            return _read_fit2d(path, head, shape)
        if head.startswith(NPY_MAGIC):
            return np.asarray(read_npy(path, shape, "a mask") != 0)
        return _read_image(path, shape)
    except FrameError as error:
        raise CalibrationError(f"expected a mask, {error}") from error
    except OSError as error:
        reason = error.strerror or error
        raise CalibrationError(f"{path}: expected a mask, cannot read it: {reason}") from error


def write_fit2d_mask(path: Path, mask: NDArray[np.bool_]) -> None:
    """Write a mask of shape ``(rows, columns)``, row 0 at the top, as FIT2D does."""
    rows, columns = mask.shape
    padded = np.zeros((rows, 8 * _fit2d_row_bytes(columns)), np.bool_)
    padded[:, :columns] = mask[::-1]
    header = FIT2D_MAGIC + FIT2D_SIZE.pack(columns, rows) + struct.pack("<I", 1)
    with path.open("wb") as file:
        file.write(header.ljust(FIT2D_HEADER, b"\0"))
        file.write(np.packbits(padded, axis=1, bitorder="little").tobytes())


def _fit2d_row_bytes(columns: int) -> int:
    return 4 * -(-columns // 32)  # rows start at 32-bit words


def _check_shape(
    path: Path, got: tuple[int, ...], expected: Shape | None, what: str = "a mask"
) -> None:
    if expected not in (None, got):
        raise CalibrationError(
            f"{path}: expected {what} of {expected} pixels as in Geometry.Imagesize, got {got}"
        )


def _read_image(path: Path, shape: Shape | None) -> NDArray[np.bool_]:
    reader = FrameReader(shape)
    try:
        return np.asarray(reader.read(path).image != 0)
    except FrameError as error:
        image, mask = f"an image of {shape} pixels", f"a mask of {shape} pixels"
        if image not in str(error):
            raise
        message = str(error).replace(image, f"{mask} as in Geometry.Imagesize")
        raise CalibrationError(message) from error
    finally:
        reader.close()


def _read_fit2d(path: Path, head: bytes, shape: Shape | None) -> NDArray[np.bool_]:
    size = path.stat().st_size
    if len(head) < FIT2D_HEADER:
        raise CalibrationError(f"{path}: expected a header of {FIT2D_HEADER} bytes, got {size}")
    columns, rows = FIT2D_SIZE.unpack_from(head, len(FIT2D_MAGIC))
    if rows == 0 or columns == 0:
        raise CalibrationError(f"{path}: expected a mask, got one of {rows} x {columns} pixels")
    _check_shape(path, (rows, columns), shape)
    expected = FIT2D_HEADER + rows * _fit2d_row_bytes(columns)
    if size < expected:
        raise CalibrationError(
            f"{path}: expected {expected} bytes for a mask of {rows} x {columns} pixels, got {size}"
        )
    packed = np.fromfile(path, np.uint8, expected - FIT2D_HEADER, offset=FIT2D_HEADER)
    bits = np.unpackbits(packed.reshape(rows, -1), axis=1, count=columns, bitorder="little")
    return np.ascontiguousarray(bits[::-1]).view(np.bool_)  # the bottom row comes first


def read_npy(path: Path, shape: Shape | None, what: str) -> NDArray[np.generic]:
    """Map an array of numbers, one for each pixel; errors as of :func:`read_mask`.

    ``what`` it should be is a word for messages.
    """
    try:
        # Mapped, because that compares the size with the file before memory is taken.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy parses the header as Python: there is no list of errors
        raise CalibrationError(f"{path}: expected an array of NumPy: {error}") from error
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "buif":
        raise CalibrationError(
            f"{path}: expected a 2D array of numbers, got shape {array.shape} of {array.dtype}"
        )
    _check_shape(path, array.shape, shape, what)
    return np.asarray(array)
