"""Say what is wrong with a document, for people: where, what was expected, what came."""

import difflib
import json
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import ValidationError

_NAMES_OF_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
_BOUNDS_OF_SIZE = {
    "minItems": ("at least", "items"),
    "maxItems": ("at most", "items"),
    "minLength": ("at least", "characters"),
    "maxLength": ("at most", "characters"),
}
_LONGEST_VALUE = 60
_UNITS = {"Angstrom": "Å"}
"""Units as people read them, where the schema has another word."""

KeyPath = tuple[str | int, ...]
"""Where a value stands in a document: keys of objects and indices of lists, from the top."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a document.

    Attributes
    ----------
    where
        The value that was checked, for example ``Masks[0].qStart``.
    message
        What was expected and what came.
    paths
        What to mend: the value itself, or those of its keys that are missing or unknown.
    """

    where: str
    message: str
    paths: tuple[KeyPath, ...]

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def path_text(path: KeyPath) -> str:
    """Write a path as people do, for example ``Masks[0].qStart``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "document"


def explain(error: ValidationError) -> Problem:
    """Explain one error of a validation in a line."""
    path: KeyPath = tuple(error.absolute_path)
    paths = tuple((*path, key) for key in _keys_to_mend(error)) or (path,)
    return Problem(path_text(path), _message(error), paths)


def _keys_to_mend(error: ValidationError) -> list[str]:
    """Name the keys of an object that are missing from it, or that it should not have."""
    schema: Any = error.schema
    match error.validator:
        case "required":
            return [next(key for key in schema["required"] if f"'{key}'" in error.message)]
        case "additionalProperties":
            value: Any = error.instance
            return sorted(set(value) - set(schema["properties"]))
        case _:
            return []


def _message(error: ValidationError) -> str:
    schema = error.schema
    value: Any = error.instance
    assert isinstance(schema, dict)  # noqa: S101 - false only for the schemas `true` and `false`
    unit = f" ({_UNITS.get(schema['unit'], schema['unit'])})" if "unit" in schema else ""
    got = f"got {describe(value)}"
    limit = error.validator_value
    match error.validator:
        case "additionalProperties":
            return _explain_unknown(_keys_to_mend(error), schema)
        case "required":
            (missing,) = _keys_to_mend(error)
            # A condition of a schema names keys that are described elsewhere.
            description = schema["properties"][missing].get("description", "")
            meaning = f" ({description.partition('.')[0]})" if description else ""
            return f"expected the key {missing!r}{meaning}, it is missing"
        case "type":
            types = [str(limit)] if isinstance(limit, str) else schema["type"]
            expected = " or ".join(_NAMES_OF_TYPES[name] for name in types)
            return f"expected {expected}{unit}, {got}"
        case "enum":
            return f"expected one of {', '.join(map(repr, schema['enum']))}, {got}"
        case str(bound) if bound in _BOUNDS:
            return f"expected {_BOUNDS[bound]} {limit}{unit}, {got}"
        case str(bound) if bound in _BOUNDS_OF_SIZE:
            least_or_most, things = _BOUNDS_OF_SIZE[bound]
            return f"expected {least_or_most} {limit} {things}, got {len(value)}"
        case _:
            return error.message


def _explain_unknown(unknown: list[str], schema: dict[str, Any]) -> str:
    known = schema["properties"]
    hints = []
    for key in unknown:
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        hints.append(f"{key!r}" + (f" (did you mean {close[0]!r}?)" if close else ""))
    return f"expected only known keys, got {', '.join(hints)}"


def describe(value: Any) -> str:
    """Show a value that came, shortened."""
    try:
        shown = json.dumps(value, ensure_ascii=False, default=str)  # TOML has dates
    except RecursionError:
        shown = "of many levels"
    if len(shown) > _LONGEST_VALUE:
        shown = shown[:_LONGEST_VALUE] + "…"
    if isinstance(value, str):
        return f"the text {shown}"
    if isinstance(value, dict):
        return f"the object {shown}"
    return f"the list {shown}" if isinstance(value, list) else shown
