"""Whether an image of the detector can be read, and calibration and masks fit it."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import Calibration
from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import size_text, time_text
from saxsdog.image_names import file_of, split
from saxsdog.inspection.counts import without_count
from saxsdog.inspection.dead_pixels import Comparison, DeadPixels, Turn
from saxsdog.inspection.shapes import Fit, fit_of
from saxsdog.io.images import FrameReader
from saxsdog.io.mask_files import read_mask

Image = NDArray[Any]

_TURNS = {
    Turn.VERTICALLY: "flipped vertically",
    Turn.HORIZONTALLY: "flipped horizontally",
    Turn.BY_180_DEGREES: "turned by 180 degrees",
    Turn.TRANSPOSED: "transposed",
}


def readable(question: Question, path: Path, shape: tuple[int, int] | None) -> Finding:
    """Read the image and compare its size."""
    began = time.monotonic()
    image = read(path)
    seconds = time.monotonic() - began
    size = " x ".join(map(str, image.shape))
    figures = {
        "rows": image.shape[0],
        "columns": image.shape[1],
        "dtype": str(image.dtype),
        "read_s": seconds,
    }
    if shape is not None and (fit := fit_of(image.shape, shape)) is not Fit.SAME:
        swapped = " Rows and columns are swapped." if fit is Fit.SWAPPED else ""
        return question.bad(
            f"has {size} pixels, Imagesize says {shape[0]} x {shape[1]}",
            f"No image can be integrated. Imagesize is rows, columns.{swapped}",
            **figures,
        )
    return question.good(
        f"{size} pixels of {image.dtype}, {size_text(image.nbytes)}, read in {time_text(seconds)}",
        **figures,
    )


def read(path: Path) -> Image:
    """Read an image; of a file that holds several, ``x.h5::3`` is one."""
    reader = FrameReader()
    try:
        frame = reader.read(file_of(path), page=split(path.name)[1])
        return np.array(frame.image)
    finally:
        reader.close()


def dead_pixels(question: Question, path: Path, calibration: Calibration, folder: Path) -> Finding:
    """Compare the pixels that hold no count with each mask; one upside down leaves many out."""
    image = read(path)
    rows, columns = image.shape
    dead = DeadPixels.of(without_count(image), 1, (rows, columns))
    total = dead.number
    if total == 0:
        return question.good("the image has none", flagged=0)
    files = dict.fromkeys(mask.file for mask in calibration.masks)
    masks = [read_mask(folder / file) for file in files if file is not None]
    masking = [mask for mask in masks if mask.any()]
    if dead.are_many and len(masking) < len(files):
        return question.doubtful(
            f"{total} hold no count, and a curve has no mask or one that masks nothing",
            "They are left out by themselves, but the detector has gaps: is a mask missing?",
            flagged=total,
        )
    fitting = [mask for mask in masking if mask.shape == image.shape]  # others: said elsewhere
    if not fitting:
        return question.skipped(f"{total}; no mask to compare with", flagged=total)
    found = max((dead.compared_with(mask) for mask in fitting), key=lambda each: each.badness)
    text = f"{found.outside} of {total} that hold no count are not masked"
    if found.outside == 0:
        text = f"all {total} that hold no count are masked"
    figures = {"flagged": total, "outside": found.outside}
    if found.is_doubtful:
        return question.doubtful(text, _advice(found), **figures)
    return question.good(text, **figures)


def _advice(found: Comparison) -> str:
    if found.turn is None:
        return "They are left out by themselves, but is it the mask of this detector?"
    hint = " Is it upside down?" if found.turn is Turn.VERTICALLY else ""
    return f"With the mask {_TURNS[found.turn]} it would be {found.left}.{hint}"
