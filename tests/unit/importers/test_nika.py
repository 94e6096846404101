import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyFAI.detectors import Detector
from pyFAI.integrator.azimuthal import AzimuthalIntegrator
from scipy.spatial.transform import Rotation

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.importers.choose import combined
from saxsdog.importers.findings import Facts
from saxsdog.importers.nika import NikaValues, from_values, read, recognizes
from saxsdog.reduction.geometry import pixel_centers, two_theta
from tests.helpers.foreign import CALIBRATIONS, text_of

SHAPE = (53, 41)
PIXEL_MM = 0.172
DISTANCE_MM = 12.5
X, Y = 11.25, 30.5
"""Where the beam is, in Nika's indices of pixels."""


def geometry_of(horizontal, vertical):
    values = NikaValues(
        beam_center_x=X,
        beam_center_y=Y,
        distance_mm=DISTANCE_MM,
        pixel_size_x_mm=PIXEL_MM,
        pixel_size_y_mm=PIXEL_MM,
        wavelength_angstrom=1.0,
        horizontal_tilt_deg=horizontal,
        vertical_tilt_deg=vertical,
        image_size=SHAPE,
    )
    return Calibration.from_document(combined(from_values(values)).document).geometry


def angles_of(geometry):
    return two_theta(geometry, *pixel_centers(geometry))


def angles_by_nika(horizontal, vertical):
    """As Nika computes them: turn the pixel around the beam centre, then move it away."""
    rows, columns = np.indices(SHAPE)
    pixels = np.stack([columns - X, rows - Y, np.zeros(SHAPE)], axis=-1)
    turned = Rotation.from_rotvec(np.radians([vertical, horizontal, 0.0])).apply(
        pixels.reshape(-1, 3)
    )
    turned[:, 2] += DISTANCE_MM / PIXEL_MM
    across = np.hypot(turned[:, 0], turned[:, 1])
    return np.arctan2(across, turned[:, 2]).reshape(SHAPE)


@given(horizontal=st.floats(-55, 55), vertical=st.floats(-55, 55))
def test_every_pixel_has_the_angle_that_nikas_formulas_give_it(horizontal, vertical):
    ours = angles_of(geometry_of(horizontal, vertical))
    assert np.abs(ours - angles_by_nika(horizontal, vertical)).max() < 1e-10


@pytest.mark.parametrize(("horizontal", "vertical"), [(30.0, 0.0), (-45.0, 0.0), (0.0, 20.0)])
def test_one_tilt_alone_is_one_rotation_of_pyfai(horizontal, vertical):
    rot1, rot2 = math.radians(horizontal), math.radians(vertical)
    distance, pixel = 1e-3 * DISTANCE_MM, 1e-3 * PIXEL_MM
    oracle = AzimuthalIntegrator(
        dist=distance * math.cos(rot1) * math.cos(rot2),
        poni1=(Y + 0.5) * pixel - distance * math.sin(rot2),
        poni2=(X + 0.5) * pixel + distance * math.sin(rot1),
        rot1=rot1,
        rot2=rot2,
        detector=Detector(pixel, pixel, max_shape=SHAPE),
    )
    theirs = oracle.tth(*np.indices(SHAPE).astype(float))
    assert np.abs(angles_of(geometry_of(horizontal, vertical)) - theirs).max() < 1e-9


MEASURED = json.loads((CALIBRATIONS / "nika_and_pyfai.json").read_text())["calibrations"]


@pytest.mark.parametrize("measured", MEASURED, ids=lambda entry: entry["image"])
def test_images_calibrated_with_nika_and_with_pyfai_have_the_same_tilt(measured):
    """Where the detector comes to lie deeper, per pixel, to a few parts in a hundred.

    Nika reads HDF5 with its X along the rows, pyFAI with x along the columns: (x, y) change places.
    """
    geometry = geometry_of(measured["HorizontalTilt"], measured["VerticalTilt"])
    down, right = geometry.tilt_direction
    tilt, direction = (math.radians(measured[key]) for key in ("tilt", "tiltPlanRotation"))
    theirs = math.sin(tilt) * np.array([math.cos(direction), math.sin(direction)])
    assert np.linalg.norm(np.array([down, right]) - theirs) < 0.09 * math.sin(tilt)


def test_a_text_of_names_and_values_is_converted():
    found = read(text_of("nika.txt"), asked=Facts(image_size=(1043, 981)))
    geometry = found.document["Geometry"]
    assert geometry["BeamCenter"] == [804.68, 422.32]
    assert geometry["DedectorDistanceMM"] == 829.7
    assert geometry["PixelSizeMicroM"] == [172.0, 172.0]
    assert geometry["Tilt"]["TiltAngleDeg"] == 5.0
    assert geometry["Tilt"]["TiltRotDeg"] == pytest.approx(math.degrees(math.atan2(4, -3)))
    assert found.document["Wavelength"] == 1.54
    assert "not used: 'mask'" in found.remarks


def test_the_note_of_a_wave_is_converted_and_an_energy_is_a_wavelength():
    found = read(text_of("nika_note.txt"), fallback=Facts(image_size=(1043, 981)))
    assert found.document["Geometry"]["BeamCenter"] == [804.68, 422.32]
    assert "Imagesize" not in found.document["Geometry"]
    assert found.document["Geometry"]["Tilt"] == {"TiltRotDeg": 0.0, "TiltAngleDeg": 0.0}
    assert found.document["Wavelength"] == pytest.approx(1.54, abs=1e-4)


def test_without_the_number_of_rows_there_is_no_beam_centre_and_that_is_said():
    found = read(text_of("nika.txt"))
    assert "BeamCenter" not in found.document["Geometry"]
    assert any("needs the image size" in remark for remark in found.remarks)


def test_one_pixel_size_serves_both_directions_and_two_are_remarked():
    square = read("beam_center_x_pix=1\nbeam_center_y_pix=2\npixel_size_mm=0.1")
    assert square.document["Geometry"]["PixelSizeMicroM"] == [100.0, 100.0]
    oblong = read("PixelSizeX = 0.1\nPixelSizeY = 0.2")
    assert oblong.document["Geometry"]["PixelSizeMicroM"] == [200.0, 100.0]
    assert "mean edge" in oblong.remarks[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Mask = 3", "expected values of Nika"),
        ("\nSDD = far", "line 2: sdd: expected a number in mm, got 'far'"),
        ("SDD = 1.5 m", "line 1: sdd: expected a number in mm, got '1.5 m'"),
        ("BCX = 1.5.2", "line 1: bcx: expected a number in pixels, got '1.5.2'"),
        ("energy = 0", "Wavelength: expected a finite number, got inf"),
        ("HorizontalTilt = 80; VerticalTilt = 60", "expected tilts that leave the detector"),
        ("HorizontalTilt = 1e999", "expected tilts that leave the detector"),
    ],
)
def test_what_is_wrong_is_named(text, message):
    with pytest.raises(CalibrationError) as caught:
        read(text)
    assert str(caught.value).startswith(message)


def test_two_of_its_names_are_enough_to_recognize_it():
    assert all(map(recognizes, map(text_of, ("nika.txt", "nika_note.txt"))))
    assert recognizes("sample_to_CCD_mm=829.7\nbeam_center_x_pix=1")
    assert not recognizes("distance = 3")
    assert not any(map(recognizes, map(text_of, ("version_2.poni", "fit2d.txt"))))
