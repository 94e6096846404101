"""No count outside of the mask is lost, and none is counted twice."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from saxsdog.reduction.channels import ErrorModel, RadialChannel
from saxsdog.reduction.corrections import Polarization
from saxsdog.reduction.geometry import Geometry, pixel_centers, q
from saxsdog.reduction.integrate import as_pixels, integrate
from saxsdog.reduction.matrix import weight_matrix
from saxsdog.reduction.plan import make_plan
from saxsdog.reduction.sums import sum_layer
from tests.helpers.oracles import WIDE_OPEN, a_geometry, only_curve, radial_plan

INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "uint64"]
FLOATS = ["float32", "float64"]
BOUNDED = 10**12
"""A count so low that sums of 64-bit images stay integers."""


def good(image):
    """Pixels that hold a measurement, by the words of the design."""
    if image.dtype.kind == "f":
        return np.isfinite(image) & (image >= 0)
    if image.dtype.kind == "u":
        return image != np.iinfo(image.dtype).max
    return image >= 0


def exact_sum(image, used):
    """In Python's integers, which never overflow."""
    return sum(int(value) for value in image[used])


@st.composite
def geometries(draw, largest_side=12):
    rows, columns = draw(st.tuples(*[st.integers(1, largest_side)] * 2))
    tilt = draw(st.floats(-60, 60))
    return Geometry(
        shape=(rows, columns),
        beam_center=(draw(st.floats(-2 * rows, 3 * rows)), draw(st.floats(-30.0, 40.0))),
        distance=draw(st.floats(0.05, 2.0)),
        pixel_size=(draw(st.floats(50e-6, 300e-6)), draw(st.floats(50e-6, 300e-6))),
        wavelength=draw(st.floats(0.05, 0.3)),
        tilt=math.radians(tilt),
        tilt_rotation=draw(st.floats(-3.0, 3.0)),
    )


@st.composite
def channels_of(draw, shape):
    masks = draw(st.lists(arrays(np.bool_, shape), min_size=1, max_size=4))
    oversampling = draw(st.sampled_from([2, 1, 3, 4, 5, 8]))
    pixels_per_bin = draw(st.floats(0.1, 5.0))
    return [
        RadialChannel(f"R{i}", mask, oversampling, pixels_per_bin, *WIDE_OPEN)
        for i, mask in enumerate(masks)
    ]


@st.composite
def integer_frames(draw):
    """A detector, masks on it and an image with bad pixels."""
    geometry = draw(geometries())
    dtype = np.dtype(draw(st.sampled_from(INTEGERS)))
    limits = np.iinfo(dtype)
    most = limits.max if dtype.itemsize < 8 else BOUNDED
    counts = st.integers(max(limits.min, -BOUNDED), most) | st.sampled_from(
        [limits.min, 0] + ([limits.max] if dtype.kind == "u" else [])
    )
    image = draw(arrays(dtype, geometry.shape, elements=counts))
    return geometry, draw(channels_of(geometry.shape)), image


@st.composite
def float_frames(draw):
    geometry = draw(geometries())
    dtype = np.dtype(draw(st.sampled_from(FLOATS)))
    counts = st.floats(0, 1e9, width=32) | st.sampled_from([np.nan, np.inf, -np.inf, -1.0, 0.0])
    image = draw(arrays(dtype, geometry.shape, elements=counts))
    return geometry, draw(channels_of(geometry.shape)), image


@settings(max_examples=150)
@given(integer_frames())
def test_every_count_is_summed_once_and_exactly(frame):
    geometry, channels, image = frame
    plan = make_plan(geometry, channels)
    (layer,) = plan.layers
    sums = sum_layer(layer, as_pixels(image, geometry.shape))
    assert sums.value.dtype == np.int64
    for row, channel in enumerate(channels):
        used = good(image) & ~channel.mask
        assert sum(sums.value[row].tolist()) == layer.sub_pixels * exact_sum(image, used)
        left = plan.weights[0].linear[row] - sums.lost.linear[row]
        assert left.sum() == layer.sub_pixels * used.sum()


@settings(max_examples=60)
@given(integer_frames())
def test_squares_of_all_good_counts_are_summed_however_bright_they_are(frame):
    geometry, channels, image = frame
    (layer,) = make_plan(geometry, channels).layers
    sums = sum_layer(layer, as_pixels(image, geometry.shape), square=True)
    assert sums.value.dtype == np.int64
    for row, channel in enumerate(channels):
        counts = image[good(image) & ~channel.mask].tolist()
        expected = layer.sub_pixels * sum(count**2 for count in counts)
        assert sums.square[row].sum() == pytest.approx(expected, rel=1e-12)


@settings(max_examples=60)
@given(integer_frames(), st.sampled_from(ErrorModel))
def test_area_times_intensity_is_the_sum_of_all_good_counts(frame, model):
    geometry, channels, image = frame
    plan = make_plan(geometry, channels, error_model=model)
    for curve, channel in zip(integrate(image, plan), channels, strict=True):
        used = good(image) & ~channel.mask
        assert np.nansum(curve.area * curve.intensity) == pytest.approx(
            exact_sum(image, used), rel=1e-12
        )
        assert curve.area.sum() == pytest.approx(used.sum(), rel=1e-12)
        assert (np.isnan(curve.intensity) == (curve.area == 0)).all()


