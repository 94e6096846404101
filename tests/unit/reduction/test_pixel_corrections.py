"""Solid angle, flat, dark, sensor and sample: against pyFAI, analytic cases and dense sums."""

from functools import cache

import numpy as np
import pytest
from pyFAI.engines.preproc import preproc
from scipy.integrate import quad

from saxsdog.errors import FrameError
from saxsdog.reasons import Reason
from saxsdog.reduction.channels import ErrorModel, PhiChannel, RadialChannel
from saxsdog.reduction.corrections import (
    Corrections,
    Polarization,
    Sensor,
    correction_factor,
    relative_efficiency,
    relative_solid_angle,
    relative_transmission,
)
from saxsdog.reduction.geometry import incidence_cosine, pixel_centers, two_theta
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.matrix import weight_matrix
from saxsdog.reduction.plan import make_plan
from tests.helpers.oracles import (
    WIDE_OPEN,
    a_geometry,
    only_curve,
    pyfai,
    radial_bins,
    radial_labels,
    radial_plan,
    random_geometry,
    shares,
)

SHAPE = (37, 41)
GEOMETRY = a_geometry(SHAPE)
POLARIZATION = Polarization(0.95, 0.3)
RNG = np.random.default_rng(20)
FLAT = RNG.uniform(0.2, 3.0, SHAPE)
DARK = RNG.poisson(30, SHAPE).astype(float)
MASK = RNG.random(SHAPE) < 0.1
CASES = [random_geometry(np.random.default_rng(seed)) for seed in range(500, 506)]


def a_frame(seed=0, dtype=np.int32, bad=0.05):
    """A noisy frame with bad pixels, and which are good."""
    rng = np.random.default_rng(seed)
    image = rng.poisson(100, SHAPE).astype(dtype)
    good = rng.random(SHAPE) >= bad
    image[~good] = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else -1
    return image, good


@cache
def pixel_shares(pixels_per_bin=1.0, oversampling=3):
    labels, _ = radial_labels(GEOMETRY, oversampling, pixels_per_bin)
    n_bins = radial_bins(GEOMETRY, oversampling, pixels_per_bin)[1]
    return shares(labels, n_bins, oversampling, MASK) / oversampling**2


def expected(image, good, factor, dark, scale, model, c):
    """Mean and standard error as the manual writes them, with dense matrices."""
    c, n, f = c * good.ravel(), image.ravel().astype(float), factor.ravel()
    n, d = np.where(good.ravel(), n, 0.0), dark.ravel()
    value = f * (n - scale * d)
    area = c.sum(axis=1)
    mean = (c @ value) / area
    if model is ErrorModel.POISSON:
        model_counts = mean * (c @ f) + (scale + scale**2) * (c @ (f**2 * d))
        return mean, np.sqrt(model_counts) / area
    if model is ErrorModel.PROPAGATED:
        return mean, np.sqrt(c**2 @ (f**2 * (n + scale**2 * d))) / area
    spread = (c * (value - mean[:, np.newaxis]) ** 2).sum(axis=1)
    squares = (c**2).sum(axis=1)
    return mean, np.sqrt(spread / (area - squares / area) * squares) / area


@pytest.mark.parametrize("geometry", CASES)
def test_the_solid_angle_is_that_of_pyfai(geometry):
    theirs = pyfai(geometry).solidAngleArray(geometry.shape)
    np.testing.assert_allclose(relative_solid_angle(geometry), theirs, rtol=2e-7)


@pytest.mark.parametrize("tilt", [0.0, 0.4, -0.7])
def test_the_normal_of_the_detector_meets_it_at_the_foot_of_the_perpendicular(tilt):
    """A tilt by t about the vertical moves the foot by d sin t along the horizontal."""
    square = {"pixel_size": (1e-4, 1e-4), "tilt": tilt, "tilt_rotation": 0.0}
    geometry = a_geometry((9, 9), beam_center=(4.5, 4.5), distance=0.05, **square)
    foot = 4.5 - 0.05 * np.sin(tilt) / 1e-4
    assert incidence_cosine(geometry, 4.5, foot) == pytest.approx(1.0, abs=1e-12)
    at_the_beam = incidence_cosine(geometry, 4.5, 4.5)
    assert at_the_beam == pytest.approx(np.cos(tilt), rel=1e-12)


