"""The numbers at an axis are few, short and true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsleash.panels.history_axes import Across
from saxsleash.panels.history_marks import (
    logarithmic_marks,
    logarithmic_number,
    number,
    power_of,
    ten_to,
)


@given(st.floats(-20, 20), st.floats(0.01, 40), st.floats(0.02, 0.3))
def test_marks_of_decades_are_inside_and_not_crowded(low, span, gap):
    numbered, lines, _ = logarithmic_marks(low, low + span, gap * span)
    assert ((numbered >= low - 1e-9) & (numbered <= low + span + 1e-9)).all()
    assert (np.diff(numbered) >= gap * span - 1e-9).all()
    assert lines.size <= 60


@pytest.mark.parametrize(
    ("low", "high", "gap", "expected"),
    [
        (-2.5, 2.5, 0.6, [0.01, 0.1, 1, 10, 100]),
        (0, 2.1, 0.25, [1, 2, 5, 10, 20, 50, 100]),
        (5.6, 6.43, 0.15, [5e5, 1e6, 2e6]),
        (np.log10(5.01), np.log10(5.09), 0.001, [5.02, 5.04, 5.06, 5.08]),
        (-12, 12, 4.9, [1e-10, 1e-5, 1, 1e5, 1e10]),
    ],
)
def test_the_densest_marks_that_have_room_are_chosen(low, high, gap, expected):
    numbered, _, _ = logarithmic_marks(low, high, gap)
    np.testing.assert_allclose(10.0**numbered, expected)


def test_an_axis_that_was_dragged_beyond_all_numbers_still_has_marks():
    numbered, _, _ = logarithmic_marks(-1000, 1000, 10)
    assert np.isfinite(10.0**numbered).all()


def test_numbers_of_decades_are_short():
    written = [logarithmic_number(value) for value in (0.05, 1, 2000, 1e6, 2e6, 5e-7)]
    assert written == ["0.05", "1", "2000", "10⁶", "2·10⁶", "5·10⁻⁷"]


def test_long_numbers_are_written_as_multiples_of_a_power_of_ten():
    assert [power_of(v) for v in (0, 0.5, 9999, 10_000, 2.5e6, 0.005, 3e-7)] == [
        *(0, 0, 0),
        *(3, 6, -3, -9),
    ]
    assert ten_to(-9) == "10⁻⁹"


def test_numbers_have_the_digits_that_tell_them_apart():
    assert [number(v, 0.05) for v in (1.0, 1.05)] == ["1.00", "1.05"]
    assert number(20_000, 5000) == "20,000"
    assert number(0.3, 0.1) == "0.3"


def test_frames_are_counted_from_one():
    times = np.array([5.0, 7.0, 8.5])
    assert Across.FRAMES.places(times, 10).tolist() == [11, 12, 13]
    assert Across.SECONDS.places(times, 10).tolist() == [0.0, 2.0, 3.5]
    assert Across.CLOCK.places(times, 10).tolist() == [5.0, 7.0, 8.5]
    assert Across.SECONDS.places(times[:0], 0).size == 0
