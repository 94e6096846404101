"""The kernel against the matrix, and the matrix against a count of all sub-pixels."""

import math

import numpy as np
import pytest

from saxsdog.reduction.channels import (
    Direction,
    ErrorModel,
    PhiChannel,
    Plane,
    RadialChannel,
    SliceChannel,
)
from saxsdog.reduction.corrections import Polarization, polarization_factor
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.layers import MAX_CHANNELS_PER_LAYER
from saxsdog.reduction.matrix import weight_matrix
from saxsdog.reduction.plan import make_plan
from tests.helpers.oracles import (
    WIDE_OPEN,
    a_geometry,
    phi_labels,
    radial_bins,
    radial_labels,
    radial_plan,
    shares,
)

GEOMETRIES = {
    "beam on the detector": a_geometry(),
    "beam outside": a_geometry(beam_center=(-31.61, 17.37), tilt=0.0),
    "strong tilt": a_geometry(tilt=math.radians(-39.3), tilt_rotation=2.11),
    "behind the sample": a_geometry(distance=0.0031, tilt=math.radians(84.0)),
    "flat pixels": a_geometry(pixel_size=(20e-6, 300e-6)),
}
WAYS = [(1, 1.0), (3, 1.0), (3, 0.1), (5, 0.21), (8, 0.13), (2, 5.0), (8, 1.0)]
POLARIZATIONS = [None, Polarization(0.97, 0.21)]
A_MASK = np.random.default_rng(0).random((37, 41)) < 0.3
DTYPES = ["uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]


def an_image(seed=1, dtype="int32", most=100):
    return np.random.default_rng(seed).integers(0, most, (37, 41)).astype(dtype)


def overlapping_masks(number):
    """Discs and stripes that meet in many combinations."""
    row, column = np.ogrid[:37, :41]
    rng = np.random.default_rng(5)
    masks = []
    for i in range(number):
        y, x = rng.uniform(0, 37), rng.uniform(0, 41)
        masks.append((row - y) ** 2 + (column - x) ** 2 < (4 + 2 * i) ** 2)
    return masks


def dense(counted, factor=None):
    """The matrix of the design: counts of sub-pixels over their sum, times the factor."""
    area = counted.sum(axis=1, keepdims=True)
    weights = np.divide(counted, area, where=area > 0, out=np.zeros(counted.shape))
    return weights if factor is None else weights * factor


def factor_of(geometry, polarization):
    if polarization is None:
        return None
    return 1 / polarization_factor(geometry, polarization).ravel()


def expected_sigma(model, counted, image, factor=None):
    """The three errors of the design, pixel by pixel."""
    f = np.ones(image.size) if factor is None else factor
    counts = image.ravel().astype(float)
    area = counted.sum(axis=1)
    sub_pixels = counted.sum(axis=0).max()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counted @ (f * counts) / area
        if model is ErrorModel.POISSON:
            return np.sqrt(mean / (area / sub_pixels))
        if model is ErrorModel.PROPAGATED:
            return np.sqrt(counted**2 @ (f**2 * counts)) / area
        squares = (counted**2).sum(axis=1)
        scatter = np.array([c @ (f * counts - m) ** 2 for c, m in zip(counted, mean, strict=True)])
        freedom = area - squares / area
        freedom[(counted > 0).sum(axis=1) < 2] = np.nan  # one pixel has no scatter
        return np.sqrt(scatter / freedom * squares) / area


def assert_same(curve, matrix, image, counted, sub_pixels, rtol=1e-12):
    """A curve and a matrix, of the whole detector and without a bad pixel, tell the same."""
    seen = counted.sum(axis=1) > 0
    np.testing.assert_array_equal(curve.area, counted.sum(axis=1) / sub_pixels)
    assert (np.isnan(curve.intensity) == ~seen).all()
    by_matrix = matrix @ image.ravel().astype(np.float64)
    np.testing.assert_allclose(curve.intensity[seen], by_matrix[seen], rtol=rtol)


@pytest.mark.parametrize("polarization", POLARIZATIONS)
@pytest.mark.parametrize("mask", [None, A_MASK], ids=["no mask", "mask"])
@pytest.mark.parametrize(("oversampling", "pixels_per_bin"), WAYS)
@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES.keys())
def test_radial_weights_are_shares_of_sub_pixels(
    geometry, oversampling, pixels_per_bin, mask, polarization
):
    plan = radial_plan(
        geometry,
        oversampling=oversampling,
        pixels_per_bin=pixels_per_bin,
        mask=mask,
        polarization=polarization,
    )
    labels, to_the_edge = radial_labels(geometry, oversampling, pixels_per_bin)
    assert to_the_edge.min() > 1e-12  # or the labels may rightly differ
    _, n_bins = radial_bins(geometry, oversampling, pixels_per_bin)
    counted = shares(labels, n_bins, oversampling, mask)
    matrix = weight_matrix(plan, "R0")
    expected = dense(counted, factor_of(geometry, polarization))
    np.testing.assert_allclose(matrix.toarray(), expected, rtol=1e-13)
    (curve,) = integrate(image := an_image(), plan)
    assert_same(curve, matrix, image, counted, oversampling**2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.2], ids=["narrow", "wide"])
