"""Calibrations of the original SAXSDOG, of every generation, and ours that need mending.

What changed between the generations of the original:

* The first (2014) has no ``Geometry`` and no ``Masks``: ``Tilt``, ``BeamCenter``, ``Imagesize``,
  ``DedectorDistanceMM``, ``PixelSizeMicroM`` stand at the top, beside the one ``MaskFile`` with its
  ``Oversampling`` and ``PixelPerRadialElement``. No ``Directory``, no ``Threads``.
* The next has both, but no ``qStart`` and ``qStop``, and slices without ``MaskRef``. Its converter
  put the ``Title`` of an older file into ``Geometry``.
* The last has all keys of ours. Its editor starts ``qStop`` at 0, and allows any ``Oversampling``,
  which need not be a whole number, and further keys inside ``Geometry``, masks and slices.

In all of them ``BeamCenter`` is (from the bottom, from the left), as FIT2D gives it.

References
----------
The schemas, examples and documentation in the public repositories maxburian/SAXS_py3
(``SAXS/schema.json``, ``SAXS/converter.py``, ``doc/cal.json``) and ChristianMeisenbichler/SAXS.
"""

import math
import re
from collections.abc import Callable
from typing import Any, TypeGuard

from saxsdog.errors import CalibrationError, DocumentError
from saxsdog.explanations import describe
from saxsdog.importers.findings import NOTHING, Facts, Findings, refuse_infinite
from saxsdog.schema import load_schema, parse_json

NAME, TITLE = "saxsdog", "SAXSDOG"

Document = dict[str, Any]

_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?\s*", re.ASCII)
_LONGEST_NUMBER = 40
_LEAST_OVERSAMPLING, _MOST_OVERSAMPLING = 1, 8
_KNOWN_BY = ("Geometry", "BeamCenter", "Masks", "MaskFile", "Slices", "Wavelength")


def recognizes(text: str) -> bool:
    """Whether a text may be a JSON object."""
    return text.lstrip().startswith("{")


def read(text: str, asked: Facts = NOTHING, fallback: Facts = NOTHING) -> Findings:
    """Bring an older calibration into the form of today.

    Parameters
    ----------
    text
        JSON.
    asked, fallback
        Not needed: nothing in these files depends on anything outside.

    Raises
    ------
    CalibrationError
        If this is no JSON, or no calibration.
    """
    try:
        document = parse_json(text)
    except DocumentError as error:
        raise CalibrationError(str(error)) from error
    if not isinstance(document, dict) or not any(key in document for key in _KNOWN_BY):
        raise CalibrationError(
            f"expected a calibration with at least one of the keys {', '.join(_KNOWN_BY)}, got "
            f"{describe(document)}"
        )
    modern, remarks = _modernized(document)
    refuse_infinite(modern)
    return Findings(NAME, modern, tuple(remarks))


def _modernized(document: Document) -> tuple[Document, list[str]]:
    """Bring a document, which is changed, into the form of today; say what was done to it.

    The order of its keys stays. What is wrong in a way that has no sensible answer stays as well,
    so that the check that follows can say what.
    """
    remarks: list[str] = []
    for mend in _MENDERS:
        document = mend(document, remarks)
    known: Document = _known(document, load_schema("calibration"), "", remarks)
    return known, remarks


def _lift_geometry(document: Document, remarks: list[str]) -> Document:
    """Collect what stood at the top before there was a ``Geometry``."""
    inside = load_schema("calibration")["properties"]["Geometry"]["properties"]
    return _gathered(document, "Geometry", inside, remarks)


def _lift_mask(document: Document, remarks: list[str]) -> Document:
    """Make a list of the one mask of the first generation."""
    if "Mask" in document and "Masks" not in document:
        document = {("Masks" if key == "Mask" else key): value for key, value in document.items()}
        remarks.append("Mask is called Masks now and is a list")
    if isinstance(document.get("Masks"), dict):
        document["Masks"] = [document["Masks"]]
    inside = load_schema("calibration")["properties"]["Masks"]["items"]["properties"]
    if "Masks" in document:
        return document  # what else stands at the top belongs to no mask and is left out later
    gathered = _gathered(document, "Masks", inside, remarks)
    if "Masks" in gathered:
        gathered["Masks"] = [gathered["Masks"]]
    return gathered


def _gathered(
    document: Document, home: str, inside: dict[str, Any], remarks: list[str]
) -> Document:
    """Move keys from the top into an object, which takes the place of the first of them."""
    loose = [key for key in document if key in inside]
    if not loose:
        return document
    existing = document.get(home, {})
    if not isinstance(existing, dict):
        return document
    moved = {key: document[key] for key in loose}
    twice = [key for key in loose if key in existing]
    if twice:
        remarks.append(f"{', '.join(twice)} at the top: left out, {home} has them already")
    if len(twice) < len(loose):
        names = ", ".join(key for key in loose if key not in twice)
        remarks.append(f"{names} stood at the top, as in the first generation; now in {home}")
    gathered: Document = {}
    for key, value in document.items():
        if key in (home, *loose):
            gathered.setdefault(home, moved | existing)
        else:
            gathered[key] = value
    return gathered


