"""Spacings of the powders, against the lists of pyFAI."""

import numpy as np
import pytest
from pyFAI.calibrant import get_calibrant

from saxsdog.errors import UsageError
from saxsdog.refinement.calibrants import CALIBRANTS, calibrant, calibrant_of


@pytest.mark.parametrize(
    ("name", "theirs", "closeness"),
    [
        ("silver behenate", "AgBh", 1e-6),
        ("LaB6", "LaB6_SRM660c", 1e-5),
        ("corundum", "alpha_Al2O3_SRM676a_2015", 1e-5),
        ("silicon", "Si_SRM640e", 2e-5),  # the lot before ours
        ("CeO2", "CeO2", 1e-5),
        ("tetradecanol", "C14H30O", 1e-6),
        ("NaCl", "NaCl", 1e-5),
        ("gold", "Au", 1e-5),
    ],
)
def test_spacings_are_those_of_an_independent_program(name, theirs, closeness):
    known = np.sort(np.array(get_calibrant(theirs).dspacing) / 10)[::-1]
    ours = np.array(calibrant(name).spacings)
    both = min(ours.size, known.size, 15)
    assert both >= 10
    assert ours[:both] == pytest.approx(known[:both], rel=closeness)


@pytest.mark.parametrize("known", CALIBRANTS, ids=lambda known: known.name)
def test_spacings_descend_and_every_number_has_a_source(known):
    assert (np.diff(known.spacings) < 0).all()
    assert known.source


def test_names_are_found_however_they_are_written():
    for text in ("AgBh", "Silver Behenate", "silver-behenate", "AGBEH"):
        assert calibrant(text).name == "Silver behenate"
    assert calibrant("LaB₆") is calibrant("lanthanum hexaboride")
    assert calibrant("cholesteryl palmitate").nominal


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(UsageError, match=r"Silver behenate, LaB₆.*got 'unobtainium'"):
        calibrant("unobtainium")


def test_a_file_of_spacings_is_read_in_angstrom():
    text = "# my powder\n 58.38 # (0 0 1)\n\n29.19\n"
    assert calibrant_of("mine.D", text).spacings == pytest.approx((5.838, 2.919))


@pytest.mark.parametrize(
    ("text", "where"), [("58\nx\n", "line 2"), ("-1", "line 1"), ("#", "none")]
)
def test_a_line_that_is_no_spacing_is_named(text, where):
    with pytest.raises(UsageError, match=where):
        calibrant_of("mine.txt", text)


def test_rings_beyond_back_scattering_have_no_angle():
    angles = calibrant("LaB6").two_thetas(0.5)
    assert angles.size == np.count_nonzero(np.array(calibrant("LaB6").spacings) > 0.25)
    assert (np.diff(angles) > 0).all()
    assert angles[-1] < np.pi
