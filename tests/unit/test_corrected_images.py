"""Corrections and bad pixels from the calibration file to the curve file."""

import numpy as np
import pytest
import tifffile

from saxsdog import Calibration, Integrator, read_chi
from saxsdog.curves.jobs import Job, ReuseRule
from saxsdog.curves.reducer import Reducer
from saxsdog.errors import CalibrationError, FrameError
from saxsdog.named_files import FileRole, named_files
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.reasons import Reason
from saxsdog.reduction.bad_pixels import Clipping
from saxsdog.reduction.corrections import Sensor
from tests.helpers.experiments import DOCUMENT, SHAPE
from tests.helpers.frames import tiff_bytes

RNG = np.random.default_rng(12)
FLAT = RNG.uniform(0.5, 2.0, SHAPE)
DARK = np.full(SHAPE, 20, np.uint16)


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "flat.npy", FLAT)
    tifffile.imwrite(tmp_path / "dark.tif", DARK)
    return tmp_path


def integrator(folder, **changes):
    return Integrator(Calibration.from_document(DOCUMENT | changes), folder)


def problem_of(**changes):
    with pytest.raises(CalibrationError) as caught:
        Calibration.from_document(DOCUMENT | changes)
    return str(caught.value)


def image_file(path, image, comment=""):
    text = f"# Pixel_size 172e-6 m x 172e-6 m\r\n{comment}\0".encode()
    path.write_bytes(tiff_bytes(image, tags=[(270, 2, len(text), text)]))
    return path


def reduced(integrator, image):
    """Integrate a file as a worker does, with a plan from shared memory."""
    with SharedPlan.write(integrator.plan) as shared:
        reducer = Reducer(shared.open(), integrator.calibration.document, ReuseRule())
        reducer.warm_up()
        outcome = reducer.reduce(Job(image, image.with_suffix("")))
        reducer.close()
    return outcome, read_chi(outcome.curves[0])


def test_the_flat_and_the_dark_of_the_calibration_are_applied(folder):
    corrections = {"FlatField": "flat.npy", "DarkCurrent": "dark.tif"}
    image = np.round(1000 * FLAT).astype(np.int32) + 20
    (curve,) = integrator(folder, Corrections=corrections).integrate(image)
    seen = curve.area > 0
    np.testing.assert_allclose(curve.intensity[seen], 1000, rtol=1e-3)


def test_micrometres_become_metres_and_what_is_left_out_is_off():
    sensor = {"ThicknessMicroM": 450, "AttenuationLengthMicroM": 130.5}
    calibration = Calibration.from_document(DOCUMENT | {"Corrections": {"Sensor": sensor}})
    assert calibration.corrections.sensor == Sensor(pytest.approx(450e-6), pytest.approx(130.5e-6))
    assert not calibration.corrections.solid_angle
    plain = Calibration.from_document(DOCUMENT)
    assert plain.corrections.sensor is None
    assert plain.bad_pixels.zingers is None


def test_zingers_are_looked_for_with_the_defaults_of_the_schema():
    document = DOCUMENT | {"BadPixels": {"Zingers": {}}}
    assert Calibration.from_document(document).bad_pixels.zingers == Clipping(5, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Corrections": {"DarkExposureTime": 1}}, "Corrections.DarkExposureTime: expected Dark"),
        ({"Corrections": {"SampleTransmission": 0}}, "Corrections.SampleTransmission"),
        ({"Corrections": {"SampleTransmission": 1.5}}, "Corrections.SampleTransmission"),
        ({"Corrections": {"Sensor": {"ThicknessMicroM": 1}}}, "AttenuationLengthMicroM"),
        ({"BadPixels": {"Zingers": {"Sigmas": 0}}}, "BadPixels.Zingers.Sigmas"),
        ({"BadPixels": {"Zingers": True}}, "BadPixels.Zingers"),
        ({"BadPixels": {"Cutoff": True}}, "Cutoff"),
    ],
)
def test_a_wrong_value_is_named(changes, words):
    assert words in problem_of(**changes)


@pytest.mark.parametrize("key", ["FlatField", "DarkCurrent"])
def test_a_file_that_cannot_be_used_is_named_with_its_key(folder, key):
    with pytest.raises(CalibrationError, match=rf"Corrections\.{key}: .*none\.tif"):
        integrator(folder, Corrections={key: "none.tif"})


