"""Numbers as text, fast: formatting a curve must not cost more than integrating the image.

Twelve significant digits in the form ``1.23456789012e-03``: what a double holds to better than
1e-11, in a small part of the time of Python's own formatting.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

DIGITS = 12
WIDEST = len("-1.23456789012e-123")
SPACE, NEWLINE, DOT, MINUS, PLUS, ZERO, LETTER_E = b" \n.-+0e"
NAN_TEXT = np.frombuffer(b"nan", dtype=np.uint8)
INF_TEXT = np.frombuffer(b"inf", dtype=np.uint8)
LARGEST_POWER = 300
POWERS = np.array([float(f"1e{power}") for power in range(LARGEST_POWER + 1)])
"""Exact up to 10²², where nearly all counts and errors lie."""

PAIRS = np.frombuffer(b"".join(b"%02d" % i for i in range(100)), dtype=np.uint8).reshape(100, 2)
"""Two digits at a time: a division for each would take most of the time."""

FRACTION_BITS, EXPONENTS, BIAS = 52, 2048, 1023
"""Of a double: bits behind the exponent, number of exponents, and the one that means 2⁰."""

TENS = np.array([math.floor((e - BIAS) * math.log10(2)) for e in range(EXPONENTS)])
"""The power of ten in the smallest number of an exponent; the largest may have the next one."""


@dataclass(frozen=True)
class ColumnText:
    """A column of numbers as text; number i is ``text[ends[i - 1]:ends[i]]``."""

    text: Bytes
    ends: NDArray[np.int64]


def column_text(values: Array) -> ColumnText:
    """Format a column that stays the same for many files."""
    words = [b"%.11e" % value for value in values.tolist()]
    ends = np.cumsum([len(word) for word in words], dtype=np.int64)
    return ColumnText(np.frombuffer(b"".join(words), dtype=np.uint8), ends)


def rows_text(first: ColumnText, second: Array, third: Array) -> bytes:
    """Rows of three numbers, separated by a space; after each row a new line and a space.

    Parameters
    ----------
    first
        The first column, formatted before.
    second, third
        The other columns, of the same length.
    """
    out = np.empty(first.text.size + first.ends.size * (2 * WIDEST + 4), dtype=np.uint8)
    numbers = np.stack([second, third])
    size = _write_rows(first.text, first.ends, numbers, numbers.view(np.int64), out)
    return out[:size].tobytes()


@compiled
def _write_rows(
    text: Bytes, ends: NDArray[np.int64], numbers: Array, bits: NDArray[np.int64], out: Bytes
) -> int:
    at = begin = 0
    for i in range(ends.size):
        for j in range(begin, ends[i]):
            out[at] = text[j]
            at += 1
        begin = ends[i]
        for column in range(2):
            out[at] = SPACE
            at = _write_number(numbers[column, i], bits[column, i], out, at + 1)
        out[at] = NEWLINE
        out[at + 1] = SPACE
        at += 2
    return at


@compiled
def _write_number(value: float, bits: int, out: Bytes, at: int) -> int:
    """Write a number, given also as the bits of its double; return where the next byte goes."""
    if np.isnan(value):
        return _copy(NAN_TEXT, out, at)
    if value < 0.0:
        out[at] = MINUS
        at += 1
        value = -value
    if np.isinf(value):
        return _copy(INF_TEXT, out, at)
    digits, exponent = _decimal(value, bits >> FRACTION_BITS & EXPONENTS - 1)
    _write_digits(digits, out, at)
    at += DIGITS + 1
    out[at] = LETTER_E
    out[at + 1] = MINUS if exponent < 0 else PLUS
    exponent = abs(exponent)
    at += 2
    if exponent > 99:
        out[at] = ZERO + exponent // 100
        at += 1
    _write_pair(exponent % 100, out, at)
    return at + 2


@compiled
def _write_digits(digits: int, out: Bytes, at: int) -> None:
    """Write twelve digits with a dot behind the first."""
    upper = digits // 1_000_000
    _write_six(upper, out, at + 1)
    _write_six(digits - upper * 1_000_000, out, at + 7)
    out[at] = out[at + 1]
    out[at + 1] = DOT


@compiled
def _write_six(digits: int, out: Bytes, at: int) -> None:
    six = np.uint32(digits)  # 32 bits are divided faster than 64
    four, last = six // np.uint32(100), six % np.uint32(100)
    first, middle = four // np.uint32(100), four % np.uint32(100)
    _write_pair(first, out, at)
    _write_pair(middle, out, at + 2)
    _write_pair(last, out, at + 4)


@compiled
def _write_pair(pair: Any, out: Bytes, at: int) -> None:
    out[at] = PAIRS[pair, 0]
    out[at + 1] = PAIRS[pair, 1]


@compiled
def _decimal(value: float, binary_exponent: int) -> tuple[int, int]:
    """Twelve digits and the exponent of the first one, of a number that is not negative."""
    if value == 0.0:
        return 0, 0
    exponent = TENS[binary_exponent]
    if binary_exponent == 0:  # numbers below 2e-308 give up leading bits
        exponent = int(np.floor(np.log10(value)))
    digits = _scaled(value, DIGITS - 1 - exponent)
    # The estimate, or rounding 9.99... up, may be off by one place.
    if digits >= 10**DIGITS:
        exponent += 1
        digits = _scaled(value, DIGITS - 1 - exponent)
    elif digits < 10 ** (DIGITS - 1):
        exponent -= 1
        digits = _scaled(value, DIGITS - 1 - exponent)
    return digits, exponent


@compiled
def _scaled(value: float, power: int) -> int:
    """Return the integer next to ``value * 10**power``."""
    if power < 0:
        return int(np.rint(value / POWERS[-power]))
    if power > LARGEST_POWER:
        value *= POWERS[LARGEST_POWER]
        power -= LARGEST_POWER
    return int(np.rint(value * POWERS[power]))


@compiled
def _copy(word: Bytes, out: Bytes, at: int) -> int:
    for i in range(word.size):
        out[at + i] = word[i]
    return at + word.size
