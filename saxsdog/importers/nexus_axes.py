"""Where the transformations of a NeXus file put the pixels of a detector."""

import math
from dataclasses import dataclass

import numpy as np

from saxsdog.errors import CalibrationError
from saxsdog.importers.hdf5_tree import LENGTHS, Quantity, Tree, factor, one_text
from saxsdog.importers.words import shown
from saxsdog.reduction.geometry import Array

FAST, SLOW, OFFSET = "fast_pixel_direction", "slow_pixel_direction", "module_offset"

MOST_STEPS = 64
"""Transformations one after the other; more are a circle."""

_ANGLES = dict.fromkeys(("deg", "degree", "degrees", "°"), math.pi / 180)
_ANGLES |= dict.fromkeys(("rad", "radian", "radians"), 1.0)


@dataclass(frozen=True, eq=False)
class Axes:
    """A plane of pixels in the laboratory, z along the beam.

    Attributes
    ----------
    fast, slow
        Unit vectors along a row and down a column of the stored image.
    corner
        Outer corner of the first pixel, m.
    """

    fast: Array
    slow: Array
    corner: Array


def axes_of(tree: Tree, module: str, remarks: list[str]) -> Axes | None:
    """Follow the transformations of a module; ``None`` if it has no directions of pixels."""
    found = {name: tree.field(f"{module}/{name}") for name in (FAST, SLOW, OFFSET)}
    fast, slow, offset = found[FAST], found[SLOW], found[OFFSET]
    if fast is None or slow is None:
        return None
    nowhere = np.zeros(3)
    right, down = (_carried(tree, each, _vector(each), nowhere, [])[0] for each in (fast, slow))
    start = fast if offset is None else offset
    corner = nowhere if offset is None else _moved(offset, nowhere)
    return Axes(right, down, _carried(tree, start, nowhere, corner, remarks)[1])


def rotations_in(tree: Tree, folder: str) -> list[Quantity]:
    """Return the rotations in a group that turn anything."""
    fields = (tree.field(f"{folder}/{name}") for name in tree.names(folder))
    return [each for each in fields if each is not None and each.first and _is_rotation(each)]


def _carried(
    tree: Tree, start: Quantity, direction: Array, place: Array, remarks: list[str]
) -> tuple[Array, Array]:
    """Carry a direction and a place through all that a field depends on."""
    here = start
    for _ in range(MOST_STEPS):
        name = here.text("depends_on")
        if name in (".", ""):
            return direction, place
        found = tree.field(
            name if name.startswith("/") else f"{here.path.rpartition('/')[0]}/{name}"
        )
        if found is None:
            raise CalibrationError(
                f"{here.path}: expected the transformation {shown(name)} that it depends on, it is "
                "not there"
            )
        if np.ptp(found.values) > 0:
            remarks.append(f"{found.path} has several values: the first is taken")
        if _is_rotation(found):
            direction = _turned(found, direction)
            place = _turned(found, place) + _offset(found)
        else:
            place = _moved(found, place)
        here = found
    raise CalibrationError(f"{start.path}: expected transformations that end, they are a circle")


def _is_rotation(transformation: Quantity) -> bool:
    return transformation.text("transformation_type") == "rotation"


def _vector(transformation: Quantity) -> Array:
    vector = _three(transformation, "vector")
    length = float(np.linalg.norm(vector))
    if not 0 < length < math.inf:
        raise CalibrationError(
            f"{transformation.path}: expected a vector with a direction, got {vector.tolist()}"
        )
    return np.asarray(vector / length)


def _offset(transformation: Quantity) -> Array:
    if "offset" not in transformation.attributes:
        return np.zeros(3)
    unit = one_text(transformation.attributes.get("offset_units", "")).strip().casefold()
    offset = _three(transformation, "offset")
    return np.asarray(offset * factor(transformation.path, unit or "m", LENGTHS))


def _three(transformation: Quantity, attribute: str) -> Array:
    try:
        numbers = np.asarray(transformation.attributes.get(attribute, ()), np.float64).reshape(-1)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.size != 3:
        raise CalibrationError(
            f"{transformation.path}: expected three numbers as {attribute}, got {numbers.tolist()}"
        )
    return numbers


def _moved(transformation: Quantity, place: Array) -> Array:
    """Move a place along the vector of a translation, and by its offset."""
    moved = place + _offset(transformation)
    if not transformation.first:
        return moved
    return np.asarray(moved + transformation.times(LENGTHS, "m") * _vector(transformation))


def _turned(transformation: Quantity, vector: Array) -> Array:
    """Turn a vector around that of a rotation (Rodrigues' formula)."""
    angle = transformation.times(_ANGLES, "deg")
    axis = _vector(transformation)
    return np.asarray(
        vector * math.cos(angle)
        + np.cross(axis, vector) * math.sin(angle)
        + axis * float(axis @ vector) * (1 - math.cos(angle))
    )
