"""What is no count."""

import numpy as np
import pytest

from saxsdog.inspection.counts import without_count


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (np.array([[-2, -1, 0, 7]], np.int32), [True, True, False, False]),
        (np.array([[0, 65534, 65535]], np.uint16), [False, False, True]),
        (np.array([[np.nan, -0.5, np.inf, -np.inf, 0.0]]), [True, True, True, True, False]),
        (np.array([[True, False]]), [False, False]),
    ],
)
def test_negative_endless_and_full_pixels_hold_no_count(image, expected):
    assert without_count(image)[0].tolist() == expected
