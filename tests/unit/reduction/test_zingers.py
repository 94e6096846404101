"""Zingers are left out, and nothing else is."""

from functools import partial

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from saxsdog.calibration import Calibration
from saxsdog.io.mask_files import read_mask
from saxsdog.reduction.bad_pixels import BadPixels, Clipping
from saxsdog.reduction.channels import ErrorModel, PhiChannel, RadialChannel
from saxsdog.reduction.corrections import Corrections
from saxsdog.reduction.geometry import pixel_centers, q
from saxsdog.reduction.integrate import as_pixels, integrate
from saxsdog.reduction.plan import make_plan
from saxsdog.reduction.sums import sum_layer
from saxsdog.reduction.zingers import without_zingers
from tests.helpers.oracles import WIDE_OPEN, a_geometry, only_curve, pyfai, radial_plan

SHAPE = (101, 111)
GEOMETRY = a_geometry(SHAPE, beam_center=(52.31, 44.72), distance=0.2)
Q = q(GEOMETRY, *pixel_centers(GEOMETRY))
MASK = np.random.default_rng(3).random(SHAPE) < 0.05
CLIPPING = BadPixels(zingers=Clipping(sigmas=5.0, rounds=3))
FLAT = np.random.default_rng(4).uniform(0.5, 2.0, SHAPE)
DARK = np.random.default_rng(5).poisson(20, SHAPE).astype(float)


def a_plan(bad_pixels=CLIPPING, **options):
    return radial_plan(GEOMETRY, mask=MASK, bad_pixels=bad_pixels, **options)


def a_pattern(mean=200.0):
    """A falling curve with a ring, whose pixels agree along every ring but for their noise."""
    return mean * (1 / (1 + 3 * Q / Q.max()) ** 2 + np.exp(-(((Q / Q.max() - 0.5) / 0.1) ** 2)))


def a_frame(seed=0, mean=200.0, dtype=np.int32):
    return np.random.default_rng(seed).poisson(a_pattern(mean)).astype(dtype)


def places(number, seed=0):
    """Pixels that are not masked, in rings of many."""
    ring = Q / Q.max()
    candidates = np.flatnonzero(((ring > 0.2) & (ring < 0.7) & ~MASK).ravel())
    return np.random.default_rng(seed).choice(candidates, number, replace=False)


def planted(image, where, value):
    with_zingers, without = image.copy(), image.copy()
    with_zingers.ravel()[where] = value
    without.ravel()[where] = -1
    return with_zingers, without


@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.4], ids=["narrow", "wide"])
@pytest.mark.parametrize("corrected", [False, True], ids=["plain", "corrected"])
def test_the_curve_is_that_without_the_zingers(corrected, pixels_per_bin, model):
    corrections = Corrections(flat=FLAT, dark=DARK) if corrected else Corrections()
    options = {
        "pixels_per_bin": pixels_per_bin,
        "corrections": corrections,
        "error_model": model,
    }
    truth = a_pattern() * (FLAT if corrected else 1.0) + (DARK if corrected else 0.0)
    image = np.random.default_rng(7).poisson(truth).astype(np.int32)
    dirty, clean = planted(image, places(25), 10_000 + 1000 * np.arange(25))
    curve = only_curve(dirty, a_plan(**options))
    wanted = only_curve(clean, a_plan(BadPixels(), **options))
    assert curve.zingers == 25
    assert wanted.zingers is None
    np.testing.assert_array_equal(curve.area, wanted.area)
    np.testing.assert_allclose(curve.intensity, wanted.intensity, rtol=1e-9, equal_nan=True)
    np.testing.assert_allclose(curve.sigma, wanted.sigma, rtol=1e-9, equal_nan=True)


@pytest.mark.parametrize("dtype", ["uint16", "int64", "float32", "float64"])
def test_zingers_are_found_in_every_kind_of_number(dtype):
    image = a_frame(dtype=np.dtype(dtype))
    image.ravel()[places(12)] = 30_000
    assert only_curve(image, a_plan()).zingers == 12


def test_a_dead_pixel_does_not_belong_to_its_ring_either():
    image = a_frame(mean=2000.0)
    image.ravel()[places(5)] = 0
    assert only_curve(image, a_plan()).zingers == 5


@pytest.mark.parametrize("mean", [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 10_000.0])
def test_noise_alone_loses_hardly_a_pixel(mean):
    """Of 10,000 pixels Poisson's law puts 0.006 beyond five deviations of a normal law."""
    found = [only_curve(a_frame(seed, mean), a_plan()).zingers for seed in range(20)]
    assert sum(found) <= 3


def test_a_frame_without_zingers_keeps_its_curve_to_the_last_bit():
    image = a_frame()
    curve, wanted = only_curve(image, a_plan()), only_curve(image, a_plan(BadPixels()))
    assert curve.zingers == 0
    np.testing.assert_array_equal(curve.intensity, wanted.intensity)
    np.testing.assert_array_equal(curve.sigma, wanted.sigma)


def test_a_faint_zinger_is_found_when_the_bright_one_beside_it_is_gone():
    image = np.full(SHAPE, 100, np.int32)
    ring = np.flatnonzero((np.abs(Q / Q.max() - 0.5) < 0.004).ravel() & ~MASK.ravel())
    first = Clipping(sigmas=5.0, rounds=1)
    image.ravel()[ring[3]] = 1_000_000
    image.ravel()[ring[10]] = 400
    once = only_curve(image, a_plan(BadPixels(zingers=first))).zingers
    assert (once, only_curve(image, a_plan()).zingers) == (1, 2)


