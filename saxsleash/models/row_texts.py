"""What a row of the calibration shows: its value as people read it."""

import json
from typing import Any

from saxsdog.explanations import KeyPath
from saxsleash.models.edits import ABSENT, MASK_FILE, MASK_REF, MASKS, NO_MASK, value_at
from saxsleash.models.schema_nodes import Kind, SchemaNode, number_text

_LONGEST = 200
"""Characters of a value that a row shows; the editor shows them all."""

_MOST_WORDS = 3
"""Values of an item that stand for it while it is closed."""


def name_of(path: KeyPath, node: SchemaNode, around: SchemaNode) -> str:
    """Return the name of a row: the key as the file has it, or which item it is."""
    last = path[-1]
    if isinstance(last, str):
        return last
    if around.kind is Kind.ITEMS:
        return f"{around.singular.capitalize()} {last}"
    return around.entry_name(last)


def value_text(document: Any, path: KeyPath, node: SchemaNode) -> str:
    """Return the value of a row in words; of an absent one what it stands for."""
    value = value_at(document, path)
    if value is not ABSENT:
        return present_text(document, path, value, node)
    if node.is_required:
        return "missing"
    if node.kind in (Kind.GROUP, Kind.ITEMS) or node.default in (None, ""):
        return "none" if node.kind is not Kind.GROUP or not node.has_default else "default"
    return f"{present_text(document, path, node.default, node)} (default)"


def present_text(document: Any, path: KeyPath, value: Any, node: SchemaNode) -> str:
    """Return a value in words; one of another kind than the schema has as JSON."""
    match node.kind, value:
        case Kind.GROUP, dict():
            return _summary(value, node) if isinstance(path[-1], int) else ""
        case Kind.ITEMS, list():
            return f"{len(value)} {node.singular}{'' if len(value) == 1 else 's'}"
        case Kind.ENTRIES, list():
            return ", ".join(map(_scalar_text, value))
        case Kind.PARTS, list():
            return folder_text(value)
        case Kind.TRUTH, bool():
            return "yes" if value else "no"
        case Kind.WHOLE, int() if path[-1] == MASK_REF:
            return mask_text(document, value)
    return _scalar_text(value)


def folder_text(parts: list[Any]) -> str:
    """Write a folder below the root of a server."""
    return " / ".join(map(str, parts)) if any(part != "." for part in parts) else "."


def mask_text(document: Any, index: int) -> str:
    """Write which mask a slice uses: the number of the file, and what it means."""
    if index <= NO_MASK:
        return f"{index}  (no mask)"
    mask = value_at(document, (MASKS, index))
    if not isinstance(mask, dict):
        return str(index)
    name = mask.get("Name") or mask.get(MASK_FILE)
    return f"{index}  ({name})" if name else str(index)


def _scalar_text(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\n", " ")[:_LONGEST]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)[:_LONGEST]


def _summary(item: dict[str, Any], node: SchemaNode) -> str:
    """Say which item it is while it is closed: its name, or else its first words."""
    if name := item.get("Name"):
        return _scalar_text(name)
    words = [
        value
        for key, value in item.items()
        if isinstance(value, str) and value and node.child(key).kind is not Kind.UNKNOWN
    ]
    return _scalar_text(" · ".join(words[:_MOST_WORDS]))
