"""Places along axes, and the ticks that belong there."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saxsleash.models.scales import Scale, ScaleKind, number_text, threshold_for

LOG = Scale(ScaleKind.LOG)


@pytest.mark.parametrize("kind", list(ScaleKind))
def test_inverse_undoes_forward(kind):
    scale = Scale(kind, threshold=0.1)
    values = np.array([1e-4, 0.3, 1.0, 7.0, 1e6])
    assert scale.inverse(scale.forward(values)) == pytest.approx(values)


def test_a_logarithm_has_no_place_for_what_is_not_positive():
    placed = LOG.forward(np.array([-1.0, 0.0, np.nan, 100.0]))
    assert np.isnan(placed).tolist() == [True, True, True, False]
    assert placed[3] == 2.0


def test_a_symmetric_logarithm_is_odd_and_a_logarithm_far_from_zero():
    scale = Scale(ScaleKind.SYMLOG, threshold=10.0)
    values = np.array([0.0, 5.0, 1e5, 1e7])
    assert scale.forward(-values) == pytest.approx(-scale.forward(values))
    assert scale.forward(values)[2:] == pytest.approx([4.0, 6.0], abs=1e-6)


@given(st.floats(-8, 8), st.floats(0.05, 12), st.sampled_from(ScaleKind), st.floats(60, 1500))
def test_ticks_lie_between_the_ends_and_ascend(low, width, kind, pixels):
    ticks = Scale(kind).ticks(low, low + width, pixels)
    for _, places in ticks:
        assert places == sorted(places)
        assert all(low - 1e-6 <= place <= low + width + 1e-6 for place in places)


@given(st.floats(-8, 8), st.floats(0.05, 12), st.sampled_from(ScaleKind), st.floats(60, 1500))
def test_a_long_axis_has_labels_but_not_too_many(low, width, kind, pixels):
    (_, labelled), _ = Scale(kind).ticks(low, low + width, pixels)
    assert len(labelled) <= pixels / 55 * 1.7 + 3


sizes = st.floats(5e-324, 1.7e308)
ends = st.floats(-1.7e308, 1.7e308)


@pytest.mark.filterwarnings("error")
@given(ends, ends, sizes, st.sampled_from(ScaleKind), st.floats(60, 1500))
@example(-1.7e308, 1.7e308, 1e308, ScaleKind.LINEAR, 600.0)
@example(0.0, 5e-324, 5e-324, ScaleKind.LINEAR, 600.0)
@example(1.0, 1.0 + 2e-16, 1.0, ScaleKind.LINEAR, 600.0)
@example(-300.0, 300.0, 1e300, ScaleKind.SYMLOG, 600.0)
@example(-300.0, 300.0, 1e-300, ScaleKind.SYMLOG, 600.0)
def test_no_number_is_too_large_or_too_small_for_an_axis(low, high, size, kind, pixels):
    scale = Scale(kind, threshold_for(np.array([size])))
    assert 0 < scale.threshold < np.inf
    ends = scale.forward(np.sort([low, high]))
    for left, right in (ends, (low, high)):
        for distance, places in scale.ticks(float(left), float(right), pixels):
            assert len(places) < 2000
            assert len(scale.labels(places, distance)) == len(places)


@pytest.mark.filterwarnings("error")
@given(st.lists(ends, min_size=1), sizes)
def test_a_symmetric_logarithm_has_a_finite_place_for_every_number(values, size):
    scale = Scale(ScaleKind.SYMLOG, threshold_for(np.array([size])))
    placed = scale.forward(np.array(values))
    assert np.isfinite(placed).all()
    assert (np.sign(placed)[np.abs(values) >= scale.threshold] != 0).all()


def test_around_the_largest_numbers_nothing_is_drawn():
    placed = Scale().forward(np.array([-1.7e308, 1.0, 1e299, 1.7e308]))
    assert np.isfinite(placed).tolist() == [False, True, True, False]


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_no_number_has_no_label(value):
    assert number_text(value) == ""


def test_an_axis_over_two_decades_is_labelled_at_one_two_and_five():
    (distance, places), _ = LOG.ticks(-1.0, 1.0, 600)
    assert LOG.labels(places, distance) == ["0.1", "0.2", "0.5", "1", "2", "5", "10"]


def test_an_axis_over_less_than_a_decade_has_round_values():
    (distance, places), _ = LOG.ticks(np.log10(40), np.log10(90), 400)
    assert LOG.labels(places, distance) == ["40", "50", "60", "70", "80", "90"]


def test_a_symmetric_axis_is_labelled_on_both_sides_of_zero():
    scale = Scale(ScaleKind.SYMLOG, threshold=1.0)
    ends = scale.forward(np.array([-100.0, 100.0]))
    (distance, places), _ = scale.ticks(ends[0], ends[1], 600)
    assert scale.labels(places, distance) == ["-100", "-10", "-1", "0", "1", "10", "100"]


def test_an_axis_that_reaches_beyond_all_numbers_has_ticks_all_the_same():
    for kind in ScaleKind:
        scale = Scale(kind)
        for distance, places in scale.ticks(-1e5, 1e5, 500):
            assert len(scale.labels(places, distance)) == len(places) < 2000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.2, "0.2"),
        (9999.9999999, "10000"),
        (2e6, "2·10⁶"),
        (1e5, "10⁵"),
        (-1e-6, "-10⁻⁶"),
        (2.5e-5, "2.5·10⁻⁵"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert number_text(value) == text


def test_a_threshold_is_a_power_of_ten_below_most_values():
    values = np.concatenate([np.linspace(0.5, 1.0, 10), np.linspace(20.0, 5000.0, 990)])
    assert threshold_for(values) == 100.0


def test_a_threshold_stays_while_it_is_about_right():
    values = np.array([200.0, 3000.0, np.nan])
    assert threshold_for(values, former=10.0) == 10.0
    assert threshold_for(values, former=1e-6) == 100.0


def test_nothing_but_zeros_has_a_threshold():
    assert threshold_for(np.zeros(3)) == 1.0
    assert threshold_for(np.zeros(3), former=0.1) == 0.1
