"""Find the JSON Schemas and apply them."""

import json
import math
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from saxsdog.errors import DocumentError
from saxsdog.explanations import KeyPath, Problem, describe, explain, path_text

MOST_LEVELS = 32
"""Of lists and objects in each other, as in messages; our documents have less than ten."""


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
    """Parse JSON without keys that come twice, and not so deep that only the parser can bear it.

    Raises
    ------
    DocumentError
        With line and column if the text is not JSON.
    """
    try:
        document = json.loads(text, object_pairs_hook=_unique_keys)
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"expected JSON, got something else at line {error.lineno}, "
            f"column {error.colno}: {error.msg}"
        ) from error
    except (RecursionError, ValueError) as error:
        raise DocumentError(f"expected JSON of a sensible depth and size: {error}") from error
    if text.count("[") + text.count("{") > MOST_LEVELS and _is_deeper(document, MOST_LEVELS):
        raise DocumentError(
            f"expected JSON of a sensible depth, got more than {MOST_LEVELS} levels"
        )
    return document


def _is_deeper(document: Any, most: int) -> bool:
    """Whether lists and objects stand in each other more than so many times."""
    level = [document]
    for _ in range(most + 1):
        containers = [each for each in level if isinstance(each, dict | list)]
        if not containers:
            return False
        level = [
            item
            for each in containers
            for item in (each.values() if isinstance(each, dict) else each)
        ]
    return True


def problems(document: Any, name: str) -> list[Problem]:
    """Say everything that the schema of a document finds wrong with it."""
    try:
        errors = sorted(_leaves(_validator(name).iter_errors(document)), key=lambda e: e.json_path)
    except RecursionError:  # shallow enough to be parsed, but not to be shown in a message
        return [Problem("document", "expected JSON of a sensible depth, got more levels", ((),))]
    found = list(map(explain, errors))
    named = {problem.where for problem in found}
    return found + [
        Problem(where, f"expected a finite number, got {describe(value)}", (path,))
        for path, value in _not_finite(document)
        if (where := path_text(path)) not in named
    ]


def check(document: Any, name: str) -> None:
    """Check a document against its schema.

    Raises
    ------
    DocumentError
        With one line for each problem: the path of the key, what was expected and what came.
    """
    if found := problems(document, name):
        raise DocumentError("\n".join(map(str, found)))


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


def _not_finite(document: Any) -> Iterator[tuple[KeyPath, float]]:
    """Find the numbers that JSON does not have, but Python's parser lets through."""
    pending: list[tuple[KeyPath, Any]] = [((), document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, float) and not math.isfinite(value):
            yield path, value
        elif isinstance(value, dict):
            pending += [((*path, str(key)), sub) for key, sub in value.items()]
        elif isinstance(value, list):
            pending += [((*path, i), sub) for i, sub in enumerate(value)]
