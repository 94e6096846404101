"""Frames of known geometry are brought back to it, whatever hides the rings."""

import math
from dataclasses import replace

import numpy as np
import pytest

from saxsdog.refinement.blocks import refine_blocks
from saxsdog.refinement.calibrants import SILVER_BEHENATE, Calibrant, calibrant
from saxsdog.refinement.errors import RefinementError
from saxsdog.refinement.refine import refine
from saxsdog.simulation.experiment import Experiment
from tests.helpers.powder_frames import SMALL, WIDE, powder_image

IMAGE = powder_image(SMALL, seed=1)
ROWS, COLUMNS = np.indices(SMALL.shape)


def off(geometry, down=20.0, right=-15.0, nearness=1.1):
    """A start that is wrong by some pixels and a part of the distance, and knows no tilt."""
    row, column = geometry.beam_center
    return replace(
        geometry,
        beam_center=(row + down, column + right),
        distance=geometry.distance * nearness,
        tilt=0.0,
        tilt_rotation=0.0,
    )


def assert_found(found, true, pixels=0.1, relative=1e-3):
    assert found.geometry.beam_center == pytest.approx(true.beam_center, abs=pixels)
    assert found.geometry.distance == pytest.approx(true.distance, rel=relative)


@pytest.mark.parametrize(
    ("down", "right", "nearness"),
    [(0, 0, 1.0), (-21, 21, 0.9), (0, 45, 1.3), (40, 0, 0.75)],
)
def test_center_and_distance_are_found_from_a_rough_start(down, right, nearness):
    found = refine(IMAGE, off(SMALL, down, right, nearness), SILVER_BEHENATE)
    assert_found(found, SMALL)
    assert found.geometry.tilt == 0.0
    assert found.uncertainties.tilt == 0.0


def gaps(image):
    image[150:167] = -1
    image[:, 100:107] = -1


def beamstop(image):
    image[
        (np.hypot(ROWS - 120, COLUMNS - 141) < 25) | ((abs(COLUMNS - 141) < 12) & (ROWS < 120))
    ] = 2


def half(image):
    image[:, :140] = -1


def dead_module(image):
    image[200:, 150:] = 0


def dead_majority(image):
    image[:, :170] = 0


def shade(image):
    image[3 * ROWS + COLUMNS < 560] //= 4


def brighter_side(image):
    image[:] = image * (1 + 3 * COLUMNS / image.shape[1])


def weak_module(image):
    image[200:, 150:] //= 2


def hot_pixels(image):
    image.flat[np.random.default_rng(3).choice(image.size, 3000, replace=False)] = 100_000


@pytest.mark.parametrize(
    "spoil",
    [
        gaps,
        beamstop,
        half,
        dead_module,
        dead_majority,
        shade,
        brighter_side,
        weak_module,
        hot_pixels,
    ],
)
def test_what_hides_rings_does_not_move_them(spoil):
    image = IMAGE.copy()
    spoil(image)
    found = refine(image, off(SMALL), SILVER_BEHENATE, tilt=True)
    assert_found(found, SMALL)
    assert found.geometry.tilt < 3.5 * found.uncertainties.tilt


def test_a_mask_leaves_its_pixels_out():
    image = IMAGE.copy()
    image[:, 150:] = powder_image(off(SMALL), seed=2)[:, 150:]  # another frame
    found = refine(image, off(SMALL), SILVER_BEHENATE, mask=COLUMNS >= 150)
    assert_found(found, SMALL)


def test_the_beam_may_be_off_the_detector():
    true = replace(SMALL, beam_center=(-60.0, 150.0))
    found = refine(powder_image(true, seed=2), off(true, 10, -10, 1.08), SILVER_BEHENATE)
    assert_found(found, true)


@pytest.mark.parametrize("name", ["LaB6", "corundum"])
def test_crystals_at_wide_angles_are_as_good(name):
    true = replace(WIDE, tilt=0.05, tilt_rotation=1.0)
    found = refine(
        powder_image(true, calibrant(name), seed=4), off(true), calibrant(name), tilt=True
    )
    assert_found(found, true)
    assert found.geometry.tilt_direction == pytest.approx(true.tilt_direction, abs=4e-3)


def test_a_strong_tilt_is_found_from_none():
    true = replace(SMALL, tilt=math.radians(25), tilt_rotation=0.5)
    found = refine(powder_image(true, seed=5), off(true, 15, -10, 1.05), SILVER_BEHENATE, tilt=True)
    assert_found(found, true)
    assert math.degrees(found.geometry.tilt) == pytest.approx(25.0, abs=0.1)


def test_the_tilt_of_the_start_is_kept_if_it_is_not_free():
    true = replace(SMALL, tilt=0.05, tilt_rotation=1.0)
    start = replace(off(true), tilt=0.05, tilt_rotation=1.0)
    found = refine(powder_image(true, seed=6), start, SILVER_BEHENATE)
    assert_found(found, true)
    assert (found.geometry.tilt, found.geometry.tilt_rotation) == (0.05, 1.0)


def test_a_simulated_pilatus_with_gaps_beamstop_and_hot_pixels_needs_no_mask():
    experiment = Experiment.create("Pilatus 300K", n_hot=50)
    true = experiment.geometry
    found = refine(experiment.frame(100), off(true), SILVER_BEHENATE, tilt=True)
    assert_found(found, true, pixels=0.02, relative=1e-4)


