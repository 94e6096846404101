"""Shapes are the same, the other way round, or others."""

import pytest

from saxsdog.inspection.shapes import Fit, fit_of


@pytest.mark.parametrize(
    ("shape", "expected", "fit"),
    [
        ((3, 4), (3, 4), Fit.SAME),
        ((4, 3), (3, 4), Fit.SWAPPED),
        ((5, 5), (5, 5), Fit.SAME),
        ((3, 5), (3, 4), Fit.OTHER),
        ((2, 3, 4), (3, 4), Fit.OTHER),
    ],
)
def test_swapped_sides_are_told_from_another_size(shape, expected, fit):
    assert fit_of(shape, expected) is fit