@settings(max_examples=100)
@given(float_frames())
def test_no_part_of_a_real_number_is_lost(frame):
    geometry, channels, image = frame
    plan = make_plan(geometry, channels)
    for curve, channel in zip(integrate(image, plan), channels, strict=True):
        used = good(image) & ~channel.mask
        expected = math.fsum(image[used].tolist())
        got = np.nansum(curve.area * curve.intensity)
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-300)
        assert curve.area.sum() == pytest.approx(used.sum(), rel=1e-12)


@settings(max_examples=100)
@given(float_frames(), st.sampled_from(ErrorModel))
def test_numbers_that_are_not_negative_have_a_mean_that_is_not_negative(frame, model):
    geometry, channels, image = frame
    for curve in integrate(image, make_plan(geometry, channels, error_model=model)):
        assert not (curve.intensity < 0).any()
        if model is not ErrorModel.AZIMUTHAL:  # which needs two pixels to tell a scatter
            assert (np.isnan(curve.sigma) == (curve.area == 0)).all()


def highest_of(dtype):
    """The highest count; that of 64 bits is limited by the arithmetic, signed in both types."""
    if np.dtype(dtype).itemsize == 8:
        return 2**63 - 1
    return int(np.iinfo(dtype).max) - (np.dtype(dtype).kind == "u")


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.2], ids=["narrow", "wide"])
def test_the_highest_counts_of_a_type_do_not_overflow(dtype, pixels_per_bin):
    highest = highest_of(dtype)
    image = np.full((37, 41), highest, dtype=dtype)
    curve = only_curve(image, radial_plan(a_geometry(), pixels_per_bin=pixels_per_bin))
    seen = curve.area > 0
    assert curve.area.sum() == pytest.approx(image.size)
    np.testing.assert_allclose(curve.intensity[seen], float(highest), rtol=1e-13)


