"""The rings of the powders, against the lists of pyFAI."""

import numpy as np
import pytest
from pyFAI.calibrant import get_calibrant

from saxsleash.models.ring_presets import PRESETS

BY_NAME = {preset.name: preset.qs for preset in PRESETS}


@pytest.mark.parametrize(
    ("name", "calibrant"),
    [
        ("Silver behenate", "AgBh"),
        ("LaB₆", "LaB6_SRM660c"),
        ("Corundum", "alpha_Al2O3_SRM676a_2015"),
    ],
)
def test_presets_are_those_of_an_independent_program(name, calibrant):
    spacings = np.array(get_calibrant(calibrant).dspacing) / 10  # nm
    theirs = np.sort(2 * np.pi / spacings)
    ours = np.array(BY_NAME[name])
    both = min(ours.size, theirs.size)
    assert both >= 15
    assert ours[:both] == pytest.approx(theirs[:both], rel=1e-5)


def test_presets_ascend_and_repeat_nothing():
    for qs in BY_NAME.values():
        assert (np.diff(qs) > 0).all()
