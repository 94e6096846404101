"""Curves that are scaled, and from which others are subtracted."""

import numpy as np
import pytest

from saxsdog.reduction.scaling import UNSCALED, Background, Scaling, mean, on_bins

Q = np.linspace(0.5, 4.5, 9)


def curve(seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(10, 20, Q.size), rng.uniform(1, 2, Q.size)


def test_without_a_scaling_a_curve_is_the_same_object():
    intensity, sigma = curve(0)
    assert UNSCALED.apply("R0", intensity, sigma, None) == (intensity, sigma)


def test_a_factor_scales_intensity_and_error_alike():
    intensity, sigma = curve(0)
    scaled, error = Scaling(0.25).apply("R0", intensity, sigma, None)
    np.testing.assert_array_equal(scaled, intensity / 4)
    np.testing.assert_array_equal(error, sigma / 4)


def test_errors_of_image_and_background_add_in_squares():
    """By drawing both again and again: the scatter of what remains is its standard error."""
    rng = np.random.default_rng(1)
    (intensity, sigma), (other, of_other) = curve(2), curve(3)
    n = 200_000
    drawn = 0.5 * rng.normal(intensity, sigma, (n, Q.size)) - 0.8 * rng.normal(
        other, of_other, (n, Q.size)
    )
    scaling = Scaling(0.5, background_scale=0.8)
    left, error = scaling.apply("R0", intensity, sigma, Background(other, of_other))
    np.testing.assert_allclose(left, drawn.mean(axis=0), atol=5 * error.max() / np.sqrt(n))
    np.testing.assert_allclose(error, drawn.std(axis=0), rtol=0.02)


def test_a_background_of_the_image_counts_before_that_of_the_calibration():
    intensity, sigma = curve(0)
    own, fixed = Background(*curve(1)), Background(*curve(2))
    scaling = Scaling(1.0, {"R0": own})
    np.testing.assert_allclose(
        scaling.apply("R0", intensity, sigma, fixed)[0], intensity - own.intensity
    )
    np.testing.assert_allclose(
        scaling.apply("R1", intensity, sigma, fixed)[0], intensity - fixed.intensity
    )


def test_a_scale_of_0_takes_nothing_away():
    intensity, sigma = curve(0)
    empty = Background(np.full(Q.size, np.nan), np.full(Q.size, np.nan))
    left, error = Scaling(background_scale=0.0).apply("R0", intensity, sigma, empty)
    np.testing.assert_array_equal(left, intensity)
    np.testing.assert_array_equal(error, sigma)


def test_a_curve_on_the_same_bins_stays_as_it_is():
    intensity, sigma = curve(0)
    intensity[3] = np.nan
    background = on_bins(Q, intensity, sigma, Q * (1 + 1e-12))
    np.testing.assert_array_equal(background.intensity, intensity)


def test_other_bins_are_interpolated_and_nothing_is_known_outside():
    bins = np.array([0.4, 0.5, 1.25, 4.5, 4.6])
    line = on_bins(Q, 2 * Q, np.full(Q.size, np.nan), bins)
    np.testing.assert_allclose(line.intensity, [np.nan, 1.0, 2.5, 9.0, np.nan])
    np.testing.assert_array_equal(line.sigma[1:4], 0)


def test_an_empty_bin_is_bridged():
    intensity = 2 * Q
    intensity[2] = np.nan
    bins = Q[:-1] + 0.1
    np.testing.assert_allclose(on_bins(Q, intensity, Q, bins).intensity, 2 * bins)


@pytest.mark.filterwarnings("error")
def test_of_a_curve_without_numbers_nothing_is_known():
    nothing = np.full(Q.size, np.nan)
    assert np.isnan(on_bins(Q, nothing, nothing, Q[:3]).intensity).all()


def test_the_error_of_a_mean_falls_with_the_number():
    intensity, sigma = curve(0)
    four = mean([Background(intensity + i, sigma) for i in range(4)])
    np.testing.assert_allclose(four.intensity, intensity + 1.5)
    np.testing.assert_allclose(four.sigma, sigma / 2)
