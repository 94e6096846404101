"""Read the images of the detector itself that a calibration names: flat field, dark current."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import CalibrationError, FrameError
from saxsdog.io.images import FrameReader
from saxsdog.io.mask_files import NPY_MAGIC, Shape, read_npy


def read_correction(path: Path, shape: Shape | None = None) -> NDArray[np.float64]:
    """Read a number for each pixel.

    Parameters
    ----------
    path
        A NumPy ``.npy``, or an image in any format that frames have.
    shape
        ``(rows, columns)`` that it must have; ``None`` allows any.

    Returns
    -------
    NDArray[np.float64]
        NaN where the image holds no measurement, as in a frame: below 0, infinite, or the largest
        value of an unsigned type.

    Raises
    ------
    CalibrationError
        If the file is missing, cut off, of another shape or no image. The message names the file.
    """
    try:
        if not path.is_file():
            why = "this is no regular file" if path.exists() else "there is no such file"
            raise CalibrationError(f"{path}: expected an image, {why}")
        with path.open("rb") as file:
            is_array = file.read(len(NPY_MAGIC)) == NPY_MAGIC
        return _measured(read_npy(path, shape, "an image") if is_array else _read(path, shape))
    except FrameError as error:
        image = f"an image of {shape} pixels"
        message = str(error).replace(image, f"{image} as in Geometry.Imagesize")
        raise CalibrationError(f"expected an image, {message}") from error
    except OSError as error:
        reason = error.strerror or error
        raise CalibrationError(f"{path}: expected an image, cannot read it: {reason}") from error


def _read(path: Path, shape: Shape | None) -> NDArray[np.generic]:
    reader = FrameReader(shape)
    try:
        return reader.read(path).image
    finally:
        reader.close()


def _measured(image: NDArray[Any]) -> NDArray[np.float64]:
    values = np.array(image, dtype=np.float64)
    if image.dtype.kind == "u":
        values[image == np.iinfo(image.dtype).max] = np.nan
    values[~(np.isfinite(values) & (values >= 0.0))] = np.nan
    return values
