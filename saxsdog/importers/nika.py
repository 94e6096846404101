r"""Nika, the package for Igor Pro: values that people type, or a text of ``name = value``.

**Beam centre.** Nika counts pixels as Igor does, as indices into the image: X along the first
dimension, drawn to the right, Y along the second, drawn *downwards*; "pixel position, 0 based,
first pixel is (0,0)". A pixel's index is its middle, so in edges the beam is at (X + 1/2, Y + 1/2),
and from the bottom of an image of N rows at N - Y - 1/2. The original SAXSDOG converted in the same
way.

**Tilt.** Nika turns the detector around the beam centre by the rotation vector
:math:`R = (V, H, 0)` of the vertical and the horizontal tilt (Rodrigues' formula), then moves it by
the distance along the beam. The third row of that rotation says how deep a pixel comes to lie:

.. math:: h = \frac{\sin|R|}{|R|}\,(V y - H x), \qquad |R| = \sqrt{H^2 + V^2} .

x and y in Nika's directions are ours. In our geometry
:math:`h = \sin\tau\,(x\cos\varphi - y\sin\varphi)`, so that

.. math:: \tau = |R|, \qquad \varphi = \operatorname{atan2}(-V, -H) .

This is exact, for both tilts together as well. Versions of Nika before 1.49 corrected each
direction for itself, which agrees with this for small tilts only. The original SAXSDOG's converter
has the other sign at the vertical tilt. We follow Nika's code; images of LaB6 that Nika's author
calibrated with Nika and with pyFAI agree with it.

**Distance** is measured along the direct beam, as ours.

References
----------
J. Ilavsky, J. Appl. Cryst. 45, 324 (2012). Nika's source ``NI1_ConvProc.ipf``
(github.com/jilavsky/SAXS_IgorCode): ``NI2T_ReadOrientationFromGlobals``,
``NI2T_DetectorUpdateCalc``, ``NI2T_pixel2XYZ``, ``NI2T_pixelTheta``. Version 1.49: its manual,
"Fitting data with tilts".
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from saxsdog.errors import CalibrationError
from saxsdog.importers.findings import NOTHING, Facts, Findings, findings
from saxsdog.importers.words import ANGSTROM, DEGREE, KEV, MM, PIXEL, Unit, number

NAME, TITLE = "nika", "Nika"
UM_PER_MM = 1e3
ANGSTROM_KEV = 12.398419843
"""Wavelength times energy, hc/e of the SI."""


@dataclass(frozen=True)
class NikaValues:
    """What Nika's panels show; ``None`` what is not known.

    Attributes
    ----------
    beam_center_x, beam_center_y
        Index of the pixel from the left and from the top; 0 is the middle of the first one.
    distance_mm
        Sample to detector, along the direct beam.
    pixel_size_x_mm, pixel_size_y_mm
        Edges of a pixel.
    wavelength_angstrom
        Of the photons.
    horizontal_tilt_deg, vertical_tilt_deg
        As Nika refines them.
    image_size
        Pixels of the detector, ``(rows, columns)``; Nika takes it from the image.
    """

    beam_center_x: float | None = None
    beam_center_y: float | None = None
    distance_mm: float | None = None
    pixel_size_x_mm: float | None = None
    pixel_size_y_mm: float | None = None
    wavelength_angstrom: float | None = None
    horizontal_tilt_deg: float | None = None
    vertical_tilt_deg: float | None = None
    image_size: tuple[int, int] | None = None


@dataclass(frozen=True)
class _Entry:
    """A value that a text may give: under which names, in which unit, and what becomes of it."""

    field: str
    unit: Unit
    names: tuple[str, ...]
    convert: Callable[[float], float] = float


def _wavelength(energy_kev: float) -> float:
    return ANGSTROM_KEV / energy_kev if energy_kev else math.inf


# Names without case, units and marks: Nika's own (in its panels and in the notes of what it
# exports), then those that people use.
_ENTRIES = (
    _Entry("beam_center_x", PIXEL, ("beamcenterx", "beamcentrex", "bcx", "xbeamcenter")),
    _Entry("beam_center_y", PIXEL, ("beamcentery", "beamcentrey", "bcy", "ybeamcenter")),
    _Entry(
        "distance_mm",
        MM,
        (
            "sampletoccddistance",
            "sampletoccd",
            "sampletodetectordistance",
            "sampletodetdistance",
            "sampledetectordistance",
            "sadetdistance",
            "sadetdist",
            "detectordistance",
            "distance",
            "sdd",
        ),
    ),
    _Entry("pixel_size_x_mm", MM, ("pixelsizex", "pixsizex", "ccdpixelsizex")),
    _Entry("pixel_size_y_mm", MM, ("pixelsizey", "pixsizey", "ccdpixelsizey")),
    _Entry("horizontal_tilt_deg", DEGREE, ("horizontaltilt", "hortilt", "horiztilt", "tilthor")),
    _Entry("vertical_tilt_deg", DEGREE, ("verticaltilt", "verttilt", "tiltvert")),
    _Entry("wavelength_angstrom", ANGSTROM, ("wavelength",)),
    _Entry("wavelength_angstrom", KEV, ("xrayenergy", "energy"), _wavelength),
)
_BY_NAME = {name: entry for entry in _ENTRIES for name in entry.names}
_BOTH_EDGES = ("pixelsize", "pixsize")
_UNIT_AT_END = re.compile(
    r"[\s_]*[\[(]?(?<![^\W_])(?:mm|pix|pixels?|px|deg|degrees?|a|å|angstroms?|kev)[\])]?$",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[\W_]+")
_PAIR = re.compile(r"[\s#;]*(?P<name>[^=:;]{2,60}?)\s*[=:]\s*(?P<value>[^;#]+)")
_TELLTALE = {"beam_center_x", "beam_center_y", "distance_mm"}
_ENOUGH = 2
_MOST_NAMED = 8


def recognizes(text: str) -> bool:
    """Whether a text gives at least two of distance and beam centre under names of Nika's."""
    fields = {_BY_NAME[name].field for _, name, _ in _pairs(text) if name in _BY_NAME}
    return len(fields & _TELLTALE) >= _ENOUGH