def test_a_thin_sensor_sees_its_slant_and_a_thick_one_sees_everything():
    geometry = a_geometry(distance=0.01)
    thin = relative_efficiency(geometry, Sensor(1e-9, 1.0))
    cosine = incidence_cosine(geometry, *pixel_centers(geometry))
    np.testing.assert_allclose(thin, 1 / cosine, rtol=1e-8)
    np.testing.assert_array_equal(relative_efficiency(geometry, Sensor(1.0, 1e-6)), 1.0)


def test_the_efficiency_of_a_sensor_is_the_share_that_is_stopped_on_the_slant_path():
    geometry = a_geometry(distance=0.01)
    cosine = incidence_cosine(geometry, *pixel_centers(geometry))
    stopped = 1 - np.exp(-450e-6 / 300e-6 / cosine)
    expected = stopped / (1 - np.exp(-450e-6 / 300e-6))
    got = relative_efficiency(geometry, Sensor(450e-6, 300e-6))
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_the_transmission_is_the_mean_over_the_depth_of_the_scattering():
    geometry = a_geometry((5, 7), distance=0.001, tilt=0.0)
    angles = two_theta(geometry, *pixel_centers(geometry))
    transmission, depth = 0.3, -np.log(0.3)
    for angle, got in zip(
        angles.ravel(), relative_transmission(geometry, transmission).ravel(), strict=True
    ):
        slant = 1 / np.cos(angle)
        mean, _ = quad(lambda z: np.exp(-depth * (z + (1 - z) * slant)), 0, 1)  # noqa: B023
        assert got == pytest.approx(mean / transmission, rel=1e-9)
    assert (relative_transmission(geometry, 1.0) == 1.0).all()


def test_what_goes_backward_from_a_flat_sample_is_left_out():
    geometry = a_geometry((31, 31), beam_center=(15.5, 15.5), distance=1e-3, tilt=1.2)
    backward = two_theta(geometry, *pixel_centers(geometry)) >= np.pi / 2
    assert 0 < backward.sum() < backward.size
    plan = radial_plan(geometry, corrections=Corrections(sample_transmission=0.5))
    assert only_curve(np.ones((31, 31)), plan).area.sum() == pytest.approx((~backward).sum())


@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize(
    ("what", "dtype"),
    [("dark", np.uint16), ("dark", np.int32), ("flat", np.int32), ("all", np.float64)],
)
@pytest.mark.parametrize("pixels_per_bin", [1.0, 0.3], ids=["narrow", "wide"])
def test_curves_are_the_dense_sums(pixels_per_bin, what, dtype, model):
    corrections = Corrections(
        flat=None if what == "dark" else FLAT,
        dark=None if what == "flat" else DARK,
        solid_angle=what == "all",
        sensor=Sensor(450e-6, 300e-6) if what == "all" else None,
        sample_transmission=0.4 if what == "all" else None,
    )
    polarization = POLARIZATION if what == "all" else None
    plan = radial_plan(
        GEOMETRY,
        mask=MASK,
        pixels_per_bin=pixels_per_bin,
        polarization=polarization,
        corrections=corrections,
        error_model=model,
    )
    image, good = a_frame(dtype=dtype)
    factor = correction_factor(GEOMETRY, polarization, corrections)
    factor = np.ones(SHAPE) if factor is None else factor
    dark = np.zeros(SHAPE) if what == "flat" else DARK
    curve = only_curve(image, plan)
    c = pixel_shares(pixels_per_bin)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, sigma = expected(image, good, factor, dark, 1.0, model, c)
    seen = (c * good.ravel()).sum(axis=1) > 0
    np.testing.assert_allclose(curve.intensity[seen], mean[seen], rtol=1e-11, atol=1e-11)
    assert np.isnan(curve.intensity[~seen]).all()
    assert np.isnan(curve.sigma[~seen]).all()
    several = (c * good.ravel() > 0).sum(axis=1) > 2
    np.testing.assert_allclose(curve.sigma[several], sigma[several], rtol=1e-9)


