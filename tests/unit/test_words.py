import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.words import (
    BARS,
    ago,
    count,
    duration,
    folder,
    local_time,
    moment,
    printable,
    reasons,
    sparkline,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (0.44, "0.4 s"),
        (3.9, "3 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (86_400, "1 day"),
        (1e6, "11 days"),
        (-5, "0 s"),  # the clock of a server may be set
    ],
)
def test_a_duration_is_said_in_its_largest_unit(seconds, text):
    assert duration(seconds) == text


def test_what_never_happened_has_no_age():
    assert (ago(None), ago(3)) == ("never", "3 s ago")


@pytest.mark.parametrize(
    "seconds", [float("nan"), float("inf"), 1e300, -1e300, -1e12, 1.7e12, 253402300799.9 + 86400]
)
def test_a_time_of_no_calendar_is_unknown(seconds):
    assert (moment(seconds), moment(seconds, "%H:%M"), local_time(seconds)) == (
        "unknown",
        "unknown",
        None,
    )


@given(st.floats())
def test_any_number_can_be_told_as_a_time(seconds):
    assert moment(seconds)


def test_a_moment_is_told_where_we_are():
    assert moment(local_time(1e9).timestamp()) == local_time(1e9).strftime("%Y-%m-%d %H:%M:%S")
    assert local_time(1e9).utcoffset() is not None


def test_one_thing_has_no_plural():
    assert [count(n, "image") for n in (0, 1, 2)] == ["0 images", "1 image", "2 images"]


def test_the_most_frequent_reason_comes_first():
    assert reasons({"a": 1, "c": 5, "b": 5}) == "5 b, 5 c, 1 a"


def test_the_root_has_a_name():
    assert {folder(()), folder((".",))} == {"the root of the server"}
    assert folder(("2026", "user")) == "2026/user"


@given(st.text())
def test_a_terminal_gets_nothing_that_it_would_obey(text):
    assert printable(text).isprintable()


@given(st.text(st.characters(categories=("L", "N", "P"))))
def test_text_that_can_be_printed_stays_as_it_is(text):
    assert printable(text) == text


@given(st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_bars_grow_with_their_numbers(values):
    bars = sparkline(values)
    ordered = sorted(zip(values, bars, strict=True))
    assert [bar for _, bar in ordered] == sorted(bars)
    assert bars[values.index(max(values))] == BARS[-1]
    assert all((bar == BARS[0]) == (value == 0) for value, bar in ordered)


def test_nothing_happening_has_no_bars():
    assert sparkline([0, 0]) == sparkline([]) == ""
