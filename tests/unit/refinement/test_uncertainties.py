"""Stated uncertainties, against what really was wrong in many random cases."""

from dataclasses import replace

import numpy as np
import pytest

from saxsdog.refinement.calibrants import SILVER_BEHENATE
from saxsdog.refinement.refine import refine
from tests.helpers.powder_frames import SMALL, expected_counts, powder_image

CASES = 12
ROWS, COLUMNS = np.indices(SMALL.shape)
SHADED = 3 * ROWS + COLUMNS < 560
"""By something that stands in the way in every second case."""


@pytest.fixture(scope="module")
def errors():
    """What is wrong with each parameter, in absolute terms and in stated standard errors."""
    absolute, relative = [], []
    for seed in range(CASES):
        draw = np.random.default_rng(seed)
        true = replace(
            SMALL,
            beam_center=tuple(draw.uniform(90, 210, 2)),
            distance=SMALL.distance * draw.uniform(0.8, 1.2),
            tilt=np.radians(abs(draw.normal(0, 2))),
            tilt_rotation=draw.uniform(-np.pi, np.pi),
        )
        row, column = true.beam_center + draw.uniform(-15, 15, 2)
        start = replace(
            true,
            beam_center=(row, column),
            distance=true.distance * draw.uniform(0.9, 1.1),
            tilt=0.0,
            tilt_rotation=0.0,
        )
        mean = expected_counts(true)
        if seed % 2:
            mean = np.where(SHADED, 0.25 * mean, mean)
        image = np.random.default_rng(seed).poisson(mean).astype(np.int32)
        found = refine(image, start, SILVER_BEHENATE, tilt=True)
        wrong = [
            *np.subtract(found.geometry.beam_center, true.beam_center),
            np.log(found.geometry.distance / true.distance),
            *np.subtract(found.geometry.tilt_direction, true.tilt_direction),
        ]
        absolute.append(wrong)
        relative.append(wrong / np.sqrt(np.diag(found.covariance)))
    return np.array(absolute), np.array(relative)


def test_centers_and_distances_are_found_within_a_tenth_of_a_pixel_and_of_a_per_mille(errors):
    absolute, _ = errors
    assert np.abs(absolute[:, :2]).max() < 0.1
    assert np.abs(absolute[:, 2]).max() < 1e-3


def test_about_19_of_20_errors_are_within_two_standard_errors(errors):
    _, relative = errors
    share = np.mean(np.abs(relative) < 2.0)
    assert 0.88 <= share <= 1.0  # of 60 numbers; 0.95 expected, and their scatter is 0.03
    assert np.mean(np.abs(relative) < 3.0) >= 0.98
    assert 0.65 < np.sqrt(np.mean(relative**2)) < 1.25


@pytest.mark.parametrize("rotation", [0.4, -2.7])
def test_the_uncertainty_of_a_tilt_from_one_ring_covers_its_opposite(rotation):
    true = replace(SMALL, distance=0.9, tilt=np.radians(2), tilt_rotation=rotation)
    start = replace(true, tilt=0.0, tilt_rotation=0.0)
    found = refine(powder_image(true, seed=3), start, SILVER_BEHENATE, tilt=True)
    assert len(found.rings) == 1
    wrong = np.subtract(found.geometry.tilt_direction, true.tilt_direction)
    assert np.all(np.abs(wrong) < 3 * np.sqrt(np.diag(found.covariance))[3:])
    assert found.uncertainties.tilt > 0.9 * np.hypot(*true.tilt_direction)
