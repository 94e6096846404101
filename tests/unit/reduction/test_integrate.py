import math

import numpy as np
import pytest

from saxsdog.errors import FrameError
from saxsdog.reduction.channels import ErrorModel, PhiChannel, RadialChannel
from saxsdog.reduction.geometry import pixel_centers, q
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan
from tests.helpers.oracles import (
    a_geometry,
    only_curve,
    pyfai,
    radial_plan,
    random_geometry,
)

SHAPE = (37, 41)
A_MASK = np.random.default_rng(0).random(SHAPE) < 0.3
BESIDE_AN_EDGE = 1e-4
"""In widths of a bin: pyFAI widens the range of q, which holds hundreds, by a part in 10⁷."""


def an_image(dtype="int32", seed=1):
    return np.random.default_rng(seed).poisson(60, SHAPE).astype(dtype)


def assert_equal_curves(one, other, rtol=0.0):
    np.testing.assert_array_equal(one.q, other.q)
    np.testing.assert_array_equal(one.area, other.area)
    np.testing.assert_allclose(one.intensity, other.intensity, rtol=rtol)
    np.testing.assert_allclose(one.sigma, other.sigma, rtol=rtol)


def not_at_an_edge(geometry, step):
    """Pixels that rounding cannot move into another bin."""
    place = q(geometry, *pixel_centers(geometry)) / step
    return np.abs(place - np.rint(place)) > BESIDE_AN_EDGE


@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.6, 2.3])
@pytest.mark.parametrize("seed", range(6))
def test_without_oversampling_a_curve_is_that_of_pyfai(seed, pixels_per_bin):
    rng = np.random.default_rng(300 + seed)
    geometry = random_geometry(rng, shape=(80, 90))
    image = rng.poisson(1000, geometry.shape).astype(np.int32)
    step = radial_plan(geometry, oversampling=1, pixels_per_bin=pixels_per_bin).channels[0].step
    mask = ~not_at_an_edge(geometry, step) | (rng.random(geometry.shape) < 0.1)
    plan = radial_plan(
        geometry,
        oversampling=1,
        pixels_per_bin=pixels_per_bin,
        mask=mask,
        error_model=ErrorModel.PROPAGATED,
    )
    curve = only_curve(image, plan)
    oracle = pyfai(geometry).integrate1d_ng(
        image.astype(np.float32),
        curve.q.size,
        mask=mask,
        correctSolidAngle=False,
        unit="q_nm^-1",
        method=("no", "histogram", "cython"),
        radial_range=(0, curve.q.size * step),
        error_model="poisson",
    )
    seen = curve.area > 0
    np.testing.assert_allclose(oracle.radial, curve.q, rtol=1e-6)
    np.testing.assert_array_equal(oracle.count, curve.area)
    np.testing.assert_allclose(curve.intensity[seen], oracle.intensity[seen], rtol=1e-6)
    np.testing.assert_allclose(curve.sigma[seen], oracle.sem[seen], rtol=1e-6)
    poisson = radial_plan(geometry, oversampling=1, pixels_per_bin=pixels_per_bin, mask=mask)
    np.testing.assert_allclose(only_curve(image, poisson).sigma, curve.sigma, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("mask", [None, A_MASK], ids=["no mask", "mask"])
@pytest.mark.parametrize("oversampling", [1, 2, 3, 4, 5])
def test_a_constant_image_is_a_constant_curve_up_to_every_border(oversampling, mask, dtype):
    image = np.full(SHAPE, 137, dtype=dtype)
    for pixels_per_bin in (0.3, 1.0, 4.0):
        plan = radial_plan(
            a_geometry(), oversampling=oversampling, pixels_per_bin=pixels_per_bin, mask=mask
        )
        curve = only_curve(image, plan)
        np.testing.assert_allclose(curve.intensity[curve.area > 0], 137.0, rtol=1e-12)


@pytest.mark.parametrize("oversampling", [1, 3])
def test_a_constant_image_is_constant_over_azimuth(oversampling):
    channel = PhiChannel("R0", A_MASK, oversampling, 50, 2.0, 9.0)
    curve = only_curve(np.full(SHAPE, 137), make_plan(a_geometry(), [channel]))
    np.testing.assert_allclose(curve.intensity[curve.area > 0], 137.0, rtol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_an_image_constant_within_each_ring_gives_back_the_rings(seed):
    geometry = random_geometry(np.random.default_rng(400 + seed), shape=SHAPE)
    plan = radial_plan(geometry, oversampling=1)
    ring = q(geometry, *pixel_centers(geometry)) / plan.channels[0].step
    assert np.abs(ring - np.rint(ring)).min() > 1e-12
    curve = only_curve(np.floor(ring), plan)
    seen = curve.area > 0
    np.testing.assert_allclose(curve.intensity[seen], np.arange(curve.q.size)[seen], rtol=1e-12)


@pytest.mark.parametrize("oversampling", [1, 3, 8])
def test_an_image_linear_in_q_gives_a_curve_on_that_line(oversampling):
    """Averaged over a ring, pixels and their sub-pixels differ by less than half a bin."""
    geometry = a_geometry()
    curve = only_curve(
        q(geometry, *pixel_centers(geometry)), radial_plan(geometry, oversampling=oversampling)
    )
    seen = curve.area > 5
    step = curve.q[1] - curve.q[0]
    assert np.abs(curve.intensity - curve.q)[seen].max() < 0.5 * step


BAD_VALUES = {
    "int8": [-1, -128],
    "int16": [-1, -2, -32768],
    "int32": [-1, -2, -(2**31)],
    "int64": [-1, -2, -(2**63)],
    "uint8": [2**8 - 1],
    "uint16": [2**16 - 1],
    "uint32": [2**32 - 1],
    "uint64": [2**64 - 1],
    "float32": [-1.0, np.nan, np.inf, -np.inf, -1e-30],
    "float64": [-1.0, np.nan, np.inf, -np.inf, -1e-300],
}


@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.2], ids=["narrow", "wide"])
@pytest.mark.parametrize("dtype", BAD_VALUES)
def test_a_bad_pixel_is_left_out_as_if_it_were_masked(dtype, pixels_per_bin, model):
    rng = np.random.default_rng(9)
    geometry, image = a_geometry(), an_image(dtype)
    bad = rng.random(SHAPE) < 0.2
    flagged = image.copy()
    flagged[bad] = rng.choice(np.array(BAD_VALUES[dtype], dtype=dtype), bad.sum())
    options = {"pixels_per_bin": pixels_per_bin, "error_model": model}
    ours = only_curve(flagged, radial_plan(geometry, mask=A_MASK, **options))
    masked = only_curve(image, radial_plan(geometry, mask=A_MASK | bad, **options))
    assert_equal_curves(ours, masked, rtol=1e-9)
    assert ours.area.sum() == pytest.approx((~(A_MASK | bad)).sum())


