"""What a key or an item holds when the user adds it: the nearest to what will be wanted."""

import math
from typing import Any

from saxsdog.explanations import KeyPath
from saxsleash.models.edits import ABSENT, SLICES, value_at
from saxsleash.models.schema_nodes import Kind, SchemaNode

SYNCHROTRON = {"Fraction": 0.98, "Angle": 0}
"""A beam as undulators and bending magnets give it: polarized along the horizon."""

ALONG_THE_HORIZON = {"From": -15, "To": 15, "Mirrored": True}
"""A sector as it is seen at once on the picture, on both sides of the beam."""

_WIDTH_OF_A_SLICE = 2
"""Rows or columns on each side: a few, so that a first curve is neither noise nor blur."""


def first_value(document: Any, path: KeyPath, node: SchemaNode) -> Any:
    """Return what to put at a path where nothing was.

    Parameters
    ----------
    document
        Where it will stand; a slice goes through its beam centre.
    path
        Of the key or item.
    node
        Its schema: default, limits, keys that it must have.
    """
    match path:
        case (str(name), int(), *_) if name == SLICES and node.kind is Kind.GROUP:
            return _required(document, path, node) | _slice_through_the_beam(document)
        case ("Classifiers", int(index)):
            return _required(document, path, node) | {"Name": f"classifier{index + 1}"}
        case (*_, "PolarizationCorrection"):
            return _required(document, path, node) | SYNCHROTRON
        case (*_, "Sectors", int()):
            return _required(document, path, node) | ALONG_THE_HORIZON
        case (*above, "Edges", int(index)) if index > 0:
            return _border(value_at(document, (*above, "Edges")), index)
        case (*above, int(index)) if index > 0 and node.kind in (Kind.NUMBER, Kind.WHOLE):
            before = value_at(document, (*above, index - 1))
            if before is not ABSENT:  # as it is while the whole list is made
                return before  # a square pixel, most likely
    if node.has_default:
        return node.default
    match node.kind:
        case Kind.GROUP:
            return _required(document, path, node)
        case Kind.ITEMS | Kind.PARTS:
            return []
        case Kind.ENTRIES:
            return [first_value(document, (*path, i), node.item) for i in range(node.least_items)]
        case Kind.SELECTION:
            return [node.item.schema["enum"][0]]
        case Kind.CHOICE:
            return node.schema["enum"][0]
        case Kind.TRUTH:
            return False
        case Kind.WHOLE | Kind.NUMBER:
            return _nearest_to_zero(node)
        case _:
            return ""


def _required(document: Any, path: KeyPath, node: SchemaNode) -> dict[str, Any]:
    return {
        key: first_value(document, (*path, key), child)
        for key, child in node.children.items()
        if child.is_required
    }


def _nearest_to_zero(node: SchemaNode) -> int | float:
    """Return 0, or the limit that keeps from it."""
    least, most = node.schema.get("minimum", -math.inf), node.schema.get("maximum", math.inf)
    if node.schema.get("exclusiveMinimum", -1) == 0:
        return 1
    nearest: int | float = max(least, min(most, 0))
    return nearest


def _border(borders: Any, index: int) -> float:
    """Return one that lies between its neighbours, or beyond the last one as far as that does."""
    known = borders if isinstance(borders, list) else []
    numbers = [each for each in known if isinstance(each, int | float)]
    if len(numbers) != len(known) or not numbers:
        return 0.0
    if index < len(numbers):
        return (numbers[index - 1] + numbers[index]) / 2
    step = numbers[-1] - numbers[-2] if len(numbers) > 1 else 1.0
    return float(numbers[-1] + step)


def _slice_through_the_beam(document: Any) -> dict[str, Any]:
    """Lay a slice along the row that the direct beam meets."""
    height = value_at(document, ("Geometry", "BeamCenter", 0))
    rows = value_at(document, ("Geometry", "Imagesize", 0))
    if not isinstance(height, int | float) or not isinstance(rows, int | float):
        return {"CutPosition": 1, "CutMargin": _WIDTH_OF_A_SLICE}
    position = max(1, min(int(rows), math.floor(height) + 1))
    return {"CutPosition": position, "CutMargin": _WIDTH_OF_A_SLICE}
