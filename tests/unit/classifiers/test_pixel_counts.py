"""Counts of pixels against the same with numpy, in every kind of number."""

import math

import numpy as np
import pytest

from saxsdog.classifiers.pixel_counts import pixel_counts

SHAPE = (37, 41)
KINDS = [np.uint8, np.uint16, np.uint32, np.uint64, np.int8, np.int16, np.int32, np.int64]
REAL = [np.float32, np.float64]


def frame(kind):
    image = np.random.default_rng(6).integers(0, 100, SHAPE).astype(kind)
    image[0, :3] = 101
    return image


@pytest.mark.parametrize("kind", KINDS + REAL)
def test_all_pixels_are_counted(kind):
    image = frame(kind)
    found = pixel_counts(image, None, 90.0)
    assert found == {
        "total": float(image.astype(float).sum()),
        "maximum": 101.0,
        "saturated": np.count_nonzero(image >= 90) / image.size,
    }


@pytest.mark.parametrize("kind", KINDS + REAL)
def test_masked_pixels_and_those_without_a_measurement_do_not_count(kind):
    image = frame(kind)
    used = np.random.default_rng(7).random(SHAPE) < 0.7
    used[0, 0], used[1, 1], used[2, 2] = False, True, True
    unsigned = np.dtype(kind).kind == "u"
    image[1, 1] = np.iinfo(kind).max if unsigned else -1
    image[2, 2] = np.nan if kind in REAL else image[1, 1]
    good = used.copy()
    good[1, 1] = good[2, 2] = False
    found = pixel_counts(image, used.ravel(), 90.0)
    assert found["total"] == image[good].astype(float).sum()
    assert found["maximum"] == image[good].max()
    marked = 2 if unsigned else 0  # there such a pixel has overflown
    share = (np.count_nonzero(image[good] >= 90) + marked) / (np.count_nonzero(good) + marked)
    assert found["saturated"] == share


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_saturation_unsigned_numbers_have_one(kind):
    image = frame(kind)
    found = pixel_counts(image, None, None)["saturated"]
    assert found == 0.0 if np.dtype(kind).kind == "u" else math.isnan(found)


def test_a_saturation_beyond_the_numbers_is_never_reached():
    assert pixel_counts(frame(np.uint16), None, 1e9)["saturated"] == 0.0
    assert pixel_counts(frame(np.int32), None, 100.5)["saturated"] == 3 / (37 * 41)


def test_an_image_without_a_measurement_has_no_counts():
    found = pixel_counts(np.full(SHAPE, -1, np.int32), None, 5.0)
    assert all(map(math.isnan, found.values()))


def test_high_counts_are_added_exactly():
    image = np.full(SHAPE, 2**31 - 1, np.int32)
    assert pixel_counts(image, None, None)["total"] == image.size * (2**31 - 1)
