"""The search finds the centre that frames were drawn around, and says so when it cannot."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saxsdog.calibration import Calibration
from saxsdog.inspection.center import Answer, Slip, find_center, samples_of, slips
from saxsdog.inspection.counts import without_count
from saxsdog.io.images import read_frame
from saxsdog.io.mask_files import read_mask
from saxsdog.reduction.geometry import q
from tests.helpers.ring_frames import (
    CENTER,
    SHAPE,
    gaps_and_beamstop,
    ring_calibration,
    ring_image,
)

GEOMETRY = ring_calibration().geometry
DATA = Path(__file__).parents[4] / "shared" / "data"


def found(image, mask=None, center=CENTER, geometry=GEOMETRY):
    samples = samples_of(image, without_count(image), mask)
    return find_center(samples, replace(geometry, beam_center=center))


def test_nothing_is_better_than_the_true_centre():
    finding = found(ring_image())
    assert finding.away <= finding.resolution
    assert finding.ratio > 0.97
    assert finding.answer is Answer.FITS


@pytest.mark.parametrize("offset", [(12, 0), (0, -12), (-20, 15), (40, 0)])
def test_the_true_centre_is_found_from_beside_it(offset):
    started = CENTER[0] + offset[0], CENTER[1] + offset[1]
    finding = found(ring_image(), center=started)
    assert math.dist(finding.center, CENTER) <= 2 * finding.resolution
    assert finding.ratio < 0.8


def test_gaps_and_what_a_mask_leaves_out_do_not_mislead():
    gaps = gaps_and_beamstop()
    shadow = np.zeros(SHAPE, bool)
    shadow[:, 160:] = True
    image = ring_image(gaps=gaps)
    image[shadow] = 0
    finding = found(image, gaps | shadow, center=(CENTER[0] + 15, CENTER[1]))
    assert math.dist(finding.center, CENTER) <= 2 * finding.resolution


def test_a_tilted_detector_is_searched_with_its_tilt():
    tilted = replace(GEOMETRY, tilt=math.radians(35), tilt_rotation=0.4, distance=0.05)
    rows, columns = np.indices(SHAPE) + 0.5
    scattered = q(tilted, rows, columns)
    image = (5000 * np.exp(-scattered / 8) * (1.2 + np.cos(scattered))).astype(np.int32)
    finding = found(image, center=(CENTER[0] + 6, CENTER[1] - 5), geometry=tilted)
    assert math.dist(finding.center, CENTER) <= 2 * finding.resolution


@pytest.mark.parametrize("slip", list(Slip))
def test_usual_slips_are_seen_through_however_far_they_lead(slip):
    wrong = slips(GEOMETRY)[slip]  # they undo themselves
    finding = found(ring_image(), center=wrong)
    assert math.dist(finding.center, CENTER) <= 2 * finding.resolution
    assert finding.answer is Answer.ANOTHER_FITS
    assert finding.slips(replace(GEOMETRY, beam_center=wrong)) == [slip]


def test_noise_has_no_centre():
    noise = np.random.default_rng(3).poisson(20, SHAPE).astype(np.int32)
    assert found(noise).unevenness > 0.9
    assert found(noise).answer is Answer.NONE_FITS


def test_a_slope_is_not_taken_for_rings():
    rows, _ = np.indices(SHAPE)
    assert found((100 + 10 * rows).astype(np.int32)).unevenness == 1.0


def test_an_empty_frame_has_no_centre():
    assert found(np.zeros(SHAPE, np.int32)).unevenness == 1.0


def test_a_mask_that_leaves_nothing_leaves_nothing_to_tell():
    assert found(ring_image(), np.ones(SHAPE, bool)) is None


def test_a_frame_of_one_row_is_too_little():
    geometry = replace(GEOMETRY, shape=(1, 260))
    assert found(ring_image((1, 260)), geometry=geometry) is None


@pytest.mark.skipif(not DATA.is_dir(), reason="the measured frame is not part of the product")
@pytest.mark.parametrize(
    ("offset", "better"), [((0, 0), False), ((10, 0), True), ((-10, 0), True), ((0, 10), True)]
)
def test_on_a_measured_frame_ten_pixels_are_seen(offset, better):
    geometry = Calibration.load(DATA / "agbeh.saxsconf").geometry
    image = read_frame(DATA / "agbeh2_1M.tif").image
    samples = samples_of(image, without_count(image), read_mask(DATA / "AAA_integ.msk"))
    row, column = geometry.beam_center
    finding = find_center(
        samples, replace(geometry, beam_center=(row + offset[0], column + offset[1]))
    )
    assert math.dist(finding.center, geometry.beam_center) < 6
    assert (finding.answer is Answer.ANOTHER_FITS) is better
