"""Whether an image of the detector can be read, and calibration and masks fit it."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import Calibration
from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import size_text, time_text
from saxsdog.image_names import file_of, split
from saxsdog.io.images import FrameReader
from saxsdog.io.mask_files import read_mask

Flags = NDArray[np.bool_]
Image = NDArray[Any]

FEW = 1e-3
"""Share of flagged pixels outside a mask that single dead pixels explain."""

MUCH_BETTER = 0.5
"""Share of them that is left by a mask turned the right way."""

_TURNS: Mapping[str, Callable[[Flags], Flags]] = {
    "flipped vertically": np.flipud,
    "flipped horizontally": np.fliplr,
    "turned by 180 degrees": lambda mask: mask[::-1, ::-1],
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
    if shape is not None and image.shape != shape:
        swapped = " Rows and columns are swapped." if image.shape == shape[::-1] else ""
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


def flagged(image: Image) -> Flags:
    """Mark the pixels that hold no count: negative, not a number, or all bits set."""
    if image.dtype.kind == "u":
        return np.asarray(image == np.iinfo(image.dtype).max)
    if image.dtype.kind == "f":
        return np.asarray(~(image >= 0))
    return np.asarray(image < 0)


def dead_pixels(question: Question, path: Path, calibration: Calibration, folder: Path) -> Finding:
    """Compare the pixels that hold no count with each mask; one upside down leaves many out."""
    dead = flagged(read(path))
    total = int(np.count_nonzero(dead))
    if total == 0:
        return question.good("the image has none", flagged=0)
    files = dict.fromkeys(mask.file for mask in calibration.masks if mask.file is not None)
    if not files:
        return question.good(f"{total}; no mask to compare with", flagged=total)
    answers = [partial(_outside, dead=dead, mask=read_mask(folder / file)) for file in files]
    outside, advice = max((each() for each in answers), key=lambda found: found[0])
    text = f"{outside} of {total} that hold no count are not masked"
    if outside == 0:
        text = f"all {total} that hold no count are masked"
    figures = {"flagged": total, "outside": outside}
    if outside <= FEW * dead.size and not advice:
        return question.good(text, **figures)
    return question.doubtful(
        text,
        advice or "They are left out by themselves, but is it the mask of this detector?",
        **figures,
    )


def _outside(dead: Flags, mask: Flags) -> tuple[int, str]:
    """Count flagged pixels that a mask leaves in; say how it would fit better."""
    if mask.shape != dead.shape:  # said elsewhere
        return 0, ""
    outside = int(np.count_nonzero(dead & ~mask))
    for how, turn in _TURNS.items():
        left = int(np.count_nonzero(dead & ~turn(mask)))
        if left < MUCH_BETTER * outside:
            return outside, f"With the mask {how} it would be {left}. Is it upside down?"
    return outside, ""
