"""Masks seen in blocks, against a loop over the blocks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from saxsdog.inspection.blocks import all_in_blocks, any_in_blocks

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=9))


def blocks_of(mask, block):
    rows, columns = mask.shape
    return [
        [mask[row : row + block, column : column + block] for column in range(0, columns, block)]
        for row in range(0, rows, block)
    ]


@given(masks, st.integers(1, 5))
def test_a_block_is_touched_if_one_of_its_pixels_is_masked(mask, block):
    expected = [[part.any() for part in row] for row in blocks_of(mask, block)]
    assert any_in_blocks(mask, block).tolist() == expected


@given(masks, st.integers(1, 5))
def test_a_block_is_covered_if_all_of_its_pixels_are_masked(mask, block):
    expected = [[part.all() for part in row] for row in blocks_of(mask, block)]
    assert all_in_blocks(mask, block).tolist() == expected
