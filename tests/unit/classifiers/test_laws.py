"""Guinier's and Porod's laws on curves whose parameters are known."""

import math

import numpy as np
import pytest

from saxsdog.classifiers.laws import guinier, porod

Q = np.linspace(0.02, 3.0, 1500)
RADIUS = 4.0


def sphere(q, radius=RADIUS):
    """Form factor of a sphere, 1 at q = 0 (Rayleigh 1911)."""
    x = q * radius
    return (3 * (np.sin(x) - x * np.cos(x)) / x**3) ** 2


def part(q, start, stop):
    return q[(start <= q) & (q < stop)]


def test_the_radius_of_gyration_of_a_gaussian_curve_is_exact():
    q = part(Q, 0.0, 0.5)
    found = guinier(q, 7.0 * np.exp(-(q**2) * 2.5**2 / 3), np.full(q.size, 0.01))
    assert found == pytest.approx({"Rg": 2.5, "I0": 7.0, "r2": 1.0, "qRg_max": 2.5 * q[-1]})


def test_that_of_a_sphere_is_the_root_of_three_fifths_of_its_radius():
    radius = math.sqrt(3 / 5) * RADIUS
    q = part(Q, 0.0, 0.5 / radius)
    found = guinier(q, 100 * sphere(q), np.sqrt(sphere(q)))
    assert found["Rg"] == pytest.approx(radius, rel=0.01)
    assert found["I0"] == pytest.approx(100, rel=0.002)
    assert found["qRg_max"] < 0.51


def test_a_range_that_is_too_wide_is_seen_at_its_end():
    q = part(Q, 0.0, 0.8)
    found = guinier(q, sphere(q), np.full(q.size, 1e-3))
    assert found["qRg_max"] > 1.3
    assert found["r2"] < 0.9999


def test_bins_count_by_their_errors():
    """An outlier whose error is large does nothing; the spread of many fits is what it must be."""
    q = part(Q, 0.05, 0.5)
    true = 1000 * np.exp(-(q**2) * 2.5**2 / 3)
    random = np.random.default_rng(5)
    sigma = np.sqrt(true) / 5
    found = [guinier(q, true + sigma * random.normal(size=q.size), sigma) for _ in range(200)]
    radii = np.array([each["Rg"] for each in found])
    assert radii.mean() == pytest.approx(2.5, abs=5 * radii.std() / math.sqrt(200))
    spoiled, errors = true.copy(), sigma.copy()
    spoiled[3], errors[3] = 1e5, 1e9
    assert guinier(q, spoiled, errors)["Rg"] == pytest.approx(2.5)


def test_it_agrees_with_the_fit_of_freesas():
    autorg = pytest.importorskip("freesas.autorg", reason="freesas is not installed")
    q = part(Q, 0.05, 1.0)
    true = 1000 * sphere(q)
    sigma = np.sqrt(true) / 10 + 0.1
    intensity = true + sigma * np.random.default_rng(1).normal(size=q.size)
    theirs = autorg.autoRg(np.column_stack([q, intensity, sigma]))
    inside = slice(theirs.start_point, theirs.end_point)
    ours = guinier(q[inside], intensity[inside], sigma[inside])
    assert ours["Rg"] == pytest.approx(theirs.Rg, abs=2 * theirs.sigma_Rg)
    assert ours["I0"] == pytest.approx(theirs.I0, abs=2 * theirs.sigma_I0)


def test_where_nothing_falls_there_is_no_radius():
    q = part(Q, 0.1, 0.5)
    rising = guinier(q, 1.0 + q, np.ones(q.size))
    assert math.isnan(rising["Rg"])
    assert math.isnan(rising["I0"])
    assert rising["r2"] > 0.9


@pytest.mark.parametrize("law", [guinier, porod])
@pytest.mark.parametrize("intensity", [np.nan, 0.0, -1.0, np.inf])
def test_where_nothing_is_known_nothing_is_said(law, intensity):
    """Empty bins, bins without counts, whose error is 0, and a single good one among them."""
    q = part(Q, 0.1, 0.5)
    sigma = np.where(np.arange(q.size) < 2, 1.0, 0.0)
    values = np.full(q.size, intensity)
    values[0] = 1.0
    assert all(map(math.isnan, law(q, values, sigma).values()))
    assert all(map(math.isnan, law(q[:0], values[:0], sigma[:0]).values()))


def test_the_porod_constant_is_found_below_a_background():
    q = part(Q, 1.0, 3.0)
    found = porod(q, 42.0 * q**-4 + 0.7, np.full(q.size, 0.01))
    assert found == pytest.approx({"constant": 42.0, "background": 0.7, "r2": 1.0})


def test_the_porod_constant_of_spheres_is_that_of_their_surface():
    """2 pi S / V² of the intensity that is 1 at q = 0: 9 / (2 R⁴), under the oscillations."""
    q = np.linspace(30.0, 100.0, 20_000) / RADIUS
    found = porod(q, sphere(q), q**-4)
    assert found["constant"] == pytest.approx(9 / (2 * RADIUS**4), rel=0.02)


def test_noise_moves_the_porod_constant_as_far_as_its_errors_say():
    q = part(Q, 1.0, 3.0)
    true = 42.0 * q**-4 + 0.7
    sigma = np.sqrt(true) / 30
    random = np.random.default_rng(2)
    found = [porod(q, true + sigma * random.normal(size=q.size), sigma) for _ in range(300)]
    basis = np.stack([q**-4, np.ones(q.size)]) / sigma
    expected = np.sqrt(np.linalg.inv(basis @ basis.T)[0, 0])  # by the normal equations
    constants = np.array([each["constant"] for each in found])
    assert constants.std() == pytest.approx(expected, rel=0.15)
    assert constants.mean() == pytest.approx(42.0, abs=5 * expected / math.sqrt(300))
