"""The checklist of the window and ``saxsdog doctor`` judge the same frame and mask alike."""

import json

import numpy as np
import pytest
import tifffile

from saxsdog.calibration import Calibration
from saxsdog.doctor import calibrations, frames
from saxsdog.doctor.finding import Question, Verdict, overall
from saxsdog.inspection.dead_pixels import FEW
from saxsleash.appearance import Tone
from saxsleash.models import checks
from saxsleash.models.shown_frame import ShownFrame
from tests.helpers.ring_frames import SHAPE, gaps_and_beamstop, ring_document, ring_image

GAPS = gaps_and_beamstop()
MOST = int(FEW * SHAPE[0] * SHAPE[1])


def with_dead(number):
    """Gaps, and more dead pixels in a corner that no turned mask covers."""
    flags = GAPS.copy()
    flags[299, 150 : 150 + number] = True
    return flags


def nothing():
    return np.zeros(SHAPE, np.bool_)


def inverted():
    mask = np.ones(SHAPE, np.bool_)
    mask[:4] = False
    return mask


CASES = {
    "it fits": (GAPS, GAPS, Tone.GOOD),
    "a few pixels have died": (with_dead(MOST), GAPS, Tone.GOOD),
    "many pixels are not masked": (with_dead(MOST + 1), GAPS, Tone.DOUBTFUL),
    "it is upside down": (GAPS, np.flipud(GAPS), Tone.DOUBTFUL),
    "it is inverted": (nothing(), inverted(), Tone.BAD),
    "it masks nothing, there are gaps": (GAPS, nothing(), Tone.DOUBTFUL),
    "it masks nothing, there are no gaps": (nothing(), nothing(), Tone.DOUBTFUL),
    "it is of another detector": (nothing(), np.ones((9, 8), np.bool_), Tone.BAD),
    "it is turned by a right angle": (nothing(), GAPS.T, Tone.BAD),
    "there is none, there are gaps": (GAPS, None, Tone.DOUBTFUL),
    "there is none, there are dead pixels": (with_dead(MOST) & ~GAPS, None, Tone.GOOD),
    "there is none, and no gaps": (nothing(), None, Tone.GOOD),
}


@pytest.fixture
def document():
    document = ring_document()
    del document["Masks"][0]["MaskFile"]
    return document


def tone_of_window(calibration, frame, mask):
    named = checks.named_masks(calibration, [mask])
    answers = [
        checks.check_masks(named, calibration.geometry.shape, frame),
        checks.check_gaps(named, frame),
    ]
    tones = {answer.tone for answer in answers}
    return next((tone for tone in (Tone.BAD, Tone.DOUBTFUL) if tone in tones), Tone.GOOD)


def verdict_of_doctor(calibration, folder):
    found = [
        each
        for each in calibrations.check_masks("x", calibration, folder)
        if each.check == "mask"  # the window has no question about a beamstop
    ]
    found.append(frames.dead_pixels(Question("x", "y"), folder / "x.tif", calibration, folder))
    return overall(found)


@pytest.mark.parametrize("case", CASES)
def test_window_and_doctor_judge_masks_alike(tmp_path, document, case):
    flags, mask, tone = CASES[case]
    image = ring_image(gaps=flags)
    tifffile.imwrite(tmp_path / "x.tif", image)
    if mask is not None:
        document["Masks"][0]["MaskFile"] = "mask.npy"
        np.save(tmp_path / "mask.npy", mask)
    (tmp_path / "x.saxsconf").write_text(json.dumps(document))
    calibration = Calibration.load(tmp_path / "x.saxsconf")
    frame = ShownFrame.of_image("x.tif", image)
    assert tone_of_window(calibration, frame, mask) is tone
    assert verdict_of_doctor(calibration, tmp_path) is Verdict(tone.value)