@pytest.mark.parametrize("dtype", BAD_VALUES)
def test_bad_pixels_of_one_frame_leave_no_trace_in_the_next(dtype):
    plan, image = radial_plan(a_geometry()), an_image(dtype)
    before = only_curve(image, plan)
    only_curve(np.full(SHAPE, BAD_VALUES[dtype][0], dtype=dtype), plan)
    assert_equal_curves(only_curve(image, plan), before)


@pytest.mark.parametrize("dtype", BAD_VALUES)
def test_a_frame_of_bad_pixels_alone_gives_nan_on_the_same_grid(dtype):
    plan = radial_plan(a_geometry())
    curve = only_curve(np.full(SHAPE, BAD_VALUES[dtype][0], dtype=dtype), plan)
    np.testing.assert_array_equal(curve.q, only_curve(an_image(), plan).q)
    assert np.isnan(curve.intensity).all()
    assert np.isnan(curve.sigma).all()
    assert (curve.area == 0).all()
    assert curve.parameters.as_dict() == {"I0": 0.0, "I1": 0.0, "I2": 0.0}
    assert math.isnan(curve.parameters.correlation_length)


def test_the_largest_value_of_a_signed_type_is_a_measurement():
    for dtype in ("int8", "int16", "int32", "int64"):
        image = np.full(SHAPE, np.iinfo(dtype).max, dtype=dtype)
        assert only_curve(image, radial_plan(a_geometry())).area.sum() == pytest.approx(37 * 41)


def test_no_counts_at_all_are_a_measurement_with_an_error_of_0():
    curve = only_curve(np.zeros(SHAPE, np.uint32), radial_plan(a_geometry()))
    seen = curve.area > 0
    assert (curve.intensity[seen] == 0).all()
    assert (curve.sigma[seen] == 0).all()


