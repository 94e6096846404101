import numpy as np
import pytest

from saxsdog.detectors import DETECTORS, detector, detector_table
from saxsdog.errors import UsageError

KNOWN_TO_PYFAI = [
    name for name in DETECTORS if not name.startswith("Pilatus3") and name != "Pilatus 900K-W"
]
ROUND = {"Rayonix SX165", "Mar 345"}
"""Their corners are masked in pyFAI; no gap of modules is."""


@pytest.mark.parametrize("name", KNOWN_TO_PYFAI)
def test_shape_pixels_and_gaps_are_those_of_pyfai(name):
    oracle = pytest.importorskip("pyFAI.detectors").detector_factory(
        name.replace(" ", "")
        .replace("-HS", "HS")
        .replace("K-W", "KW")
        .replace("ADSCHF", "HF")
        .replace("ADSC", "ADSC_")
    )
    mask = np.zeros(oracle.shape, bool)
    if oracle.mask is not None and name not in ROUND:
        mask = oracle.mask.astype(bool)
    ours = detector(name)
    assert ours.shape == oracle.shape
    assert ours.pixel_size == pytest.approx((oracle.pixel1, oracle.pixel2), rel=1e-12)
    assert np.array_equal(ours.gap_mask(), mask)


@pytest.mark.parametrize("size", ["100K", "300K", "300K-W", "1M", "2M", "6M"])
def test_both_generations_of_pilatus_have_the_same_modules(size):
    old, new = detector(f"Pilatus {size}"), detector(f"Pilatus3 {size}")
    assert (old.shape, old.pixel_size) == (new.shape, new.pixel_size)


@pytest.mark.parametrize("name", ["pilatus1m", "PILATUS-1M", "Pilatus 1M", "pilatus_1M"])
def test_a_detector_is_found_however_its_name_is_typed(name):
    assert detector(name).name == "Pilatus 1M"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Dectris EIGER2 X CdTe 1M-W", "Eiger2 1M-W"),
        ("eiger2_xe_16m", "Eiger2 16M"),
        ("Pilatus3 R 300K", "Pilatus3 300K"),
        ("PilatusCdTe300kw", "Pilatus 300K-W"),
        ("lambda 7.5M", "Lambda 7.5M"),
        ("Rayonix MX300HS", "Rayonix MX300-HS"),
    ],
)
def test_maker_series_and_sensor_do_not_matter(typed, name):
    assert detector(typed).name == name


def test_no_two_detectors_have_the_same_plain_name():
    assert [detector(name).name for name in DETECTORS] == list(DETECTORS)


def test_the_table_has_a_line_for_each():
    lines = detector_table().splitlines()
    assert len(lines) == len(DETECTORS) + 1
    assert "Pilatus 1M            1043 x 981       172  4 x 17 rows, 1 x 7 columns" in lines


def test_an_unknown_detector_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match=r"Pilatus 1M.*Eiger2 16M.*'Polaroid'"):
        detector("Polaroid")


def test_signed_and_unsigned_detectors_mark_pixels_differently():
    assert (detector("Pilatus 1M").gap_value, detector("Pilatus 1M").dead_value) == (-1, -2)
    assert detector("Eiger 4M").gap_value == detector("Eiger 4M").dead_value == 2**32 - 1