def _mend_title(document: Document, remarks: list[str]) -> Document:
    geometry = document.get("Geometry")
    if isinstance(geometry, dict) and isinstance(geometry.get("Title"), str):
        title = geometry.pop("Title")
        if not document.get("Title"):
            document["Title"] = title
            remarks.append("Title stood in Geometry, where an old converter put it")
    return document


def _mend_geometry(document: Document, remarks: list[str]) -> Document:
    geometry = document.get("Geometry")
    if isinstance(geometry, dict):
        if isinstance(geometry.get("PixelSizeMicroM"), int | float):
            geometry["PixelSizeMicroM"] = [geometry["PixelSizeMicroM"]]
        if "Tilt" not in geometry:
            remarks.append("no Tilt: the detector counts as not tilted")
    return document


def _mend_masks(document: Document, remarks: list[str]) -> Document:
    masks = document.get("Masks")
    if isinstance(masks, list):
        for i, mask in enumerate(masks):
            if isinstance(mask, dict):
                _mend_mask(mask, f"Masks[{i}]", remarks)
    return document


def _mend_mask(mask: Document, where: str, remarks: list[str]) -> None:
    if mask.get("MaskFile") == "":
        del mask["MaskFile"]
        remarks.append(f"{where}.MaskFile was empty: no file")
    oversampling = mask.get("Oversampling")
    if _is_number(oversampling):
        nearest = min(max(oversampling, _LEAST_OVERSAMPLING), _MOST_OVERSAMPLING)
        whole = nearest if math.isnan(nearest) else round(nearest)
        if whole != oversampling:
            remarks.append(f"{where}.Oversampling: {whole} instead of {describe(oversampling)}")
        mask["Oversampling"] = whole
    start, stop = mask.get("qStart", 0), mask.get("qStop")
    if _is_number(stop) and _is_number(start) and not stop > start:
        mask.pop("qStart", None)
        del mask["qStop"]
        remarks.append(
            f"{where}.qStart and qStop, {describe(start)} and {describe(stop)}, are no range: left "
            "out"
        )
    if "qStart" not in mask and "qStop" not in mask:
        remarks.append(f"{where} has no qStart and qStop: integral parameters of the whole curve")


def _mend_directory(document: Document, remarks: list[str]) -> Document:
    directory = document.get("Directory")
    if isinstance(directory, str):
        parts = [part for part in re.split(r"[/\\]", directory) if part]
        document["Directory"] = parts or ["."]
        remarks.append(f"Directory, {describe(directory)}, is a list of its parts now")
    return document


def _mend_threads(document: Document, remarks: list[str]) -> Document:
    threads = document.get("Threads")
    schema = load_schema("calibration")["properties"]["Threads"]
    if "Threads" not in document or threads is None:
        return document
    if not _is_number(threads) or not schema["minimum"] <= threads <= schema["maximum"]:
        del document["Threads"]
        remarks.append(
            f"Threads, {describe(threads)}, is no number of processes; {schema['default']} is taken"
        )
    elif isinstance(threads, float):
        document["Threads"] = round(threads)
    return document


_MENDERS: tuple[Callable[[Document, list[str]], Document], ...] = (
    _lift_geometry,
    _lift_mask,
    _mend_title,
    _mend_geometry,
    _mend_masks,
    _mend_directory,
    _mend_threads,
)


def _known(value: Any, schema: dict[str, Any], path: str, remarks: list[str]) -> Any:
    """Leave out keys that are unknown or null, and take numbers out of quotes."""
    match schema["type"], value:
        case "object", dict():
            return {
                key: _known(sub, schema["properties"][key], _inside(path, key), remarks)
                for key, sub in value.items()
                if _is_carried_over(key, sub, schema, path, remarks)
            }
        case "array", list():
            return [
                _known(sub, schema["items"], f"{path}[{i}]", remarks) for i, sub in enumerate(value)
            ]
        case "number" | "integer", str() if len(value) <= _LONGEST_NUMBER and _NUMBER.fullmatch(
            value
        ):
            remarks.append(f"{path} was a text: {value.strip()}")
            plain = float(value)
            return int(plain) if schema["type"] == "integer" and plain.is_integer() else plain
        case "integer", float() if value.is_integer():
            return int(value)
        case _:
            return value


def _is_carried_over(
    key: str, value: Any, schema: dict[str, Any], path: str, remarks: list[str]
) -> bool:
    if key not in schema["properties"]:
        remarks.append(f"{_inside(path, key)!r} means nothing here: left out, {describe(value)}")
        return False
    return value is not None


def _inside(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
