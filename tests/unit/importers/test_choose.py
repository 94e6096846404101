import json
from contextlib import suppress
from copy import deepcopy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.importers.choose import (
    FORMATS,
    LARGEST_FILE,
    format_of,
    import_calibration,
    import_text,
)
from saxsdog.importers.findings import Facts
from saxsdog.schema import load_schema
from tests.helpers.calibrations import FULL, SMALL
from tests.helpers.foreign import CALIBRATIONS, nexus_bytes, spd_bytes, text_of

FILES = {
    "fit2d.txt": "fit2d",
    "fit2d_by_hand.txt": "fit2d",
    "nika.txt": "nika",
    "nika_note.txt": "nika",
    "version_1.poni": "poni",
    "version_2.poni": "poni",
    "version_2.1.poni": "poni",
    "version_3.poni": "poni",
    "first_generation.saxsconf": "saxsdog",
    "second_generation.saxsconf": "saxsdog",
    "last_generation.saxsconf": "saxsdog",
}


@pytest.mark.parametrize(("name", "expected"), FILES.items())
def test_the_format_is_found_by_content_whatever_the_name(tmp_path, name, expected):
    path = tmp_path / "calibration.dat"
    path.write_bytes((CALIBRATIONS / name).read_bytes())
    assert import_calibration(path).format == expected


@pytest.mark.parametrize("name", FILES)
def test_with_a_template_every_file_makes_a_valid_calibration(name):
    imported = import_calibration(CALIBRATIONS / name, FULL, asked=Facts(image_size=(1043, 981)))
    Calibration.from_document(imported.document)


def test_a_template_keeps_what_the_file_does_not_say_and_the_order_of_its_keys():
    template = deepcopy(FULL)
    imported = import_calibration(CALIBRATIONS / "fit2d.txt", template)
    assert template == FULL
    assert list(imported.document) == list(FULL)
    assert list(imported.document["Geometry"]) == list(FULL["Geometry"])
    own = {"Geometry", "Wavelength"}
    assert {k: v for k, v in imported.document.items() if k not in own} == {
        k: v for k, v in FULL.items() if k not in own
    }
    assert imported.document["Geometry"]["BeamCenter"] == [700.125, 512.25]
    assert imported.document["Geometry"]["Imagesize"] == FULL["Geometry"]["Imagesize"]


def test_keys_from_the_template_and_absent_ones_are_both_missing():
    path = CALIBRATIONS / "fit2d_by_hand.txt"
    missing = ("Geometry.Imagesize", "Geometry.PixelSizeMicroM")
    alone, with_template = import_calibration(path), import_calibration(path, FULL)
    assert alone.missing == with_template.missing == missing
    assert not any(map(alone.has, missing))
    assert all(map(with_template.has, missing))


def test_what_the_file_says_of_a_tilt_is_joined_with_the_template():
    imported = import_text("Refined tilt angle = 1.5 degrees", FULL)
    assert imported.document["Geometry"]["Tilt"] == {"TiltRotDeg": 30.0, "TiltAngleDeg": 1.5}


def test_what_was_asked_for_wins_and_a_contradiction_is_said():
    imported = import_text(
        text_of("version_2.poni"), asked=Facts((1000, 900), (100.0, 100.0), wavelength=2.0)
    )
    geometry = imported.document["Geometry"]
    assert (geometry["Imagesize"], geometry["PixelSizeMicroM"]) == ([1000, 900], [100.0, 100.0])
    assert imported.document["Wavelength"] == 2.0
    assert imported.missing == ()
    assert (
        "Geometry.Imagesize: [1043, 981] in the file, [1000, 900] asked for and taken"
        in imported.remarks
    )


def test_a_template_for_another_detector_is_warned_of():
    imported = import_text(text_of("version_2.poni"), FULL)
    assert (
        "the template is for [40, 50] pixels, not [1043, 981]: check Masks and Slices"
        in imported.remarks
    )


def test_slices_of_a_template_do_not_point_at_masks_of_the_file():
    imported = import_text(text_of("first_generation.saxsconf"), FULL)
    assert [cut.get("MaskRef", -1) for cut in imported.document["Slices"]] == [-1, -1]
    assert any(remark.startswith("Slices of the template") for remark in imported.remarks)
    assert FULL["Slices"][0]["MaskRef"] == 1


def test_without_masks_there_is_one_curve_of_the_whole_detector():
    imported = import_text(text_of("version_2.poni"))
    assert len(Calibration.from_document(imported.document).masks) == 1
    assert "no masks: one curve of the whole detector" in imported.remarks
    assert import_text(text_of("version_2.poni"), SMALL).document["Masks"] == SMALL["Masks"]


def test_files_that_are_no_texts_are_known_by_their_first_bytes(tmp_path):
    path = tmp_path / "calibration.dat"
    for data, expected in ((spd_bytes(), "spd"), (nexus_bytes(), "nexus")):
        path.write_bytes(data)
        imported = import_calibration(path)
        assert (imported.format, imported.missing) == (expected, ())
        assert Calibration.from_document(imported.document).geometry.tilt > 0.05
        assert import_calibration(path, file_format=expected).document == imported.document
    with pytest.raises(CalibrationError, match="expected a NeXus or Eiger HDF5, got a text"):
        import_text("text", file_format="nexus")


