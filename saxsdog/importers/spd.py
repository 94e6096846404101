r"""SPD: the keys that ESRF's programs write into the headers of EDF images.

Pixel *i* of an axis has its middle at *i* + 1/2 + ``Offset``, and ``Center`` is the point of normal
incidence in these coordinates, both in pixels of this image (where pixels are binned, ``PSize`` is
that of the binned ones). Axis 1 runs along the columns, axis 2 along the rows. ``SampleDistance``
is measured along the normal; lengths are in metres, angles in radians unless a unit follows as in
``0.5_deg``.

The detector is rotated around axis 1 (to the right), then axis 2 (up), then axis 3 (against the
beam), counter-clockwise. A point :math:`(u, v)` relative to the point of normal incidence lies
along the beam at

.. math:: u \sin r_2 - v \cos r_2 \sin r_1 + L \cos r_1 \cos r_2 ,

and :math:`r_3` turns the picture around the beam. From there on all is as in a ``.poni`` file, see
:mod:`saxsdog.importers.plane`. In ``RasterOrientation`` 1 rows run up; in 2 and 4 the columns of
the stored image run the other way, in 3 and 4 the rows.

References
----------
P. Boesecke, J. Appl. Cryst. 40, s423 (2007); the comments of SPD's ``waxs.c`` and ``reference.h``.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path

from saxsdog.errors import CalibrationError, FrameError
from saxsdog.importers.findings import NOTHING, UM_PER_M, Facts, Findings, findings
from saxsdog.importers.plane import tilt_of
from saxsdog.importers.words import shown
from saxsdog.io import edf

NAME, TITLE = "spd", "header of an EDF image (SPD)"
MM_PER_M, ANGSTROM_PER_M = 1e3, 1e10

LONGEST_WAVELENGTH = 1e-6
"""m; what is longer was meant in another unit."""

_EDF = re.compile(rb"\s{0,512}\{\s*[A-Za-z_~][^\"{}]{0,80}?=")
_VALUE = re.compile(
    r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)[\s_]*(?P<unit>[a-zµ]*)",
    re.IGNORECASE | re.ASCII,
)
_LENGTHS = {"": 1.0, "m": 1.0, "mm": 1e-3, "um": 1e-6, "nm": 1e-9, "a": 1e-10}
_ANGLES = {"": 1.0, "rad": 1.0, "deg": math.pi / 180}
_PIXELS = {"": 1.0, "pixel": 1.0, "pixels": 1.0}
_ENOUGH = ("sampledistance", "center_1", "center_2")
_REVERSED_COLUMNS, _REVERSED_ROWS, _SWAPPED = (2, 4), (3, 4), (5, 6, 7, 8)


class _Keys:
    """The keys of a header, whatever their case."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = {key.casefold(): (key, text) for key, text in fields.items()}

    def value(self, name: str, units: Mapping[str, float]) -> float | None:
        if name.casefold() not in self._fields:
            return None
        key, text = self._fields[name.casefold()]
        match = _VALUE.fullmatch(text.strip())
        if match is None or match["unit"].casefold() not in units:
            words = ", ".join(filter(None, units))
            raise CalibrationError(
                f"{key}: expected a number, or one in {words}; got {shown(text)}"
            )
        return float(match["number"]) * units[match["unit"].casefold()]

    def pair(self, name: str, units: Mapping[str, float]) -> tuple[float, float] | None:
        """Values of the rows and the columns: axis 2 and axis 1."""
        rows, columns = self.value(f"{name}_2", units), self.value(f"{name}_1", units)
        return None if rows is None or columns is None else (rows, columns)


def recognizes(head: bytes) -> bool:
    """Whether a file begins with ``{ key = value``, by its first bytes."""
    return _EDF.match(head) is not None


def read(path: Path, asked: Facts = NOTHING, fallback: Facts = NOTHING) -> Findings:
    """Read the header of the first image of a file.

    Parameters
    ----------
    path
        An EDF image.
    asked, fallback
        What is known beside the file; the first is trusted more than the file, the other less.

    Raises
    ------
    CalibrationError
        If there is no header, it says nothing of a geometry, or a key is wrong.
    """
    fields = _fields(path)
    if not any(key.casefold() in _ENOUGH for key in fields):
        raise CalibrationError(
            "expected SampleDistance or Center_1 and Center_2 in the header, there is neither"
        )
    return from_fields(fields, asked, fallback)


def _fields(path: Path) -> Mapping[str, str]:
    try:
        with path.open("rb") as file:

            def read_at(offset: int, count: int) -> bytes:
                file.seek(offset)
                return file.read(count)

            layout = edf.describe(read_at, page=0)
    except FrameError as error:
        raise CalibrationError(str(error)) from error
    except OSError as error:
        raise CalibrationError(f"expected an EDF image: {error.strerror}") from error
    if layout is None:
        raise CalibrationError("expected an EDF image with pixels of its own, not compressed")
    return layout.fields


