"""Curves of real files: normalised by header, log and constants, and without background."""

import os

import numpy as np
import pytest

from saxsdog.calibration import Calibration
from saxsdog.curves.backgrounds import AGE_NS
from saxsdog.curves.jobs import Job, ReuseRule
from saxsdog.curves.reducer import Reducer
from saxsdog.curves.treatment import TreatmentRule
from saxsdog.errors import CalibrationError, FrameError
from saxsdog.integrator import Integrator
from saxsdog.io.cakes import read_cake
from saxsdog.io.chi import read_chi
from saxsdog.io.images import Caution
from saxsdog.reasons import Reason
from tests.helpers.calibrations import SMALL
from tests.helpers.frames import cbf_bytes

SHAPE = (40, 50)
NOON = 1_700_000_000 * 10**9
"""When the images were written, ns; their exposures are half a second, as their headers say."""


def frame(seed, level=100):
    return np.random.default_rng(seed).poisson(level, SHAPE).astype(np.int32)


def write(path, image, seconds=0.0):
    path.write_bytes(cbf_bytes(image))
    time = NOON + round(seconds * 1e9)
    os.utime(path, ns=(time, time))
    return path


def integrator_of(tmp_path, **sections):
    return Integrator(Calibration.from_document(SMALL | sections), tmp_path)


def reducer_of(integrator, roots=()):
    calibration = integrator.calibration
    rule = TreatmentRule.of(calibration)
    caution = Caution(roots)
    return Reducer(
        integrator.plan, calibration.document, ReuseRule(), caution=caution, treatment=rule
    )


def curve_of(reducer, image):
    reducer.reduce(Job(image, image.parent / "out" / image.stem))
    return read_chi(image.parent / "out" / f"{image.stem}.chi")


def raw(tmp_path, image):
    return integrator_of(tmp_path).integrate(image)[0]


def test_a_curve_is_divided_by_what_header_constants_and_log_say(tmp_path):
    image = write(tmp_path / "a.cbf", frame(1))
    (tmp_path / "log.csv").write_text("file,monitor,x\na.cbf,50,7\n", encoding="utf-8")
    section = {
        "DivideBy": "Exposure_time * monitor * t ** 2",
        "Constants": [{"Name": "T", "Value": 0.8}],
        "Log": {"File": "log.csv", "Key": "file"},
        "ScaleFactor": 3,
        "Unit": "1/cm",
    }
    reducer = reducer_of(integrator_of(tmp_path, Normalization=section))
    factor = 3 / (0.5 * 50 * 0.64)
    curve, plain = curve_of(reducer, image), raw(tmp_path, frame(1))
    np.testing.assert_allclose(curve.intensity, plain.intensity * factor, rtol=1e-11)
    np.testing.assert_allclose(curve.sigma, plain.sigma * factor, rtol=1e-11)
    assert curve.parameters["I2"] == pytest.approx(plain.parameters.I2 * factor)
    assert curve.labels[1] == "Intensity (1/cm)"


def test_from_python_the_values_are_given(tmp_path):
    section = {"DivideBy": "monitor * t", "Constants": [{"Name": "t", "Value": 0.5}]}
    integrator = integrator_of(tmp_path, Normalization=section)
    (curve,) = integrator.integrate(frame(1), {"Monitor": 4})
    np.testing.assert_allclose(curve.intensity, raw(tmp_path, frame(1)).intensity / 2)
    with pytest.raises(FrameError, match=r"DivideBy: .*a value for 'monitor', got t") as error:
        integrator.integrate(frame(1))
    assert error.value.reason is Reason.NO_VALUE


@pytest.mark.parametrize(
    ("divide_by", "told"),
    [
        ("ring_current", "expected a value for 'ring_current', got .*exposure_time"),
        ("exposure_time - 0.5", "expected more than 0, got 0 from"),
        ("exposure_time - 1", "expected more than 0, got -0.5 from"),
        ("exposure_time * 1e-310", "expected more than 0, got 5e-311 from"),
        ("1 / (exposure_time - 0.5)", "expected a number, got none"),
    ],
)
def test_an_image_that_cannot_be_normalised_fails_and_says_why(tmp_path, divide_by, told):
    image = write(tmp_path / "a.cbf", frame(1))
    reducer = reducer_of(integrator_of(tmp_path, Normalization={"DivideBy": divide_by}))
    with pytest.raises(FrameError, match=rf"a\.cbf: Normalization\.DivideBy: .*{told}") as error:
        curve_of(reducer, image)
    assert error.value.reason is Reason.NO_VALUE
    assert error.value.fingerprint is not None


