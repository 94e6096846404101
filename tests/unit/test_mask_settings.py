import math

import pytest

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.reduction.channels import Bins, Sector, Spacing, Unit
from tests.helpers.calibrations import SMALL, changed


def of_mask(**entry):
    return changed(SMALL, "Masks", [{"qStart": 0.1, "qStop": 2.0} | entry])


def mask(**entry):
    (settings,) = Calibration.from_document(of_mask(**entry)).masks
    return settings


def message_of(**entry):
    with pytest.raises(CalibrationError) as caught:
        Calibration.from_document(of_mask(**entry))
    return str(caught.value)


def test_without_the_keys_a_mask_has_the_usual_bins_of_the_full_circle():
    usual = mask()
    assert (usual.bins, usual.sectors, usual.cake_bins) == (None, (), 0)


def test_bins_have_defaults():
    assert mask(Bins={}).bins == Bins(Unit.Q, Spacing.LINEAR, 1000, None, None, ())


def test_bins_are_kept_in_the_unit_of_the_user():
    chosen = {"Unit": "two_theta", "Spacing": "logarithmic", "Number": 7, "From": 1, "To": 40}
    bins = mask(Bins=chosen).bins
    assert bins == Bins(Unit.TWO_THETA, Spacing.LOGARITHMIC, 7, 1, 40)
    assert bins.n_bins == 7


def test_edges_say_how_many_bins_there_are():
    bins = mask(Bins={"Edges": [0, 1, 2.5]}).bins
    assert bins.edges == (0.0, 1.0, 2.5)
    assert bins.n_bins == 2


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((10, 20), (10, 20)),
        ((350, 10), (-10, 10)),
        ((350, 370), (-10, 10)),
        ((-10, 10), (-10, 10)),
        ((170, 190), (170, -170)),
        ((-180, 180), (-180, -180)),
        ((0, 360), (0, 0)),
    ],
)
def test_azimuths_are_brought_into_one_turn(ends, expected):
    start, stop = ends
    (sector,) = mask(Sectors=[{"From": start, "To": stop}]).sectors
    assert sector == Sector(*map(math.radians, expected))


def test_a_mirrored_sector_counts_for_two():
    both = mask(Sectors=[{"From": -10, "To": 10, "Mirrored": True}]).sectors
    assert [tuple(map(round, map(math.degrees, vars(one).values()))) for one in both] == [
        (-10, 10),
        (170, -170),
    ]


def test_a_cake_has_a_number_of_azimuths():
    assert mask(Cake={}).cake_bins == 72
    assert mask(Cake={"AzimuthalBins": 8}).cake_bins == 8


LOGARITHMIC = {"Spacing": "logarithmic"}
BINS = {
    "ends the wrong way round": ({"From": 2, "To": 1}, ".To: expected more than From (2), got 1"),
    "equal ends": ({"From": 2, "To": 2}, ".To: expected more than From (2), got 2"),
    "beyond the detector": (
        {"From": 1e3},
        ".From: expected less than the end of the detector (0.3",
    ),
    "below the smallest d": (
        {"Unit": "d", "To": 1},
        ".To: expected more than From (17.48, the smallest",
    ),
    "logarithmic without a start": (
        LOGARITHMIC,
        ".From: expected more than 0 with logarithmic bins, got none",
    ),
    "logarithmic from 0": (
        LOGARITHMIC | {"From": 0, "To": 1},
        ".From: expected more than 0 with logarithmic bins, got 0",
    ),
    "d without an end": ({"Unit": "d"}, ".To: expected one with bins of d, which have no end"),
    "d from 0": ({"Unit": "d", "From": 0, "To": 9}, ".From: expected more than 0 with bins of d"),
    "edges of d from 0": (
        {"Unit": "d", "Edges": [0, 1]},
        ".Edges[0]: expected more than 0 with bins of d, got 0",
    ),
    "an angle beyond 180": (
        {"Unit": "two_theta", "To": 181},
        ".To: expected at most 180 degrees, got 181",
    ),
    "edges beyond 180": (
        {"Unit": "two_theta", "Edges": [1, 200]},
        ".Edges[1]: expected at most 180 degrees, got 200",
    ),
    "edges and a number": (
        {"Edges": [0, 1], "Number": 1},
        ".Number: expected none beside Edges, got 1",
    ),
    "edges and an end": ({"Edges": [0, 1], "To": 1}, ".To: expected none beside Edges, got 1"),
    "one edge": ({"Edges": [1]}, ".Edges: expected at least 2, between which a bin lies, got 1"),
    "unsorted edges": (
        {"Edges": [0, 2, 1, 3]},
        ".Edges[2]: expected more than the one before (2), got 1",
    ),
    "equal edges": (
        {"Edges": [0, 2, 2]},
        ".Edges[2]: expected more than the one before (2), got 2",
    ),
    "too many": ({"Number": 1_000_001}, ".Number: expected at most 1000000"),
    "none": ({"Number": 0}, ".Number: expected at least 1"),
    "an unknown unit": ({"Unit": "q_per_mm"}, ".Unit: expected"),
    "below 0": ({"From": -1}, ".From: expected at least 0"),
}


