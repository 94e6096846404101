"""A measured frame of silver behenate, started far off."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saxsdog.calibration import Calibration
from saxsdog.io.images import read_frame
from saxsdog.io.mask_files import read_mask
from saxsdog.refinement.calibrants import SILVER_BEHENATE
from saxsdog.refinement.refine import refine

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the measured frame is not here")


@pytest.fixture(scope="module")
def image():
    return read_frame(DATA / "agbeh2_1M.tif").image


@pytest.fixture(scope="module")
def known():
    return Calibration.load(DATA / "agbeh.saxsconf").geometry


def started_off(known, down, right, nearness):
    row, column = known.beam_center
    center = (row + down, column + right)
    return replace(known, beam_center=center, distance=known.distance * nearness)


@pytest.fixture(scope="module")
def held(image, known):
    return refine(image, started_off(known, 30 / 2**0.5, -30 / 2**0.5, 1.1), SILVER_BEHENATE)


def assert_is(found, known):
    distance = np.hypot(*np.subtract(found.geometry.beam_center, known.beam_center))
    assert distance < 0.3
    assert found.geometry.distance == pytest.approx(known.distance, rel=3e-3)


def test_started_30_pixels_and_10_percent_off_it_finds_the_known_calibration(held, known):
    assert_is(held, known)
    assert len(held.rings) >= 6
    assert held.warnings == ()


def test_from_the_other_side_and_with_the_mask_it_does_too(image, known):
    mask = read_mask(DATA / "AAA_integ.msk", known.shape)
    start = started_off(known, -30, 0, 0.9)
    assert_is(refine(image, start, SILVER_BEHENATE, mask=mask), known)


def test_with_the_tilt_free_the_rings_fit_no_worse_and_the_tilt_has_its_uncertainty(
    image, known, held
):
    free = refine(image, started_off(known, 20, 20, 0.9), SILVER_BEHENATE, tilt=True)
    assert free.rms <= held.rms
    # Modules that are out of place by half a pixel let nobody know a tilt better.
    assert np.radians(0.05) < free.uncertainties.tilt < np.radians(0.5)
    assert free.geometry.tilt < 4 * free.uncertainties.tilt
    assert free.geometry.distance == pytest.approx(known.distance, rel=3e-3)
