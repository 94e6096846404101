r"""pyFAI's ``.poni`` files, versions 1, 2, 2.1 and 3.

pyFAI gives the point of normal incidence (``Poni1`` along the slow axis, ``Poni2`` along the fast
one), the distance *L* along the normal and three rotations. Let :math:`p = (p_1, p_2)` be a point
of the detector relative to that point, in metres. In the laboratory it lies at
:math:`R_3 R_2 R_1 (p_1, p_2, L)^T`; along the beam that is, whatever the third rotation,

.. math::

    t_3 = p_1 \sin r_2 - p_2 \cos r_2 \sin r_1 + L \cos r_1 \cos r_2 .

:math:`r_3` turns the laboratory around the beam, so no scattering angle depends on it. It is kept,
for axes that run as the image is stored: half a turn more where both of pyFAI's run from the other
end; where one of them does, azimuths count the other way round.

The beam hits the detector where the other two coordinates vanish, at :math:`d` times the third row
of the rotation, whose third component is fixed by *L*:

.. math::

    d = \frac{L}{\cos r_1 \cos r_2}, \qquad
    p_1 = d \sin r_2, \qquad p_2 = -d \cos r_2 \sin r_1 .

From there on a point comes to lie deeper by
:math:`\Delta p_1 \sin r_2 - \Delta p_2 \cos r_2 \sin r_1`. That is the tilt
that :mod:`saxsdog.importers.plane` makes of the cosine :math:`\cos r_1 \cos r_2` and

.. math::

    (s_y, s_x) = (\pm\sin r_2, \mp\cos r_2\sin r_1) .

The signs are those of the ``orientation``: in 3, the only one before version 2.1, both axes run
as the image is stored. In 1 and 2 the slow axis, in 1 and 4 the fast one runs from the other end
of the image. The image itself stays as it is.

References
----------
J. Kieffer, D. Karkoulis, J. Phys. Conf. Ser. 425, 202012 (2013); pyFAI's documentation, "Geometry
used by pyFAI" and "Detector orientation".
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from saxsdog.errors import CalibrationError, DocumentError
from saxsdog.importers.findings import NOTHING, UM_PER_M, Facts, Findings, findings
from saxsdog.importers.plane import tilt_of
from saxsdog.importers.poni_detector import facts_of
from saxsdog.importers.words import number, shown
from saxsdog.schema import parse_json

NAME, TITLE = "poni", "pyFAI .poni"
MM_PER_M, ANGSTROM_PER_M = 1e3, 1e10

_NEWEST = 3.0
_AS_STORED = 3
_FROM_LAST_ROW, _FROM_LAST_COLUMN = (1, 2), (1, 4)
_TELLTALE = re.compile(r"^\s*(?:poni_version|poni1|poni2)\s*:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class _Value:
    """What stands behind a key, and in which line."""

    key: str
    text: str
    line: int


class _Values(dict[str, _Value]):
    """The last value of every key, small letters."""

    def number(self, key: str) -> float | None:
        value = self.get(key)
        if value is None or value.text.casefold() in ("", "none"):
            return None
        return number(value.text, f"line {value.line}: {value.key}")

    def needed(self, key: str, name: str) -> float:
        value = self.number(key)
        if value is None:
            raise CalibrationError(f"expected the key {name!r} of a .poni file, it is missing")
        return value


@dataclass(frozen=True)
class _Axes:
    """Which way the axes of pyFAI run along the stored image."""

    rows_reversed: bool
    columns_reversed: bool


def recognizes(text: str) -> bool:
    """Whether a text has a key that only ``.poni`` files have."""
    return _TELLTALE.search(text) is not None


def read(text: str, asked: Facts = NOTHING, fallback: Facts = NOTHING) -> Findings:
    """Read a file; where blocks are repeated, as calibrations append them, the last one counts.

    Parameters
    ----------
    text
        Lines of ``key: value``.
    asked, fallback
        What is known beside the file; the first is trusted more than the file, the other less.

    Raises
    ------
    CalibrationError
        If a key is missing or wrong, with the number of its line, or the beam misses the detector.
    """
    values, n_blocks = _values(text)
    remarks = [f"{n_blocks} calibrations; the last one is taken"] if n_blocks > 1 else []
    _check_version(values)
    config = _detector_config(values)
    axes = _axes(config, remarks)
    name = _word(values, "detector")
    if config is None:
        detector = facts_of(name, _first_settings(values), remarks, edges="PixelSize")
    else:
        detector = facts_of(name, config, remarks)
    facts = replace(detector, wavelength=_wavelength(values))
    known = asked.or_else(facts).or_else(fallback)
    distance, hit, slope, tilt = _rotated(values, axes)
    turned = _around_beam(values, axes)
    if turned:
        remarks.append(
            f"pyFAI's azimuths are turned by {math.degrees(turned):g} degrees (Rot3, orientation): "
            "kept for other programs; here azimuths are counted on the stored image"
        )
    if _is_true(values.get("parallax")):
        remarks.append("the correction of parallax in the sensor cannot be carried over")
    return findings(
        NAME,
        facts=facts,
        beam_center=_beam_center(hit, axes, known, remarks),
        distance_mm=MM_PER_M * distance,
        tilt=tilt_of(*slope, tilt),
        around_beam=math.degrees(turned) or None,
        remarks=tuple(remarks),
    )


def _values(text: str) -> tuple[_Values, int]:
    values, n_blocks = _Values(), 0
    for i, line in enumerate(text.splitlines(), start=1):
        key, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            name = key.strip().casefold()
            values[name] = _Value(key.strip(), value.strip(), i)
            n_blocks += name == "poni1"
    return values, n_blocks


def _check_version(values: _Values) -> None:
    version = values.number("poni_version")
    if version is not None and version > _NEWEST:
        raise CalibrationError(
            f"line {values['poni_version'].line}: expected a .poni file of version {_NEWEST:g} or "
            f"older, got {version:g}"
        )


def _detector_config(values: _Values) -> Mapping[str, Any] | None:
    """Parse the settings of the detector; ``None`` in files of version 1, which have none."""
    value = values.get("detector_config")
    if value is None or value.text in ("", "None"):
        return None
    where = f"line {value.line}: {value.key}"
    try:
        config = parse_json(value.text)
    except DocumentError as error:
        raise CalibrationError(f"{where}: {error}") from error
    if not isinstance(config, dict):
        raise CalibrationError(f"{where}: expected an object, got {shown(value.text)}")
    return config


def _axes(config: Mapping[str, Any] | None, remarks: list[str]) -> _Axes:
    orientation = (config or {}).get("orientation") or _AS_STORED
    if isinstance(orientation, bool) or orientation not in (1, 2, 3, 4):
        raise CalibrationError(
            f"Detector_config.orientation: expected 1, 2, 3 or 4, got {shown(str(orientation))}"
        )
    if orientation != _AS_STORED:
        remarks.append(
            f"orientation {orientation}: the geometry is converted to the image as it is stored, "
            "azimuths are counted there"
        )
    return _Axes(orientation in _FROM_LAST_ROW, orientation in _FROM_LAST_COLUMN)


def _first_settings(values: _Values) -> Mapping[str, Any]:
    """Return the settings of the detector of version 1, which has them as lines of their own."""
    edges = {"pixel1": values.number("pixelsize1"), "pixel2": values.number("pixelsize2")}
    return {**edges, "splineFile": _word(values, "splinefile")}


def _word(values: _Values, key: str) -> str:
    return values[key].text if key in values else ""


def _wavelength(values: _Values) -> float | None:
    wavelength = values.number("wavelength")
    return None if wavelength is None else ANGSTROM_PER_M * wavelength


def _rotated(
    values: _Values, axes: _Axes
) -> tuple[float, tuple[float, float], tuple[float, float], float]:
    """Distance along the beam, where it hits (slow, fast), the slopes there, cosine of the tilt."""
    length = values.number("distance")
    if length is None:
        length = values.needed("dist", "Distance")
    rot1, rot2 = values.number("rot1") or 0.0, values.number("rot2") or 0.0
    if not (math.isfinite(rot1) and math.isfinite(rot2)):
        raise CalibrationError(f"expected finite rotations, got Rot1 {rot1} and Rot2 {rot2}")
    along = math.cos(rot1) * math.cos(rot2)
    slow, fast = math.sin(rot2), -math.cos(rot2) * math.sin(rot1)
    if along <= 0 or not length > 0:
        raise CalibrationError(
            "expected a detector behind the sample that the direct beam hits from the front, got "
            f"Distance {length:g} m with Rot1 {rot1:g} and Rot2 {rot2:g}"
        )
    distance = length / along
    hit = (
        values.needed("poni1", "Poni1") + distance * slow,
        values.needed("poni2", "Poni2") + distance * fast,
    )
    slope = (
        -slow if axes.rows_reversed else slow,
        -fast if axes.columns_reversed else fast,
    )
    return distance, hit, slope, along


def _around_beam(values: _Values, axes: _Axes) -> float:
    """Rotation around the beam, rad in (-pi, pi], of axes that run as the image is stored."""
    turned = values.number("rot3") or 0.0
    if not math.isfinite(turned):
        raise CalibrationError(f"expected finite rotations, got Rot3 {turned}")
    if axes.rows_reversed != axes.columns_reversed:
        turned = -turned
    half_turns = axes.columns_reversed + _is_upside_down(values)
    return math.remainder(turned + math.pi * half_turns, 2 * math.pi)


def _is_upside_down(values: _Values) -> bool:
    """Whether both rotations are beyond a right angle, where smaller ones and a half turn do."""
    return math.cos(values.number("rot2") or 0.0) < 0


def _beam_center(
    hit: tuple[float, float], axes: _Axes, known: Facts, remarks: list[str]
) -> tuple[float, float] | None:
    """Beam centre from the bottom and from the left, pixels; ``None`` if too little is known."""
    if known.pixel_size is None:
        remarks.append("the beam centre in pixels needs the pixel size")
        return None
    row = UM_PER_M * hit[0] / known.pixel_size[0]
    column = UM_PER_M * hit[1] / known.pixel_size[1]
    if known.image_size is None:
        if axes.rows_reversed and not axes.columns_reversed:
            return row, column
        remarks.append("the beam centre from the bottom left needs the image size")
        return None
    rows, columns = known.image_size
    from_bottom = row if axes.rows_reversed else rows - row
    return from_bottom, columns - column if axes.columns_reversed else column


def _is_true(value: _Value | None) -> bool:
    return value is not None and value.text.casefold() == "true"
