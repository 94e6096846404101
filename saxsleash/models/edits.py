"""Changed copies of documents: what does not change is shared, so that undoing costs nothing."""

from collections.abc import Callable
from typing import Any

from saxsdog.explanations import KeyPath
from saxsleash.models.schema_nodes import SchemaNode

ABSENT: Any = object()
"""Stands for a value that is not there; ``null`` is a value."""

MASKS, SLICES, MASK_FILE, MASK_REF = "Masks", "Slices", "MaskFile", "MaskRef"
NO_MASK = -1


def value_at(document: Any, path: KeyPath) -> Any:
    """Return the value at a path, ``ABSENT`` where there is none."""
    value = document
    for part in path:
        match value:
            case dict() if part in value:
                value = value[part]
            case list() if isinstance(part, int) and 0 <= part < len(value):
                value = value[part]
            case _:
                return ABSENT
    return value


def with_value(document: Any, path: KeyPath, value: Any, node: SchemaNode) -> Any:
    """Set a value; what is missing on the way is made, a new key goes where the schema has it.

    Parameters
    ----------
    document
        Stays as it is.
    path
        The index one past the end of a list appends.
    value
        What shall be there.
    node
        The schema of the document.

    Raises
    ------
    LookupError
        If the path leads behind the end of a list.
    """
    if not path:
        return value
    part, *rest = path
    if isinstance(part, int):
        items = list(document) if isinstance(document, list) else []
        if not 0 <= part <= len(items):
            raise LookupError(f"expected an index of 0 to {len(items)}, got {part}")
        old = items[part] if part < len(items) else ABSENT
        items[part : part + 1] = [with_value(old, tuple(rest), value, node.child(part))]
        return items
    keys = dict(document) if isinstance(document, dict) else {}
    new = with_value(keys.get(part, ABSENT), tuple(rest), value, node.child(part))
    if part in keys:
        return keys | {part: new}
    order = [key for key in node.placed(keys) if key in keys or key == part]
    if part not in order:
        order.append(part)
    return {key: new if key == part else keys[key] for key in order}


def without(document: Any, path: KeyPath, node: SchemaNode) -> Any:
    """Take the key or the item at a path out.

    Raises
    ------
    LookupError
        If there is none.
    """
    *above, last = path
    around = value_at(document, tuple(above))
    if value_at(around, (last,)) is ABSENT:
        raise LookupError(f"expected a path that is there, got {path}")
    if isinstance(around, list):
        left: Any = [item for i, item in enumerate(around) if i != last]
    else:
        left = {key: value for key, value in around.items() if key != last}
    return with_value(document, tuple(above), left, node)


def with_item(document: Any, path: KeyPath, item: Any, node: SchemaNode) -> Any:
    """Insert an item into a list, ahead of the one that has its place now."""
    *above, index = path
    around = value_at(document, tuple(above))
    items = list(around) if isinstance(around, list) else []
    items.insert(int(index), item)
    return with_value(document, tuple(above), items, node)


def with_mask_references(document: Any, moved: Callable[[int], int], node: SchemaNode) -> Any:
    """Let the slices follow their masks, whose new indices ``moved`` gives for the old."""
    slices = value_at(document, (SLICES,))
    for i in range(len(slices) if isinstance(slices, list) else 0):
        path = (SLICES, i, MASK_REF)
        old = value_at(document, path)
        if isinstance(old, int) and not isinstance(old, bool) and 0 <= old != moved(old):
            document = with_value(document, path, moved(old), node)
    return document