@settings(max_examples=60)
@given(
    changes=st.lists(st.tuples(st.integers(0, 800), st.integers(0, 255)), max_size=5),
    end=st.integers(0, 1000),
)
def test_a_damaged_header_is_refused_in_words_or_understood(tmp_path_factory, changes, end):
    data = bytearray(spd_bytes()[:end])
    for place, value in changes:
        data[place : place + 1] = bytes([value])
    path = tmp_path_factory.getbasetemp() / "damaged.edf"
    path.write_bytes(data)
    with suppress(CalibrationError):
        import_calibration(path)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.99])
def test_half_of_an_hdf5_file_is_refused(tmp_path, share):
    path, data = tmp_path / "half.h5", nexus_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(CalibrationError, match=r"half\.h5: expected an HDF5 file"):
        import_calibration(path, file_format="nexus")


def test_the_rotation_of_a_template_goes_with_its_geometry():
    template = deepcopy(SMALL)
    template["Geometry"]["RotationAroundBeamDeg"] = 30.0
    poni = import_text(text_of("version_2.poni"), template).document["Geometry"]
    assert poni.get("RotationAroundBeamDeg") != 30.0
    kept = import_text("Refined wavelength = 1.0", template).document["Geometry"]
    assert kept["RotationAroundBeamDeg"] == 30.0


def test_a_format_may_be_imposed():
    assert import_text("distance = 3", file_format="nika").document["Geometry"] == {
        "DedectorDistanceMM": 3.0
    }


def test_missing_keys_are_among_those_that_the_schema_has():
    properties = load_schema("calibration")["properties"]
    missing = import_text("Refined tilt angle = 1.5 degrees").missing
    assert "Geometry.BeamCenter" in missing
    for key in missing:
        *folders, last = key.split(".")
        assert last in (properties["Geometry"]["properties"] if folders else properties)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a calibration of FIT2D"),
        (b"hello \x1b[31mworld", r"got 'hello \x1b[31mworld'"),
        (b"II*\0\0\0", "expected a text of at most"),
        (b"x" * (LARGEST_FILE + 1), "expected a text of at most"),
    ],
    ids=["empty", "other text", "image", "large"],
)
def test_a_file_of_something_else_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(CalibrationError) as caught:
        import_calibration(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["", "missing.txt", "a\0b"])
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, name):
    with pytest.raises(CalibrationError, match="expected a calibration file"):
        import_calibration(f"{tmp_path}/{name}")


def test_a_byte_order_mark_does_not_hide_the_format():
    assert format_of(b"\xef\xbb\xbf{}".decode("utf-8-sig")) == "saxsdog"


PIECES = st.sampled_from(
    [
        piece
        for name in FILES
        for piece in [*text_of(name).splitlines(keepends=True), *text_of(name).split()]
    ]
    + ["1e999", "nan", "-", "0", "{", "}", "[" * 2000, "=", ":", ";", "\n", "9" * 5000, "null"]
)
RUBBISH = st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join)

TEMPLATES = st.sampled_from([None, FULL, {"Geometry": {"Imagesize": [0, "x"]}}])


@settings(max_examples=100)
@given(text=RUBBISH, name=st.sampled_from([None, *FORMATS]), template=TEMPLATES)
@example(text='{"Title": ' + "[" * 900 + "]" * 900 + "}", name="saxsdog", template=None)
@example(text='{"Wavelength": 1, "Masks": [{"Oversampling": 1e400}]}', name=None, template=FULL)
@example(
    text="Poni1: 1\nPoni2: 1\nDistance: 1e-320\nPixelSize1: 1e-320", name="poni", template=None
)
@example(text='{"Masks": 3}', name=None, template={"Slices": 3, "Geometry": [], "Masks": {}})
@example(text="Refined beam centre = 1e9999 0 (mm)", name="fit2d", template=FULL)
def test_rubbish_is_refused_in_words_or_understood_but_never_crashes(text, name, template):
    with suppress(CalibrationError):
        imported = import_text(text, template, file_format=name)
        Calibration.from_document(imported.document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *load_schema("calibration")["properties"],
                    *load_schema("calibration")["properties"]["Geometry"]["properties"],
                    *load_schema("calibration")["properties"]["Masks"]["items"]["properties"],
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(document=JSON)
def test_any_json_under_our_keys_is_refused_in_words_or_understood(document):
    with suppress(CalibrationError):
        imported = import_text(json.dumps(document), file_format="saxsdog")
        Calibration.from_document(imported.document)


CONFIG = st.dictionaries(
    st.sampled_from(["pixel1", "pixel2", "max_shape", "orientation", "splineFile", "filename"]),
    JSON | st.just([3, 4]) | st.just(1e-4),
    max_size=4,
)


@settings(max_examples=100)
@given(config=CONFIG, detector=st.sampled_from(["Detector", "Pilatus1M", "None", "Foo"]))
def test_any_detector_of_a_poni_file_is_refused_in_words_or_understood(config, detector):
    text = f"Detector: {detector}\nDetector_config: {json.dumps(config)}\n"
    with suppress(CalibrationError):
        import_text(text + "Distance: 1\nPoni1: 0.1\nPoni2: 0.1\nWavelength: 1e-10")
