"""Counts become colours and come back."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from saxsleash.models.count_scale import (
    BRIGHTEST,
    DARKEST,
    NO_COUNT,
    CountScale,
    counts_of,
    indices,
    levels_of,
    place_of,
    places,
    ticks,
)

scales = st.sampled_from(CountScale)
RNG = np.random.default_rng(20)


@given(st.floats(0, 1e9), scales)
def test_counts_come_back_from_their_place(counts, scale):
    assert counts_of(place_of(counts, scale), scale) == pytest.approx(counts, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("scale", CountScale)
@pytest.mark.parametrize("dtype", [np.int32, np.uint16, np.float32])
def test_images_are_mapped_as_single_counts_are(scale, dtype):
    image = np.array([[0, 1, 10, 12345]], dtype)
    mapped = places(image, np.zeros(image.shape, bool), scale)
    expected = [place_of(float(counts), scale) for counts in image[0]]
    assert mapped[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("scale", CountScale)
def test_gaps_get_their_own_index_whatever_they_hold(scale):
    image = np.array([[np.nan, -1.0, np.inf, 5.0]], np.float32)
    gaps = np.array([[True, True, True, False]])
    mapped = places(image, gaps, scale)
    assert (indices(mapped, gaps, (0.0, 1.0)) == NO_COUNT).tolist() == gaps.tolist()


def test_colours_run_from_the_lower_to_the_upper_level_and_stop_there():
    mapped = np.array([[-1.0, 0.0, 1.0, 2.0, 9.0]], np.float32)
    found = indices(mapped, np.zeros(mapped.shape, bool), (0.0, 2.0))[0].tolist()
    assert found == [DARKEST, DARKEST, (DARKEST + BRIGHTEST) // 2, BRIGHTEST, BRIGHTEST]


def test_a_few_very_bright_pixels_leave_the_picture_bright():
    image = RNG.poisson(100, (300, 300)).astype(np.int32)
    image[:3, :3] = 10_000_000
    gaps = np.zeros(image.shape, bool)
    _, high = levels_of(places(image, gaps, CountScale.LOG), gaps, CountScale.LOG)
    assert counts_of(high, CountScale.LOG) < 1000


@pytest.mark.parametrize("scale", CountScale)
def test_a_flat_frame_and_one_of_gaps_only_have_a_range_too(scale):
    image = np.zeros((20, 20), np.int32)
    for gaps in (np.zeros(image.shape, bool), np.ones(image.shape, bool)):
        low, high = levels_of(places(image, gaps, scale), gaps, scale)
        assert high > low


@given(st.floats(0, 1e6), st.floats(1.0, 1e6), scales)
def test_ticks_lie_between_the_levels_and_are_few(low, width, scale):
    levels = place_of(low, scale), place_of(low + width, scale)
    found = ticks(levels, scale)
    assert len(found) <= 30
    assert found == sorted(found)
    ends = [counts_of(level, scale) for level in levels]
    assert all(ends[0] <= counts <= ends[1] for counts in found)


@pytest.mark.parametrize("scale", CountScale)
@pytest.mark.filterwarnings("error")
@given(
    arrays(np.float64, (4, 5), elements=st.floats(0, allow_nan=False, allow_infinity=False)),
)
@example(np.full((4, 5), 1e300))
@example(np.array([[0.0, 1e300], [1.0, 1e39]]))
def test_no_count_of_a_file_is_too_large_to_be_drawn(scale, image):
    gaps = np.zeros(image.shape, bool)
    mapped = places(image, gaps, scale)
    assert np.isfinite(mapped).all()
    levels = levels_of(mapped, gaps, scale)
    colours = indices(mapped, gaps, levels)
    assert colours.flat[image.argmax()] == colours.max()
    assert all(np.isfinite(ticks(levels, scale)))


@pytest.mark.parametrize("scale", CountScale)
def test_levels_may_be_dragged_beyond_every_number(scale):
    assert all(np.isfinite(ticks((0.0, 1e308), scale)))
    assert all(np.isfinite(ticks((-1e308, 1e308), scale)))


def test_ticks_of_several_decades_are_powers_of_ten():
    levels = place_of(5, CountScale.LOG), place_of(50_000, CountScale.LOG)
    assert ticks(levels, CountScale.LOG) == [10, 100, 1000, 10_000]