@pytest.mark.parametrize(("bins", "said"), BINS.values(), ids=BINS)
def test_bad_bins_are_named_with_what_was_expected_and_what_came(bins, said):
    message = message_of(Bins=bins)
    assert message.startswith(f"Masks[0].Bins{said}")
    assert "\n" not in message


MASKS = {
    "an empty sector": (
        {"Sectors": [{"From": 0, "To": 90}, {"From": 10, "To": 10}]},
        "Masks[0].Sectors[1].To: expected another azimuth than From (10), got 10",
    ),
    "a sector that ends a turn before it starts": (
        {"Sectors": [{"From": 10, "To": -350}]},
        "Masks[0].Sectors[0].To: expected another azimuth than From (10), got -350",
    ),
    "more than a circle": (
        {"Sectors": [{"From": -90, "To": 300}]},
        "Masks[0].Sectors[0].To: expected at most a full circle more than From (-90), got 300",
    ),
    "half a sector": ({"Sectors": [{"From": 0}]}, "Masks[0].Sectors[0]: expected the key 'To'"),
    "bins with Phi-mode": (
        {"Phi-mode": True, "Bins": {}},
        "Masks[0].Bins: expected none beside Phi-mode, got one",
    ),
    "sectors with Phi-mode": (
        {"Phi-mode": True, "Sectors": [{"From": 0, "To": 10}]},
        "Masks[0].Sectors: expected none beside Phi-mode, got one",
    ),
    "a cake with Phi-mode": (
        {"Phi-mode": True, "Cake": {}},
        "Masks[0].Cake: expected none beside Phi-mode, got one",
    ),
    "a cake of too many bins": (
        {"Cake": {"AzimuthalBins": 3600}, "Bins": {"Number": 1000}},
        "Masks[0].Cake.AzimuthalBins: expected at most 1000000 bins in all, got 3600 times 1000",
    ),
    "a usual cake of too many bins": (
        {"Cake": {}, "Bins": {"Number": 20_000}},
        "Masks[0].Cake: expected at most 1000000 bins in all, got 72 times 20000",
    ),
    "a curve from a cake": (
        {"Cake": {}, "BackgroundCurve": "b.chi"},
        "Masks[0].BackgroundCurve: expected none beside Cake",
    ),
}


@pytest.mark.parametrize(("entry", "said"), MASKS.values(), ids=MASKS)
def test_what_does_not_go_together_is_named(entry, said):
    message = message_of(**entry)
    assert message.startswith(said)
    assert "\n" not in message


def test_bins_of_its_own_do_not_ask_for_those_by_pixels():
    fine = {"PixelPerRadialElement": 0.05, "Bins": {"Number": 9}}
    wide = changed(of_mask(**fine), "Geometry", "BeamCenter", [1e6, 1e6])
    assert Calibration.from_document(wide).masks[0].bins.n_bins == 9
