import math

import numpy as np
import pytest

from saxsdog.reduction.channels import RadialChannel
from saxsdog.reduction.classifiers import IntegralParameters, integral_parameters
from saxsdog.reduction.plan import make_plan
from tests.helpers.oracles import a_geometry, only_curve

START, STOP, STEP = 0.1, 4.0, 1e-3


def a_grid(start=START, stop=STOP, step=STEP):
    """Middles of bins that fill the range exactly."""
    return start + (np.arange(round((stop - start) / step)) + 0.5) * step


def moments(intensity, q=None):
    q = a_grid() if q is None else q
    return integral_parameters(q, intensity(q), STEP)


def test_a_guinier_curve_has_the_moments_of_its_integrals():
    """Of exp(-a q²), from START to STOP."""
    radius = 2.5
    a = radius**2 / 3
    root = math.sqrt(a)
    edge = math.exp(-a * START**2), math.exp(-a * STOP**2)
    zeroth = math.sqrt(math.pi) / (2 * root) * (math.erf(root * STOP) - math.erf(root * START))
    first = (edge[0] - edge[1]) / (2 * a)
    second = (START * edge[0] - STOP * edge[1]) / (2 * a) + zeroth / (2 * a)
    measured = moments(lambda q: np.exp(-a * q**2))
    assert pytest.approx(zeroth, rel=1e-6) == measured.I0
    assert pytest.approx(first, rel=1e-6) == measured.I1
    assert pytest.approx(second, rel=1e-6) == measured.I2
    assert measured.correlation_length == pytest.approx(math.pi * first / second, rel=1e-6)


@pytest.mark.parametrize("power", [-4, -2.5, 0, 1])
def test_a_power_law_has_the_moments_of_its_integrals(power):
    measured = moments(lambda q: 3.7 * q**power)
    for order, value in enumerate((measured.I0, measured.I1, measured.I2)):
        n = power + order + 1
        expected = 3.7 * (STOP**n - START**n) / n if n else 3.7 * math.log(STOP / START)
        assert value == pytest.approx(expected, rel=1e-4)


def test_empty_bins_are_left_out():
    q = a_grid()
    full = np.exp(-q)
    holes = full.copy()
    holes[100:200] = np.nan
    without = np.r_[0:100, 200 : q.size]
    assert integral_parameters(q, holes, STEP).as_dict() == pytest.approx(
        integral_parameters(q[without], full[without], STEP).as_dict(), rel=1e-12
    )


def test_a_curve_of_nothing_has_no_correlation_length():
    assert math.isnan(integral_parameters(a_grid(), np.full(3900, np.nan), STEP).correlation_length)
    assert math.isnan(IntegralParameters(0.0, 0.0, 0.0).correlation_length)


def test_an_empty_range_has_moments_of_0():
    nothing = integral_parameters(np.empty(0), np.empty(0), STEP)
    assert nothing.as_dict() == {"I0": 0.0, "I1": 0.0, "I2": 0.0}


def test_the_correlation_length_is_pi_times_the_ratio_of_the_moments():
    assert IntegralParameters(1.0, 3.0, 2.0).correlation_length == pytest.approx(1.5 * math.pi)


def curve_over(q_start, q_stop):
    channel = RadialChannel("R0", None, 3, 1.0, q_start, q_stop)
    image = np.random.default_rng(6).poisson(30, (37, 41))
    return only_curve(image, make_plan(a_geometry(), [channel]))


def test_a_bin_at_the_start_of_the_range_is_inside_and_one_at_its_stop_outside():
    q = curve_over(0.0, 1.0).q
    step = q[1] - q[0]
    curve = curve_over(q[7], q[12])
    expected = sum(curve.intensity[7:12]) * step
    assert pytest.approx(expected, rel=1e-12) == curve.parameters.I0
    assert (
        pytest.approx(sum(curve.intensity[7:12] * q[7:12]) * step, rel=1e-12) == curve.parameters.I1
    )
    assert (
        pytest.approx(sum(curve.intensity[7:12] * q[7:12] ** 2) * step, rel=1e-12)
        == curve.parameters.I2
    )


def test_neighbouring_ranges_share_no_bin_and_leave_none_out():
    q = curve_over(0.0, 1.0).q
    lower, upper, both = (
        curve_over(*ends).parameters for ends in ((q[3], q[9]), (q[9], q[15]), (q[3], q[15]))
    )
    assert pytest.approx(both.I0, rel=1e-12) == lower.I0 + upper.I0
    assert pytest.approx(both.I2, rel=1e-12) == lower.I2 + upper.I2


def test_a_range_beyond_the_detector_has_moments_of_0():
    assert curve_over(1e5, 2e5).parameters == IntegralParameters(0.0, 0.0, 0.0)


def test_a_range_may_reach_over_both_ends_of_the_curve():
    curve = curve_over(0.0, 1e6)
    step = curve.q[1] - curve.q[0]
    assert pytest.approx(np.nansum(curve.intensity) * step, rel=1e-12) == curve.parameters.I0