def test_an_image_waits_for_its_row(tmp_path):
    image = write(tmp_path / "a.cbf", frame(1))
    section = {"DivideBy": "monitor", "Log": {"File": "log.csv", "Key": "file"}}
    reducer = reducer_of(integrator_of(tmp_path, Normalization=section))
    with pytest.raises(FrameError) as error:
        curve_of(reducer, image)
    assert error.value.reason is Reason.NO_LOG_ROW
    (tmp_path / "log.csv").write_text("file monitor\na.cbf 2\n", encoding="utf-8")
    half = raw(tmp_path, frame(1)).intensity / 2
    np.testing.assert_allclose(curve_of(reducer, image).intensity, half, rtol=1e-11)


def test_a_log_outside_of_the_roots_is_not_read(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    image = write(root / "a.cbf", frame(1))
    (tmp_path / "log.csv").write_text("file monitor\na.cbf 2\n", encoding="utf-8")
    section = {"DivideBy": "monitor", "Log": {"File": "../log.csv", "Key": "file"}}
    reducer = reducer_of(integrator_of(root, Normalization=section), (root.resolve(),))
    with pytest.raises(FrameError) as error:
        curve_of(reducer, image)
    assert error.value.reason is Reason.OUTSIDE_ROOT


def test_a_curve_of_the_calibration_is_subtracted(tmp_path):
    buffer = write(tmp_path / "buffer.cbf", frame(2, 20))
    background = curve_of(reducer_of(integrator_of(tmp_path)), buffer)
    mask = SMALL["Masks"][0] | {"BackgroundCurve": "out/buffer.chi"}
    integrator = integrator_of(tmp_path, Masks=[mask], Background={"Scale": "2 * exposure_time"})
    curve = curve_of(reducer_of(integrator), write(tmp_path / "a.cbf", frame(1)))
    plain = raw(tmp_path, frame(1))
    expected = plain.intensity - background.intensity
    np.testing.assert_allclose(curve.intensity, expected, rtol=1e-9)
    np.testing.assert_allclose(curve.sigma, np.hypot(plain.sigma, background.sigma), rtol=1e-9)
    over = (plain.q >= 0.1) & (plain.q < 2.0) & ~np.isnan(expected)
    step = plain.q[1] - plain.q[0]
    assert curve.parameters["I0"] == pytest.approx(float(expected[over].sum() * step))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no curve\n", r"Masks\[0\]\.BackgroundCurve: .*expected the number of rows"),
        ("t\nq\nI\n   2\n 2 1 1\n 1 1 1\n", "first column ascends"),
        ("t\nq\nI\n   1\n 1e9 1 1\n", "got 1e\\+09 to 1e\\+09"),
    ],
)
def test_a_background_that_is_none_is_refused_with_its_key(tmp_path, text, told):
    (tmp_path / "b.chi").write_text(text, encoding="utf-8")
    mask = SMALL["Masks"][0] | {"BackgroundCurve": "b.chi"}
    with pytest.raises(CalibrationError, match=told):
        integrator_of(tmp_path, Masks=[mask])


def test_the_newest_backgrounds_that_are_old_enough_are_averaged(tmp_path):
    levels = {"buffer_1": 0.0, "buffer_2": 10.0, "buffer_3": 20.0, "buffer_4": 29.0}
    for seed, (name, seconds) in enumerate(levels.items(), 10):
        write(tmp_path / f"{name}.cbf", frame(seed, 20), seconds)
    image = write(tmp_path / "a.cbf", frame(1), 30.0)
    section = {"Frames": "buffer_*.cbf", "Last": 2, "Scale": "0.5"}
    reducer = reducer_of(integrator_of(tmp_path, Background=section))
    curve, plain = curve_of(reducer, image), raw(tmp_path, frame(1))
    two = [raw(tmp_path, frame(seed, 20)) for seed in (11, 12)]
    mean = (two[0].intensity + two[1].intensity) / 2
    np.testing.assert_allclose(curve.intensity, plain.intensity - mean / 2, rtol=1e-9)
    sigma = np.sqrt(plain.sigma**2 + (two[0].sigma ** 2 + two[1].sigma ** 2) / 16)
    np.testing.assert_allclose(curve.sigma, sigma, rtol=1e-9)


