"""What an importer finds in a foreign calibration, and what it may know beforehand."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from saxsdog.detectors import detector
from saxsdog.errors import CalibrationError

UM_PER_M = 1e6
_TRUE_DIGITS = 14
"""Of a double after a change of unit or two; the rest is noise that nobody wants to read."""


@dataclass(frozen=True)
class Facts:
    """What somebody knows of an experiment; ``None`` what not.

    Attributes
    ----------
    image_size
        Pixels of the detector, ``(rows, columns)``.
    pixel_size
        Edges of a pixel, ``(vertical, horizontal)``, µm.
    wavelength
        Of the photons, Å.
    """

    image_size: tuple[int, int] | None = None
    pixel_size: tuple[float, float] | None = None
    wavelength: float | None = None

    def or_else(self, other: Self) -> Self:
        """Fill in what is not known from somebody else."""
        return type(self)(
            image_size=self.image_size or other.image_size,
            pixel_size=self.pixel_size or other.pixel_size,
            wavelength=self.wavelength or other.wavelength,
        )


NOTHING = Facts()


def facts_of_detector(name: str) -> Facts:
    """Return what the table of detectors says; a :exc:`UsageError` names those it has."""
    known = detector(name)
    height, width = known.pixel_size
    return Facts(known.shape, (_neat(UM_PER_M * height), _neat(UM_PER_M * width)))


@dataclass(frozen=True)
class Findings:
    """What a file says, in the units and with the keys of our calibration.

    Attributes
    ----------
    format
        Name of the format, for example ``poni``.
    document
        As much of a calibration as the file says.
    remarks
        What could not be carried over, or was decided on the way; sentences for people.
    """

    format: str
    document: dict[str, Any]
    remarks: tuple[str, ...] = ()


def findings(
    file_format: str,
    *,
    facts: Facts = NOTHING,
    beam_center: tuple[float, float] | None = None,
    distance_mm: float | None = None,
    tilt: Mapping[str, float] | None = None,
    around_beam: float | None = None,
    remarks: tuple[str, ...] = (),
) -> Findings:
    """Put a geometry together; what is ``None`` is left out.

    Parameters
    ----------
    file_format
        Name of the format.
    facts
        What the file says of detector and photons.
    beam_center
        ``(from the bottom, from the left)`` in pixels, 0 at the outer edge.
    distance_mm
        Along the direct beam.
    tilt
        ``TiltRotDeg`` and ``TiltAngleDeg``, or one of them.
    around_beam
        Rotation of the laboratory around the beam, degrees.
    remarks
        For people.

    Raises
    ------
    CalibrationError
        If a number is infinite or none.
    """
    geometry: dict[str, Any] = {
        "BeamCenter": beam_center,
        "DedectorDistanceMM": distance_mm,
        "Imagesize": facts.image_size,
        "PixelSizeMicroM": facts.pixel_size,
        "Tilt": tilt,
        "RotationAroundBeamDeg": around_beam,
    }
    document: dict[str, Any] = {
        "Geometry": {key: _neat(value) for key, value in geometry.items() if value is not None},
        "Wavelength": _neat(facts.wavelength),
    }
    document = {key: value for key, value in document.items() if value is not None}
    refuse_infinite(document)
    return Findings(file_format, document, remarks)


def _neat(value: Any) -> Any:
    """Make lists of tuples, and take off the digits that a change of unit leaves behind."""
    if isinstance(value, float):
        return float(f"{value:.{_TRUE_DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: _neat(number) for key, number in value.items()}
    return [_neat(number) for number in value] if isinstance(value, tuple) else value


def refuse_infinite(document: dict[str, Any]) -> None:
    """Raise a :exc:`CalibrationError` that names the first number that is infinite or none."""
    for path, value in _numbers(document):
        if not math.isfinite(value):
            raise CalibrationError(f"{path}: expected a finite number, got {value}")


def _numbers(document: Any) -> Iterator[tuple[str, float]]:
    # Not recursive: a hostile file may be deeper than Python's stack.
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, float):
            yield path, value
        elif isinstance(value, dict):
            pending += [(f"{path}.{key}" if path else key, sub) for key, sub in value.items()]
        elif isinstance(value, list):
            pending += [(f"{path}[{i}]", sub) for i, sub in enumerate(value)]