def test_every_type_of_image_gives_the_curve_of_the_matrix(dtype, pixels_per_bin):
    plan = radial_plan(a_geometry(), pixels_per_bin=pixels_per_bin)
    matrix, image = weight_matrix(plan, "R0"), an_image(dtype=dtype)
    labels, _ = radial_labels(a_geometry(), 3, pixels_per_bin)
    counted = shares(labels, matrix.shape[0], 3)
    (curve,) = integrate(image, plan)
    assert_same(curve, matrix, image, counted, 9)


@pytest.mark.parametrize("polarization", POLARIZATIONS)
@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize(("oversampling", "pixels_per_bin"), WAYS)
def test_errors_are_those_of_a_count_of_all_sub_pixels(
    oversampling, pixels_per_bin, model, polarization
):
    geometry = a_geometry()
    plan = radial_plan(
        geometry,
        oversampling=oversampling,
        pixels_per_bin=pixels_per_bin,
        mask=A_MASK,
        polarization=polarization,
        error_model=model,
    )
    labels, _ = radial_labels(geometry, oversampling, pixels_per_bin)
    counted = shares(labels, plan.channels[0].q.size, oversampling, A_MASK)
    (curve,) = integrate(image := an_image(), plan)
    expected = expected_sigma(model, counted, image, factor_of(geometry, polarization))
    # A bin of equal counts has no scatter, less what rounding leaves.
    np.testing.assert_allclose(curve.sigma, expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("polarization", POLARIZATIONS)
@pytest.mark.parametrize("mask", [None, A_MASK], ids=["no mask", "mask"])
@pytest.mark.parametrize(("oversampling", "n_bins"), [(1, 360), (3, 36), (5, 7), (8, 100), (3, 1)])
def test_weights_of_sectors_are_shares_of_sub_pixels(oversampling, n_bins, mask, polarization):
    geometry, ring = a_geometry(), (2.3, 9.7)
    channel = PhiChannel("R0", mask, oversampling, n_bins, *ring)
    plan = make_plan(geometry, [channel], polarization=polarization)
    labels, to_the_edge = phi_labels(geometry, oversampling, n_bins, *ring)
    assert to_the_edge.min() > 1e-12
    counted = shares(labels, n_bins, oversampling, mask)
    matrix = weight_matrix(plan, "R0")
    expected = dense(counted, factor_of(geometry, polarization))
    np.testing.assert_allclose(matrix.toarray(), expected, rtol=1e-13)
    (curve,) = integrate(image := an_image(), plan)
    assert_same(curve, matrix, image, counted, oversampling**2)


def test_pixels_across_the_azimuth_pi_belong_to_the_first_sector_and_to_the_last():
    geometry = a_geometry(beam_center=(18.5, 20.5), tilt=0.0)
    channel = PhiChannel("R0", None, 2, 36, 1.0, 9.0)
    matrix = weight_matrix(make_plan(geometry, [channel]), "R0").toarray()
    pixel = 18 * 41 + 5  # on the row of the beam, far to the left of it
    assert (matrix[[0, -1], pixel] > 0).all()
    assert (matrix[1:-1, pixel] == 0).all()


@pytest.mark.parametrize("polarization", POLARIZATIONS)
@pytest.mark.parametrize("mask", [None, A_MASK], ids=["no mask", "mask"])
@pytest.mark.parametrize("direction", Direction)
def test_weights_of_a_slice_are_the_pixels_of_its_band(direction, mask, polarization):
    geometry = a_geometry()
    channel = SliceChannel("S0", mask, direction, Plane.VERTICAL, 12, 3, 0.0)
    plan = make_plan(geometry, [channel], polarization=polarization)
    labels = np.full((37, 41), -1)
    if direction is Direction.X:
        labels[37 - 12 - 3 : 37 - 12 + 3 + 1, :] = np.arange(41)
    else:
        labels[:, 12 - 1 - 3 : 12 - 1 + 3 + 1] = np.arange(36, -1, -1)[:, np.newaxis]
    counted = shares(labels, 41 if direction is Direction.X else 37, 1, mask)
    matrix = weight_matrix(plan, "S0")
    expected = dense(counted, factor_of(geometry, polarization))
    np.testing.assert_allclose(matrix.toarray(), expected, rtol=1e-13)
    (curve,) = integrate(image := an_image(), plan)
    assert_same(curve, matrix, image, counted, 1)


@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize("number", [2, MAX_CHANNELS_PER_LAYER, MAX_CHANNELS_PER_LAYER + 1, 17])
def test_masks_together_give_what_each_gives_alone(number, model):
    geometry, image = a_geometry(), an_image()
    image[3:9, 7:20] = -1
    masks = overlapping_masks(number)
    channels = [RadialChannel(f"R{i}", m, 3, 0.5, *WIDE_OPEN) for i, m in enumerate(masks)]
    together = make_plan(geometry, channels, error_model=model)
    for curve, mask, channel in zip(integrate(image, together), masks, channels, strict=True):
        alone = radial_plan(geometry, pixels_per_bin=0.5, mask=mask, error_model=model)
        (expected,) = integrate(image, alone)
        assert curve.channel == channel.name
        np.testing.assert_array_equal(curve.area, expected.area)
        np.testing.assert_array_equal(curve.intensity, expected.intensity)
        np.testing.assert_allclose(curve.sigma, expected.sigma, rtol=1e-9)
        ours, theirs = weight_matrix(together, channel.name), weight_matrix(alone, "R0")
        np.testing.assert_array_equal(ours.toarray(), theirs.toarray())


def test_channels_of_all_kinds_together_give_what_each_gives_alone():
    geometry, image = a_geometry(), an_image()
    first, second, third = overlapping_masks(3)
    channels = [
        PhiChannel("R0", first, 3, 90, 2.0, 9.0),
        RadialChannel("R1", second, 3, 1.0, *WIDE_OPEN),
        RadialChannel("R2", None, 5, 1.0, *WIDE_OPEN),
        PhiChannel("R3", third, 3, 90, 2.0, 9.0),
        RadialChannel("R4", third, 3, 1.0, *WIDE_OPEN),
        SliceChannel("S5", first, Direction.X, Plane.IN_PLANE, 5, 2, 0.0),
        SliceChannel("S6", second, Direction.Y, Plane.VERTICAL, 7, 0, 0.1),
        SliceChannel("S7", None, Direction.X, Plane.VERTICAL, 30, 40, 0.0),
    ]
    plan = make_plan(geometry, channels, polarization=POLARIZATIONS[1])
    curves = integrate(image, plan)
    assert [curve.channel for curve in curves] == [channel.name for channel in channels]
    assert [curve.kind for curve in curves] == ["Phi", "Radial", "Radial", "Phi", "Radial"] + [
        "Slice"
    ] * 3
    for curve, channel in zip(curves, channels, strict=True):
        (alone,) = integrate(image, make_plan(geometry, [channel], polarization=POLARIZATIONS[1]))
        np.testing.assert_array_equal(curve.q, alone.q)
        np.testing.assert_array_equal(curve.area, alone.area)
        np.testing.assert_allclose(curve.intensity, alone.intensity, rtol=1e-12)
        np.testing.assert_allclose(curve.sigma, alone.sigma, rtol=1e-12)


def test_a_mask_of_everything_gives_a_curve_of_nan_and_an_empty_matrix():
    plan = radial_plan(a_geometry(), mask=np.ones((37, 41), bool))
    (curve,) = integrate(an_image(), plan)
    assert np.isnan(curve.intensity).all()
    assert np.isnan(curve.sigma).all()
    assert (curve.area == 0).all()
    assert weight_matrix(plan, "R0").nnz == 0
    assert curve.q.size == weight_matrix(plan, "R0").shape[0]


def test_a_channel_that_the_plan_does_not_have_is_a_key_error():
    with pytest.raises(KeyError):
        weight_matrix(radial_plan(a_geometry()), "R1")


def test_a_detector_of_more_bins_than_16_bits_hold_is_integrated():
    geometry = a_geometry(beam_center=(-9000.3, 17.7), tilt=0.0, distance=10.0)
    plan = radial_plan(geometry, oversampling=2, pixels_per_bin=0.1)
    assert plan.channels[0].q.size > 1 << 16
    matrix = weight_matrix(plan, "R0")
    (curve,) = integrate(image := an_image(), plan)
    seen = curve.area > 0
    np.testing.assert_allclose(
        curve.intensity[seen], (matrix @ image.ravel().astype(float))[seen], rtol=1e-12
    )
    assert curve.area.sum() == image.size


def test_a_detector_packed_in_many_blocks_is_whole():
    geometry = a_geometry((400, 260), beam_center=(113.7, 91.2))
    plan = radial_plan(geometry, oversampling=5)
    labels, _ = radial_labels(geometry, 5, 1.0)
    share = np.bincount(labels.ravel(), minlength=plan.channels[0].q.size) / 25
    (curve,) = integrate(np.ones(geometry.shape, np.uint16), plan)
    np.testing.assert_array_equal(curve.area, share)
    np.testing.assert_array_equal(curve.intensity[share > 0], 1.0)
