"""Damage to bytes: bits that flip, ends that are missing, parts of others, values at a limit."""

import re
import struct

from hypothesis import strategies as st

EXTREMES = tuple(
    struct.pack(order + form, value)
    for form, bits in (("B", 8), ("H", 16), ("I", 32), ("Q", 64))
    for value in (0, 1, (1 << bits - 1) - 1, 1 << bits - 1, (1 << bits) - 1)
    for order in "<>"
)
WORDS = (
    *(b"-1", b"0", b"1e400", b"nan", b"-inf", b"1e-320", b"9" * 20, b"9" * 5000, b"2147483648"),
    *(b"null", b"[" * 2000, b'{"a":' * 2000, b'"', b"\\", b"\0", b"\xff", b"\xed\xa0\x80", b""),
    *("\N{ARABIC-INDIC DIGIT THREE}".encode(), b"\r", b"=", b"x" * 70_000),
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d*)?")
LARGEST = 1 << 18


@st.composite
def damaged(draw, samples):
    """Draw one of the samples, damaged in one to four places."""
    data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 4))):
        data = draw(st.sampled_from(DAMAGES))(draw, data, samples)
    return data[:LARGEST]


def _place(draw, data):
    return draw(st.integers(0, len(data)))


def _flip(draw, data, _):
    if not data:
        return data
    changed = bytearray(data)
    changed[draw(st.integers(0, len(data) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(changed)


def _cut(draw, data, _):
    return data[: _place(draw, data)]


def _leave_out(draw, data, _):
    begin, end = sorted((_place(draw, data), _place(draw, data)))
    return data[:begin] + data[end:]


def _repeat(draw, data, _):
    begin, end = sorted((_place(draw, data), _place(draw, data)))
    return data[:end] + data[begin:]


def _splice(draw, data, samples):
    other = draw(st.sampled_from(samples))
    return data[: _place(draw, data)] + other[_place(draw, other) :]


def _overwrite(draw, data, _):
    at, value = _place(draw, data), draw(st.sampled_from(EXTREMES))
    return data[:at] + value + data[at + len(value) :]


def _another_number(draw, data, _):
    numbers = list(_NUMBER.finditer(data))
    if not numbers:
        return data
    number = draw(st.sampled_from(numbers))
    return data[: number.start()] + draw(st.sampled_from(WORDS)) + data[number.end() :]


def _insert(draw, data, _):
    at = _place(draw, data)
    return data[:at] + draw(st.sampled_from(WORDS) | st.binary(max_size=20)) + data[at:]


DAMAGES = (_flip, _cut, _leave_out, _repeat, _splice, _overwrite, _another_number, _insert)
