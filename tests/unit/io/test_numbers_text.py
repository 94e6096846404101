import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from saxsdog.io.numbers_text import DIGITS, column_text, rows_text

FINITE = st.floats(allow_nan=False, allow_infinity=False)
HALF_A_DIGIT = Fraction(5, 10**DIGITS)
"""Rounding to twelve digits changes a number by at most this part of it."""

LAST_PLACE = Fraction(2, 2**52)
"""What two operations on doubles may add."""


def written(value):
    """A number as it stands in the third column."""
    text = rows_text(column_text(np.zeros(1)), np.zeros(1), np.array([value]))
    first, second, third = text.split()
    assert first == second == b"%.11e" % 0
    return third.decode()


def is_close_to_a_tie(value):
    """Whether the exact number lies, within the last place of a double, between two texts."""
    if value == 0:
        return False
    exact = abs(Fraction(value))
    exponent = Decimal(value).adjusted()
    scaled = exact * Fraction(10) ** (DIGITS - 1 - exponent)
    return abs(scaled - math.floor(scaled) - Fraction(1, 2)) <= scaled * LAST_PLACE


@settings(max_examples=500)
@given(FINITE)
@example(5e-324)
@example(-2.2250738585072014e-308)
@example(1.7976931348623157e308)
@example(9.9999999999995e22)
@example(9.99999999999949e-5)
@example(1e23)
@example(123456789012.5)
@example(0.001)
@example(1e-300)
def test_a_number_is_written_to_twelve_digits(value):
    text = written(value)
    mantissa, _, exponent = text.partition("e")
    assert len(mantissa.lstrip("-")) == DIGITS + 1
    assert mantissa.lstrip("-")[1] == "."
    assert (mantissa.lstrip("-")[0] == "0") == (value == 0)
    assert len(exponent) in (3, 4)
    difference = abs(Fraction(text) - Fraction(value))
    assert difference <= abs(Fraction(value)) * (HALF_A_DIGIT + LAST_PLACE)


@settings(max_examples=500)
@given(
    st.builds(
        lambda digits, exponent, sign: sign * digits * 10.0**exponent,
        st.floats(1, 10),
        st.integers(-20, 20),
        st.sampled_from([1, -1]),
    )
)
def test_a_number_of_usual_size_is_written_as_python_does(value):
    if not is_close_to_a_tie(value):
        assert written(value) == f"{value:.11e}"


@settings(max_examples=500)
@given(st.integers(0, 10**12 - 1))
def test_a_count_is_written_exactly(count):
    assert written(float(count)) == f"{count:.11e}"
    assert float(written(float(count))) == count


@settings(max_examples=500)
@given(st.integers(-20, 20), st.integers(10**11, 10**12 - 1))
def test_what_was_read_is_written_again_as_it_was(exponent, digits):
    text = f"{Decimal(digits).scaleb(exponent):.11e}"
    assert written(float(text)) == f"{float(text):.11e}"


@pytest.mark.parametrize("power", range(-323, 309))
def test_powers_of_ten_and_their_neighbours_have_the_right_exponent(power):
    value = float(f"1e{power}")
    for near in (value, np.nextafter(value, 0), np.nextafter(value, np.inf)):
        assert float(written(near)) == pytest.approx(near, rel=6e-12, abs=1e-323)
        if abs(power) <= 20:
            assert written(near) == f"{near:.11e}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "nan"),
        (-math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (0.0, "0.00000000000e+00"),
        (1.0, "1.00000000000e+00"),
        (-1.5, "-1.50000000000e+00"),
        (9.99999999999999, "1.00000000000e+01"),
        (1e100, "1.00000000000e+100"),
        (1e-100, "1.00000000000e-100"),
        (145565.0, "1.45565000000e+05"),
    ],
)
def test_some_numbers_have_a_known_text(value, text):
    assert written(value) == text


def test_a_negative_zero_is_a_zero():
    assert float(written(-0.0)) == 0


@settings(max_examples=200)
@given(st.lists(st.tuples(*[st.floats() | st.floats(0, 1e6)] * 3), max_size=30))
def test_rows_are_three_columns_that_numpy_reads_back(rows):
    first, second, third = (
        (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.empty(0),) * 3
    )
    text = rows_text(column_text(first), second, third)
    lines = text.decode().split("\n ")
    assert lines.pop() == ""
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        np.testing.assert_allclose(
            [float(word) for word in line.split(" ")], row, rtol=6e-12, atol=1e-323
        )


def test_the_longest_numbers_fit():
    longest = np.full(1000, -1.23456789012e-123)
    text = rows_text(column_text(longest), longest, longest)
    assert text == (b"-1.23456789012e-123 " * 3)[:-1] + b"\n " + text[61:]
    assert len(text) == 1000 * (3 * 19 + 4)


def test_a_column_is_written_as_python_does():
    values = np.random.default_rng(0).normal(0, 1e3, 100)
    column = column_text(values)
    starts = [0, *column.ends[:-1].tolist()]
    words = [
        column.text[a:b].tobytes().decode()
        for a, b in zip(starts, column.ends.tolist(), strict=True)
    ]
    assert words == [f"{value:.11e}" for value in values]