@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.2], ids=["narrow", "wide"])
def test_errors_of_the_highest_counts_are_those_of_the_same_real_numbers(
    dtype, pixels_per_bin, model
):
    highest = highest_of(dtype)
    image = np.random.default_rng(3).integers(highest // 2, highest, (37, 41), dtype=dtype)
    plan = radial_plan(a_geometry(), pixels_per_bin=pixels_per_bin, error_model=model)
    expected = only_curve(image.astype(np.float64), plan).sigma
    np.testing.assert_allclose(only_curve(image, plan).sigma, expected, rtol=1e-6)


def test_32_bit_counts_just_below_all_bits_set_are_measurements():
    image = np.full((37, 41), 2**32 - 2, dtype=np.uint32)
    image[5, 5] = 2**32 - 1
    plan = radial_plan(a_geometry())
    (layer,) = plan.layers
    sums = sum_layer(layer, as_pixels(image, image.shape))
    assert sum(sums.value[0].tolist()) == 9 * (2**32 - 2) * (image.size - 1)
    assert sums.lost.linear.sum() == 9


@pytest.mark.parametrize("model", [ErrorModel.POISSON, ErrorModel.PROPAGATED])
@pytest.mark.parametrize("dtype", ["uint32", "int32", "int64"])
@pytest.mark.parametrize(("times", "above"), [(1, 0), (1, 1), (2, 0), (2, 2), (3, 0)])
def test_counts_next_to_the_bound_of_packed_pairs_are_summed_exactly(dtype, times, above, model):
    """All in two bins, so that the halves of a pair are as full as they may get."""
    geometry = a_geometry()
    plan = radial_plan(geometry, pixels_per_bin=30.0, error_model=model)
    (layer,) = plan.layers
    heaviest = 9 if model is ErrorModel.POISSON else 81
    bound = (2**32 - 1) // (heaviest * layer.most_pixels)
    image = np.full(geometry.shape, times * bound + above, dtype=dtype)
    image[::7, ::5] = bound + 10**6
    image[3, 4] = 2**32 - 1 if dtype == "uint32" else -1
    image[3, 4] = 2**32 - 1 if dtype == "uint32" else -1
    sums = sum_layer(layer, as_pixels(image, image.shape), variance=model is not ErrorModel.POISSON)
    assert sum(sums.value[0].tolist()) == 9 * exact_sum(image, good(image))
    if sums.variance is not None:
        matrix = weight_matrix(plan, "R0")
        area = plan.weights[0].linear[0] / 9
        shares = matrix.multiply(area[:, np.newaxis]).tocsr()  # the matrix divides by the area
        expected = 81 * shares.power(2) @ np.where(good(image), image, 0).ravel()
        np.testing.assert_allclose(sums.variance[0], expected, rtol=1e-12)


@pytest.mark.parametrize("pixels_per_bin", [1.0, 5.0])
def test_a_hot_pixel_of_a_million_counts_changes_no_bin_but_its_own(pixels_per_bin):
    plan = radial_plan(a_geometry(), pixels_per_bin=pixels_per_bin)
    for row, column in [(0, 0), (3, 15), (24, 18), (33, 39)]:
        image = np.full((37, 41), 1.1)
        image[row, column] = 1e6
        its_own = only_curve(np.where(image > 2, 1.0, 0.0), plan).intensity > 1e-9
        spoiled = only_curve(image, plan)
        others = (spoiled.area > 0) & ~its_own
        np.testing.assert_allclose(spoiled.intensity[others], 1.1, rtol=1e-9)


def bright_and_dark(geometry, seed):
    """Real numbers inside of a ring, nothing outside of it."""
    scattered = q(geometry, *pixel_centers(geometry))
    values = np.random.default_rng(seed).uniform(0, 1000, geometry.shape)
    return np.where(scattered < np.median(scattered), values, 0.0)


@pytest.mark.parametrize("model", [ErrorModel.POISSON, ErrorModel.PROPAGATED])
@pytest.mark.parametrize("corrected", [False, True], ids=["plain", "corrected"])
@pytest.mark.parametrize("pixels_per_bin", [1.0, 3.0, 5.0])
def test_a_dark_bin_beside_a_bright_one_is_0_with_an_error_of_0(pixels_per_bin, corrected, model):
    geometry = a_geometry()
    plan = radial_plan(
        geometry,
        pixels_per_bin=pixels_per_bin,
        polarization=Polarization(0.95, 0.2) if corrected else None,
        error_model=model,
    )
    matrix = weight_matrix(plan, "R0")
    for seed in range(20):
        image = bright_and_dark(geometry, seed)
        curve = only_curve(image, plan)
        dark = (matrix @ image.ravel() == 0) & (curve.area > 0)
        assert dark.any()
        assert (curve.intensity[dark] == 0).all()
        assert (curve.sigma[dark] == 0).all()


@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize("corrected", [False, True], ids=["plain", "corrected"])
@pytest.mark.parametrize("pixels_per_bin", [0.5, 1.0, 3.0])
def test_an_empty_bin_beside_a_full_one_is_nan(pixels_per_bin, corrected, model):
    geometry = a_geometry()
    scattered = q(geometry, *pixel_centers(geometry))
    middle = np.median(scattered)
    mask = (scattered > middle) & (scattered < 1.4 * middle)
    plan = radial_plan(
        geometry,
        pixels_per_bin=pixels_per_bin,
        mask=mask,
        polarization=Polarization(0.95, 0.2) if corrected else None,
        error_model=model,
    )
    for seed in range(20):
        image = np.random.default_rng(seed).uniform(0, 1000, geometry.shape)
        curve = only_curve(image, plan)
        assert (curve.area == 0).any()
        assert np.isnan(curve.intensity[curve.area == 0]).all()
        assert np.isnan(curve.sigma[curve.area == 0]).all()
        assert np.isfinite(curve.intensity[curve.area > 0]).all()
        assert np.isfinite(list(curve.parameters.as_dict().values())).all()


@pytest.mark.parametrize("model", [ErrorModel.POISSON, ErrorModel.PROPAGATED])
@pytest.mark.parametrize("spots", [0.0, 0.005, 0.3])
@pytest.mark.parametrize("dtype", ["uint32", "int32", "uint16", "int64"])
def test_runs_across_chunks_and_regions_are_summed_exactly(dtype, spots, model):
    """Of masks without, with few and with many spots; some pixels are bright, some are bad."""
    geometry = replace(a_geometry(), shape=(120, 97))
    random = np.random.default_rng(5)
    masks = [random.random(geometry.shape) < spots for _ in range(2)]
    masks[1][:50, 30:] = True
    channels = [RadialChannel(f"R{i}", mask, 3, 1.0, *WIDE_OPEN) for i, mask in enumerate(masks)]
    image = random.poisson(1000, geometry.shape).astype(dtype)
    if np.dtype(dtype).itemsize > 2:
        image[random.random(geometry.shape) < 0.01] = 2**31 - 9
    bad = random.random(geometry.shape) < 0.01
    image[bad] = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else -1
    plan = make_plan(geometry, channels, error_model=model)
    (layer,) = plan.layers
    sums = sum_layer(layer, as_pixels(image, image.shape), variance=model is not ErrorModel.POISSON)
    counts = np.where(good(image), image, 0).ravel().astype(np.int64)
    for row, channel in enumerate(channels):
        full = plan.weights[0].linear[row]
        shares = weight_matrix(plan, channel.name).multiply(full[:, np.newaxis]).tocsr()
        shares.data = np.rint(shares.data)  # whole sub-pixels: the matrix divides by the area
        whole = shares.astype(np.int64)
        assert (sums.value[row] == whole @ counts).all()
        assert (sums.lost.linear[row] == whole @ ~good(image).ravel()).all()
        if sums.variance is not None:
            assert (sums.variance[row] == whole.power(2) @ counts).all()
