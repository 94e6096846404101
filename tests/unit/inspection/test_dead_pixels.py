"""Pixels without a count, counted against what is plain to see; and what a mask makes of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from saxsdog.inspection.blocks import all_in_blocks
from saxsdog.inspection.dead_pixels import FEW, DeadPixels, Turn, uncovered

SHAPE = (100, 80)
MOST = int(FEW * SHAPE[0] * SHAPE[1])
TURNS = {
    Turn.VERTICALLY: np.flipud,
    Turn.HORIZONTALLY: np.fliplr,
    Turn.BY_180_DEGREES: lambda mask: np.rot90(mask, 2),
}


@st.composite
def pairs(draw):
    """Flags and a mask of one shape."""
    shape = draw(array_shapes(min_dims=2, max_dims=2, max_side=9))
    return draw(arrays(np.bool_, shape)), draw(arrays(np.bool_, shape))


def first(n_pixels, shape=SHAPE):
    """The first pixels of the upper left quarter, row by row."""
    flags = np.zeros(shape, np.bool_)
    quarter = flags[: shape[0] // 2, : shape[1] // 2 - 3]
    quarter[np.unravel_index(np.arange(n_pixels), quarter.shape)] = True
    return flags


def dead(flags):
    return DeadPixels.of(flags, 1, flags.shape)


@given(pairs(), st.integers(1, 4))
def test_dead_pixels_are_those_of_the_blocks_without_a_count(pair, block):
    flags, mask = pair
    small = all_in_blocks(flags, block)
    whole = np.kron(small, np.ones((block, block), bool))[: flags.shape[0], : flags.shape[1]]
    found = DeadPixels.of(small, block, flags.shape)
    assert found.number == np.count_nonzero(whole)
    assert found.outside(mask) == np.count_nonzero(whole & ~mask)
    assert uncovered(small, mask, block).any() == (found.outside(mask) > 0)


def test_a_mask_that_covers_all_is_not_doubtful():
    found = dead(first(500)).compared_with(first(500))
    assert (found.outside, found.is_doubtful, found.turn) == (0, False, None)


@pytest.mark.parametrize(("missed", "doubtful"), [(MOST, False), (MOST + 1, True)])
def test_pixels_that_died_since_the_mask_was_made_raise_no_doubt(missed, doubtful):
    found = dead(first(500)).compared_with(first(500 - missed))
    assert (found.outside, found.turn) == (missed, None)
    assert found.is_doubtful is doubtful


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_mask_is_known_by_how_few_are_left_turned_back(turn):
    flags = first(205)
    found = dead(flags).compared_with(TURNS[turn](flags))
    assert (found.outside, found.turn, found.left) == (205, turn, 0)


def test_a_square_mask_may_be_transposed():
    flags = first(90, (60, 60))
    assert dead(flags).compared_with(flags.T).turn is Turn.TRANSPOSED


def test_few_pixels_are_enough_to_know_a_turned_mask():
    flags = first(3)
    found = dead(flags).compared_with(np.flipud(flags))
    assert (found.are_many, found.turn, found.is_doubtful) == (False, Turn.VERTICALLY, True)


def test_a_turn_that_halves_them_explains_nothing():
    flags, mask = first(100), np.flipud(first(50))
    assert dead(flags).compared_with(mask).turn is None
    assert dead(flags).compared_with(np.flipud(first(51))).turn is Turn.VERTICALLY


def test_a_turned_mask_is_worse_than_one_that_misses_more_pixels():
    flags = first(8)
    known, turned = np.zeros(SHAPE, bool), np.flipud(first(6))
    known[90, 40:] = True
    worst = max(known, turned, key=lambda mask: dead(flags).compared_with(mask).badness)
    assert worst is turned


def test_a_frame_without_dead_pixels_needs_no_mask():
    found = dead(np.zeros(SHAPE, bool))
    assert (found.number, found.are_many) == (0, False)
    assert dead(first(MOST + 1)).are_many
