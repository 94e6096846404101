"""What a row of the calibration shows: its value as people read it."""

import json
from typing import Any

from saxsdog.explanations import KeyPath
from saxsleash.models.edits import ABSENT, MASK_FILE, MASK_REF, MASKS, NO_MASK, SLICES, value_at
from saxsleash.models.schema_nodes import Kind, SchemaNode, number_text

_LONGEST = 200
"""Characters of a value that a row shows; the editor shows them all."""

LONGEST_NUMBER = 10
"""Characters of a number that a row shows whole."""

_DIGITS = 7
"""Of a longer one that a row shows."""

_MOST_WORDS = 3
"""Values of an item that stand for it while it is closed."""

_OPEN_TO_OTHERS = (Kind.NUMBER, Kind.WHOLE, Kind.SELECTION)
"""What is not none where the calibration does not say it: the image, or the server, has it."""


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
    if node.default is None and node.kind in _OPEN_TO_OTHERS:
        return "not given"
    if node.kind in (Kind.GROUP, Kind.ITEMS) or node.default in (None, "", []):
        return "none" if node.kind is not Kind.GROUP or not node.has_default else "default"
    return f"{present_text(document, path, node.default, node)} (default)"


def present_text(document: Any, path: KeyPath, value: Any, node: SchemaNode) -> str:
    """Return a value in words; one of another kind than the schema has as JSON."""
    match node.kind, value:
        case Kind.GROUP, dict():
            if not isinstance(path[-1], int):
                return ""
            words = (channel_of(document, path), _summary(value, node))
            return " · ".join(word for word in words if word)
        case Kind.ITEMS, list():
            return f"{len(value)} {node.singular}{'' if len(value) == 1 else 's'}"
        case Kind.ENTRIES, list():
            return ", ".join(map(_scalar_text, value))
        case Kind.SELECTION, list():
            return ", ".join(map(str, value))
        case Kind.PARTS, list():
            return folder_text(value)
        case Kind.TRUTH, bool():
            return "yes" if value else "no"
        case Kind.WHOLE, int() if path[-1] == MASK_REF:
            return mask_text(document, value)
    return _scalar_text(value)


def whole_numbers(value: Any) -> str:
    """Write a number, or each of a list, with all its digits; "" if a row does so anyway."""
    values = value if isinstance(value, list) else [value]
    numbers = [one for one in values if isinstance(one, int | float)]
    if all(short_number(one) == number_text(one) for one in numbers):
        return ""
    return ", ".join(map(number_text, numbers))


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


def channel_of(document: Any, path: KeyPath) -> str:
    """Return the name of the channel of a slice, as pictures and files have it; else ""."""
    if path[0] != SLICES:
        return ""
    masks = value_at(document, (MASKS,))
    return f"S{(len(masks) if isinstance(masks, list) else 0) + int(path[-1])}"


def short_number(number: float) -> str:
    """Write a number as briefly as a row can show it; three dots stand for further digits."""
    text = number_text(number)
    if isinstance(number, int) or len(text) <= LONGEST_NUMBER or "e" in text:
        return text
    return f"{number:.{_DIGITS}g}…"


def _scalar_text(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\n", " ")[:_LONGEST]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return short_number(value)
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
