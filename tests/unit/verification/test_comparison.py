import numpy as np

from saxsdog.verification.comparison import DIGITS, differing

SIGMA = np.array([0.5, 0.5, np.nan])
SAID = np.array([7.0, 1e-12, np.nan])


def test_what_rounding_does_near_zero_is_no_difference():
    now = SAID + np.array([0.0, 0.1 * DIGITS, 0.0])
    assert differing("intensity", SAID, now, SIGMA) == []
    assert differing("intensity", SAID, now) != []


def test_more_than_that_is_one():
    now = SAID + np.array([0.0, 10 * DIGITS, 0.0])
    (sentence,) = differing("intensity", SAID, now, SIGMA)
    assert sentence.startswith("intensity: 1 value of 3 differ, most of all number 2: ")
    assert sentence.endswith("2e-08 standard errors")


def test_a_number_that_is_missing_on_one_side_is_a_difference():
    now = np.array([7.0, np.nan, 3.0])
    (sentence,) = differing("intensity", SAID, now, SIGMA)
    assert sentence.startswith("intensity: 2 values of 3 differ")


def test_shapes_count():
    assert differing("q", SAID, SAID[:2]) == ["q: 3 values in the result, 2 values now"]
