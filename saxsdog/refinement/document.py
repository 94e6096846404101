"""A calibration with another geometry."""

import math
from collections.abc import Mapping
from typing import Any

from saxsdog.reduction.geometry import Geometry
from saxsdog.refinement.result import Refinement

PIXEL_DECIMALS = 4
DISTANCE_DECIMALS = 5
"""mm."""

ANGLE_DECIMALS = 5
"""Degrees."""


def refined_document(document: Mapping[str, Any], refinement: Refinement) -> dict[str, Any]:
    """Put a refined geometry into a document; everything else stays as it is.

    What was not refined is left as it was written, the tilt too.
    """
    section = dict(document["Geometry"])
    section |= center_and_distance(refinement.geometry)
    if refinement.tilt_is_free:
        section["Tilt"] = dict(section.get("Tilt", {})) | tilt_of(refinement.geometry)
    return {key: section if key == "Geometry" else value for key, value in document.items()}


def center_and_distance(geometry: Geometry) -> dict[str, Any]:
    """Return these as a document has them: pixels from the bottom and the left, mm."""
    row, column = geometry.beam_center
    return {
        "BeamCenter": [
            round(geometry.shape[0] - row, PIXEL_DECIMALS),
            round(column, PIXEL_DECIMALS),
        ],
        "DedectorDistanceMM": round(geometry.distance * 1e3, DISTANCE_DECIMALS),
    }


def tilt_of(geometry: Geometry) -> dict[str, float]:
    """Return the tilt as a document has it, degrees."""
    return {
        "TiltRotDeg": round(math.degrees(geometry.tilt_rotation), ANGLE_DECIMALS),
        "TiltAngleDeg": round(math.degrees(geometry.tilt), ANGLE_DECIMALS),
    }
