r"""pyFAI's ``.poni`` files, version 2.1: the way back of :mod:`saxsdog.importers.poni`.

A step on the detector lies deeper along the beam by :math:`(s_y, s_x)` per metre, which is
:attr:`~saxsdog.reduction.geometry.Geometry.tilt_direction`. In pyFAI's rotations that is
:math:`(\sin r_2, -\cos r_2 \sin r_1)`, and the cosine of the tilt is :math:`\cos r_1 \cos r_2`.
Therefore, exactly,

.. math::

    r_1 = \operatorname{atan2}(-s_x, \cos\tau), \qquad
    r_2 = \operatorname{atan2}\left(s_y, \sqrt{s_x^2 + \cos^2\tau}\right), \qquad
    L = d \cos\tau ,

and the point of normal incidence is the beam centre less :math:`d\,(s_y, s_x)`. The image is
written in ``orientation`` 3, as it is stored. A detector of modules gets its name, by which pyFAI
leaves out the gaps between them; all others get the number and the size of their pixels.
"""

import json
import math
from typing import Any

from saxsdog.calibration import Calibration
from saxsdog.detectors import DETECTORS
from saxsdog.reduction.geometry import Geometry

NAME, TITLE, SUFFIX = "poni", "pyFAI .poni", ".poni"
CARRIES = frozenset({"Geometry", "Wavelength", "Title"})
"""Keys of a calibration that have a place in such a file."""

VERSION = "2.1"
_AS_STORED = 3
M_PER_NM = 1e-9
_UNKNOWN_TO_PYFAI = ("Pilatus3", "Pilatus 900K-W")
_ROUNDING = 1e-12
"""Relative difference of pixel sizes that a change of unit makes."""

_TRUE_DIGITS = 15
"""Of a double after a change of unit; the rest is noise that nobody wants to read."""


def text_of(calibration: Calibration) -> str:
    """Write the geometry and the wavelength of a calibration."""
    geometry = calibration.geometry
    slope_y, slope_x = geometry.tilt_direction
    along = math.cos(geometry.tilt)
    (height, width), (row, column) = geometry.pixel_size, geometry.beam_center
    name, config = _detector(geometry)
    turned = calibration.document["Geometry"].get("RotationAroundBeamDeg", 0.0)
    values: dict[str, float | str] = {
        "poni_version": VERSION,
        "Detector": name,
        "Detector_config": json.dumps(config),
        "Distance": geometry.distance * along,
        "Poni1": row * height - geometry.distance * slope_y,
        "Poni2": column * width - geometry.distance * slope_x,
        "Rot1": math.atan2(-slope_x, along),
        "Rot2": math.atan2(slope_y, math.hypot(slope_x, along)),
        "Rot3": math.radians(turned),
        "Wavelength": geometry.wavelength * M_PER_NM,
    }
    title = " ".join(calibration.title.split())
    heading = [f"# {title}"] if title else []
    return "\n".join([*heading, *(f"{key}: {_neat(value)}" for key, value in values.items()), ""])


def _detector(geometry: Geometry) -> tuple[str, dict[str, Any]]:
    """Find name and settings for pyFAI."""
    config: dict[str, Any] = {"orientation": _AS_STORED}
    for known in DETECTORS.values():
        if (
            known.gaps
            and not known.name.startswith(_UNKNOWN_TO_PYFAI)
            and known.shape == geometry.shape
            and all(map(_is_same, known.pixel_size, geometry.pixel_size))
        ):
            return known.name.replace(" ", "_").replace("-W", "W"), config
    height, width = map(_neat, geometry.pixel_size)
    return "Detector", {
        "pixel1": height,
        "pixel2": width,
        "max_shape": list(geometry.shape),
        **config,
    }


def _is_same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_ROUNDING)


def _neat(value: float | str) -> float | str:
    if isinstance(value, str):
        return value
    return float(f"{value:.{_TRUE_DIGITS}g}") + 0.0  # no negative zero
