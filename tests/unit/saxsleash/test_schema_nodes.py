import pytest

from saxsdog.schema import load_schema
from saxsleash.models.schema_nodes import Kind, SchemaNode

ROOT = SchemaNode("", load_schema("calibration"))


@pytest.mark.parametrize(
    ("path", "label"),
    [
        (("Geometry", "DedectorDistanceMM"), "Detector distance"),
        (("Geometry", "PixelSizeMicroM"), "Pixel size"),
        (("Geometry", "Imagesize"), "Image size"),
        (("Geometry", "Tilt", "TiltRotDeg"), "Tilt rotation"),
        (("GISAXSmode",), "GISAXS mode"),
        (("Live-Filelisting",), "Live file listing"),
        (("Masks", 0, "qStart"), "q start"),
        (("Masks", 0, "Phi-mode"), "Phi mode"),
    ],
)
def test_keys_have_names_that_people_read(path, label):
    assert ROOT.at(path).label == label


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (("Geometry",), Kind.GROUP),
        (("Masks",), Kind.ITEMS),
        (("Masks", 3), Kind.GROUP),
        (("Geometry", "BeamCenter"), Kind.ENTRIES),
        (("Geometry", "BeamCenter", 0), Kind.NUMBER),
        (("Geometry", "Imagesize", 1), Kind.WHOLE),
        (("Directory",), Kind.PARTS),
        (("Formats",), Kind.SELECTION),
        (("ErrorModel",), Kind.CHOICE),
        (("GISAXSmode",), Kind.TRUTH),
        (("Title",), Kind.TEXT),
        (("Nothing", "at", 3, "all"), Kind.UNKNOWN),
    ],
)
def test_the_kind_of_a_value_comes_from_its_schema(path, kind):
    assert ROOT.at(path).kind is kind


def test_a_value_that_may_be_null_is_of_its_other_kind():
    assert SchemaNode("a", {"type": ["null", "number"]}).kind is Kind.NUMBER


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("Geometry", "DedectorDistanceMM"), "from 0.001 to 1000000 mm"),
        (("Geometry", "Tilt", "TiltAngleDeg"), "more than -90, less than 90 °"),
        (("Slices", 0, "MaskRef"), "from -1 to 31"),
        (("Title",), ""),
        (("Normalization", "ScaleFactor"), "more than 0"),
    ],
)
def test_limits_are_said_in_words(path, text):
    assert ROOT.at(path).range_text == text


def test_entries_are_called_what_the_description_calls_them():
    geometry = ROOT.child("Geometry")
    assert [geometry.child("BeamCenter").entry_name(i) for i in (0, 1)] == [
        "vertical",
        "horizontal",
    ]
    assert geometry.child("Imagesize").entry_name(0) == "rows"
    assert geometry.child("BeamCenter").entry_name(2) == "2"


def test_absent_keys_stand_behind_those_before_them_in_the_schema():
    present = {"Wavelength": 1, "Strange": 2, "Geometry": 3}
    placed = ROOT.placed(present)
    assert [key for key in placed if key in present] == list(present)
    assert placed[0] == "Title"
    assert placed[placed.index("Wavelength") + 1] == "Masks"
    assert set(placed) == set(present) | set(ROOT.children)
