"""Find the JSON Schemas and apply them, with messages for people."""

import difflib
import json
import math
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from saxsdog.errors import DocumentError

_NAMES_OF_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_LONGEST_VALUE = 60


def schema_folder() -> Path:
    """Folder of the schemas: beside this module in a wheel, beside its package in a checkout."""
    package = Path(__file__).resolve().parent
    shipped = package / "schemas"
    return shipped if shipped.is_dir() else package.parent / "schemas"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the schema of a kind of document, for example ``calibration``."""
    text = (schema_folder() / f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(load_schema(name))


def parse_json(text: str) -> Any:
    """Parse JSON without keys that come twice.

    Raises
    ------
    DocumentError
        With line and column if the text is not JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"expected JSON, got something else at line {error.lineno}, "
            f"column {error.colno}: {error.msg}"
        ) from error
    except (RecursionError, ValueError) as error:
        raise DocumentError(f"expected JSON of a sensible depth and size: {error}") from error


def check(document: Any, name: str) -> None:
    """Check a document against its schema.

    Raises
    ------
    DocumentError
        With one line for each problem: the path of the key, what was expected and what came.
    """
    problems = sorted(_leaves(_validator(name).iter_errors(document)), key=lambda e: e.json_path)
    explained = list(map(_explain, problems))
    named = set(map(_path, problems))
    explained += [
        f"{path}: expected a finite number, got {_describe(value)}"
        for path, value in _not_finite(document)
        if path not in named
    ]
    if explained:
        raise DocumentError("\n".join(explained))


def with_defaults(document: Any, schema: dict[str, Any]) -> Any:
    """Copy a valid document with the defaults of its schema filled in."""
    if isinstance(document, dict):
        properties: dict[str, Any] = schema.get("properties", {})
        filled = {key: sub["default"] for key, sub in properties.items() if "default" in sub}
        return {
            key: with_defaults(value, properties.get(key, {}))
            for key, value in (filled | document).items()
        }
    if isinstance(document, list):
        return [with_defaults(item, schema.get("items", {})) for item in document]
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, value in pairs:
        if key in document:
            raise DocumentError(f"expected every key once, got {key!r} twice")
        document[key] = value
    return document


def _leaves(errors: Iterable[ValidationError]) -> Iterable[ValidationError]:
    """Errors at the deepest level, where they can be explained."""
    for error in errors:
        if error.context:
            yield from _leaves(error.context)
        else:
            yield error


def _explain(error: ValidationError) -> str:
    where = _path(error)
    schema = error.schema
    value: Any = error.instance
    assert isinstance(schema, dict)  # noqa: S101 - false only for the schemas `true` and `false`
    unit = f" ({schema['unit']})" if "unit" in schema else ""
    got = f"got {_describe(value)}"
    limit = error.validator_value
    match error.validator:
        case "additionalProperties":
            return _explain_unknown(where, schema, value)
        case "required":
            missing = next(key for key in schema["required"] if f"'{key}'" in error.message)
            meaning = schema["properties"][missing]["description"].partition(".")[0]
            return f"{where}: expected the key {missing!r} ({meaning}), it is missing"
        case "type":
            return f"{where}: expected {_NAMES_OF_TYPES[str(limit)]}{unit}, {got}"
        case "enum":
            return f"{where}: expected one of {', '.join(map(repr, schema['enum']))}, {got}"
        case "minimum" | "maximum":
            bound = "least" if error.validator == "minimum" else "most"
            return f"{where}: expected at {bound} {limit}{unit}, {got}"
        case "exclusiveMinimum" | "exclusiveMaximum":
            bound = "more" if error.validator == "exclusiveMinimum" else "less"
            return f"{where}: expected {bound} than {limit}{unit}, {got}"
        case "minItems" | "maxItems":
            bound = "least" if error.validator == "minItems" else "most"
            return f"{where}: expected at {bound} {limit} items, got {len(value)}"
        case "minLength" | "maxLength":
            bound = "least" if error.validator == "minLength" else "most"
            return f"{where}: expected at {bound} {limit} characters, got {len(value)}"
        case _:
            return f"{where}: {error.message}"


def _explain_unknown(where: str, schema: dict[str, Any], value: dict[str, Any]) -> str:
    known = schema["properties"]
    hints = []
    for key in sorted(set(value) - set(known)):
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        hints.append(f"{key!r}" + (f" (did you mean {close[0]!r}?)" if close else ""))
    return f"{where}: expected only known keys, got {', '.join(hints)}"


def _path(error: ValidationError) -> str:
    path = ""
    for part in error.absolute_path:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "document"


def _not_finite(document: Any) -> Iterator[tuple[str, float]]:
    """Find the numbers that JSON does not have, but Python's parser lets through."""
    pending = [("", document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, float) and not math.isfinite(value):
            yield path, value
        elif isinstance(value, dict):
            pending += [(f"{path}.{key}" if path else str(key), sub) for key, sub in value.items()]
        elif isinstance(value, list):
            pending += [(f"{path}[{i}]", sub) for i, sub in enumerate(value)]


def _describe(value: Any) -> str:
    try:
        shown = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        shown = "of many levels"
    if len(shown) > _LONGEST_VALUE:
        shown = shown[:_LONGEST_VALUE] + "…"
    if isinstance(value, str):
        return f"the text {shown}"
    if isinstance(value, dict):
        return f"the object {shown}"
    return f"the list {shown}" if isinstance(value, list) else shown
