"""Peaks of known shape on a sloping baseline, with and without noise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from saxsdog.classifiers.peaks import PEAK, peak

Q = np.linspace(0.8, 1.4, 301)
WIDTH = 0.05
CENTER = 1.0763


def gaussian(q, center=CENTER, width=WIDTH):
    return np.exp(-4 * math.log(2) * ((q - center) / width) ** 2)


def lorentzian(q, center=CENTER, width=WIDTH):
    return 1 / (1 + (2 * (q - center) / width) ** 2)


def baseline(q):
    return 20.0 - 8.0 * q


@pytest.mark.parametrize("step", [1, 3, 8])
def test_a_gaussian_is_measured_on_a_slope(step):
    q = Q[::step]
    found = peak(q, 50 * gaussian(q) + baseline(q), np.full(q.size, 0.5))
    assert found["position"] == pytest.approx(CENTER, abs=WIDTH / 50)
    assert found["height"] == pytest.approx(50, rel=0.03)
    assert found["width"] == pytest.approx(WIDTH, rel=0.04)
    assert found["significance"] == pytest.approx(100, rel=0.06)


def test_a_lorentzian_has_wings_in_the_baseline():
    """So its height is too small by what the wings are at the ends, here 1 %."""
    found = peak(Q, 50 * lorentzian(Q) + baseline(Q), np.full(Q.size, 0.5))
    assert found["position"] == pytest.approx(CENTER, abs=WIDTH / 50)
    assert found["height"] == pytest.approx(50, rel=0.03)
    assert found["width"] == pytest.approx(WIDTH, rel=0.03)


def test_noise_moves_the_peak_less_than_its_width():
    random = np.random.default_rng(3)
    true = 200 * gaussian(Q) + baseline(Q)
    found = [peak(Q, random.poisson(true).astype(float), np.sqrt(true)) for _ in range(200)]
    positions = np.array([each["position"] for each in found])
    widths = np.array([each["width"] for each in found])
    assert positions.std() < WIDTH / 15
    assert positions.mean() == pytest.approx(CENTER, abs=5 * positions.std() / math.sqrt(200))
    assert widths.mean() == pytest.approx(WIDTH, rel=0.05)


def test_a_peak_moves_with_its_curve():
    found = [
        peak(Q, gaussian(Q, CENTER + shift), np.ones(Q.size))["position"]
        for shift in (0.0, 0.0007, 0.1)
    ]
    assert np.diff(found) == pytest.approx([0.0007, 0.0993], abs=1e-3 * WIDTH)


def test_empty_bins_are_passed_over():
    intensity = 50 * gaussian(Q) + baseline(Q)
    intensity[130:136] = np.nan
    assert peak(Q, intensity, np.ones(Q.size))["position"] == pytest.approx(CENTER, abs=WIDTH / 20)


@pytest.mark.parametrize(
    "intensity",
    [baseline(Q), np.zeros(Q.size), np.full(Q.size, np.nan), Q, -gaussian(Q)],
    ids=["straight", "zero", "empty", "rising", "dip"],
)
def test_where_no_peak_is_nothing_is_said(intensity):
    found = peak(Q, intensity, np.ones(Q.size))
    assert tuple(found) == PEAK
    assert math.isnan(found["width"])
    assert not found["height"] > 1e-9


def test_where_no_error_is_known_a_peak_has_no_significance():
    found = peak(Q, 50 * gaussian(Q), np.zeros(Q.size))
    assert math.isnan(found["significance"])
    assert found["position"] == pytest.approx(CENTER, abs=1e-3 * WIDTH)


def test_a_peak_at_the_end_of_the_window_is_none():
    """Its highest point lies elsewhere, and a baseline through its side would make one up."""
    q = Q[Q < CENTER]
    assert math.isnan(peak(q, 50 * gaussian(q), np.ones(q.size))["position"])


@given(arrays(float, 12, elements=st.floats()), arrays(float, 12, elements=st.floats()))
def test_nothing_in_a_curve_is_an_error(intensity, sigma):
    with np.errstate(all="ignore"):
        assert tuple(peak(np.arange(12.0), intensity, sigma)) == PEAK
