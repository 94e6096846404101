"""Frames on view: what they know of gaps, and how they are made small."""

import numpy as np
import pytest

from saxsleash.models.shown_frame import OVERVIEW_SIDE, ShownFrame


def test_an_image_is_copied():
    image = np.zeros((4, 4), np.int32)
    frame = ShownFrame.of_image("a.tif", image)
    image[:] = 7
    assert frame.counts_at(0, 0) == 0.0


def test_counts_are_those_of_the_pixel_that_holds_the_point():
    frame = ShownFrame.of_image("a.tif", np.arange(12, dtype=np.int32).reshape(3, 4))
    assert frame.counts_at(1.99, 3.01) == 7.0
    assert frame.counts_at(0, 0) == 0.0


@pytest.mark.parametrize("place", [(-0.1, 0), (0, -0.1), (3, 0), (0, 4)])
def test_there_are_no_counts_beside_the_frame(place):
    frame = ShownFrame.of_image("a.tif", np.zeros((3, 4), np.int32))
    assert frame.counts_at(*place) is None


def test_there_are_no_counts_in_a_gap():
    frame = ShownFrame.of_image("a.tif", np.array([[-1, 5]], np.int32))
    assert frame.counts_at(0.5, 0.5) is None
    assert frame.counts_at(0.5, 1.5) == 5.0


def test_a_preview_gives_the_mean_of_the_block_that_holds_the_point():
    means = np.array([[1.5, 2.5], [np.nan, 4.5]], np.float32)
    frame = ShownFrame.of_preview("a.tif", means, (5, 6), 3)
    assert frame.counts_at(2.9, 3.1) == 2.5
    assert frame.counts_at(4.9, 5.9) == 4.5
    assert frame.counts_at(3.0, 0.0) is None


def test_a_small_frame_is_its_own_overview():
    frame = ShownFrame.of_image("a.tif", np.zeros((10, 10), np.int32))
    assert frame.overview is frame


def test_the_overview_of_a_large_frame_holds_the_means_of_its_counts():
    image = np.full((4, 2 * OVERVIEW_SIDE), 3, np.uint32)
    image[0, 0] = np.iinfo(np.uint32).max  # no count: the mean is that of the three others
    image[:2, 2:4] = np.iinfo(np.uint32).max
    frame = ShownFrame.of_image("a.tif", image)
    small = frame.overview
    assert (small.block, small.shape, small.pixels.shape) == (2, image.shape, (2, OVERVIEW_SIDE))
    assert small.pixels[0, 0] == 3.0
    assert np.argwhere(small.gaps).tolist() == [[0, 1]]


def test_an_overview_keeps_to_the_flags_that_came_with_the_frame():
    image = np.full((2, 2 * OVERVIEW_SIDE), 3, np.int32)
    flagged = np.zeros(image.shape, bool)
    flagged[:, :2] = True
    frame = ShownFrame("a.tif", image, image.shape, 1, flagged, "file")
    assert np.argwhere(frame.overview.gaps).tolist() == [[0, 0]]
