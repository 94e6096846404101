"""Where a header says that the detector stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NUMBER = re.compile(r"[-+]?\d{1,20}(?:\.\d{0,20})?(?:[eE][-+]?\d{1,3})?")
_MILLIMETRES = re.compile(r"\d\s*mm\b")


@dataclass(frozen=True)
class HeaderStart:
    """What a header knows; ``None`` of what it does not.

    Attributes
    ----------
    wavelength
        nm.
    distance
        m.
    pixel_size
        ``(vertical, horizontal)``, m.
    beam_center
        ``(row, column)``, pixels.
    tilt
        ``(tilt, tilt_rotation)`` as those of a geometry, rad.
    """

    wavelength: float | None = None
    distance: float | None = None
    pixel_size: tuple[float, float] | None = None
    beam_center: tuple[float, float] | None = None
    tilt: tuple[float, float] | None = None


def start_of(fields: Mapping[str, str]) -> HeaderStart:
    """Read the lines that Pilatus detectors write.

    A value that cannot be one is left out: many beamlines leave zeros there.
    """
    known = {key.casefold(): text for key, text in fields.items()}

    def numbers(key: str) -> list[float]:
        return [float(word) for word in _NUMBER.findall(known.get(key, "")[:100])]

    def positive(key: str) -> float | None:
        found = numbers(key)
        return found[0] if found and found[0] > 0 else None

    # Pilatus writes Ångström as "1.54 A"; other keys of this name have metres.
    wavelength = positive("wavelength")
    if wavelength is not None:
        wavelength *= 1e9 if wavelength < 1e-6 else 0.1
    distance = positive("detector_distance")
    if distance is not None and _MILLIMETRES.search(known["detector_distance"][:100]):
        distance /= 1000
    return HeaderStart(
        wavelength=wavelength,
        distance=distance,
        pixel_size=_pixel_size(numbers("pixel_size")),
        beam_center=_center(numbers("beam_xy")),
    )


def _pixel_size(found: list[float]) -> tuple[float, float] | None:
    if len(found) != 2 or min(found) <= 0:
        return None
    # Pilatus names the horizontal edge first; those of all Pilatus are equal.
    return found[0], found[1]


def _center(found: list[float]) -> tuple[float, float] | None:
    if len(found) != 2 or found == [0.0, 0.0]:
        return None
    column, row = found
    return row, column
