"""Small experiments on disk, for tests of everything that reads files."""

import json
from pathlib import Path

import numpy as np
import tifffile

SHAPE = (40, 50)

DOCUMENT = {
    "Title": "a small detector",
    "Geometry": {
        "BeamCenter": [28.3, 21.7],
        "DedectorDistanceMM": 500.0,
        "Imagesize": list(SHAPE),
        "PixelSizeMicroM": [172.0],
    },
    "Wavelength": 1.5,
    "Masks": [{"Oversampling": 3, "qStart": 0.1, "qStop": 0.4}],
}


def write_calibration(folder: Path, **changes: object) -> Path:
    """Write a calibration for frames of ``SHAPE``; keyword arguments replace its keys."""
    path = folder / "small.saxsconf"
    path.write_text(json.dumps(DOCUMENT | changes))
    return path


def write_image(path: Path, value: int = 7) -> Path:
    """Write a flat frame of ``SHAPE``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.full(SHAPE, value, dtype=np.int32))
    return path


def write_images(folder: Path, number: int) -> list[Path]:
    """Write flat frames whose counts are 1, 2, 3 and so on."""
    return [write_image(folder / f"image_{i:03d}.tif", i) for i in range(1, number + 1)]


def write_stack(path: Path, *values: int) -> Path:
    """Write flat frames of ``SHAPE`` into one TIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [np.full(SHAPE, value, dtype=np.int32) for value in values]
    tifffile.imwrite(path, np.stack(frames), photometric="minisblack")
    return path