def test_a_background_is_integrated_without_subtraction(tmp_path):
    image = write(tmp_path / "buffer_1.cbf", frame(2))
    reducer = reducer_of(integrator_of(tmp_path, Background={"Frames": "buffer_*"}))
    plain = raw(tmp_path, frame(2))
    np.testing.assert_allclose(curve_of(reducer, image).intensity, plain.intensity, rtol=1e-11)


def test_backgrounds_are_normalised_like_images(tmp_path):
    write(tmp_path / "buffer_1.cbf", frame(2, 20), -60)
    image = write(tmp_path / "a.cbf", frame(1))
    sections = {"Normalization": {"DivideBy": "exposure_time"}, "Background": {"Frames": "buffer*"}}
    curve = curve_of(reducer_of(integrator_of(tmp_path, **sections)), image)
    expected = raw(tmp_path, frame(1)).intensity - raw(tmp_path, frame(2, 20)).intensity
    np.testing.assert_allclose(curve.intensity, 2 * expected, rtol=1e-9)


def test_a_background_that_cannot_be_read_is_passed_over(tmp_path):
    write(tmp_path / "buffer_1.cbf", frame(2, 20), -60)
    damaged = write(tmp_path / "buffer_2.cbf", frame(3), -30)
    damaged.write_bytes(damaged.read_bytes()[:2000])
    os.utime(damaged, ns=(NOON - 30 * 10**9,) * 2)
    reducer = reducer_of(integrator_of(tmp_path, Background={"Frames": "buffer*"}))
    curve = curve_of(reducer, write(tmp_path / "a.cbf", frame(1)))
    expected = raw(tmp_path, frame(1)).intensity - raw(tmp_path, frame(2, 20)).intensity
    np.testing.assert_allclose(curve.intensity, expected, rtol=1e-9)


def test_without_a_background_an_image_fails_and_says_why(tmp_path):
    write(tmp_path / "buffer_1.cbf", frame(2), -AGE_NS / 2e9)
    reducer = reducer_of(integrator_of(tmp_path, Background={"Frames": "buffer*"}))
    with pytest.raises(FrameError, match=r"image buffer\* .* 2 s older, got 1 younger") as error:
        curve_of(reducer, write(tmp_path / "a.cbf", frame(1)))
    assert error.value.reason is Reason.NO_BACKGROUND


def test_backgrounds_that_come_later_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr("saxsdog.curves.backgrounds.REST", 0.0)
    write(tmp_path / "buffer_1.cbf", frame(2, 20), -60)
    reducer = reducer_of(integrator_of(tmp_path, Background={"Frames": "buffer*", "Last": 1}))
    curve_of(reducer, write(tmp_path / "a.cbf", frame(1)))
    write(tmp_path / "buffer_2.cbf", frame(3, 20), 60)
    curve = curve_of(reducer, write(tmp_path / "b.cbf", frame(1), 100))
    expected = raw(tmp_path, frame(1)).intensity - raw(tmp_path, frame(3, 20)).intensity
    np.testing.assert_allclose(curve.intensity, expected, rtol=1e-9)


@pytest.mark.parametrize("key", [("Normalization", "DivideBy"), ("Background", "Scale")])
def test_what_is_no_formula_is_told_with_its_key_and_place(key):
    document = SMALL | {key[0]: {key[1]: "exposure_time *"}}
    with pytest.raises(CalibrationError, match=r"\.".join(key) + ".*at character 16"):
        Calibration.from_document(document)


def test_a_cake_has_the_cake_of_the_background_subtracted(tmp_path):
    write(tmp_path / "buffer_1.cbf", frame(2, 20), -60)
    image = write(tmp_path / "a.cbf", frame(1))
    masks = [SMALL["Masks"][0] | {"Cake": {"AzimuthalBins": 4}}]
    sections = {"Masks": masks, "Background": {"Frames": "buffer*", "Scale": "0.5"}}
    outcome = reducer_of(integrator_of(tmp_path, **sections)).reduce(
        Job(image, tmp_path / "out" / "a")
    )
    integrator = integrator_of(tmp_path, Masks=masks)
    (whole,), (buffer,) = (integrator.integrate(each) for each in (frame(1), frame(2, 20)))
    cake = read_cake(outcome.curves[0])
    expected = whole.intensity - 0.5 * buffer.intensity
    np.testing.assert_allclose(cake.intensity, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(cake.sigma, np.hypot(whole.sigma, 0.5 * buffer.sigma), rtol=1e-6)