@pytest.mark.parametrize("corrected", [False, True])
def test_the_scatter_of_a_single_pixel_is_unknown(corrected):
    """Not infinite, and not 0: NaN."""
    geometry = a_geometry()
    for row, column in [(3, 3), (11, 17), (12, 18), (30, 5), (36, 40)]:
        mask = np.ones(SHAPE, bool)
        mask[row, column] = False
        plan = radial_plan(geometry, mask=mask, error_model=ErrorModel.AZIMUTHAL)
        for seed in range(20):
            value = np.random.default_rng(seed).uniform(1, 100) if corrected else seed
            curve = only_curve(np.full(SHAPE, value), plan)
            assert np.isnan(curve.sigma).all()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((41, 37), np.int32),
        np.zeros((37, 40), np.int32),
        np.zeros(37 * 41, np.int32),
        np.zeros((1, 37, 41), np.int32),
        np.zeros((0, 41), np.int32),
    ],
    ids=lambda image: str(image.shape),
)
def test_a_frame_of_another_shape_is_a_frame_error(image):
    with pytest.raises(FrameError, match=r"expected an image of \(37, 41\) pixels, got \("):
        integrate(image, radial_plan(a_geometry()))


@pytest.mark.parametrize("dtype", ["bool", "complex64", "complex128", "U3", "O", "M8[s]", "m8[s]"])
def test_a_frame_that_does_not_hold_numbers_is_a_frame_error(dtype):
    with pytest.raises(FrameError, match="expected an image of whole or real numbers, got"):
        integrate(np.zeros(SHAPE, dtype), radial_plan(a_geometry()))


@pytest.mark.parametrize("dtype", ["i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_the_byte_order_of_an_image_does_not_matter(dtype):
    plan = radial_plan(a_geometry())
    here, swapped = (an_image(dtype).astype(order + dtype) for order in "<>")
    assert_equal_curves(only_curve(here, plan), only_curve(swapped, plan))


@pytest.mark.parametrize("dtype", ["int32", ">i4", "uint16", "float64"])
def test_how_an_image_lies_in_memory_does_not_matter(dtype):
    plan, image = radial_plan(a_geometry()), an_image(dtype)
    expected = only_curve(image, plan)
    spread = np.zeros((74, 82), dtype)
    spread[::2, ::2] = image
    locked = image.copy()
    locked.setflags(write=False)
    unaligned = np.zeros(image.nbytes + 1, np.uint8)[1:].view(dtype).reshape(SHAPE)
    unaligned[:] = image
    for same in (
        np.asfortranarray(image),
        spread[::2, ::2],
        image[::-1, ::-1].copy()[::-1, ::-1],
        locked,
        unaligned,
        image.view(np.ma.MaskedArray).data,
    ):
        assert_equal_curves(only_curve(same, plan), expected)


def test_an_image_is_not_changed_by_integrating_it():
    image = an_image()
    image[3, 4] = -1
    before = image.copy()
    only_curve(image, radial_plan(a_geometry()))
    np.testing.assert_array_equal(image, before)


def test_curves_tell_what_they_are():
    channels = [
        RadialChannel("R0", None, 3, 1.0, 1.0, 9.0),
        PhiChannel("R1", None, 3, 90, 1.0, 9.0),
    ]
    radial, phi = integrate(an_image(), make_plan(a_geometry(), channels))
    assert (radial.channel, radial.kind) == ("R0", "Radial")
    assert (phi.channel, phi.kind, phi.parameters) == ("R1", "Phi", None)
    assert radial.axis_label == "Scattering Vector  q [$nm^{-1}$]"
    assert phi.axis_label == "Phi Angle [rad]"
    for curve in (radial, phi):
        assert curve.q.shape == curve.intensity.shape == curve.sigma.shape == curve.area.shape


def test_azimuth_starts_on_the_left_and_passes_the_top_first():
    """The azimuth grows from right to down, so that of the upper half is negative."""
    geometry = a_geometry(beam_center=(18.5, 20.5), tilt=0.0)
    channel = PhiChannel("R0", None, 3, 4, 0.5, 100.0)
    image = np.zeros(SHAPE, np.int32)
    image[:18, :20], image[:18, 21:], image[19:, 21:], image[19:, :20] = 1, 2, 3, 4
    image[18], image[:, 20] = -1, -1
    curve = only_curve(image, make_plan(geometry, [channel]))
    np.testing.assert_allclose(curve.intensity, [1, 2, 3, 4])
    np.testing.assert_allclose(np.degrees(curve.q), [-135, -45, 45, 135])
