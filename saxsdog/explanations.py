"""Say what is wrong with a document, for people: where, what was expected, what came."""

import difflib
import json
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


def explain(error: ValidationError) -> str:
    """Explain one error of a validation in a line."""
    where = path_of(error)
    schema = error.schema
    value: Any = error.instance
    assert isinstance(schema, dict)  # noqa: S101 - false only for the schemas `true` and `false`
    unit = f" ({schema['unit']})" if "unit" in schema else ""
    got = f"got {describe(value)}"
    limit = error.validator_value
    match error.validator:
        case "additionalProperties":
            return _explain_unknown(where, schema, value)
        case "required":
            missing = next(key for key in schema["required"] if f"'{key}'" in error.message)
            meaning = schema["properties"][missing]["description"].partition(".")[0]
            return f"{where}: expected the key {missing!r} ({meaning}), it is missing"
        case "type":
            types = [str(limit)] if isinstance(limit, str) else schema["type"]
            expected = " or ".join(_NAMES_OF_TYPES[name] for name in types)
            return f"{where}: expected {expected}{unit}, {got}"
        case "enum":
            return f"{where}: expected one of {', '.join(map(repr, schema['enum']))}, {got}"
        case str(bound) if bound in _BOUNDS:
            return f"{where}: expected {_BOUNDS[bound]} {limit}{unit}, {got}"
        case str(bound) if bound in _BOUNDS_OF_SIZE:
            least_or_most, things = _BOUNDS_OF_SIZE[bound]
            return f"{where}: expected {least_or_most} {limit} {things}, got {len(value)}"
        case _:
            return f"{where}: {error.message}"


def _explain_unknown(where: str, schema: dict[str, Any], value: dict[str, Any]) -> str:
    known = schema["properties"]
    hints = []
    for key in sorted(set(value) - set(known)):
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        hints.append(f"{key!r}" + (f" (did you mean {close[0]!r}?)" if close else ""))
    return f"{where}: expected only known keys, got {', '.join(hints)}"


def path_of(error: ValidationError) -> str:
    """Return the path of the key, for example ``Masks[0].qStart``."""
    path = ""
    for part in error.absolute_path:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "document"


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