def read(text: str, asked: Facts = NOTHING, fallback: Facts = NOTHING) -> Findings:
    """Read a text of ``name = value``, one in a line or separated by ``;`` as in Nika's notes.

    Parameters
    ----------
    text
        For example ``BeamCenterX=422.32;BeamCenterY=238.32;SampleToCCDDistance=829.7;``.
    asked, fallback
        What is known beside the file; the first is trusted more than the file, the other less.

    Raises
    ------
    CalibrationError
        If no value is there, or one cannot be understood; with the number of its line.
    """
    values: dict[str, Any] = {}
    unused: dict[str, None] = {}
    for line, name, value in _pairs(text):
        if name in _BOTH_EDGES:
            edge = number(value, f"line {line}: {name}", MM)
            values["pixel_size_x_mm"] = values["pixel_size_y_mm"] = edge
        elif name in _BY_NAME:
            entry = _BY_NAME[name]
            values[entry.field] = entry.convert(number(value, f"line {line}: {name}", entry.unit))
        else:
            unused[name] = None
    if not values:
        raise CalibrationError(
            "expected values of Nika, a 'name = value' in each line, such as "
            "'BeamCenterX = 422.32', 'SampleToCCDDistance = 829.7'; got none"
        )
    found = from_values(NikaValues(**values), asked, fallback)
    names = list(unused)[:_MOST_NAMED]
    if names:
        more = ", …" if len(unused) > len(names) else ""
        unused_remark = f"not used: {', '.join(map(repr, names))}{more}"
        found = replace(found, remarks=(*found.remarks, unused_remark))
    return found


def from_values(values: NikaValues, asked: Facts = NOTHING, fallback: Facts = NOTHING) -> Findings:
    """Convert what somebody typed.

    Without the number of rows, from the values or from ``asked`` or ``fallback``, there is no beam
    centre: Nika counts from the top, we from the bottom.

    Raises
    ------
    CalibrationError
        If the detector is tilted by 90 degrees or more, or a number is not finite.
    """
    pixel_size, remarks = _pixel_size(values)
    facts = Facts(values.image_size, pixel_size, values.wavelength_angstrom)
    image_size = asked.or_else(facts).or_else(fallback).image_size
    beam_center = None
    x, y = values.beam_center_x, values.beam_center_y
    if x is not None and y is not None:
        if image_size is None:
            remarks.append("Nika counts the beam centre from the top: it needs the image size")
        else:
            beam_center = image_size[0] - y - 0.5, x + 0.5
            remarks.append(
                "Nika's beam centre is taken as counted from the top left of the image as Nika "
                "draws it; an image that Nika turns or flips when it loads it needs more care"
            )
    return findings(
        NAME,
        facts=facts,
        beam_center=beam_center,
        distance_mm=values.distance_mm,
        tilt=_tilt(values),
        remarks=tuple(remarks),
    )


def _pixel_size(values: NikaValues) -> tuple[tuple[float, float] | None, list[str]]:
    """Edges (vertical, horizontal) in µm, and what is to be said of them."""
    width, height = values.pixel_size_x_mm, values.pixel_size_y_mm
    if width is None and height is None:
        return None, []
    width, height = width or height or 0.0, height or width or 0.0
    remarks = []
    if width != height:
        remarks.append(
            "Nika takes the mean edge of a pixel for both directions when it computes angles, here "
            "each direction has its own"
        )
    return (UM_PER_MM * height, UM_PER_MM * width), remarks


def _tilt(values: NikaValues) -> Mapping[str, float] | None:
    """Convert the rotation vector of Nika's two tilts, see the formulas above."""
    horizontal, vertical = values.horizontal_tilt_deg, values.vertical_tilt_deg
    if horizontal is None and vertical is None:
        return None
    horizontal, vertical = horizontal or 0.0, vertical or 0.0
    tilt = math.hypot(horizontal, vertical)
    if not tilt < 90.0:
        raise CalibrationError(
            "expected tilts that leave the detector in the beam, less than 90 degrees together, "
            f"got {horizontal:g} and {vertical:g}"
        )
    rotation = math.degrees(math.atan2(-vertical, -horizontal)) if tilt else 0.0
    return {"TiltRotDeg": rotation, "TiltAngleDeg": tilt}


def _pairs(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield number of the line, plain name and value of every ``name = value``."""
    for number_, line in enumerate(text.splitlines(), start=1):
        for part in line.split(";"):
            match = _PAIR.match(part)
            if match is not None:
                name = _UNIT_AT_END.sub("", match["name"])
                yield number_, _MARKS.sub("", name).casefold(), match["value"]
