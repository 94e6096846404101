"""Read JSON that came from outside, and refuse what two parsers could read differently."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from saxsdog.errors import ProtocolError

_LONGEST_INTEGER = len(str(-(2**63)))
_TEXT = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NOT_A_BRACKET = re.compile(r"[^\[\]{}]+")


@dataclass(frozen=True)
class Limits:
    """How much one document may hold.

    Attributes
    ----------
    depth
        Objects and lists inside each other.
    values
        Commas and opening brackets outside texts: no document has more values than one more.
    text
        Characters of a text or of a key.
    """

    depth: int = 32
    values: int = 10_000
    text: int = 65_536


REQUEST_LIMITS = Limits()
REPLY_LIMITS = Limits(values=2_000_000)
"""A page of the history has 5000 rows, each with the parameters of every channel."""


def parse(data: bytes, limits: Limits) -> Any:
    """Parse a document.

    Raises
    ------
    ProtocolError
        If this is no JSON in UTF-8, is larger than the limits, or holds a key twice, ``NaN``, an
        infinite number, an integer of more than 64 bits or half of a surrogate pair.
    """
    try:
        text = data.decode("utf-8")
        _check_extent(text, limits)
        document = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise ProtocolError(
            f"expected text in UTF-8, got byte {data[error.start]:#x} at {error.start}"
        ) from error
    except json.JSONDecodeError as error:
        raise ProtocolError(f"expected JSON, got something else at {error.pos}") from error
    _check_values(document, limits)
    return document


def dump(document: Any) -> bytes:
    """Write a document as :func:`parse` reads it.

    Raises
    ------
    ProtocolError
        If a number is not finite, or a text has half of a surrogate pair.
    """
    try:
        return _ENCODER.encode(document).encode("utf-8")
    except ValueError as error:
        raise ProtocolError(f"expected finite numbers and texts of Unicode: {error}") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ProtocolError("expected every key of an object once, got one twice")
    return document


def _integer(digits: str) -> int:
    # Python needs a time that grows with the square of the number of digits.
    if len(digits) <= _LONGEST_INTEGER and -(2**63) <= (value := int(digits)) < 2**63:
        return value
    raise ProtocolError(f"expected integers of 64 bits, got {len(digits)} characters")


def _no_constant(name: str) -> Any:
    raise ProtocolError(f"expected finite numbers, got {name}")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_keys, parse_int=_integer, parse_constant=_no_constant
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _check_extent(text: str, limits: Limits) -> None:
    """Check depth and number of values before the parser, which recurses, sees the text."""
    brackets = text.count("[") + text.count("{")
    if brackets <= limits.depth and text.count(",") + brackets <= limits.values:
        return  # true even if all of them were outside texts
    bare = _TEXT.sub("", text)
    values = bare.count(",") + bare.count("[") + bare.count("{")
    if values > limits.values:
        raise ProtocolError(f"expected at most {limits.values} values, got {values}")
    depth = 0
    for bracket in _NOT_A_BRACKET.sub("", bare):
        depth += 1 if bracket in "[{" else -1
        if depth > limits.depth:
            raise ProtocolError(f"expected at most {limits.depth} levels, got more")


def _check_values(document: Any, limits: Limits) -> None:
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            _check_text(value, limits)
        elif isinstance(value, dict):
            pending += value
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, float) and not math.isfinite(value):
            raise ProtocolError("expected finite numbers, got one that is too large")


def _check_text(text: str, limits: Limits) -> None:
    if len(text) > limits.text:
        raise ProtocolError(f"expected texts of at most {limits.text} characters, got {len(text)}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ProtocolError("expected texts of Unicode, got half of a surrogate pair") from error