def test_means_over_blocks_give_the_geometry_of_the_whole_frame():
    true = replace(SMALL, pixel_size=(86e-6, 86e-6), shape=(640, 600), beam_center=(240.6, 283.4))
    image = powder_image(true, seed=8, width=0.08).astype(np.float64)
    image[100:104, :] = np.nan
    means = image.reshape(320, 2, 300, 2).mean(axis=(1, 3))
    found = refine_blocks(means, 2, off(true), SILVER_BEHENATE)
    assert_found(found, true)
    assert found.geometry.shape == (640, 600)
    assert found.geometry.pixel_size == true.pixel_size
    assert "preview" in found.warnings[-1]


def test_rings_tell_their_points_and_how_far_beside_they_lie():
    found = refine(IMAGE, off(SMALL), SILVER_BEHENATE)
    assert [ring.order for ring in found.rings] == [1, 2, 3, 4, 5]
    assert found.rings[0].q == pytest.approx(2 * math.pi / 5.838)
    assert sum(ring.n_points for ring in found.rings) == found.n_points
    assert all(ring.rms < 0.3 for ring in found.rings)
    assert all(abs(ring.q_error) < 1e-3 for ring in found.rings)
    assert found.warnings == ()


def test_an_error_of_spacing_shows_as_an_error_of_q():
    """The first ring alone is 1 % nearer than it should be."""
    spacings = (5.838 * 1.01, *SILVER_BEHENATE.spacings[1:])
    found = refine(IMAGE, off(SMALL), Calibrant("bent", spacings, "a test"))
    assert found.rings[0].q_error == pytest.approx(0.01, abs=2e-3)
    assert found.ring_scatter > 0.1


@pytest.mark.parametrize(
    ("powder", "complaint"),
    [("LaB6", "a ring of LaB₆ on the detector"), ("tetradecanol", "another calibrant")],
)
def test_another_calibrant_is_refused(powder, complaint):
    with pytest.raises(RefinementError, match=complaint):
        refine(IMAGE, off(SMALL), calibrant(powder))


def test_maxima_that_no_tilt_brings_onto_the_rings_are_refused_though_the_tilt_is_held():
    with pytest.raises(RefinementError, match="another calibrant"):
        refine(IMAGE, off(SMALL, -30, 0, 1.1), calibrant("tetradecanol"))


@pytest.mark.parametrize("degrees", [12, 20])
def test_a_detector_that_is_far_from_the_tilt_that_is_held_is_told_from_another_calibrant(degrees):
    true = replace(SMALL, tilt=math.radians(degrees), tilt_rotation=0.7)
    with pytest.raises(RefinementError, match=rf"of 0°, got .* of {degrees}°: free the tilt"):
        refine(powder_image(true), off(true), SILVER_BEHENATE)


def test_the_rings_of_another_lattice_are_refused_and_of_a_similar_one_doubted():
    """Silicon has nearly the rings of sodium chloride, gold has not."""
    salt = calibrant("nacl")
    with pytest.raises(RefinementError, match="another calibrant"):
        refine(powder_image(WIDE, calibrant("gold"), seed=4), WIDE, salt)
    found = refine(powder_image(WIDE, calibrant("silicon"), seed=4), WIDE, salt)
    assert any("calibrant" in warning for warning in found.warnings)


@pytest.mark.parametrize("background", ["flat", "falling"])
def test_a_frame_without_rings_is_refused(background):
    mean = (
        50.0 if background == "flat" else 5000 * np.exp(-np.hypot(ROWS - 120, COLUMNS - 141) / 40)
    )
    image = np.random.default_rng(1).poisson(mean, SMALL.shape).astype(np.int32)
    with pytest.raises(RefinementError, match="expected rings of Silver behenate"):
        refine(image, off(SMALL), SILVER_BEHENATE)


def test_a_frame_of_another_shape_or_without_counts_is_refused():
    with pytest.raises(RefinementError, match=r"\(320, 300\).*\(10, 10\)"):
        refine(np.ones((10, 10), np.int32), SMALL, SILVER_BEHENATE)
    with pytest.raises(RefinementError, match="with counts"):
        refine(np.full(SMALL.shape, -1, np.int32), SMALL, SILVER_BEHENATE)


def test_few_rings_a_nominal_spacing_and_a_far_start_are_warned_of():
    true = replace(SMALL, distance=1.1)
    powder = calibrant("cholesteryl palmitate")
    start = replace(true, distance=1.1 * 1.25)
    found = refine(powder_image(true, powder, seed=9), start, powder, tilt=True)
    told = "\n".join(found.warnings)
    assert "too few to tell a tilt" in told
    assert "is nominal" in told
    assert "a wavelength of" in told


def test_a_wrong_wavelength_shows_at_wide_angles():
    image = powder_image(WIDE, calibrant("LaB6"), seed=3)
    start = replace(WIDE, wavelength=WIDE.wavelength * 1.02)
    found = refine(image, start, calibrant("LaB6"))
    assert any("0.5 ±" in text or "would fit better at" in text for text in found.warnings)
