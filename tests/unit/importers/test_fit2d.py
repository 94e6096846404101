import pytest

from saxsdog.errors import CalibrationError
from saxsdog.importers.findings import Facts
from saxsdog.importers.fit2d import read, recognizes
from tests.helpers.foreign import text_of


def message_of(text):
    with pytest.raises(CalibrationError) as caught:
        read(text)
    return str(caught.value)


def test_a_refinement_gives_the_whole_geometry_but_the_image_size():
    found = read(text_of("fit2d.txt"))
    assert found.document == {
        "Geometry": {
            "BeamCenter": [700.125, 512.25],
            "DedectorDistanceMM": 1500.25,
            "PixelSizeMicroM": [172.0, 172.0],
            "Tilt": {"TiltRotDeg": 63.5, "TiltAngleDeg": -0.75},
        },
        "Wavelength": 1.2,
    }
    assert found.format == "fit2d"


def test_the_pixel_size_follows_from_the_beam_centre_in_mm_and_that_is_said():
    (remark,) = read(text_of("fit2d.txt")).remarks
    assert "172 x 172 µm follows from the beam centre" in remark


def test_a_pixel_size_that_is_known_is_not_replaced_by_one_that_follows():
    found = read(text_of("fit2d.txt"), fallback=Facts(pixel_size=(172.0, 172.0)))
    assert "PixelSizeMicroM" not in found.document["Geometry"]
    assert found.remarks == ()


def test_a_template_of_another_detector_is_noticed_by_its_pixel_size():
    (remark,) = read(text_of("fit2d.txt"), fallback=Facts(pixel_size=(75.0, 75.0))).remarks
    assert remark == "the beam centre in mm and in pixels means pixels of 172 µm, not 75 µm"


@pytest.mark.parametrize("center", ["0.00100     0.00200", "2.000    3.000"])
def test_from_a_beam_near_the_corner_no_pixel_size_follows(center):
    text = (
        f"Refined Beam centre = {center} (pixels)\nRefined Beam centre = 0.000     0.001 (mm)\n"
        "Refined wavelength = 1.0"
    )
    assert "PixelSizeMicroM" not in read(text).document["Geometry"]


def test_a_beam_centre_in_mm_alone_needs_the_pixel_size():
    text = "INFO: Refined Beam centre =       88.200     120.400 (mm)"
    assert "pixel size" in read(text).remarks[0]
    found = read(text, asked=Facts(pixel_size=(200.0, 100.0)))
    assert found.document["Geometry"]["BeamCenter"] == [602.0, 882.0]


def test_of_several_refinements_every_value_is_the_last_one():
    found = read(text_of("fit2d_by_hand.txt"))
    assert found.document == {
        "Geometry": {
            "BeamCenter": [701.25, 501.5],
            "DedectorDistanceMM": 1401.5,
            "Tilt": {"TiltAngleDeg": 0.1},
        },
        "Wavelength": 1.0,
    }
    assert found.remarks == ("2 refinements; the last one is taken",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "expected lines of FIT2D such as"),
        (
            "\nRefined Beam centre = 512.0 (pixels)",
            "line 2: expected the beam centre, 2 numbers in pixels, got '512.0 (pixels)'",
        ),
        ("Refined Beam centre = 1.0 2.0", "line 1: expected the beam centre, 2 numbers in pixels"),
        (
            "Refined sample to detector distance = 1.5 m",
            "line 1: expected the sample to detector distance, 1 number in mm, got '1.5 m'",
        ),
        ("Refined tilt angle = ********** degrees", "line 1: expected the tilt angle, 1 number"),
        ("Refined wavelength = 0.1 nm", "line 1: expected the wavelength, 1 number in Angstrom"),
        ("Refined wavelength = 1e999", "Wavelength: expected a finite number, got inf"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(text, message):
    assert message_of(text).startswith(message)


def test_only_lines_of_a_refinement_are_recognized():
    assert recognizes(text_of("fit2d.txt"))
    assert recognizes(text_of("fit2d_by_hand.txt"))
    assert not recognizes("the refined wavelengths differ\nRefined by hand = 3")
    assert not any(map(recognizes, map(text_of, ("nika.txt", "version_2.poni"))))


def test_two_lines_of_ours_tell_the_detector_and_win_over_what_follows_from_others():
    text = text_of("fit2d.txt") + (
        "\nINFO: Image size = 981 x 1043 pixels\nINFO: Pixel size = 75.0 x 172.0 microns\n"
    )
    found = read(text)
    geometry = found.document["Geometry"]
    assert (geometry["Imagesize"], geometry["PixelSizeMicroM"]) == ([1043, 981], [172.0, 75.0])
    assert found.remarks == ()


def test_half_a_pixel_is_no_size():
    text = "Refined wavelength = 1.0\nINFO: Image size = 9.5 x 3 pixels"
    assert message_of(text).startswith("line 2: Image size: expected whole numbers")
