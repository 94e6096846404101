import json

import pytest

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.importers.saxsdog3 import read
from tests.helpers.calibrations import FULL, SMALL, changed
from tests.helpers.foreign import text_of


def imported(document):
    return read(json.dumps(document))


def remarks_of(document):
    return imported(document).remarks


def message_of(text):
    with pytest.raises(CalibrationError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize("document", [SMALL, FULL], ids=["small", "full"])
def test_a_calibration_of_today_stays_as_it_is(document):
    found = imported(document)
    assert found.document == document
    assert list(found.document) == list(document)
    assert not [remark for remark in found.remarks if "Tilt" not in remark]


@pytest.mark.parametrize("generation", ["first", "second", "last"])
def test_every_generation_has_the_same_geometry(generation):
    geometry = Calibration.from_document(
        read(text_of(f"{generation}_generation.saxsconf")).document
    ).geometry
    assert geometry.shape == (1043, 981)
    assert geometry.beam_center == (1043 - 700.125, 512.25)
    assert geometry.distance == pytest.approx(1.50025)
    assert geometry.pixel_size == pytest.approx((172e-6, 172e-6))
    assert geometry.wavelength == pytest.approx(0.12)


def test_the_first_generation_is_sorted_into_geometry_and_masks():
    found = read(text_of("first_generation.saxsconf"))
    assert found.document == {
        "Masks": [{"PixelPerRadialElement": 1, "MaskFile": "data/beamstop.msk", "Oversampling": 2}],
        "Geometry": {
            "Imagesize": [1043, 981],
            "Tilt": {"TiltAngleDeg": -0.75, "TiltRotDeg": 63.5},
            "PixelSizeMicroM": [172.0, 172.0],
            "DedectorDistanceMM": 1500.25,
            "BeamCenter": [700.125, 512.25],
        },
        "Wavelength": 1.2,
    }
    assert any("first generation; now in Geometry" in remark for remark in found.remarks)
    assert any("no qStart and qStop" in remark for remark in found.remarks)


def test_nothing_of_the_second_generation_is_lost_in_silence():
    found = read(text_of("second_generation.saxsconf"))
    assert found.document["Title"] == "vacuum"
    assert found.document["Directory"] == ["2014", "may"]
    assert found.document["Masks"][0]["Oversampling"] == 2
    assert found.document["Slices"][0]["CutPosition"] == 600
    assert "Threads" not in found.document
    for said in (
        "Title stood in Geometry",
        "no Tilt: the detector counts as not tilted",
        "Masks[0].Oversampling: 2 instead of 2.5",
        'Directory, the text "2014/may", is a list of its parts now',
        "Threads, 0, is no number of processes; 2 is taken",
        "'Geometry.Comment' means nothing here: left out, the text \"after the shutdown\"",
    ):
        assert any(remark.startswith(said) for remark in found.remarks), said


def test_the_range_that_the_original_editor_starts_with_is_none():
    found = read(text_of("last_generation.saxsconf"))
    (mask,) = found.document["Masks"]
    assert "qStart" not in mask
    assert "qStop" not in mask
    assert "Masks[0].qStart and qStop, 0.5 and 0, are no range: left out" in found.remarks
    assert mask["Oversampling"] == 8


def test_keys_that_stand_twice_are_said():
    document = SMALL | {"BeamCenter": [1, 2]}
    found = imported(document)
    assert found.document["Geometry"] == SMALL["Geometry"]
    assert "BeamCenter at the top: left out, Geometry has them already" in found.remarks


def test_one_mask_alone_becomes_a_list():
    mask = {"MaskFile": "", "qStart": 0.1, "qStop": 2}
    for key in ("Mask", "Masks"):
        document = {**{k: v for k, v in SMALL.items() if k != "Masks"}, key: mask}
        assert imported(document).document["Masks"] == [{"qStart": 0.1, "qStop": 2}]


def test_numbers_in_quotes_single_edges_and_nulls_are_mended():
    document = changed(SMALL, "Geometry", "PixelSizeMicroM", 172)
    document = changed(document, "Wavelength", "1.54") | {"Title": None, "Threads": 3.0}
    found = imported(document)
    Calibration.from_document(found.document)
    assert found.document["Geometry"]["PixelSizeMicroM"] == [172]
    assert found.document["Wavelength"] == 1.54
    assert found.document["Threads"] == 3
    assert "Title" not in found.document
    assert "Wavelength was a text: 1.54" in found.remarks


def test_what_has_no_sensible_answer_stays_for_the_check():
    found = imported(changed(SMALL, "Geometry", "BeamCenter", "in the middle"))
    assert found.document["Geometry"]["BeamCenter"] == "in the middle"


def test_unknown_keys_are_named_with_what_they_said():
    assert any("'Foo' means nothing here" in remark for remark in remarks_of(SMALL | {"Foo": 3}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "expected JSON, got something else at line 1, column 2"),
        ("[1]", "expected a calibration with at least one of the keys Geometry"),
        ('{"poni": 3}', "expected a calibration with at least one of the keys Geometry"),
        ('{"Wavelength": 1, "Wavelength": 2}', "expected every key once"),
        ('{"Wavelength": NaN}', "Wavelength: expected a finite number, got nan"),
        ('{"Title":' * 5000, "expected JSON"),
    ],
)
def test_what_is_no_calibration_is_refused(text, message):
    assert message_of(text).startswith(message)
