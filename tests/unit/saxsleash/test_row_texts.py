"""What a row of the calibration shows."""

import pytest

from saxsleash.models.row_texts import channel_of, short_number, whole_numbers


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1043, "1043"),
        (12345678901, "12345678901"),
        (829.0, "829"),
        (1.54987, "1.54987"),
        (804.68604651163, "804.686…"),
        (0.30000000000000004, "0.3…"),
        (-804.68604651163, "-804.686…"),
        (1.549871234567e-10, "1.549871234567e-10"),
    ],
)
def test_a_long_number_is_shortened_and_says_so(number, text):
    assert short_number(number) == text


def test_all_digits_are_told_where_a_row_hides_some():
    assert whole_numbers(804.68604651163) == "804.68604651163"
    assert whole_numbers([804.68604651163, 422]) == "804.68604651163, 422"


@pytest.mark.parametrize("value", [None, "text", True, 1.5, [1, 2.5], [], {}])
def test_nothing_is_told_again_that_a_row_shows(value):
    assert whole_numbers(value) == ""


def test_slices_are_numbered_after_the_masks_as_their_files_are():
    document = {"Masks": [{}, {}], "Slices": [{}, {}]}
    assert channel_of(document, ("Slices", 1)) == "S3"
    assert channel_of({"Slices": [{}]}, ("Slices", 0)) == "S0"
    assert channel_of(document, ("Masks", 1)) == ""
