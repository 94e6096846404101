"""Find by the name of a file in which format to write a calibration, and say what gets lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from saxsdog.calibration import Calibration
from saxsdog.exporters import fit2d, poni
from saxsdog.schema import load_schema

_KEPT_DIRECTION = "Geometry.RotationAroundBeamDeg"


@dataclass(frozen=True)
class Exporter:
    """A format that we write.

    Attributes
    ----------
    title
        Its name for people.
    suffix
        What names of its files end with.
    carries
        Keys of a calibration that have a place in it.
    text_of
        Takes a calibration, gives the whole text.
    """

    title: str
    suffix: str
    carries: frozenset[str]
    text_of: Callable[[Calibration], str]


FORMATS = MappingProxyType(
    {
        poni.NAME: Exporter(poni.TITLE, poni.SUFFIX, poni.CARRIES, poni.text_of),
        fit2d.NAME: Exporter(fit2d.TITLE, fit2d.SUFFIX, fit2d.CARRIES, fit2d.text_of),
    }
)


@dataclass(frozen=True)
class Exported:
    """A calibration in the form of another program.

    Attributes
    ----------
    text
        What belongs into the file.
    remarks
        What could not be carried over; sentences for people.
    """

    text: str
    remarks: tuple[str, ...]


def format_for(path: Path) -> str | None:
    """Return the key of :data:`FORMATS` that the name of a file stands for, or ``None``."""
    suffix = path.suffix.casefold()
    return next((name for name, each in FORMATS.items() if each.suffix == suffix), None)


def export_calibration(calibration: Calibration, file_format: str) -> Exported:
    """Write a calibration in the format of another program, one of :data:`FORMATS`."""
    exporter = FORMATS[file_format]
    return Exported(
        exporter.text_of(calibration), tuple(_remarks(calibration.document, file_format))
    )


def _remarks(document: dict[str, Any], file_format: str) -> Iterator[str]:
    exporter = FORMATS[file_format]
    lost = [
        key
        for key, value in document.items()
        if key not in exporter.carries and not _says_nothing(key, value)
    ]
    if lost:
        yield f"{exporter.title} has no place for {', '.join(lost)}: left out"
    if file_format == fit2d.NAME and document["Geometry"].get("RotationAroundBeamDeg"):
        yield f"{exporter.title} has no place for {_KEPT_DIRECTION}: left out"


def _says_nothing(key: str, value: Any) -> bool:
    """Whether a reader misses nothing: what a calibration means without it, and all pixels."""
    if key == "Masks" and all(set(mask) <= {"Name"} for mask in value):
        return True
    default = load_schema("calibration")["properties"][key].get("default")
    return bool(value == default)
