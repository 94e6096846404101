"""Frames of rings with a known centre, and calibrations that fit them, for tests of the window."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import Calibration

SHAPE = (300, 260)
CENTER = (110.0, 140.0)
"""Row from the top, column."""


def ring_image(
    shape: tuple[int, int] = SHAPE,
    center: tuple[float, float] = CENTER,
    gaps: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """Poisson counts of falling intensity with a ring every 30 pixels, -1 in gaps."""
    rows, columns = np.indices(shape) + 0.5
    radius = np.hypot(rows - center[0], columns - center[1])
    mean = 2000 * np.exp(-radius / 80) + 600 * np.exp(-(((radius % 30) - 15) ** 2) / 8) + 20
    image = np.random.default_rng(7).poisson(mean).astype(np.int32)
    if gaps is not None:
        image[gaps] = -1
    return image


def gaps_and_beamstop(shape: tuple[int, int] = SHAPE) -> NDArray[np.bool_]:
    """Pixels that nobody would find in the same place on a detector upside down."""
    gaps = np.zeros(shape, np.bool_)
    gaps[60:66] = True
    gaps[:, 90:94] = True
    gaps[15, 20] = gaps[200, 33] = gaps[280, 250] = True
    return gaps


def ring_document(**geometry: Any) -> dict[str, Any]:
    """Return a calibration that fits :func:`ring_image`, with other keys of its geometry."""
    return {
        "Title": "rings",
        "Geometry": {
            "BeamCenter": [SHAPE[0] - CENTER[0], CENTER[1]],
            "DedectorDistanceMM": 500.0,
            "Imagesize": list(SHAPE),
            "PixelSizeMicroM": [172.0],
            "Tilt": {"TiltRotDeg": 0.0, "TiltAngleDeg": 0.0},
            **geometry,
        },
        "Wavelength": 1.0,
        "Masks": [
            {
                "MaskFile": "gaps.msk",
                "Oversampling": 1,
                "PixelPerRadialElement": 1,
                "qStart": 0.5,
                "qStop": 2.0,
                "Name": "gaps",
            }
        ],
        "Slices": [],
        "Directory": ["."],
        "Threads": 1,
    }


def ring_calibration(**geometry: Any) -> Calibration:
    """Return :func:`ring_document`, checked."""
    return Calibration.from_document(ring_document(**geometry))
