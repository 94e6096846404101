"""Recognize a foreign calibration and make one of ours of it."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from saxsdog.errors import CalibrationError
from saxsdog.importers import fit2d, nexus, nika, poni, saxsdog3, spd
from saxsdog.importers.findings import NOTHING, Facts, Findings, refuse_infinite
from saxsdog.importers.words import shown
from saxsdog.schema import load_schema

LARGEST_FILE = 16 * 2**20
"""Bytes. Logs of a day with FIT2D have some hundred kB; an image is no calibration."""

NO_MASKS = "no masks: one curve of the whole detector"
"""Remark on a calibration that got one, because without any it would be none."""

_ROTATION = "Geometry.RotationAroundBeamDeg"
"""Belongs to one geometry of pyFAI; most programs have no word for it and nobody misses it."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Importer:
    """A format of texts that we understand.

    Attributes
    ----------
    title
        Its name for people.
    recognizes
        Whether a text looks like it.
    read
        Takes a text, what is known for certain, and what is known if the text does not say it.
    """

    title: str
    recognizes: Callable[[str], bool]
    read: Callable[[str, Facts, Facts], Findings]


@dataclass(frozen=True)
class FileImporter:
    """A format of files that are no texts.

    Attributes
    ----------
    title
        Its name for people.
    recognizes
        Whether the first bytes of a file look like it.
    read
        Takes the file, what is known for certain, and what is known if the file does not say it.
    """

    title: str
    recognizes: Callable[[bytes], bool]
    read: Callable[[Path, Facts, Facts], Findings]


# The surest signs come first: names and values with "=" between them occur in many texts.
TEXTS = MappingProxyType(
    {
        saxsdog3.NAME: Importer(saxsdog3.TITLE, saxsdog3.recognizes, saxsdog3.read),
        poni.NAME: Importer(poni.TITLE, poni.recognizes, poni.read),
        fit2d.NAME: Importer(fit2d.TITLE, fit2d.recognizes, fit2d.read),
        nika.NAME: Importer(nika.TITLE, nika.recognizes, nika.read),
    }
)
FILES = MappingProxyType(
    {
        spd.NAME: FileImporter(spd.TITLE, spd.recognizes, spd.read),
        nexus.NAME: FileImporter(nexus.TITLE, nexus.recognizes, nexus.read),
    }
)
FORMATS: Mapping[str, Importer | FileImporter] = MappingProxyType({**TEXTS, **FILES})
"""All that we understand, by name."""

HEAD = 8192
"""Bytes of a file that tell whether it is a text."""


@dataclass(frozen=True)
class Imported:
    """A foreign calibration in our form.

    Attributes
    ----------
    document
        A calibration, not yet checked; valid as far as the file and the template allow.
    format
        A key of :data:`FORMATS`.
    remarks
        What could not be carried over, or was decided on the way; sentences for people.
    missing
        Keys of geometry and wavelength, such as ``Geometry.Imagesize``, that neither the file nor
        the caller says. They come from the template or are absent.
    """

    document: dict[str, Any]
    format: str
    remarks: tuple[str, ...]
    missing: tuple[str, ...]

    def has(self, key: str) -> bool:
        """Whether the document has a key such as ``Geometry.Imagesize``."""
        return _value_at(self.document, key) is not None


def import_calibration(
    path: str | os.PathLike[str],
    template: dict[str, Any] | None = None,
    *,
    asked: Facts = NOTHING,
    file_format: str | None = None,
) -> Imported:
    """Read a foreign calibration.

    Parameters
    ----------
    path
        The file; its format is found by its content.
    template
        A calibration of ours. It keeps what the file does not say, and the order of its keys.
    asked
        What the caller knows better than the file.
    file_format
        One of :data:`FORMATS`, if the content does not tell.

    Raises
    ------
    CalibrationError
        If the file cannot be read or understood: names the file and, where there is one, the line.
    """
    try:
        name = file_format or file_format_of(path)
        if name is not None and name in FILES:
            found = FILES[name].read(Path(path), asked, facts_of(template))
            return combined(found, template, asked=asked)
        return import_text(read_text(path), template, asked=asked, file_format=name)
    except CalibrationError as error:
        raise CalibrationError(f"{path}: {error}") from error


def import_text(
    text: str,
    template: dict[str, Any] | None = None,
    *,
    asked: Facts = NOTHING,
    file_format: str | None = None,
) -> Imported:
    """Do the same with a text, for example one that was pasted; the format is one of texts."""
    name = file_format or format_of(text)
    if name not in TEXTS:
        raise CalibrationError(f"expected a {FORMATS[name].title}, got a text")
    found = TEXTS[name].read(text, asked, facts_of(template))
    return combined(found, template, asked=asked)


def file_format_of(path: str | os.PathLike[str]) -> str | None:
    """Find the format of a file that is no text, a key of :data:`FILES`; ``None`` of others."""
    head = _beginning(path, HEAD)
    return next((name for name, each in FILES.items() if each.recognizes(head)), None)


