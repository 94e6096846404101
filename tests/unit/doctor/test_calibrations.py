import json

import numpy as np
import pytest
import tifffile

from saxsdog.calibration import Calibration
from saxsdog.detectors import detector
from saxsdog.doctor import calibrations, frames
from saxsdog.doctor.finding import Question, Verdict
from saxsdog.doctor.load import load_of
from saxsdog.errors import CalibrationError
from tests.helpers.experiments import DOCUMENT, SHAPE, write_calibration

QUESTION = Question("calibration", "check")
ROW, COLUMN = 11, 21  # pixel of the beam


@pytest.fixture
def beamstop():
    """A mask of the beam, and of a gap in the upper half."""
    mask = np.zeros(SHAPE, np.bool_)
    mask[ROW - 2 : ROW + 3, COLUMN - 2 : COLUMN + 3] = True
    mask[3:6] = True
    return mask


def with_mask(folder, mask, **changes):
    np.save(folder / "mask.npy", mask)
    entry = DOCUMENT["Masks"][0] | {"MaskFile": "mask.npy"}
    return write_calibration(folder, Masks=[entry], **changes)


def found_of(path):
    calibration = Calibration.load(path)
    return {each.check: each for each in calibrations.check_masks("x", calibration, path.parent)}


def test_a_mask_over_the_beam_is_good(tmp_path, beamstop):
    found = found_of(with_mask(tmp_path, beamstop))
    assert {each.verdict for each in found.values()} == {Verdict.GOOD}
    assert found["mask"].figures["share"] == pytest.approx(beamstop.mean())


def test_an_inverted_mask_is_bad(tmp_path):
    mask = np.ones(SHAPE, np.bool_)
    mask[0, 0] = False
    found = found_of(with_mask(tmp_path, mask))
    assert found["mask"].verdict is Verdict.BAD
    assert "inverted" in found["mask"].advice


def test_an_empty_mask_is_doubtful(tmp_path):
    found = found_of(with_mask(tmp_path, np.zeros(SHAPE, np.bool_)))
    assert found["mask"].verdict is Verdict.DOUBTFUL


def test_a_mask_of_another_shape_is_bad(tmp_path, beamstop):
    found = found_of(with_mask(tmp_path, beamstop.T))
    assert found["mask"].verdict is Verdict.BAD
    assert "swapped" in found["mask"].advice


def test_a_mask_that_is_not_there_is_bad(tmp_path, beamstop):
    path = with_mask(tmp_path, beamstop)
    (tmp_path / "mask.npy").unlink()
    assert found_of(path)["mask"].verdict is Verdict.BAD


def test_a_mask_upside_down_does_not_cover_the_beam(tmp_path, beamstop):
    found = found_of(with_mask(tmp_path, beamstop[::-1]))
    assert found["beam"].verdict is Verdict.DOUBTFUL
    assert "no pixel near it is masked" in found["beam"].text


def test_a_beam_beside_the_detector_is_doubtful(tmp_path, beamstop):
    geometry = DOCUMENT["Geometry"] | {"BeamCenter": [-30.0, 21.7]}
    found = found_of(with_mask(tmp_path, beamstop, Geometry=geometry))
    assert found["beam"].verdict is Verdict.DOUBTFUL
    assert "beside the detector" in found["beam"].text


def test_a_wrong_key_is_named(tmp_path):
    path = tmp_path / "bad.saxsconf"
    path.write_text(json.dumps(DOCUMENT | {"Wavelenght": 1.5}))
    with pytest.raises(CalibrationError, match="Wavelenght"):
        calibrations.load(QUESTION, path)


def test_bins_weights_and_speed_of_a_good_calibration(tmp_path):
    path = write_calibration(tmp_path)
    integrator = calibrations.integrator_of(path, Calibration.load(path))
    load = load_of(1.0, detector("Pilatus 1M"), SHAPE, integrator.plan, 1)
    assert load.image_size == SHAPE[0] * SHAPE[1] * 4
    assert calibrations.bins(QUESTION, integrator).verdict is Verdict.GOOD
    assert calibrations.plan_size(QUESTION, integrator).verdict is Verdict.GOOD
    assert calibrations.speed(QUESTION, integrator, load, 1).verdict is Verdict.GOOD
    hopeless = load_of(1e9, detector("Pilatus 1M"), SHAPE, integrator.plan, 1)
    assert calibrations.speed(QUESTION, integrator, hopeless, 1).verdict is Verdict.BAD


def test_a_range_below_a_mask_is_doubtful(tmp_path):
    rows, columns = np.indices(SHAPE)
    mask = np.hypot(rows - ROW, columns - COLUMN) < 12
    path = with_mask(tmp_path, mask)
    integrator = calibrations.integrator_of(path, Calibration.load(path))
    found = calibrations.bins(QUESTION, integrator)
    assert found.verdict is Verdict.DOUBTFUL
    assert "R0" in found.text


def test_an_image_is_compared_with_the_calibration(tmp_path):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, np.ones(SHAPE, np.int32))
    assert frames.readable(QUESTION, path, SHAPE).verdict is Verdict.GOOD
    assert frames.readable(QUESTION, path, None).figures["dtype"] == "int32"
    found = frames.readable(QUESTION, path, SHAPE[::-1])
    assert found.verdict is Verdict.BAD
    assert "swapped" in found.advice


@pytest.mark.parametrize("dtype", [np.int32, np.uint16, np.float32])
def test_dead_pixels_tell_that_a_mask_is_upside_down(tmp_path, beamstop, dtype):
    image = np.full(SHAPE, 7, dtype)
    dead = {"i": -1, "u": np.iinfo(np.uint16).max, "f": np.nan}[np.dtype(dtype).kind]
    image[beamstop] = dead
    frame = tmp_path / "x.tif"
    tifffile.imwrite(frame, image)
    calibration = Calibration.load(with_mask(tmp_path, beamstop))
    assert frames.dead_pixels(QUESTION, frame, calibration, tmp_path).verdict is Verdict.GOOD
    np.save(tmp_path / "mask.npy", beamstop[::-1])
    found = frames.dead_pixels(QUESTION, frame, calibration, tmp_path)
    assert found.verdict is Verdict.DOUBTFUL
    assert "With the mask flipped vertically it would be 0" in found.advice


def test_an_image_without_dead_pixels_needs_no_mask(tmp_path):
    frame = tmp_path / "x.tif"
    tifffile.imwrite(frame, np.ones(SHAPE, np.int32))
    calibration = Calibration.load(write_calibration(tmp_path))
    found = frames.dead_pixels(QUESTION, frame, calibration, tmp_path)
    assert (found.verdict, found.text) == (Verdict.GOOD, "the image has none")
