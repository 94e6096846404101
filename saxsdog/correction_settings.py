"""What a calibration says of corrections and bad pixels, and which of it does not go together."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from saxsdog.explanations import Problem, path_text
from saxsdog.reduction.bad_pixels import BadPixels, Clipping
from saxsdog.reduction.corrections import Polarization, Sensor

METRE_PER_MICROMETRE = 1e-6

Section = Mapping[str, Any]


@dataclass(frozen=True)
class CorrectionSettings:
    """``Corrections``: the flat and the dark by their files, all else as the reduction takes it.

    The exposure of the dark is in s; what is ``None`` is not corrected.
    """

    solid_angle: bool
    flat: str | None
    dark: str | None
    dark_exposure: float | None
    sensor: Sensor | None
    sample_transmission: float | None

    def contradictions(self) -> Iterator[Problem]:
        """Find values that do not go together."""
        if self.dark is None and self.dark_exposure is not None:
            path = ("Corrections", "DarkExposureTime")
            message = "expected DarkCurrent beside it, whose exposure it is, got none"
            yield Problem(path_text(path), message, (path,))


def corrections_of(section: Section) -> CorrectionSettings:
    """Convert ``Corrections``."""
    sensor = section.get("Sensor")
    return CorrectionSettings(
        solid_angle=section.get("SolidAngle", False),
        flat=section.get("FlatField"),
        dark=section.get("DarkCurrent"),
        dark_exposure=section.get("DarkExposureTime"),
        sensor=None if sensor is None else _sensor(sensor),
        sample_transmission=section.get("SampleTransmission"),
    )


def polarization_of(section: Section | None) -> Polarization | None:
    """Convert ``PolarizationCorrection``."""
    if section is None:
        return None
    return Polarization(fraction=section["Fraction"], angle=math.radians(section["Angle"]))


def bad_pixels_of(section: Section) -> BadPixels:
    """Convert ``BadPixels``."""
    zingers = section.get("Zingers")
    return BadPixels(
        count_cutoff=section.get("CountCutoff", False),
        pixel_mask=section.get("PixelMask", False),
        zingers=None if zingers is None else Clipping(zingers["Sigmas"], int(zingers["Rounds"])),
    )


def _sensor(section: Section) -> Sensor:
    return Sensor(
        thickness=section["ThicknessMicroM"] * METRE_PER_MICROMETRE,
        attenuation_length=section["AttenuationLengthMicroM"] * METRE_PER_MICROMETRE,
    )
