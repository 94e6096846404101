r"""FIT2D: the lines that it writes when it has refined a calibration.

.. code-block:: text

    INFO: Refined Beam centre =      512.250     700.125 (pixels)
    INFO: Refined Beam centre =       88.107     120.422 (mm)
    INFO: Refined sample to detector distance =      1500.250 mm
    INFO: Refined wavelength =      1.00000 Angstroms
          Energy (keV) =     12.39842
    INFO: Refined tilt plane rotation angle =       30.000 degrees
    INFO: Refined tilt angle =       -0.500 degrees

People copy them from the terminal into a text file, with or without ``INFO:`` and with more lines
around. FIT2D counts x from the left and y from the *bottom* of the image, 0 is the outer edge of
the first pixel. Our geometry is FIT2D's, so nothing is converted but the order: ``BeamCenter`` is
(y, x).

FIT2D tells neither the number nor the size of the pixels. Two lines of our own exporter do:

.. code-block:: text

    INFO: Image size = 981 x 1043 pixels
    INFO: Pixel size = 172.0 x 172.0 microns

They, too, have x first.

References
----------
A. P. Hammersley, FIT2D Reference Manual, "TILT/BEAM CENTRE",
https://www.esrf.fr/computing/scientific/FIT2D/FIT2D_REF/node228.html; the lines as quoted with
values in public repositories (maxburian/SAXS_py3, ``data/calibration.txt``; EDNA's CIF plug-in).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from saxsdog.errors import CalibrationError
from saxsdog.importers.findings import NOTHING, Facts, Findings, findings
from saxsdog.importers.words import (
    ANGSTROM,
    DEGREE,
    MM,
    PIXEL,
    Unit,
    as_float,
    number,
    number_words,
    shown,
    unit_words,
)

NAME, TITLE = "fit2d", "FIT2D"
BEAM, BEAM_MM, DISTANCE = "beam centre", "beam centre in mm", "sample to detector distance"
ROTATION, ANGLE, WAVELENGTH = "tilt plane rotation angle", "tilt angle", "wavelength"

_REFINED = re.compile(
    r"\bRefined\s+(?P<what>beam\s+cent(?:re|er)|sample\s+to\s+detector\s+distance"
    r"|tilt\s+plane\s+rotation\s+angle|tilt\s+angle|wavelength)\b(?P<rest>.*)",
    re.IGNORECASE,
)
_DETECTOR = re.compile(
    r"\s*INFO:\s*(?P<what>Image|Pixel) size = (?P<x>\S+) x (?P<y>\S+) (?:pixels|microns)\s*"
)
_UNITS = {DISTANCE: MM, ROTATION: DEGREE, ANGLE: DEGREE, WAVELENGTH: ANGSTROM}
_UM_PER_MM = 1e3
_WIDEST = 1e-3
"""Relative width of a range of pixel sizes from which one may still be read off."""


@dataclass(frozen=True)
class _Line:
    """What a line says: numbers as they are printed, for their digits tell how exact they are."""

    number: int
    what: str
    words: tuple[str, ...]

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(map(as_float, self.words))


def recognizes(text: str) -> bool:
    """Whether a text has at least one line of a refinement."""
    return _REFINED.search(text) is not None


def read(text: str, asked: Facts = NOTHING, fallback: Facts = NOTHING) -> Findings:
    """Read the last refinement of a text.

    Parameters
    ----------
    text
        What FIT2D wrote.
    asked, fallback
        What is known beside the file; the first is trusted more than the file, the other less.

    Raises
    ------
    CalibrationError
        If no line of a refinement is there, or one cannot be understood; with its number.
    """
    lines = list(_lines(text))
    if not lines:
        raise CalibrationError(
            "expected lines of FIT2D such as 'Refined sample to detector distance = 1500.250 mm', "
            "got none"
        )
    last = {line.what: line for line in lines}
    remarks = []
    n_refinements = max([line.what for line in lines].count(what) for what in last)
    if n_refinements > 1:
        remarks.append(f"{n_refinements} refinements; the last one is taken")
    image_size, pixel_size = _detector(text)
    known = asked.or_else(Facts(pixel_size=pixel_size)).or_else(fallback)
    if pixel_size is None:
        pixel_size, remark = _pixel_size(last, known.pixel_size)
        remarks += [remark] if remark else []
    beam_center = _beam_center(last, known.pixel_size)
    if beam_center is None and BEAM_MM in last:
        remarks.append("the beam centre is given in mm only; in pixels it needs the pixel size")
    values = {what: line.values[0] for what, line in last.items()}
    tilt = {
        key: values[what]
        for key, what in (("TiltRotDeg", ROTATION), ("TiltAngleDeg", ANGLE))
        if what in values
    }
    return findings(
        NAME,
        facts=Facts(image_size, pixel_size, values.get(WAVELENGTH)),
        beam_center=beam_center,
        distance_mm=values.get(DISTANCE),
        tilt=tilt or None,
        remarks=tuple(remarks),
    )


def _detector(text: str) -> tuple[tuple[int, int] | None, tuple[float, float] | None]:
    """Find size of image (rows, columns) and pixel (vertical, horizontal), µm, in our own lines."""
    image_size = pixel_size = None
    for line, words in enumerate(text.splitlines(), start=1):
        match = _DETECTOR.fullmatch(words)
        if match is not None:
            what = f"line {line}: {match['what']} size"
            x, y = number(match["x"], what), number(match["y"], what)
            if match["what"] == "Pixel":
                pixel_size = y, x
            elif x.is_integer() and y.is_integer():
                image_size = int(y), int(x)
            else:
                raise CalibrationError(f"{what}: expected whole numbers, got {x} and {y}")
    return image_size, pixel_size


def _lines(text: str) -> Iterator[_Line]:
    for place, line in enumerate(text.splitlines(), start=1):
        match = _REFINED.search(line)
        if match is not None:
            yield _line(place, " ".join(match["what"].split()).casefold(), match["rest"])


def _line(place: int, what: str, rest: str) -> _Line:
    """Take the numbers of a line; they stand behind ``=`` or, in old logs, behind the name."""
    name, equals, behind = rest.partition("=")
    words = tuple(number_words(behind if equals else rest))
    units = unit_words(rest)
    if what.startswith("beam"):
        what = BEAM_MM if _has(units, MM) else BEAM
        wanted, unit = 2, MM if what is BEAM_MM else PIXEL
    else:
        wanted, unit = 1, _UNITS[what]
    if len(words) != wanted or "*" in rest or not (_has(units, unit) or _is_bare(what, units)):
        raise CalibrationError(
            f"line {place}: expected the {what}, {wanted} number{'s' if wanted > 1 else ''} in "
            f"{unit.name}, got {shown((behind if equals else name).strip())}"
        )
    return _Line(place, what, words)


def _has(units: list[str], unit: Unit) -> bool:
    return any(word.startswith(unit.beginnings) for word in units)


def _is_bare(what: str, units: list[str]) -> bool:
    """Whether no unit is given where only one makes sense; a beam centre must say which."""
    return not units and what is not BEAM


def _beam_center(
    last: Mapping[str, _Line], pixel_size: tuple[float, float] | None
) -> tuple[float, float] | None:
    if BEAM in last:
        x, y = last[BEAM].values
        return y, x
    if BEAM_MM in last and pixel_size is not None:
        x, y = (_UM_PER_MM * value for value in last[BEAM_MM].values)
        return y / pixel_size[0], x / pixel_size[1]
    return None


def _pixel_size(
    last: Mapping[str, _Line], known: tuple[float, float] | None
) -> tuple[tuple[float, float] | None, str]:
    """Find the size of a pixel, which FIT2D does not say: the beam centre in mm and in pixels does.

    Where the size is known already the two are compared, because a pixel size of another detector
    in a template would go unnoticed.

    Returns
    -------
    tuple
        The size (vertical, horizontal) in µm or ``None``, and a remark.
    """
    if BEAM not in last or BEAM_MM not in last:
        return None, ""
    pairs = zip(last[BEAM_MM].words, last[BEAM].words, strict=True)
    horizontal, vertical = (_quotient(mm, pixels) for mm, pixels in pairs)
    if known is not None:
        for range_, size in ((vertical, known[0]), (horizontal, known[1])):
            if range_ is not None and not range_[0] <= size <= range_[1]:
                return None, (
                    f"the beam centre in mm and in pixels means pixels of {_within(*range_):g} µm, "
                    f"not {size:g} µm"
                )
        return None, ""
    if vertical is None or horizontal is None:
        return None, ""
    height, width = _within(*vertical), _within(*horizontal)
    return (height, width), (
        f"FIT2D does not say the pixel size; {height:g} x {width:g} µm follows from the beam "
        "centre in mm and in pixels"
    )


def _quotient(mm: str, pixels: str) -> tuple[float, float] | None:
    """Range of pixel sizes, µm, that give these two numbers when they are rounded."""
    length, n_pixels = abs(as_float(mm)), abs(as_float(pixels))
    length_error, pixels_error = _rounding(mm), _rounding(pixels)
    if not 0 <= pixels_error < n_pixels or not 0 <= length_error < length:
        return None
    low = _UM_PER_MM * (length - length_error) / (n_pixels + pixels_error)
    high = _UM_PER_MM * (length + length_error) / (n_pixels - pixels_error)
    return (low, high) if high - low < _WIDEST * high else None


def _rounding(word: str) -> float:
    """Half of the last digit of a number as it is printed."""
    mantissa, _, exponent = word.lower().replace("d", "e").partition("e")
    n_decimals = len(mantissa.partition(".")[2])
    return 0.5 * as_float(f"1e{int(exponent or 0) - n_decimals}")


def _within(low: float, high: float) -> float:
    """Return the number with the fewest digits in a range: makers do not make pixels of 171.998."""
    middle = (low + high) / 2
    candidates = (float(f"{middle:.{digits}g}") for digits in range(1, 15))
    return next((size for size in candidates if low <= size <= high), middle)