def test_the_files_of_the_corrections_travel_with_the_calibration():
    corrections = {"FlatField": "flat.npy", "DarkCurrent": "dark.tif"}
    found = named_files(DOCUMENT | {"Corrections": corrections})
    assert [(file.key, file.role) for file in found] == [
        ("Corrections.FlatField", FileRole.IMAGE),
        ("Corrections.DarkCurrent", FileRole.IMAGE),
    ]


SCALED = {"DarkCurrent": "dark.tif", "DarkExposureTime": 4}


def test_the_dark_follows_the_exposure_in_the_header(folder):
    image = np.full(SHAPE, 100, np.int32)
    path = image_file(folder / "x.tif", image, "# Exposure_time 10.0 s\r\n")
    outcome, curve = reduced(integrator(folder, Corrections=SCALED), path)
    assert outcome.exposure == 10
    assert np.nanmin(curve.intensity) == np.nanmax(curve.intensity) == 50
    values = {"Exposure_Time": 10.0}
    (same,) = integrator(folder, Corrections=SCALED).integrate(image, values)
    np.testing.assert_allclose(same.intensity, curve.intensity, rtol=1e-10)


def test_an_image_without_an_exposure_fails_where_the_dark_needs_one(folder):
    path = image_file(folder / "x.tif", np.full(SHAPE, 100, np.int32))
    with pytest.raises(FrameError, match=r"x\.tif: expected an exposure time") as caught:
        reduced(integrator(folder, Corrections=SCALED), path)
    assert caught.value.reason is Reason.NO_VALUE


@pytest.mark.parametrize("dtype", [np.int32, np.uint16, np.float32])
def test_counts_that_reach_the_cutoff_are_left_out_where_that_is_asked_for(folder, dtype):
    image = np.full(SHAPE, 100, dtype)
    image[::5, ::3] = 999
    image[1::5, ::3] = 1000
    image[2::5, ::3] = 1001
    path = image_file(folder / "x.tif", image, "# Count_cutoff 1000 counts\r\n")
    _, curve = reduced(integrator(folder, BadPixels={"CountCutoff": True}), path)
    (wanted,) = integrator(folder).integrate(np.where(image >= 1000, -1.0, image))
    np.testing.assert_allclose(curve.intensity, wanted.intensity, rtol=1e-10)
    _, plain = reduced(integrator(folder), path)
    assert np.nanmax(plain.intensity) > np.nanmax(curve.intensity)
    (same,) = integrator(folder, BadPixels={"CountCutoff": True}).integrate(
        image, {"count_cutoff": 1000}
    )
    np.testing.assert_array_equal(same.intensity, wanted.intensity)


def test_an_image_whose_header_gives_no_cutoff_has_none(folder):
    path = image_file(folder / "x.tif", np.full(SHAPE, 2**31 - 1, np.int32))
    _, curve = reduced(integrator(folder, BadPixels={"CountCutoff": True}), path)
    assert np.nanmax(curve.intensity) == 2**31 - 1


def test_the_number_of_zingers_joins_the_parameters_of_its_curve(folder):
    image = RNG.poisson(100, SHAPE).astype(np.int32)
    image[15, 20] = image[30, 8] = 100_000
    path = image_file(folder / "x.tif", image)
    outcome, curve = reduced(integrator(folder, BadPixels={"Zingers": {}}), path)
    assert outcome.parameters["R0"]["zingers"] == 2
    assert set(curve.parameters) == {"I0", "I1", "I2"}
    assert np.nanmax(curve.intensity) < 150
    plain, _ = reduced(integrator(folder), path)
    assert "zingers" not in plain.parameters["R0"]


def test_a_file_without_the_new_keys_means_what_it_meant(folder):
    """Empty sections ask for nothing; the curves are the same to the last bit."""
    image = RNG.poisson(100, SHAPE).astype(np.int32)
    (plain,) = integrator(folder).integrate(image)
    (empty,) = integrator(folder, Corrections={}, BadPixels={}).integrate(image)
    np.testing.assert_array_equal(plain.intensity, empty.intensity)
    np.testing.assert_array_equal(plain.sigma, empty.sigma)