def read_text(path: str | os.PathLike[str]) -> str:
    """Read a text file of a sensible size, in UTF-8 or, as old programs write it, in Latin-1.

    Raises
    ------
    CalibrationError
        If there is no such file, or it is no text.
    """
    data = _beginning(path, LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE or b"\0" in data:
        raise CalibrationError(
            f"expected a text of at most {LARGEST_FILE} bytes, got something larger or binary"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _beginning(path: str | os.PathLike[str], count: int) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise CalibrationError(f"expected a calibration file: {error.strerror}") from error
    except ValueError as error:  # a NUL in the path
        raise CalibrationError(f"expected a calibration file: {error}") from error


def format_of(text: str) -> str:
    """Find the format of a text, a key of :data:`TEXTS`.

    Raises
    ------
    CalibrationError
        If it is none of them.
    """
    for name, importer in TEXTS.items():
        if importer.recognizes(text):
            return name
    beginning = _SPACE.sub(" ", text[:200]).strip()
    raise CalibrationError(
        "expected a calibration of FIT2D (lines 'Refined ... ='), pyFAI (a .poni file), Nika "
        "(lines 'BeamCenterX = ...') or SAXSDOG (JSON), an EDF image or an HDF5 file with a "
        f"detector, got {shown(beginning)}"
    )


def combined(
    found: Findings, template: dict[str, Any] | None = None, *, asked: Facts = NOTHING
) -> Imported:
    """Lay what was found, and what the caller knows better, over a template.

    Without a template there is one curve, of the whole detector: a calibration without any would be
    none.
    """
    remarks = list(found.remarks)
    said = {key: dict(sub) if _is_dict(sub) else sub for key, sub in found.document.items()}
    for key, value in _asked(asked).items():
        before = _value_at(said, key)
        if before is not None and before != value:
            remarks.append(f"{key}: {before} in the file, {value} asked for and taken")
        _put(said, key, value)
    refuse_infinite(said)
    document = _laid_over(_without_rotation(template, said), said)
    if template is not None:
        remarks += _misfits(template, document)
        if "Masks" in said and "Slices" not in said:
            remarks += _without_masks(document.get("Slices"))
    if not document.get("Masks") and not document.get("Slices"):
        document["Masks"] = [{"Name": "whole detector"}]
        remarks.append(NO_MASKS)
    missing = tuple(key for key in _geometry_keys() if _value_at(said, key) is None)
    return Imported(document, found.format, tuple(remarks), missing)


def facts_of(template: dict[str, Any] | None) -> Facts:
    """Read from a calibration, checked or not, what the importers may need."""
    sizes = _positive(_value_at(template, "Geometry.Imagesize"))
    edges = _positive(_value_at(template, "Geometry.PixelSizeMicroM"))
    return Facts(
        image_size=(int(sizes[0]), int(sizes[1])) if len(sizes) > 1 else None,
        pixel_size=(edges[0], edges[-1]) if edges else None,
    )


def _positive(values: Any) -> list[float]:
    """Return numbers of a sensible size, or nothing at all."""
    items = values if isinstance(values, list) else []
    numbers = [float(item) for item in items if type(item) in (int, float) and 0 < item < 1e9]
    return numbers if len(numbers) == len(items) else []


def _asked(asked: Facts) -> dict[str, Any]:
    values = {
        "Geometry.Imagesize": asked.image_size and list(asked.image_size),
        "Geometry.PixelSizeMicroM": asked.pixel_size and list(asked.pixel_size),
        "Wavelength": asked.wavelength,
    }
    return {key: value for key, value in values.items() if value is not None}


def _geometry_keys() -> Iterable[str]:
    """Keys that a foreign calibration may be expected to have."""
    properties = load_schema("calibration")["properties"]
    keys = (f"Geometry.{key}" for key in properties["Geometry"]["properties"])
    yield from (key for key in keys if key != _ROTATION)
    yield "Wavelength"


def _without_rotation(template: dict[str, Any] | None, said: dict[str, Any]) -> dict[str, Any]:
    """Copy a template; the rotation that came with its own geometry does not fit another one."""
    below = deepcopy(template) if template else {}
    geometry = below.get("Geometry")
    if isinstance(geometry, dict) and _value_at(said, "Geometry.BeamCenter") is not None:
        geometry.pop(_ROTATION.rpartition(".")[2], None)
    return below


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Replace values in place, so that keys keep their order; lists are taken as a whole."""
    for key, value in above.items():
        old = below.get(key)
        below[key] = _laid_over(old, value) if isinstance(old, dict) and _is_dict(value) else value
    return below


def _misfits(template: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """Warn where the template was made for another detector than the file."""
    before, now = (_value_at(place, "Geometry.Imagesize") for place in (template, document))
    kept = [key for key in ("Masks", "Slices") if template.get(key) and document.get(key)]
    if before == now or before is None or not kept:
        return []
    return [f"the template is for {before} pixels, not {now}: check {' and '.join(kept)}"]


def _without_masks(slices: Any) -> list[str]:
    """Take slices off masks that are not there any more."""
    cuts = slices if isinstance(slices, list) else []
    tied = [cut for cut in cuts if _is_dict(cut) and cut.get("MaskRef", -1) != -1]
    for cut in tied:
        cut["MaskRef"] = -1
    return ["Slices of the template use no mask now: the masks are those of the file"] * bool(tied)


def _value_at(document: dict[str, Any] | None, key: str) -> Any:
    place: Any = document
    for part in key.split("."):
        place = place.get(part) if _is_dict(place) else None
    return place


def _put(document: dict[str, Any], key: str, value: Any) -> None:
    *folders, last = key.split(".")
    for folder in folders:
        if not _is_dict(document.get(folder)):
            document[folder] = {}
        document = document[folder]
    document[last] = value


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)
