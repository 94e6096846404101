import json
import math
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyFAI.detectors import ALL_DETECTORS, detector_factory
from pyFAI.integrator.azimuthal import AzimuthalIntegrator

from saxsdog.calibration import Calibration
from saxsdog.detectors import detector
from saxsdog.errors import CalibrationError, UsageError
from saxsdog.importers.choose import import_text
from saxsdog.importers.findings import Facts
from saxsdog.importers.poni import read, recognizes
from saxsdog.reduction.geometry import pixel_centers, two_theta
from tests.helpers.foreign import text_of

EXACT = 1e-9
"""rad; a pixel of 75 µm at 10 m is 7.5e-6 rad wide."""

GEOMETRY = "Distance: 0.8\nPoni1: 0.1\nPoni2: 0.05\nRot1: 0.1\nRot2: -0.2\nRot3: 0.3\n"


def a_poni(*, pixels=(7.5e-5, 8e-5), shape=(61, 47), orientation=3, **values):
    """The text of a file of version 2.1."""
    config = {
        "pixel1": pixels[0],
        "pixel2": pixels[1],
        "max_shape": list(shape),
        "orientation": orientation,
    }
    full = {"Distance": 0.1, "Poni1": 0.0, "Poni2": 0.0, "Rot1": 0.0, "Rot2": 0.0, "Rot3": 0.0}
    lines = ["poni_version: 2.1", "Detector: Detector", f"Detector_config: {json.dumps(config)}"]
    lines += [f"{key}: {value!r}" for key, value in (full | values).items()]
    return "\n".join([*lines, "Wavelength: 1.1e-10", ""])


def check_against_pyfai(path, text, **facts):
    geometry = Calibration.from_document(import_text(text, asked=Facts(**facts)).document).geometry
    oracle = AzimuthalIntegrator.sload(str(path))
    rows, columns = pixel_centers(geometry)
    theirs = oracle.tth(*np.indices(geometry.shape).astype(float))
    assert np.abs(two_theta(geometry, rows, columns) - theirs).max() < EXACT
    if oracle.wavelength is not None:
        assert geometry.wavelength == pytest.approx(1e9 * oracle.wavelength, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("version_1.poni", {"image_size": (52, 43)}),
        ("version_2.poni", {}),
        ("version_2.1.poni", {}),
        ("version_3.poni", {}),
    ],
)
def test_every_pixel_has_the_angle_that_pyfai_gives_it(name, facts, tmp_path):
    text = text_of(name).replace("Parallax: True", "Parallax: False")
    path = tmp_path / name
    path.write_text(text)
    check_against_pyfai(path, text, **facts)


@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
@settings(max_examples=5)  # pyFAI needs 0.1 s to read a file
@given(
    rot1=st.floats(-1.2, 1.2),
    rot2=st.floats(-1.2, 1.2),
    rot3=st.floats(-math.pi, math.pi),
    distance=st.floats(0.01, 2.0),  # farther, the beam is beyond all that a calibration may say
    poni1=st.floats(-0.5, 0.5),
    poni2=st.floats(-0.5, 0.5),
)
@example(rot1=0.003, rot2=-0.005, rot3=0.1, distance=20.0, poni1=0.1, poni2=0.2)
def test_any_rotation_in_any_orientation_is_converted_exactly(
    tmp_path_factory, orientation, rot1, rot2, rot3, distance, poni1, poni2
):
    text = a_poni(
        orientation=orientation,
        Distance=distance,
        Poni1=poni1,
        Poni2=poni2,
        Rot1=rot1,
        Rot2=rot2,
        Rot3=rot3,
    )
    path = tmp_path_factory.getbasetemp() / f"orientation_{orientation}.poni"
    path.write_text(text)
    check_against_pyfai(path, text)


def test_without_rotations_only_the_units_and_the_origin_change():
    found = read(a_poni(Poni1=0.0015, Poni2=0.0016))
    assert found.document == {
        "Geometry": {
            "BeamCenter": [41.0, 20.0],
            "DedectorDistanceMM": 100.0,
            "Imagesize": [61, 47],
            "PixelSizeMicroM": [75.0, 80.0],
            "Tilt": {"TiltRotDeg": 0.0, "TiltAngleDeg": 0.0},
        },
        "Wavelength": 1.1,
    }
    assert found.remarks == ()


def test_the_third_rotation_is_kept_beside_the_geometry_and_that_is_said():
    turned, straight = read(a_poni(Rot1=0.1, Rot3=0.4)), read(a_poni(Rot1=0.1))
    geometry = dict(turned.document["Geometry"])
    assert geometry.pop("RotationAroundBeamDeg") == pytest.approx(math.degrees(0.4), rel=1e-12)
    assert geometry == straight.document["Geometry"]
    (remark,) = turned.remarks
    assert "azimuths are turned by 22.9183 degrees" in remark
    assert straight.remarks == ()


def test_axes_that_are_both_reversed_are_half_a_turn():
    found = read(a_poni(orientation=1))
    assert abs(found.document["Geometry"]["RotationAroundBeamDeg"]) == 180.0


def test_of_repeated_calibrations_the_last_one_counts():
    found = read(text_of("version_1.poni"), asked=Facts(image_size=(52, 43)))
    assert found.document["Wavelength"] == 1.1
    assert found.document["Geometry"]["PixelSizeMicroM"] == [172.0, 180.0]
    assert "2 calibrations; the last one is taken" in found.remarks


