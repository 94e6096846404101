"""The detector of a ``.poni`` file: its name, and what ``Detector_config`` says of it."""

import re
from collections.abc import Mapping
from typing import Any

from saxsdog.detectors import Detector, detector
from saxsdog.errors import CalibrationError, UsageError
from saxsdog.importers.findings import UM_PER_M, Facts
from saxsdog.importers.words import shown

_NO_NAMES = ("", "none", "detector")
_CURVED = re.compile(r"aarhus|rapid(?:ii)?|x?cirpad", re.IGNORECASE)
"""A cylinder, or modules around the sample: no one plane."""

_UNEVEN = re.compile(r"(?:im)?xpad|pixirad|jungfrau(?:[ _]?500k|[ _]16m[ _]cor)?$", re.IGNORECASE)
"""pyFAI has places of their own for their pixels: some are wider, or the grid is no square one."""

_MOST_PIXELS = 1_000_000
"""Along one edge of a detector; more is not one."""

_UNCHANGED = 1e-6
"""Relative difference between pixel sizes that is only a matter of digits."""


def facts_of(
    name: str,
    config: Mapping[str, Any],
    remarks: list[str],
    *,
    edges: str = "Detector_config.pixel",
) -> Facts:
    """Find size of image and pixel.

    Parameters
    ----------
    name
        What stands behind ``Detector``.
    config
        The settings.
    remarks
        Gets what cannot be carried over.
    edges
        What the size of a pixel is called in the file.

    Raises
    ------
    CalibrationError
        If the detector is not flat, or a setting is wrong.
    """
    if _CURVED.fullmatch(name) or config.get("radius") is not None:
        raise CalibrationError(f"Detector: expected a flat detector, got {shown(name)}")
    known = _by_name(name, remarks)
    pixel_size = _pair(config.get("pixel1"), config.get("pixel2"), edges)
    image_size = _image_size(config.get("max_shape"))
    spline = str(config.get("splineFile") or "")
    if spline.casefold() not in ("", "none"):
        remarks.append(f"the distortion of the detector ({shown(spline)}) cannot be carried over")
    if config.get("filename"):
        remarks.append(
            f"positions of pixels in a file ({shown(str(config['filename']))}) cannot be carried "
            "over"
        )
    if _UNEVEN.match(name):
        remarks.append(
            f"the pixels of a {shown(name)} have places of their own, which cannot be carried "
            "over: here all are equal, in rows and columns"
        )
    if known is not None:
        pixel_size = pixel_size or known.pixel_size
        image_size = image_size or _binned(known, pixel_size, remarks)
    if pixel_size is None:
        return Facts(image_size)
    return Facts(image_size, (UM_PER_M * pixel_size[0], UM_PER_M * pixel_size[1]))


def _by_name(name: str, remarks: list[str]) -> Detector | None:
    """Look a detector up."""
    if name.casefold() in _NO_NAMES:
        return None
    try:
        return detector(name)
    except UsageError:
        remarks.append(f"the detector {shown(name)} is not in our table")
        return None


def _pair(first: Any, second: Any, name: str) -> tuple[float, float] | None:
    """Two edges of a pixel, m; one of them may be missing."""
    if first is None and second is None:
        return None
    one, other = second if first is None else first, first if second is None else second
    return _edge(one, name), _edge(other, name)


def _edge(value: Any, name: str) -> float:
    if type(value) not in (int, float) or not 0 < value < 1:
        raise CalibrationError(
            f"{name}: expected the edge of a pixel in m, got {shown(str(value))}"
        )
    return float(value)


def _image_size(shape: Any) -> tuple[int, int] | None:
    if not shape:
        return None
    try:
        rows, columns = shape
    except (TypeError, ValueError):
        rows = columns = None
    if not all(type(n) is int and 1 <= n <= _MOST_PIXELS for n in (rows, columns)):
        raise CalibrationError(
            f"Detector_config.max_shape: expected rows and columns, got {shown(str(shape))}"
        )
    return int(rows), int(columns)


def _binned(
    known: Detector, pixel_size: tuple[float, float] | None, remarks: list[str]
) -> tuple[int, int] | None:
    """Find the size of an image whose pixels may be some of the detector's together."""
    factors = [
        ours / theirs for ours, theirs in zip(pixel_size or (), known.pixel_size, strict=False)
    ]
    whole = [max(round(factor), 1) for factor in factors]
    if any(abs(factor - n) > _UNCHANGED * n for factor, n in zip(factors, whole, strict=True)):
        remarks.append(f"the pixels are not those of a {known.name}")
        return None
    if set(whole) != {1}:
        remarks.append(f"{whole[0]} x {whole[1]} pixels of a {known.name} together are one here")
    return known.shape[0] // whole[0], known.shape[1] // whole[1]
