from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsleash.models.growing import Growing


@given(st.lists(st.lists(st.floats(allow_nan=False), max_size=900), max_size=9))
def test_it_holds_what_was_appended(pages):
    growing = Growing(np.float64)
    for page in pages:
        growing.extend(page)
    assert growing.values.tolist() == list(chain.from_iterable(pages))
    assert len(growing) == sum(map(len, pages))


def test_a_view_keeps_what_it_held_while_more_comes():
    growing = Growing(np.int32)
    growing.extend([1, 2, 3])
    view = growing.values
    growing.extend(np.arange(10_000))
    assert view.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 9


def test_the_end_can_be_cut_and_written_again():
    growing = Growing(np.int32)
    growing.extend([1, 2, 3])
    growing.cut(1)
    growing.extend([7])
    assert growing.values.tolist() == [1, 7]
    growing.cut(5)
    assert len(growing) == 2


def test_it_can_be_filled_up():
    growing = Growing(np.float64)
    growing.extend([1.0])
    growing.fill(3, 5.0)
    growing.fill(2, 7.0)
    assert growing.values.tolist() == [1.0, 5.0, 5.0]