@pytest.mark.parametrize("model", ErrorModel)
def test_the_dark_follows_the_exposure_of_each_frame(model):
    corrections = Corrections(dark=DARK, dark_exposure=4.0, flat=FLAT)
    plan = radial_plan(GEOMETRY, mask=MASK, corrections=corrections, error_model=model)
    image, good = a_frame()
    (curve,) = integrate(image, plan, exposure=10.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, sigma = expected(image, good, 1 / FLAT, DARK, 2.5, model, pixel_shares())
    several = (pixel_shares() * good.ravel() > 0).sum(axis=1) > 2
    np.testing.assert_allclose(curve.intensity[several], mean[several], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(curve.sigma[several], sigma[several], rtol=1e-9)


@pytest.mark.parametrize("exposure", [None, np.nan, np.inf, -1.0])
def test_a_dark_that_is_scaled_needs_an_exposure(exposure):
    plan = radial_plan(GEOMETRY, corrections=Corrections(dark=DARK, dark_exposure=4.0))
    with pytest.raises(FrameError, match="expected an exposure time") as caught:
        integrate(a_frame()[0], plan, exposure=exposure)
    assert caught.value.reason is Reason.NO_VALUE


def everything(model):
    corrections = Corrections(solid_angle=True, flat=FLAT, dark=DARK)
    return radial_plan(
        GEOMETRY,
        mask=MASK,
        oversampling=1,
        polarization=POLARIZATION,
        corrections=corrections,
        error_model=model,
    )


def in_terms_of_pyfai(curve, **options):
    return {
        "npt": curve.q.size,
        "mask": MASK.astype(np.int8),
        "dark": DARK,
        "flat": FLAT,
        "correctSolidAngle": True,
        "polarization_factor": [2 * POLARIZATION.fraction - 1, -POLARIZATION.angle],
        "unit": "q_nm^-1",
        "method": ("no", "histogram", "cython"),
        "radial_range": (0, curve.q.size * (curve.q[1] - curve.q[0])),
    } | options


def test_every_pixel_is_corrected_as_by_pyfai():
    """Their mean of a bin is a ratio of sums, ours a mean of ratios: pixels are compared."""
    corrections = Corrections(solid_angle=True, flat=FLAT, dark=DARK)
    factor = correction_factor(GEOMETRY, POLARIZATION, corrections)
    integrator = pyfai(GEOMETRY)
    fraction, axis = 2 * POLARIZATION.fraction - 1, -POLARIZATION.angle
    image, _ = a_frame(bad=0.0)
    theirs = preproc(
        image,
        dark=DARK,
        flat=FLAT,
        solidangle=integrator.solidAngleArray(SHAPE),
        polarization=integrator.polarization(SHAPE, factor=fraction, axis_offset=axis),
        dtype=np.float64,
    )
    np.testing.assert_allclose(factor * (image - DARK), theirs, rtol=1e-6)


def test_what_the_corrections_shape_becomes_the_same_constant_here_and_in_pyfai():
    plan = everything(ErrorModel.PROPAGATED)
    corrections = Corrections(solid_angle=True, flat=FLAT, dark=DARK)
    factor = correction_factor(GEOMETRY, POLARIZATION, corrections)
    image = 250.0 / factor + DARK
    curve = only_curve(image, plan)
    oracle = pyfai(GEOMETRY).integrate1d_ng(image, **in_terms_of_pyfai(curve))
    seen = (curve.area > 0) & (oracle.count == curve.area)
    assert seen.sum() > 0.9 * (curve.area > 0).sum()
    np.testing.assert_allclose(curve.intensity[curve.area > 0], 250.0, rtol=1e-12)
    np.testing.assert_allclose(oracle.intensity[seen], 250.0, rtol=1e-5)


def test_the_matrix_takes_a_frame_without_its_dark():
    plan = everything(ErrorModel.POISSON)
    image, _ = a_frame(bad=0.0)
    curve = only_curve(image, plan)
    by_matrix = weight_matrix(plan, "R0") @ (image - DARK).ravel()
    seen = curve.area > 0
    np.testing.assert_allclose(curve.intensity[seen], by_matrix[seen], rtol=1e-11)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_pixel_without_a_response_is_left_out_of_every_channel(value):
    flat = FLAT.copy()
    flat[3:9, 5:20] = value
    dark = DARK.copy()
    dark[20, 20] = np.nan
    channels = [
        RadialChannel("R0", MASK, 3, 1.0, *WIDE_OPEN),
        RadialChannel("R1", None, 3, 1.0, *WIDE_OPEN),
        PhiChannel("R2", None, 3, 20, 0.0, 1e3),
    ]
    masked = MASK.copy()
    masked[3:9, 5:20] = masked[20, 20] = True
    corrected = make_plan(GEOMETRY, channels, corrections=Corrections(flat=flat, dark=dark))
    areas = [curve.area.sum() for curve in integrate(a_frame(bad=0.0)[0], corrected)]
    n_left = SHAPE[0] * SHAPE[1] - 6 * 15 - 1
    np.testing.assert_allclose(areas, [(~masked).sum(), n_left, n_left], rtol=1e-12)


def test_a_dark_brighter_than_the_frame_makes_a_negative_mean():
    plan = radial_plan(GEOMETRY, corrections=Corrections(dark=np.full(SHAPE, 30.0)))
    curve = only_curve(np.full(SHAPE, 20, np.int32), plan)
    seen = curve.area > 0
    np.testing.assert_allclose(curve.intensity[seen], -10.0, rtol=1e-12)
    np.testing.assert_allclose(curve.sigma[seen] ** 2 * curve.area[seen], 50.0, rtol=1e-12)


def test_without_corrections_nothing_is_kept_for_them():
    plan = radial_plan(GEOMETRY, corrections=Corrections())
    assert (plan.factor, plan.dark, plan.known) == (None, None, ())
    polarized = radial_plan(GEOMETRY, polarization=POLARIZATION)
    assert polarized.known == ()


@pytest.mark.parametrize("model", [ErrorModel.PROPAGATED, ErrorModel.POISSON])
def test_errors_are_as_large_as_the_scatter_of_frames_and_darks(model):
    """Each frame has a dark of its own, counted for half as long; truth from the expectations."""
    rng = np.random.default_rng(31)
    oversampling = 3 if model is ErrorModel.PROPAGATED else 1
    pattern, darkness, scale = 300.0, 40.0, 2.0
    deviations = []
    for _ in range(150):
        image = rng.poisson(pattern * FLAT + scale * darkness).astype(np.int32)
        dark = rng.poisson(darkness, SHAPE).astype(float)
        plan = radial_plan(
            GEOMETRY,
            mask=MASK,
            oversampling=oversampling,
            corrections=Corrections(flat=FLAT, dark=dark, dark_exposure=1.0),
            error_model=model,
        )
        (curve,) = integrate(image, plan, exposure=scale)
        busy = curve.area > 8
        deviations.append(((curve.intensity - pattern) / curve.sigma)[busy])
    chi_squared = np.mean(np.square(deviations))
    n = np.size(deviations)
    assert chi_squared == pytest.approx(1.0, abs=4 * np.sqrt(2 / n) * 1.3)