@pytest.mark.parametrize("name", sorted({made.__name__ for made in ALL_DETECTORS.values()}))
def test_every_detector_of_pyfai_is_exact_or_lacks_something_that_is_said(tmp_path, name):
    theirs = detector_factory(name)
    path = tmp_path / "a.poni"
    path.touch()
    place = {"dist": 0.3, "poni1": 0.05, "poni2": 0.04, "rot1": 0.2, "rot2": -0.1, "rot3": 0.3}
    oracle = AzimuthalIntegrator(**place, detector=theirs, wavelength=1e-10)
    oracle.save(str(path))
    if theirs.IS_FLAT is False:
        with pytest.raises(CalibrationError, match="expected a flat detector, got"):
            read(path.read_text())
        return
    found = read(path.read_text())
    if not theirs.uniform_pixel:
        assert any("have places of their own" in remark for remark in found.remarks)
    elif "Imagesize" not in found.document["Geometry"]:
        assert any("is not in our table" in remark for remark in found.remarks) or not theirs.shape
    else:
        geometry = Calibration.from_document(import_text(path.read_text()).document).geometry
        assert geometry.shape == tuple(theirs.shape)
        rows, columns = np.indices((4, 4)) * np.array(geometry.shape)[:, None, None] // 4
        angles = oracle.tth(rows.astype(float), columns.astype(float))
        ours = two_theta(geometry, rows + 0.5, columns + 0.5)
        assert np.abs(ours - angles).max() < EXACT


def test_most_detectors_of_pyfai_are_known_by_the_names_that_it_writes():
    names = {made.__name__ for made in ALL_DETECTORS.values()} - {"Detector"}
    unknown = set()
    for name in names:
        try:
            detector(name)
        except UsageError:
            unknown.add(name)
    odd = "Mythen|Basler|Raspberry|Pixi|ImXPad|Xpad|Cirpad|Aarhus|Rapid|Jungfrau|Lambda9M|x133"
    assert {name for name in unknown if not re.search(odd, name)} == set()


@pytest.mark.parametrize(
    ("lines", "shape", "pixel"),
    [
        ("Detector: Pilatus1M\n", [1043, 981], 172.0),
        ("Detector: Pilatus300kw\nDetector_config: {}\n", [195, 1475], 172.0),
        ('Detector: Eiger2CdTe_1M\nDetector_config: {"orientation": 3}\n', [1062, 1028], 75.0),
        ("Detector: Pilatus1M\nPixelSize1: 0.000344\nPixelSize2: 0.000344\n", [521, 490], 344.0),
    ],
)
def test_a_detector_with_a_name_is_known(lines, shape, pixel):
    geometry = read(lines + GEOMETRY).document["Geometry"]
    assert (geometry["Imagesize"], geometry["PixelSizeMicroM"]) == (shape, [pixel, pixel])


def test_a_detector_that_is_not_in_the_table_needs_help():
    text = "Detector: Polaroid\nDetector_config: {}\n" + GEOMETRY
    alone = read(text)
    assert "the detector 'Polaroid' is not in our table" in alone.remarks
    assert not {"Imagesize", "PixelSizeMicroM", "BeamCenter"} & set(alone.document["Geometry"])
    helped = read(text, asked=Facts(image_size=(2048, 2048), pixel_size=(200.0, 200.0)))
    assert len(helped.document["Geometry"]["BeamCenter"]) == 2


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("SplineFile: frelon.spline\n", "the distortion of the detector ('frelon.spline')"),
        ("Parallax: True\n", "the correction of parallax"),
        ('Detector_config: {"filename": "a.h5"}\n', "positions of pixels in a file ('a.h5')"),
    ],
)
def test_what_cannot_be_carried_over_is_said(line, remark):
    assert any(said.startswith(remark) for said in read(line + GEOMETRY).remarks)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Poni1: 0.1\n", "expected the key 'Distance' of a .poni file, it is missing"),
        ("Distance: 1\nPoni1: 0.1\n", "expected the key 'Poni2' of a .poni file, it is missing"),
        (GEOMETRY + "Rot1: left", "line 7: Rot1: expected a number, got 'left'"),
        (GEOMETRY + "Rot1: 1.6", "expected a detector behind the sample"),
        (GEOMETRY + "Distance: -1", "expected a detector behind the sample"),
        (GEOMETRY + "Rot2: 1e400", "expected finite rotations"),
        (GEOMETRY + "Rot3: 1e400", "expected finite rotations"),
        (GEOMETRY + "poni_version: 4", "line 7: expected a .poni file of version 3 or older"),
        (GEOMETRY + "Detector_config: {", "line 7: Detector_config: expected JSON"),
        (GEOMETRY + "Detector_config: 3", "line 7: Detector_config: expected an object"),
        (GEOMETRY + 'Detector_config: {"orientation": 5}', "Detector_config.orientation: expected"),
        (GEOMETRY + 'Detector_config: {"pixel1": "a"}', "Detector_config.pixel: expected the edge"),
        (GEOMETRY + 'Detector_config: {"max_shape": [3]}', "Detector_config.max_shape: expected"),
        (GEOMETRY + "PixelSize1: 0", "PixelSize: expected the edge of a pixel in m, got '0.0'"),
    ],
)
def test_what_is_wrong_is_named(text, message):
    with pytest.raises(CalibrationError) as caught:
        read(text)
    assert str(caught.value).startswith(message)


def test_the_format_is_recognized_by_its_keys():
    assert all(map(recognizes, map(text_of, ("version_1.poni", "version_3.poni"))))
    assert not any(map(recognizes, map(text_of, ("nika.txt", "fit2d.txt", "nika_note.txt"))))
