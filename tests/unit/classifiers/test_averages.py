"""Means over a part of a curve, and how much two curves differ."""

import math

import numpy as np
import pytest

from saxsdog.classifiers.averages import difference, mean


def test_the_mean_is_the_integral_over_the_length():
    intensity, widths = np.array([1.0, np.nan, 4.0]), np.array([3.0, 100.0, 1.0])
    assert mean(intensity, widths) == {"mean": (3 * 1 + 4) / 4}


def test_an_empty_part_has_no_mean():
    assert math.isnan(mean(np.full(3, np.nan), np.ones(3))["mean"])


def test_curves_that_differ_by_noise_alone_have_a_chi2_of_one():
    random = np.random.default_rng(4)
    level = np.linspace(50, 5000, 4000)
    a, b = random.poisson(level), random.poisson(level)
    found = difference(a.astype(float), np.sqrt(a), b.astype(float), np.sqrt(b))
    assert found["chi2"] == pytest.approx(1.0, abs=5 * math.sqrt(2 / level.size))


def test_a_shift_by_two_errors_adds_two():
    """(2 sigma)² over the sum of two equal variances."""
    a, sigma = np.linspace(1, 2, 100), np.full(100, 0.1)
    assert difference(a + 0.2, sigma, a, sigma) == pytest.approx({"chi2": 2.0})


def test_bins_that_nobody_knows_do_not_count():
    a = np.array([1.0, np.nan, 3.0, 5.0, np.inf])
    b = np.array([2.0, 1.0, np.nan, 5.0, 0.0])
    sigma = np.array([0.5, 1.0, 1.0, 0.0, 1.0])
    assert difference(a, sigma, b, sigma) == {"chi2": 2.0}
    assert math.isnan(difference(a[1:], sigma[1:], b[1:], sigma[1:])["chi2"])
