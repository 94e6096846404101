import json
import math
import re
from dataclasses import FrozenInstanceError
from math import radians

import pytest

from saxsdog.calibration import Calibration, MaskSettings, SliceSettings
from saxsdog.errors import CalibrationError
from saxsdog.reduction.channels import Direction, ErrorModel, Plane
from saxsdog.reduction.corrections import Polarization
from saxsdog.reduction.geometry import Geometry
from tests.helpers.calibrations import FULL, MISSING, SMALL, changed


def stored(folder, text):
    path = folder / "a.saxsconf"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def message_of(document):
    """What is said about a bad document; one line for one problem."""
    with pytest.raises(CalibrationError) as caught:
        Calibration.from_document(document)
    return str(caught.value)


def message_of_file(path):
    with pytest.raises(CalibrationError) as caught:
        Calibration.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


def test_without_a_range_the_integral_parameters_are_those_of_the_whole_curve():
    (mask,) = Calibration.from_document(SMALL | {"Masks": [{}]}).masks
    assert (mask.q_start, mask.q_stop) == (0, 1_000_000)


def test_what_a_small_document_leaves_out_has_the_defaults_of_the_design():
    calibration = Calibration.from_document(SMALL)
    assert calibration.title == ""
    assert (calibration.geometry.tilt, calibration.geometry.tilt_rotation) == (0, 0)
    assert calibration.slices == ()
    assert calibration.polarization is None
    assert calibration.error_model is ErrorModel.POISSON
    assert calibration.directory == (".",)
    assert calibration.workers == 2
    assert calibration.live_file_list is True
    assert calibration.overwrite is True
    assert calibration.slices_only is False
    assert calibration.masks == (
        MaskSettings(
            file=None,
            oversampling=3,
            pixels_per_bin=1,
            q_start=0.1,
            q_stop=2.0,
            name="",
            phi_mode=False,
            azimuthal_bins=360,
            background=None,
        ),
    )


def test_a_slice_has_no_mask_and_no_incident_angle_unless_it_says_so():
    cut = Calibration.from_document(FULL).slices[1]
    assert (cut.mask, cut.incident_angle) == (None, 0)


def test_every_key_arrives_in_internal_units():
    calibration = Calibration.from_document(FULL)
    geometry = calibration.geometry
    assert geometry.shape == (40, 50)
    assert geometry.distance == pytest.approx(0.8297)
    assert geometry.pixel_size == pytest.approx((172e-6, 75.5e-6))
    assert geometry.wavelength == pytest.approx(0.154)
    assert geometry.tilt == pytest.approx(radians(-4.5))
    assert geometry.tilt_rotation == pytest.approx(radians(30))
    assert calibration.title == "everything"
    assert calibration.masks == (
        MaskSettings(
            "mask.msk", 5, 0.5, 0.1, 2.0, "all", phi_mode=False, azimuthal_bins=360, background=None
        ),
        MaskSettings(
            "ring.msk", 3, 1, 0.05, 0.2, "", phi_mode=True, azimuthal_bins=90, background=None
        ),
    )
    assert calibration.slices == (
        SliceSettings(Direction.X, Plane.IN_PLANE, 12, 2, radians(0.25), 1),
        SliceSettings(Direction.Y, Plane.VERTICAL, 50, 0, 0.0, None),
    )
    assert calibration.polarization == Polarization(fraction=0.95, angle=radians(90))
    assert calibration.error_model is ErrorModel.PROPAGATED
    assert calibration.directory == ("2026", "user")
    assert calibration.workers == 7
    assert (calibration.live_file_list, calibration.overwrite) == (False, False)
    assert calibration.slices_only is True


def test_the_beam_centre_is_counted_from_the_bottom_edge():
    assert Calibration.from_document(SMALL).geometry.beam_center == (40 - 12.25, 17.5)


def test_one_pixel_size_means_a_square():
    assert Calibration.from_document(SMALL).geometry.pixel_size == pytest.approx((172e-6, 172e-6))


def test_the_calibration_of_the_real_frame_is_read(real_data):
    calibration = Calibration.load(real_data / "agbeh.saxsconf")
    assert calibration.geometry == Geometry(
        shape=(1043, 981),
        beam_center=(pytest.approx(238.318), 422.322),
        distance=pytest.approx(0.8297),
        pixel_size=pytest.approx((172e-6, 172e-6)),
        wavelength=pytest.approx(0.154987),
    )


