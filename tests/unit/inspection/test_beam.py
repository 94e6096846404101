"""Where the direct beam would go."""

from dataclasses import replace

import numpy as np
import pytest

from saxsdog.inspection.beam import BEAM_SPOT, is_below, is_on_detector
from tests.helpers.ring_frames import SHAPE, ring_calibration

ROWS, COLUMNS = SHAPE


@pytest.mark.parametrize(
    ("center", "hit"),
    [
        ((0.0, 0.0), True),
        ((ROWS, COLUMNS), True),
        ((-0.1, 5.0), False),
        ((ROWS + 0.1, 5.0), False),
        ((5.0, -0.1), False),
        ((5.0, COLUMNS + 0.1), False),
    ],
)
def test_the_detector_ends_at_the_outer_edges_of_its_outermost_pixels(center, hit):
    assert is_on_detector(replace(ring_calibration().geometry, beam_center=center)) is hit


@pytest.mark.parametrize("center", [(50.0, 60.0), (0.0, 0.0), (99.5, 3.2)])
def test_a_mask_covers_the_beam_if_it_masks_a_pixel_near_it(center):
    middles = np.indices((100, 120)) + 0.5
    away = np.abs(middles - np.array(center)[:, None, None]).max(axis=0)
    assert is_below(away < BEAM_SPOT, center)
    assert not is_below(away > BEAM_SPOT + 1, center)
