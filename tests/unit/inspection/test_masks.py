"""What is wrong with a mask, seen by itself."""

import numpy as np
import pytest

from saxsdog.inspection.masks import TOO_MUCH, Fault, fault_of, masked_share

SHAPE = (10, 40)


def mask_of(n_pixels):
    """A mask of the first pixels."""
    return (np.arange(SHAPE[0] * SHAPE[1]) < n_pixels).reshape(SHAPE)


@pytest.mark.parametrize(
    ("n_pixels", "fault"),
    [(0, Fault.EMPTY), (1, None), (380, None), (381, Fault.INVERTED), (400, Fault.INVERTED)],
)
def test_a_mask_leaves_out_something_but_not_nearly_all(n_pixels, fault):
    assert TOO_MUCH * 400 == 380
    assert fault_of(mask_of(n_pixels), SHAPE) is fault


def test_a_mask_of_another_shape_is_judged_by_that_alone():
    assert fault_of(mask_of(400), SHAPE[::-1]) is Fault.SHAPE
    assert fault_of(np.zeros((0, 0), np.bool_), SHAPE) is Fault.SHAPE


def test_the_share_is_that_of_the_masked_pixels():
    assert masked_share(mask_of(100)) == 0.25
    assert masked_share(np.zeros((0, 0), np.bool_)) == 0.0