@pytest.mark.parametrize("document", [SMALL, FULL])
def test_a_calibration_survives_saving_and_loading(tmp_path, document):
    first = Calibration.from_document(document)
    first.save(tmp_path / "a.saxsconf")
    second = Calibration.load(tmp_path / "a.saxsconf")
    assert second == first
    assert second.document == document


def test_a_saved_calibration_is_text_for_people(tmp_path):
    Calibration.from_document(changed(SMALL, "Title", "Ångström, µm")).save(tmp_path / "a.saxsconf")
    text = (tmp_path / "a.saxsconf").read_text(encoding="utf-8")
    assert "Ångström, µm" in text
    assert text.endswith("}\n")
    assert len(text.splitlines()) > 10


def test_reading_a_document_does_not_change_it():
    document = changed(SMALL, "Title", "mine")
    before = json.dumps(document)
    Calibration.from_document(document)
    assert json.dumps(document) == before


def test_whole_numbers_may_be_written_as_real_ones(tmp_path):
    text = json.dumps(SMALL).replace("[40, 50]", "[40.0, 5e1]")
    assert Calibration.load(stored(tmp_path, text)).geometry.shape == (40, 50)


def test_a_calibration_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Calibration.from_document(SMALL).title = "other"


BAD_VALUES = [
    # where, the value, what is said
    (("Titel",), "x", "document: expected only known keys, got 'Titel' (did you mean 'Title'?)"),
    (
        ("Geometry", "DetectorDistanceMM"),
        1,
        "Geometry: expected only known keys, got 'DetectorDistanceMM' "
        "(did you mean 'DedectorDistanceMM'?)",
    ),
    (
        ("Masks", 0, "qstop"),
        1,
        "Masks[0]: expected only known keys, got 'qstop' (did you mean 'qStop'?)",
    ),
    (("Zzz",), 1, "document: expected only known keys, got 'Zzz'"),
    (("Geometry",), [1], "Geometry: expected an object, got the list [1]"),
    (("Geometry",), MISSING, "document: expected the key 'Geometry' ("),
    (
        ("Geometry", "BeamCenter"),
        "12 17",
        'Geometry.BeamCenter: expected a list (pixel), got the text "12 17"',
    ),
    (
        ("Geometry", "BeamCenter"),
        ["12", 17],
        'Geometry.BeamCenter[0]: expected a number (pixel), got the text "12"',
    ),
    (
        ("Geometry", "BeamCenter"),
        [12, None],
        "Geometry.BeamCenter[1]: expected a number (pixel), got null",
    ),
    (("Geometry", "BeamCenter"), [12], "Geometry.BeamCenter: expected at least 2 items, got 1"),
    (
        ("Geometry", "BeamCenter"),
        [1, 2, 3],
        "Geometry.BeamCenter: expected at most 2 items, got 3",
    ),
    (
        ("Geometry", "DedectorDistanceMM"),
        "829.7",
        'Geometry.DedectorDistanceMM: expected a number (mm), got the text "829.7"',
    ),
    (
        ("Geometry", "DedectorDistanceMM"),
        0,
        "Geometry.DedectorDistanceMM: expected at least 0.001 (mm), got 0",
    ),
    (
        ("Geometry", "DedectorDistanceMM"),
        MISSING,
        "Geometry: expected the key 'DedectorDistanceMM' (From the sample to the detector",
    ),
    (
        ("Geometry", "Imagesize"),
        [40.5, 50],
        "Geometry.Imagesize[0]: expected a whole number (pixel), got 40.5",
    ),
    (
        ("Geometry", "Imagesize"),
        [0, 50],
        "Geometry.Imagesize[0]: expected at least 1 (pixel), got 0",
    ),
    (
        ("Geometry", "Imagesize"),
        [40, True],
        "Geometry.Imagesize[1]: expected a whole number (pixel), got true",
    ),
    (
        ("Geometry", "PixelSizeMicroM"),
        [-1],
        "Geometry.PixelSizeMicroM[0]: expected at least 0.001 (µm), got -1",
    ),
    (("Geometry", "PixelSizeMicroM"), [], "Geometry.PixelSizeMicroM: expected at least 1 items"),
    (
        ("Geometry", "Tilt"),
        {"TiltAngleDeg": 90},
        "Geometry.Tilt.TiltAngleDeg: expected less than 90 (degree), got 90",
    ),
    (("Wavelength",), True, "Wavelength: expected a number (Å), got true"),
    (("Wavelength",), -1.5, "Wavelength: expected at least 0.0001 (Å), got -1.5"),
    (("Wavelength",), 5000, "Wavelength: expected at most 1000 (Å), got 5000"),
    (("Wavelength",), math.inf, "Wavelength: expected at most 1000 (Å), got Infinity"),
    (("Wavelength",), math.nan, "Wavelength: expected"),
    (("Geometry", "BeamCenter"), [1.0, math.nan], "Geometry.BeamCenter[1]: expected"),
    (("Masks",), {}, "Masks: expected a list, got the object {}"),
    (
        ("Masks", 0, "Oversampling"),
        9,
        "Masks[0].Oversampling: expected at most 8 (sub-pixels per pixel edge), got 9",
    ),
    (
        ("Masks", 0, "Oversampling"),
        2.5,
        "Masks[0].Oversampling: expected a whole number (sub-pixels per pixel edge), got 2.5",
    ),
    (
        ("Masks", 0, "PixelPerRadialElement"),
        0,
        "Masks[0].PixelPerRadialElement: expected at least 0.05 (pixel), got 0",
    ),
    (
        ("Masks", 0, "qStop"),
        0.1,
        "Masks[0].qStop: expected more than qStart (0.1 nm⁻¹), got 0.1",
    ),
    (("Masks", 0, "qStop"), 0.05, "Masks[0].qStop: expected more than qStart (0.1 nm⁻¹), got 0.05"),
    (("Masks", 0, "MaskFile"), None, "Masks[0].MaskFile: expected a text, got null"),
    (("Masks", 0, "MaskFile"), "", "Masks[0].MaskFile: expected"),
    (("Masks", 0, "Phi-mode"), 1, "Masks[0].Phi-mode: expected true or false, got 1"),
    (("Masks", 0, "Phi-mode"), "false", "Masks[0].Phi-mode: expected true or false, got the text"),
    (("Threads",), 0, "Threads: expected at least 1 (processes), got 0"),
    (
        ("ErrorModel",),
        "Poisson",
        "ErrorModel: expected one of 'poisson', 'propagated', 'azimuthal'",
    ),
    (("Directory",), "data", 'Directory: expected a list, got the text "data"'),
    (("Directory",), ["a", 3], "Directory[1]: expected a text, got 3"),
    (("OverwriteFiles",), 0, "OverwriteFiles: expected true or false, got 0"),
    (("Masks",), [], "Masks or Slices: expected at least one, got none: no curve to compute"),
    (("GISAXSmode",), True, "Slices: expected at least one, got none: no curve to compute"),
    (("PolarizationCorrection",), {"Fraction": 0.5}, "PolarizationCorrection: expected the key"),
    (
        ("PolarizationCorrection",),
        {"Fraction": 1.5, "Angle": 0},
        "PolarizationCorrection.Fraction: expected at most 1 (1), got 1.5",
    ),
]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    BAD_VALUES,
    ids=[
        f"{path[-1]}={'missing' if value is MISSING else value!r}" for path, value, _ in BAD_VALUES
    ],
)
def test_a_bad_value_is_named_with_what_was_expected_and_what_came(path, value, said):
    message = message_of(changed(SMALL, *path, value))
    assert message.startswith(said)
    assert "\n" not in message


