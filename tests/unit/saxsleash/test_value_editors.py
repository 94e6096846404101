import numpy as np
import pytest

from saxsleash.editors.thumbnails import shares
from saxsleash.editors.value_editors import number_of, parts_of, words_of
from saxsleash.models.edits import ABSENT


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("829.7", "829.7"),
        (" 1043 ", "1043"),
        ("-1.5e-3", "-0.0015"),
        ("−2", "-2"),
        ("+3.", "3.0"),
        (".5", "0.5"),
    ],
)
def test_numbers_are_read_as_they_are_typed(text, number):
    assert repr(number_of(text)) == number


@pytest.mark.parametrize(
    "text", ["829,7", "12e", "nan", "inf", "1_000", "1e999", "0x10", "9" * 400]
)
def test_what_is_no_number_stays_a_text(text):
    assert number_of(text) == text


def test_nothing_is_no_number():
    assert number_of("  ") is ABSENT


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a / b/c", ["a", "b", "c"]),
        ("/a//b/", ["a", "b"]),
        ("a\\b", ["a", "b"]),
        (" . ", ["."]),
        ("", ["."]),
        ("./a", ["a"]),
        ("run 1", ["run 1"]),
    ],
)
def test_a_folder_is_read_part_by_part(text, parts):
    assert parts_of(text) == parts


def test_words_of_a_selection_are_read_with_or_without_commas():
    assert words_of("chi, dat") == words_of(" chi dat,") == ["chi", "dat"]
    assert words_of(" , ") is ABSENT


@pytest.mark.parametrize("shape", [(1043, 981), (3, 50), (1, 1), (47, 46)])
def test_a_thumbnail_shows_the_masked_share_of_each_block(shape):
    mask = np.random.default_rng(1).random(shape) < 0.3
    small = shares(mask, 20)
    block = -(-max(shape) // 20)
    assert max(small.shape) <= 20
    for i, j in ((0, 0), (-1, -1)):
        rows = slice((small.shape[0] + i) % small.shape[0] * block, None)
        columns = slice((small.shape[1] + j) % small.shape[1] * block, None)
        assert small[i, j] == pytest.approx(mask[rows, columns][:block, :block].mean())
