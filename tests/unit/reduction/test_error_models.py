"""Errors against the scatter of many simulated frames.

Frames of one pattern scatter by Poisson's law alone, so the deviations of their curves from the
true curve, in units of the error, have a mean square of 1. Neighbouring bins share pixels; how much
they follow each other is computed from the weights, and with it the uncertainty of the mean.
"""

from functools import cache

import numpy as np
import pytest

from saxsdog.reduction.channels import ErrorModel
from saxsdog.reduction.corrections import Polarization
from saxsdog.reduction.geometry import pixel_centers, q
from saxsdog.reduction.matrix import weight_matrix
from tests.helpers.oracles import a_geometry, only_curve, radial_plan

SHAPE = (60, 70)
GEOMETRY = a_geometry(SHAPE, beam_center=(22.31, 31.72), distance=0.3)
MASK = np.random.default_rng(8).random(SHAPE) < 0.2
N_FRAMES = 500
FEWEST_PIXELS = 8
"""In the bins that are looked at: with fewer the law of large numbers has no hold."""

SIGMAS = 4
"""Of statistics that a mean may be off."""


@cache
def pattern(counts):
    """Expected counts of every pixel; a steep curve, or a flat one."""
    if counts == "flat":
        return np.full(SHAPE, 20.0)
    scattered = q(GEOMETRY, *pixel_centers(GEOMETRY))
    falling = 1 / (0.3 + scattered / scattered.max()) ** 2
    return falling * {"many": 2000.0, "few": 0.5}[counts]


@cache
def frames(counts):
    return np.random.default_rng(17).poisson(pattern(counts), (N_FRAMES, *SHAPE)).astype(np.int32)


def curves(plan, counts):
    """Intensities, errors (frames, bins), the true curve and its true covariance; busy bins."""
    measured = [only_curve(frame, plan) for frame in frames(counts)]
    busy = measured[0].area > FEWEST_PIXELS
    weights = weight_matrix(plan, "R0").toarray()[busy]
    expected = pattern(counts).ravel()
    intensity = np.array([curve.intensity[busy] for curve in measured])
    sigma = np.array([curve.sigma[busy] for curve in measured])
    return intensity, sigma, weights @ expected, (weights * expected) @ weights.T


def chi_squared(plan, counts):
    """Chi² per degree of freedom and its standard deviation, in an honest model."""
    intensity, sigma, truth, covariance = curves(plan, counts)
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    uncertainty = np.sqrt(2 * (correlation**2).sum() / N_FRAMES) / truth.size
    return (((intensity - truth) / sigma) ** 2).mean(), uncertainty


def a_plan(model, **options):
    return radial_plan(GEOMETRY, mask=MASK, error_model=model, **options)


@pytest.mark.parametrize(
    "polarization", [None, Polarization(0.95, 0.2)], ids=["plain", "corrected"]
)
@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.5])
@pytest.mark.parametrize("oversampling", [1, 3])
def test_propagated_errors_are_as_large_as_the_scatter(oversampling, pixels_per_bin, polarization):
    plan = a_plan(
        ErrorModel.PROPAGATED,
        oversampling=oversampling,
        pixels_per_bin=pixels_per_bin,
        polarization=polarization,
    )
    chi2, uncertainty = chi_squared(plan, "many")
    assert chi2 == pytest.approx(1, abs=SIGMAS * uncertainty)
    assert uncertainty < 0.015


def test_poisson_errors_without_oversampling_are_as_large_as_the_scatter():
    chi2, uncertainty = chi_squared(a_plan(ErrorModel.POISSON, oversampling=1), "many")
    assert chi2 == pytest.approx(1, abs=SIGMAS * uncertainty)


def test_poisson_errors_with_oversampling_are_too_large_and_never_too_small():
    """Equation 7 of the paper counts the part of a pixel as if it were pixels of their own."""
    chi2, uncertainty = chi_squared(a_plan(ErrorModel.POISSON, oversampling=3), "many")
    assert 0.4 < chi2 < 1 - SIGMAS * uncertainty


def assert_mean_variance(sigma, expected):
    """The mean of the squared errors is the true variance, as far as frames can tell."""
    mean = (sigma**2).mean(axis=0)
    uncertainty = (sigma**2).std(axis=0) / np.sqrt(N_FRAMES)
    assert (np.abs(mean - expected) < SIGMAS * uncertainty + 1e-12).all()
    assert (uncertainty < 0.1 * expected).all()


@pytest.mark.parametrize("counts", ["many", "few"])
@pytest.mark.parametrize("oversampling", [1, 3])
def test_the_mean_square_of_propagated_errors_is_the_variance(oversampling, counts):
    plan = a_plan(ErrorModel.PROPAGATED, oversampling=oversampling)
    _, sigma, _, covariance = curves(plan, counts)
    assert_mean_variance(sigma, np.diag(covariance))


@pytest.mark.parametrize("oversampling", [1, 3, 5])
def test_the_mean_square_of_azimuthal_errors_of_a_flat_pattern_is_the_variance(oversampling):
    plan = a_plan(ErrorModel.AZIMUTHAL, oversampling=oversampling)
    _, sigma, _, covariance = curves(plan, "flat")
    assert_mean_variance(sigma, np.diag(covariance))


def test_azimuthal_errors_see_a_scatter_that_counting_does_not_explain():
    plans = [a_plan(model) for model in (ErrorModel.AZIMUTHAL, ErrorModel.PROPAGATED)]
    noise = np.random.default_rng(2).normal(1000.0, 200.0, SHAPE)
    azimuthal, propagated = (only_curve(noise, plan) for plan in plans)
    busy = azimuthal.area > FEWEST_PIXELS
    assert np.median(azimuthal.sigma[busy] / propagated.sigma[busy]) > 4


@pytest.mark.parametrize("oversampling", [1, 3])
def test_azimuthal_errors_of_large_equal_counts_vanish(oversampling):
    plan = a_plan(ErrorModel.AZIMUTHAL, oversampling=oversampling)
    curve = only_curve(np.full(SHAPE, 1_000_000, np.int32), plan)
    assert curve.sigma[curve.area > FEWEST_PIXELS].max() < 1
