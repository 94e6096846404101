"""A Pilatus 1M frame of silver behenate, whose rings lie at known places."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile

from saxsdog.calibration import Calibration
from saxsdog.integrator import Integrator
from saxsdog.io.mask_files import read_mask
from saxsdog.reduction.channels import Bins, RadialChannel, Unit
from saxsdog.reduction.geometry import q
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan
from tests.helpers.oracles import only_curve, radial_plan

FIRST_ORDER = 2 * np.pi / 5.838
"""q of the first ring, nm⁻¹, from the lamellar spacing of silver behenate in nm."""

TOLERANCE = 0.0015
RADII = {2: 256.61, 3: 385.10, 4: 514.55, 5: 644.67, 6: 776.32}
"""Of the rings in pixels, fitted on the image, independent of any integration."""


@pytest.fixture(scope="module")
def calibration(real_data):
    return Calibration.load(real_data / "agbeh.saxsconf")


@pytest.fixture(scope="module")
def image(real_data):
    return tifffile.imread(real_data / "agbeh2_1M.tif")


@pytest.fixture(scope="module")
def integrator(calibration, real_data):
    return Integrator(calibration, base=real_data)


@pytest.fixture(scope="module")
def curve(integrator, image):
    (only,) = integrator.integrate(image)
    return only


def peak_position(curve, expected, half_width=0.07):
    """Centre of mass above a straight line between both feet of a peak, nm⁻¹."""
    near = np.abs(curve.q - expected) < half_width
    x, y = curve.q[near], curve.intensity[near]
    feet = np.r_[0:4, -4:0]
    above = y - np.polyval(np.polyfit(x[feet], y[feet], 1), x)
    high = above > 0.3 * above.max()
    return (x * above)[high].sum() / above[high].sum()


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_rings_of_silver_behenate_lie_at_multiples_of_the_first(curve, order):
    expected = order * FIRST_ORDER
    assert peak_position(curve, expected) == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize("order", RADII)
def test_rings_lie_where_they_are_on_the_image(curve, calibration, order):
    geometry = calibration.geometry
    row, column = geometry.beam_center
    expected = float(q(geometry, row + RADII[order], column))
    assert peak_position(curve, expected) == pytest.approx(expected, rel=TOLERANCE)


def test_values_of_flagged_pixels_change_nothing(integrator, image, curve):
    flagged = image < 0
    assert flagged.sum() == 73671
    for value in (-1, -2, -(2**31)):
        (same,) = integrator.integrate(np.where(flagged, np.int32(value), image))
        np.testing.assert_array_equal(same.intensity, curve.intensity)
        np.testing.assert_array_equal(same.sigma, curve.sigma)


def test_the_mask_is_the_right_way_up(integrator, calibration, image, curve, real_data):
    """It covers every flagged pixel; upside down it leaves 73 of them to the flags."""
    full = integrator.plan.weights[0].linear[0] / 9
    np.testing.assert_array_equal(curve.area, full)
    upside_down = read_mask(real_data / "AAA_integ.msk")[::-1]
    plan = radial_plan(calibration.geometry, mask=upside_down)
    lost = plan.weights[0].linear[0].sum() / 9 - only_curve(image, plan).area.sum()
    assert lost == pytest.approx(73)


def test_all_good_counts_are_in_the_curve(image, curve, real_data):
    used = ~read_mask(real_data / "AAA_integ.msk") & (image >= 0)
    assert curve.area.sum() == pytest.approx(used.sum(), rel=1e-12)
    assert np.nansum(curve.area * curve.intensity) == pytest.approx(
        image[used].sum(dtype=np.int64), rel=1e-12
    )


def test_the_curve_is_the_matrix_times_the_image(integrator, image, curve):
    seen = curve.area > 0
    expected = integrator.matrix("R0") @ image.ravel()
    np.testing.assert_allclose(curve.intensity[seen], expected[seen], rtol=1e-12)


def test_a_wrong_distance_moves_the_rings(calibration, image, real_data):
    """So the agreement above is one of the geometry and not of the search."""
    geometry = replace(calibration.geometry, distance=calibration.geometry.distance * 1.01)
    plan = radial_plan(geometry, mask=read_mask(real_data / "AAA_integ.msk"))
    (moved,) = integrate(image, plan)
    expected = 4 * FIRST_ORDER
    assert peak_position(moved, expected) < expected * (1 - 3 * TOLERANCE)


def over_bins(calibration, real_data, image, bins=None, **options):
    mask = read_mask(real_data / "AAA_integ.msk")
    (settings,) = calibration.masks
    ends = (settings.q_start, settings.q_stop)
    channel = RadialChannel("R0", mask, 3, 1.0, *ends, bins, **options)
    (curve,) = integrate(image, make_plan(calibration.geometry, [channel]))
    return curve


def test_the_rings_lie_at_their_spacings(calibration, real_data, image):
    curve = over_bins(calibration, real_data, image, Bins(Unit.D, number=600, start=0.9, stop=4.0))
    for order in (2, 3, 4, 5):
        near = np.abs(curve.q - 5.838 / order) < 0.03 * 5.838 / order
        highest = curve.q[near][np.nanargmax(curve.intensity[near])]
        assert highest == pytest.approx(5.838 / order, rel=4e-3)


def test_the_rings_of_a_cake_are_straight_and_add_up_to_the_curve(
    calibration, real_data, image, curve
):
    cake = over_bins(calibration, real_data, image, azimuthal_bins=24)
    area, whole = np.rint(9 * cake.area).astype(int), np.rint(9 * curve.area).astype(int)
    np.testing.assert_array_equal(area.sum(axis=0), whole)
    counts = np.rint(np.nan_to_num(cake.intensity) * area).sum(axis=0)
    np.testing.assert_array_equal(counts, np.rint(np.nan_to_num(curve.intensity) * whole))
    near = np.abs(curve.q - 2 * FIRST_ORDER) < 0.1
    complete = (cake.area[:, near] > 0).all(axis=1)
    assert complete.sum() >= 10
    for row in cake.intensity[complete][:, near]:
        assert curve.q[near][row.argmax()] == pytest.approx(2 * FIRST_ORDER, rel=4e-3)


def test_the_invariant_is_the_same_over_other_bins(calibration, real_data, image, curve):
    over_angle = over_bins(calibration, real_data, image, Bins(Unit.TWO_THETA, number=1000))
    for name, moment in over_angle.parameters.as_dict().items():
        assert moment == pytest.approx(curve.parameters.as_dict()[name], rel=5e-3)
