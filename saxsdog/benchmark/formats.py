"""The same frame in every format that detectors write, as its usual library writes it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from fabio.cbfimage import CbfImage
from fabio.edfimage import EdfImage
from fabio.tifimage import TifImage
from numpy.typing import NDArray

from saxsdog.errors import OutputError

DATASET = "/entry/data/data"
MEGABYTE = 1e6

FILES = 40
"""Times the frame: what all the files take, and those of the peers."""

N_FRAMES = 8
"""In a file of many frames: more than the cache of HDF5 keeps unpacked."""


@dataclass(frozen=True)
class Stored:
    """A file with one frame, or many frames.

    Attributes
    ----------
    label
        Format and type of the counts.
    path
        The file.
    n_frames
        In it; 0 where a file holds a single image by its nature.
    nbytes
        Stored for each frame.
    peer
        What reads it otherwise, by name.
    """

    label: str
    path: Path
    n_frames: int
    nbytes: int
    peer: str


def write_formats(folder: Path, image: NDArray[np.int32]) -> list[Stored]:
    """Write a frame of 32 bits, and one of 16 bits where a format has these, to new files.

    Raises
    ------
    OutputError
        If there is no room for them.
    """
    needed, free = FILES * image.nbytes, shutil.disk_usage(folder).free
    if free < needed:  # HDF5 may end the process when it cannot write
        raise OutputError(
            f"{folder}: expected room for {needed / MEGABYTE:.0f} MB of images, "
            f"{free / MEGABYTE:.0f} MB are free"
        )
    narrow = np.where(image < 0, np.iinfo(np.uint16).max, image).astype(np.uint16)
    stored = []
    for label, suffix, write, dtypes in (
        ("TIFF", "tif", _tiff, (image, narrow)),
        ("TIFF, deflate", "tif", _deflated, (image, narrow)),
        ("EDF", "edf", _edf, (image, narrow)),
        ("CBF, byte offset", "cbf", _cbf, (image,)),
    ):
        for pixels in dtypes:
            path = folder / f"{label}-{pixels.dtype}.{suffix}".replace(", ", "-")
            write(path, pixels)
            name = f"{label}, {pixels.dtype}"
            stored.append(Stored(name, path, 0, path.stat().st_size, "fabio"))
    for label, how in _hdf5_filters().items():
        for pixels in (image, narrow):
            path = folder / f"{label}-{pixels.dtype}.h5".replace(", ", "-")
            nbytes = _hdf5(path, pixels, how)
            stored.append(Stored(f"{label}, {pixels.dtype}", path, N_FRAMES, nbytes, "h5py"))
    return stored


def _tiff(path: Path, pixels: NDArray[Any]) -> None:
    TifImage(data=pixels).write(str(path))


def _deflated(path: Path, pixels: NDArray[Any]) -> None:
    tifffile.imwrite(path, pixels, compression="zlib")


def _edf(path: Path, pixels: NDArray[Any]) -> None:
    EdfImage(data=pixels).write(str(path))


def _cbf(path: Path, pixels: NDArray[Any]) -> None:
    CbfImage(data=pixels).write(str(path))


def _hdf5_filters() -> dict[str, dict[str, Any]]:
    import hdf5plugin

    packed = hdf5plugin.Bitshuffle(cname="lz4")
    return {"HDF5, plain": {}, "HDF5, bitshuffle-LZ4": dict(packed)}


def _hdf5(path: Path, pixels: NDArray[Any], how: dict[str, Any]) -> int:
    """Write frames as an Eiger does, and return the bytes stored for each."""
    import h5py

    shape = (N_FRAMES, *pixels.shape)
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset(
            DATASET, shape, pixels.dtype, chunks=(1, *pixels.shape), **how
        )
        for i in range(N_FRAMES):
            dataset[i] = pixels
        return int(dataset.id.get_storage_size()) // N_FRAMES
