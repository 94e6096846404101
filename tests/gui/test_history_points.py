"""What is drawn of very many points says the same as all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsleash.panels.history_points import band, logarithm, nearest, within

numbers = st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6))
points = st.lists(st.tuples(st.floats(0, 100), numbers), max_size=60).map(sorted)


def split(pairs):
    array = np.array(pairs).reshape(-1, 2)
    return array[np.argsort(array[:, 0], kind="stable")].T


@given(points, st.floats(0.5, 40))
def test_a_band_holds_the_least_and_the_greatest_value_of_each_column(pairs, width):
    x, y = split(pairs)
    drawn = band(x, y, 0.0, width, int(200 / width) + 2)
    columns = {}
    for at, value in zip(x, y, strict=True):
        if not np.isnan(value):
            columns.setdefault(
                int(np.searchsorted(np.arange(500) * width, at, "right")), []
            ).append(value)
    expected = [end for _, values in sorted(columns.items()) for end in (min(values), max(values))]
    assert drawn.y.tolist() == expected
    assert (np.diff(drawn.x) >= 0).all()
    assert drawn.x.size == drawn.connect.size


def test_a_band_is_broken_where_nothing_was_measured():
    x = np.array([0.5, 1.5, 2.5, 60.5, 61.5])
    drawn = band(x, x, 0.0, 1.0, 100)
    joined = drawn.connect[1:-1:2].tolist()
    assert joined == [1, 1, 0, 1]
    assert drawn.connect[::2].all()


def test_columns_keep_their_places_while_the_view_moves():
    x = np.arange(1000.0)
    y = np.sin(x)
    before, after = band(x, y, 100.0, 10.0, 30), band(x, y, 103.0, 10.0, 30)
    assert before.x.tolist() == after.x.tolist()
    assert before.y.tolist() == after.y.tolist()


def test_nothing_in_view_is_nothing_to_draw():
    assert band(np.arange(5.0), np.arange(5.0), 100.0, 1.0, 10).x.size == 0
    assert band(np.empty(0), np.empty(0), 0.0, 1.0, 10).x.size == 0


def test_what_is_within_includes_both_ends():
    x = np.array([0.0, 1.0, 1.0, 2.0, 3.0])
    assert x[within(x, 1.0, 2.0)].tolist() == [1.0, 1.0, 2.0]


def test_there_is_no_logarithm_of_what_is_not_above_zero():
    np.testing.assert_array_equal(
        logarithm(np.array([100.0, 0.0, -1.0, np.nan])), [2.0, np.nan, np.nan, np.nan]
    )


@given(points, st.floats(0, 100), st.floats(-1e6, 1e6))
def test_the_nearest_point_is_the_nearest_on_the_screen(pairs, at_x, at_y):
    x, y = split(pairs)
    found = nearest(x, y, (at_x, at_y), (0.1, 1000.0), 30.0)
    distances = np.hypot((x - at_x) / 0.1, (y - at_y) / 1000.0)
    near = distances[distances <= 30.0]
    if near.size == 0:
        assert found is None
    else:
        assert found is not None
        assert found[1] == pytest.approx(near.min())
        assert distances[found[0]] == pytest.approx(near.min())
