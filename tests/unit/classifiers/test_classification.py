"""All kinds together: nothing in a curve is an error, and every value has a description."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import curve_fit

from saxsdog import Calibration, Integrator
from saxsdog.classifiers.averages import DIFFERENCE, MEAN
from saxsdog.classifiers.classification import Classification
from saxsdog.classifiers.descriptions import FAILED, INTEGRAL, VALUES, describe
from saxsdog.classifiers.laws import GUINIER, POROD
from saxsdog.classifiers.peaks import PEAK
from saxsdog.classifiers.pixel_counts import COUNTS
from saxsdog.io.headers import FrameHeader
from saxsdog.reduction.classifiers import ClassifierKind, ClassifierPlan
from saxsdog.reduction.integrate import Curve

N_BINS = 15
KINDS = [kind for kind in ClassifierKind if kind is not ClassifierKind.PLUGIN]
PLANS = [
    ClassifierPlan(
        kind.value, kind, "R0", np.arange(N_BINS), np.arange(N_BINS) / 10, np.ones(N_BINS)
    )
    for kind in KINDS
]
HEADER = FrameHeader(0.0, "file", None, {})
NUMBERS = arrays(float, N_BINS, elements=st.floats())


@given(NUMBERS, NUMBERS, NUMBERS)
def test_nothing_in_a_curve_is_an_error(intensity, sigma, other):
    curve = Curve("R0", "Radial", PLANS[0].q, intensity, sigma, sigma, None, "q")
    before = {"R0": replace(curve, intensity=other)}
    image = intensity.reshape(3, 5)
    (found,) = Classification(PLANS).of([curve], image, HEADER, before)
    names = [*MEAN, *PEAK, *GUINIER, *POROD, *DIFFERENCE, *COUNTS]
    assert [name.partition(".")[2] for name in found.classifiers] == names
    assert all(type(value) is float for value in found.classifiers.values())


def test_every_value_has_a_description():
    described = {each.name for each in VALUES}
    assert described == {*MEAN, *PEAK, *GUINIER, *POROD, *DIFFERENCE, *COUNTS, FAILED}


@pytest.mark.parametrize("description", INTEGRAL)
def test_integral_parameters_are_described_as_they_are(description):
    assert describe(description.name) is description


def test_what_nobody_knows_is_called_by_its_name():
    assert describe("mine.half").label == "mine: half"
    assert describe("half").label == "half"
    assert describe("mine.half").unit == describe("half").unit == ""


@pytest.mark.parametrize("order", [2, 3])
def test_rings_of_silver_behenate_are_where_they_must_be(real_data, order):
    """By the spacing of T. C. Huang et al. (1993), 5.838 nm; width and height by SciPy's fit."""
    calibration = Calibration.load(real_data / "agbeh.saxsconf")
    ring, half = order * 2 * np.pi / 5.838, 0.25
    entry = {"Name": "ring", "Kind": "peak", "From": ring - half, "To": ring + half}
    document = calibration.document | {"Classifiers": [entry]}
    integrator = Integrator(Calibration.from_document(document), base=real_data)
    (curve,) = integrator.integrate(tifffile.imread(real_data / "agbeh2_1M.tif"))
    near = np.abs(curve.q - ring) < half
    fit, _ = curve_fit(
        gaussian_on_a_line, curve.q[near] - ring, curve.intensity[near], [1e4, 0.0, 0.08, 1e3, 0.0]
    )
    found = curve.classifiers
    assert found["ring.position"] == pytest.approx(ring, rel=0.0015)
    assert found["ring.position"] == pytest.approx(ring + fit[1], abs=0.003)
    assert found["ring.height"] == pytest.approx(fit[0], rel=0.1)
    assert found["ring.width"] == pytest.approx(fit[2], rel=0.1)
    assert found["ring.significance"] > 1000


def gaussian_on_a_line(x, height, position, width, level, slope):
    return height * np.exp(-4 * np.log(2) * ((x - position) / width) ** 2) + level + slope * x