BAD_SLICES = [
    ({"Direction": "X"}, "Slices[0].Direction: expected one of 'x', 'y', got the text \"X\""),
    ({"Plane": "inplane"}, "Slices[0].Plane: expected one of 'InPlane', 'Vertical', got the text"),
    ({"MaskRef": 1}, "Slices[0].MaskRef: expected -1 or the index of one of 1 masks, got 1"),
    ({"MaskRef": -2}, "Slices[0].MaskRef: expected at least -1 (index), got -2"),
    ({"CutMargin": -1}, "Slices[0].CutMargin: expected at least 0 (pixel), got -1"),
    ({"CutPosition": 43}, "Slices[0].CutPosition: expected 1 to 40, so that the slice meets"),
    ({"CutPosition": -2}, "Slices[0].CutPosition: expected 1 to 40, so that the slice meets"),
    (
        {"Direction": "y", "CutPosition": 53},
        "Slices[0].CutPosition: expected 1 to 50, so that the slice meets",
    ),
    ({"CutPosition": 1.5}, "Slices[0].CutPosition: expected a whole number (pixel), got 1.5"),
    ({"IncidentAngle": 91}, "Slices[0].IncidentAngle: expected at most 90 (degree), got 91"),
]
A_SLICE = {"Direction": "x", "Plane": "InPlane", "CutPosition": 5, "CutMargin": 2}