def test_a_bin_of_few_pixels_is_left_alone():
    geometry = a_geometry((3, 3))
    image = np.ones((3, 3), np.int32)
    image[1, 1] = 1_000_000
    plan = radial_plan(geometry, bad_pixels=CLIPPING)
    assert only_curve(image, plan).zingers == 0


def test_a_zinger_does_not_hide_in_the_scatter_that_it_makes_itself():
    """Of 12 pixels one lies 3.2 plain standard deviations from the mean, however bright it is."""
    geometry = a_geometry((1, 12), tilt=0.0, beam_center=(-500.0, 6.0), distance=1.0)
    image = np.full((1, 12), 100, np.int32)
    image[0, 4] = 10_000
    plan = radial_plan(geometry, bad_pixels=CLIPPING, pixels_per_bin=1000.0)
    curve = only_curve(image, plan)
    assert curve.zingers == 1
    assert np.nanmax(curve.intensity) == 100.0


def test_every_radial_curve_judges_by_its_own_rings():
    """A bright sector is a zinger among dark pixels, and none among its like."""
    rows, columns = np.indices(SHAPE)
    sector = (np.abs(rows - 52) < 2) & (columns > 60)
    image = a_frame()
    image[sector] += 100_000
    channels = [
        RadialChannel("R0", None, 3, 1.0, *WIDE_OPEN),
        RadialChannel("R1", ~sector, 3, 3.0, *WIDE_OPEN),
        PhiChannel("R2", None, 3, 36, *WIDE_OPEN),
    ]
    plan = make_plan(GEOMETRY, channels, bad_pixels=CLIPPING)
    whole, bright, around = integrate(image, plan)
    assert whole.zingers > 100
    assert bright.zingers == 0
    assert around.zingers is None


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.floats(3.0, 8.0))
def test_clipping_never_adds_pixels_and_counts_those_that_it_takes(seed, number, sigmas):
    image = a_frame(seed % 1000)
    image.ravel()[places(number, seed)] = np.random.default_rng(seed).integers(0, 2000, number)
    plan = a_plan(BadPixels(zingers=Clipping(sigmas, 2)))
    curve, wanted = only_curve(image, plan), only_curve(image, a_plan(BadPixels()))
    assert (curve.area <= wanted.area).all()
    assert wanted.area.sum() - curve.area.sum() == pytest.approx(curve.zingers)


@pytest.mark.parametrize("corrected", [False, True], ids=["plain", "corrected"])
@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.4], ids=["narrow", "wide"])
@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(2.5, 6.0))
def test_later_rounds_find_what_a_look_at_every_pixel_finds(
    pixels_per_bin, corrected, seed, sigmas
):
    rng = np.random.default_rng(seed)
    image = a_frame(seed % 100)
    image.ravel()[places(30, seed)] = rng.integers(0, 3000, 30)
    plan = a_plan(pixels_per_bin=pixels_per_bin)
    given = {"factor": FLAT.ravel(), "dark": DARK.ravel()} if corrected else {}
    search = partial(without_zingers, plan.layers[0], plan.weights[0], **given)
    clipped = search(as_pixels(image, SHAPE), Clipping(sigmas, 4))
    pixels, number = as_pixels(image, SHAPE), 0
    for _ in range(4):
        once = search(pixels, Clipping(sigmas, 1))
        pixels, number = once.pixels, number + once.n_zingers
    assert clipped.n_zingers == number
    np.testing.assert_array_equal(clipped.pixels.values, pixels.values)
    wanted = sum_layer(plan.layers[0], pixels, square=True, **given)
    np.testing.assert_allclose(clipped.sums.value, wanted.value, rtol=1e-12)
    np.testing.assert_allclose(clipped.sums.square, wanted.square, rtol=1e-12)
    np.testing.assert_array_equal(clipped.sums.lost.linear, wanted.lost.linear)
    np.testing.assert_array_equal(clipped.sums.lost.square, wanted.lost.square)


def test_the_curve_is_that_of_pyfai_where_the_clipping_is_beyond_doubt():
    image, _ = planted(a_frame(), places(25), 1_000_000)
    curve = only_curve(image, a_plan(oversampling=1))
    step = curve.q[1] - curve.q[0]
    oracle = pyfai(GEOMETRY).sigma_clip_ng(
        image.astype(np.float64),
        curve.q.size,
        mask=MASK.astype(np.int8),
        correctSolidAngle=False,
        thres=5,
        max_iter=5,
        error_model="azimuthal",
        unit="q_nm^-1",
        radial_range=(0, curve.q.size * step),
        method=("no", "csr", "cython"),
    )
    same = (curve.area > 40) & (oracle.count == curve.area)
    assert same.sum() > 20
    np.testing.assert_allclose(curve.intensity[same], oracle.intensity[same], rtol=1e-6)


def test_of_a_real_frame_as_many_pixels_are_taken_as_by_pyfai(real_data):
    calibration = Calibration.load(real_data / "agbeh.saxsconf")
    image = tifffile.imread(real_data / "agbeh2_1M.tif")
    geometry = calibration.geometry
    mask = read_mask(real_data / calibration.masks[0].file, geometry.shape)
    plain, clipped = (
        only_curve(image, radial_plan(geometry, mask=mask, bad_pixels=each))
        for each in (BadPixels(), CLIPPING)
    )
    oracle = pyfai(geometry).sigma_clip_ng(
        image.astype(np.float32),
        plain.q.size,
        mask=(mask | (image < 0)).astype(np.int8),
        correctSolidAngle=False,
        thres=5,
        max_iter=5,
        error_model="azimuthal",
        unit="q_nm^-1",
        method=("no", "csr", "cython"),
    )
    taken = plain.area.sum() - oracle.count.sum()
    assert 0 < taken < 20
    assert clipped.zingers == taken