def from_fields(
    fields: Mapping[str, str], asked: Facts = NOTHING, fallback: Facts = NOTHING
) -> Findings:
    """Convert the texts of a header, by their keys."""
    keys = _Keys(fields)
    length = keys.value("SampleDistance", _LENGTHS)
    center = keys.pair("Center", _PIXELS)
    remarks: list[str] = []
    size = keys.pair("Dim", _PIXELS)
    edges = keys.pair("PSize", _LENGTHS)
    if edges is not None and min(edges) <= 0:  # where nobody has filled in the form
        edges = None
    facts = Facts(
        image_size=_whole(size),
        pixel_size=None if edges is None else (UM_PER_M * edges[0], UM_PER_M * edges[1]),
        wavelength=_wavelength(keys, remarks),
    )
    slope, cosine = _rotated(keys, remarks)
    if length is not None and not length > 0:
        raise CalibrationError(f"SampleDistance: expected more than 0, got {length:g}")
    distance = None if length is None else length / cosine
    return findings(
        NAME,
        facts=facts,
        beam_center=_beam_center(
            keys, center, slope, distance, asked.or_else(facts).or_else(fallback), remarks
        ),
        distance_mm=None if distance is None else MM_PER_M * distance,
        tilt=tilt_of(*slope, cosine),
        remarks=tuple(remarks),
    )


def _whole(size: tuple[float, float] | None) -> tuple[int, int] | None:
    """Rows and columns, if they are numbers of pixels."""
    if size is None or not all(number.is_integer() and number > 0 for number in size):
        return None
    return int(size[0]), int(size[1])


def _wavelength(keys: _Keys, remarks: list[str]) -> float | None:
    wavelength = keys.value("WaveLength", _LENGTHS)
    if wavelength is None:
        return None
    if not 0 < wavelength < LONGEST_WAVELENGTH:
        remarks.append(f"WaveLength {wavelength:g} is none of X-rays in m: left out")
        return None
    return ANGSTROM_PER_M * wavelength


def _rotated(keys: _Keys, remarks: list[str]) -> tuple[tuple[float, float], float]:
    """Depth per metre along rows and columns as they are stored, and the cosine of the tilt."""
    rot1, rot2, rot3 = (
        keys.value(f"DetectorRotation_{axis}", _ANGLES) or 0.0 for axis in (1, 2, 3)
    )
    if not (math.isfinite(rot1) and math.isfinite(rot2)):
        raise CalibrationError(
            f"expected finite rotations, got DetectorRotation_1 {rot1} and _2 {rot2}"
        )
    cosine = math.cos(rot1) * math.cos(rot2)
    if cosine <= 0:
        raise CalibrationError(
            "expected a detector that the direct beam hits from the front, got DetectorRotation_1 "
            f"{rot1:g} and DetectorRotation_2 {rot2:g}"
        )
    if rot3:
        remarks.append(
            "DetectorRotation_3 turns the picture around the beam; no scattering angle depends on "
            "it, and azimuths are counted on the stored image here: left out"
        )
    up, right = -math.cos(rot2) * math.sin(rot1), math.sin(rot2)
    orientation = keys.value("RasterOrientation", _PIXELS) or 1
    if not (up or right):
        return (0.0, 0.0), cosine
    if orientation in _SWAPPED:
        raise CalibrationError(
            f"RasterOrientation: expected 1 to 4 where the detector is rotated, got {orientation:g}"
        )
    return (
        -up if orientation in _REVERSED_ROWS else up,
        -right if orientation in _REVERSED_COLUMNS else right,
    ), cosine


def _beam_center(
    keys: _Keys,
    center: tuple[float, float] | None,
    slope: tuple[float, float],
    distance: float | None,
    known: Facts,
    remarks: list[str],
) -> tuple[float, float] | None:
    """Beam centre from the bottom and from the left, pixels; ``None`` if too little is known."""
    if center is None or known.image_size is None:
        return None
    offset = keys.pair("Offset", _PIXELS) or (0.0, 0.0)
    row, column = (place - start for place, start in zip(center, offset, strict=True))
    if slope != (0.0, 0.0):
        if distance is None or known.pixel_size is None:
            remarks.append(
                "the beam centre needs SampleDistance and PSize: the detector is rotated"
            )
            return None
        row += UM_PER_M * distance * slope[0] / known.pixel_size[0]
        column += UM_PER_M * distance * slope[1] / known.pixel_size[1]
    return known.image_size[0] - row, column