@pytest.mark.parametrize(("change", "said"), BAD_SLICES, ids=[str(c) for c, _ in BAD_SLICES])
def test_a_bad_slice_is_named_with_what_was_expected_and_what_came(change, said):
    message = message_of(changed(SMALL, "Slices", [A_SLICE | change]))
    assert message.startswith(said)
    assert "\n" not in message


@pytest.mark.parametrize(
    ("direction", "position"), [("x", -1), ("x", 42), ("y", -1), ("y", 52), ("y", 1), ("x", 40)]
)
def test_a_slice_may_reach_over_the_edge(direction, position):
    cut = A_SLICE | {"Direction": direction, "CutPosition": position}
    assert Calibration.from_document(changed(SMALL, "Slices", [cut])).slices[0].position == position


def test_slices_alone_are_enough():
    document = changed(changed(SMALL, "Masks", MISSING), "Slices", [A_SLICE])
    assert Calibration.from_document(document).masks == ()


def test_every_problem_has_a_line_of_its_own():
    document = changed(changed(SMALL, "Wavelength", "long"), "Threads", -3)
    assert message_of(document).splitlines() == [
        "Threads: expected at least 1 (processes), got -3",
        'Wavelength: expected a number (Å), got the text "long"',
    ]


@pytest.mark.parametrize("document", [[], None, "text", 3, True])
def test_what_is_no_object_is_no_calibration(document):
    assert message_of(document).startswith("document: expected an object, got")


def test_a_long_value_is_shown_in_part():
    assert len(message_of(changed(SMALL, "Wavelength", "x" * 100_000))) < 200


@pytest.mark.parametrize("key", ["Title", "Directory"])
def test_a_text_that_is_too_long_is_shown_in_part(key):
    value = "x" * 100_000
    message = message_of(changed(SMALL, key, value if key == "Title" else [value]))
    assert message.startswith(key)
    assert "expected at most" in message
    assert len(message) < 200


def in_the_file(old, new, document=SMALL):
    text = json.dumps(document)
    assert old in text
    return text.replace(old, new)


BAD_FILES = {
    "too large": (
        in_the_file("829.7", "1e999"),
        "Geometry.DedectorDistanceMM: expected at most 1000000 (mm), got Infinity",
    ),
    "too many digits": (in_the_file("829.7", "8" * 5000), "expected JSON of a sensible"),
    "duplicate": (
        in_the_file('"Wavelength"', '"Wavelength": 1, "Wavelength"'),
        "expected every key once, got 'Wavelength' twice",
    ),
    "no JSON": ("Title = x", "expected JSON, got something else at line 1, column 1"),
    "nothing": ("", "expected JSON, got something else at line 1, column 1"),
    "cut off": (json.dumps(SMALL)[:-5], "expected JSON, got something else at line 1, column"),
    "no text": (b"\xff\xfe\x00\x01", "expected text in UTF-8"),
    "half a pair": (in_the_file("829.7", '"\\ud800"'), "Geometry.DedectorDistanceMM: expected a"),
}


@pytest.mark.parametrize(("text", "said"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path, text, said):
    message = message_of_file(stored(tmp_path, text))
    assert message.startswith(said)
    assert "\n" not in message


def test_lists_within_lists_are_refused_at_any_depth(tmp_path):
    """Also where they are just shallow enough to be parsed, but not to be shown."""
    for depth in (100, 500, *range(700, 1010, 5), 5000, 100_000):
        message_of_file(stored(tmp_path, '{"Title": ' + "[" * depth + "]" * depth + "}"))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_is_named_with_its_key(tmp_path, value):
    message = message_of_file(stored(tmp_path, in_the_file("829.7", value)))
    assert f"got {value}" in message
    assert message.startswith("Geometry.DedectorDistanceMM: expected")


def test_a_missing_file_is_named(tmp_path):
    said = message_of_file(tmp_path / "none.saxsconf")
    assert re.fullmatch("expected a calibration file: .+", said)


def test_a_folder_is_no_calibration(tmp_path):
    assert message_of_file(tmp_path).startswith("expected a calibration file: ")
