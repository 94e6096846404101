"""What we write is read again, by pyFAI and by us, with the same angle in every pixel."""

import math
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyFAI.geometry.fit2d import convert_from_Fit2d
from pyFAI.integrator.azimuthal import AzimuthalIntegrator
from pyFAI.io.ponifile import PoniFile

from saxsdog.calibration import Calibration
from saxsdog.detectors import DETECTORS, detector
from saxsdog.exporters.choose import export_calibration
from saxsdog.importers.choose import import_text
from saxsdog.importers.findings import facts_of_detector
from saxsdog.reduction.geometry import pixel_centers, two_theta
from tests.helpers.calibrations import FULL, SMALL

EXACT = 1e-9
"""rad; a pixel of 75 µm at 10 m is 7.5e-6 rad wide."""

SHAPE = (61, 47)

angles = st.floats(0.001, 70.0).flatmap(lambda angle: st.sampled_from([angle, -angle]))
documents = st.builds(
    lambda down, right, distance, tall, wide, tilt, rotation, around: {
        "Geometry": {
            "BeamCenter": [down, right],
            "DedectorDistanceMM": distance,
            "Imagesize": list(SHAPE),
            "PixelSizeMicroM": [tall, wide],
            "Tilt": {"TiltRotDeg": rotation, "TiltAngleDeg": tilt},
            "RotationAroundBeamDeg": around,
        },
        "Wavelength": 1.1,
        "Masks": [{}],
    },
    down=st.floats(-500, 1500),
    right=st.floats(-500, 1500),
    distance=st.floats(20, 20_000),
    tall=st.floats(10, 300),
    wide=st.floats(10, 300),
    tilt=st.just(0.0) | angles,
    rotation=st.floats(-360, 360),
    around=st.just(0) | st.floats(-180, 180),
)


def angles_of(geometry):
    return two_theta(geometry, *pixel_centers(geometry))


def in_pyfai(document, path):
    """Angles and azimuths of all pixels as pyFAI computes them from a file."""
    path.write_text(export_calibration(Calibration.from_document(document), "poni").text)
    oracle = AzimuthalIntegrator.sload(str(path))
    places = np.indices(document["Geometry"]["Imagesize"]).astype(float)
    return oracle.tth(*places), oracle.chi(*places)


@settings(max_examples=6)
@given(document=documents)
@example(document=FULL)
def test_pyfai_gives_every_pixel_the_angle_that_we_give_it(tmp_path_factory, document):
    theirs, _ = in_pyfai(document, tmp_path_factory.getbasetemp() / "exported.poni")
    ours = angles_of(Calibration.from_document(document).geometry)
    assert np.abs(ours - theirs).max() < EXACT


@pytest.mark.parametrize("file_format", ["poni", "fit2d"])
@settings(max_examples=12)
@given(document=documents)
def test_what_we_read_again_is_what_we_wrote(file_format, document):
    calibration = Calibration.from_document(document)
    again = import_text(export_calibration(calibration, file_format).text)
    assert again.format == file_format
    assert again.missing == ()
    geometry = Calibration.from_document(again.document).geometry
    assert np.abs(angles_of(geometry) - angles_of(calibration.geometry)).max() < EXACT
    assert geometry.shape == calibration.geometry.shape
    assert geometry.pixel_size == pytest.approx(calibration.geometry.pixel_size, rel=1e-12)
    assert geometry.wavelength == pytest.approx(calibration.geometry.wavelength, rel=1e-12)
    if file_format == "poni":
        before, after = (
            place["Geometry"].get("RotationAroundBeamDeg", 0.0)
            for place in (document, again.document)
        )
        assert abs(math.remainder(before - after, 360)) < 1e-9


def test_a_fit2d_text_keeps_every_digit():
    text = export_calibration(Calibration.from_document(FULL), "fit2d").text
    again = import_text(text).document
    assert again["Geometry"] == FULL["Geometry"]
    assert again["Wavelength"] == FULL["Wavelength"]


@settings(max_examples=12)
@given(document=documents)
def test_pyfai_understands_the_values_of_the_fit2d_text(document):
    """It counts rows as FIT2D does, from the bottom."""
    geometry = document["Geometry"]
    values = {
        "directDist": geometry["DedectorDistanceMM"],
        "centerX": geometry["BeamCenter"][1],
        "centerY": geometry["BeamCenter"][0],
        "tilt": geometry["Tilt"]["TiltAngleDeg"],
        "tiltPlanRotation": geometry["Tilt"]["TiltRotDeg"],
        "pixelX": geometry["PixelSizeMicroM"][1],
        "pixelY": geometry["PixelSizeMicroM"][0],
        "wavelength": 1.1,
    }
    poni = convert_from_Fit2d(values)
    oracle = AzimuthalIntegrator(
        poni.dist, poni.poni1, poni.poni2, poni.rot1, poni.rot2, poni.rot3, detector=poni.detector
    )
    theirs = oracle.tth(*np.indices(SHAPE).astype(float))[::-1]
    text = export_calibration(Calibration.from_document(document), "fit2d").text
    again = Calibration.from_document(import_text(text).document).geometry
    assert np.abs(angles_of(again) - theirs).max() < EXACT


@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
@pytest.mark.parametrize("rotations", [(0.1, -0.2, 0.7), (2.9, 3.3, 1.0)])
def test_the_azimuths_of_pyfai_survive_a_round_trip(tmp_path, orientation, rotations):
    config = (
        f'{{"pixel1": 7.5e-5, "pixel2": 8e-5, "max_shape": [61, 47], "orientation": {orientation}}}'
    )
    rot1, rot2, rot3 = rotations
    text = (
        f"poni_version: 2.1\nDetector: Detector\nDetector_config: {config}\nDistance: 0.1\n"
        f"Poni1: 0.001\nPoni2: 0.002\nRot1: {rot1}\nRot2: {rot2}\nRot3: {rot3}\n"
        "Wavelength: 1e-10\n"
    )
    path = tmp_path / "original.poni"
    path.write_text(text)
    original = AzimuthalIntegrator.sload(str(path))
    places = np.indices(SHAPE).astype(float)
    document = import_text(text).document
    angle, azimuth = in_pyfai(document, tmp_path / "exported.poni")
    assert np.abs(angle - original.tth(*places)).max() < EXACT
    sense = 1 if orientation in (1, 3) else -1
    turn = np.exp(1j * (azimuth - sense * original.chi(*places)))
    assert np.abs(turn - 1).max() < 1e-6


@pytest.mark.parametrize("name", [name for name, each in DETECTORS.items() if each.gaps])
def test_pyfai_knows_the_gaps_of_a_detector_of_modules(tmp_path, name):
    known = detector(name)
    document = deepcopy(SMALL)
    facts = facts_of_detector(name)
    document["Geometry"] |= {
        "Imagesize": list(facts.image_size),
        "PixelSizeMicroM": list(facts.pixel_size),
    }
    path = tmp_path / "named.poni"
    path.write_text(export_calibration(Calibration.from_document(document), "poni").text)
    theirs = PoniFile(str(path)).detector
    assert theirs.shape == known.shape
    assert (theirs.pixel1, theirs.pixel2) == pytest.approx(known.pixel_size, rel=1e-12)
    assert theirs.orientation == 3
    if not name.endswith("900K-W"):  # of which pyFAI has no name
        assert np.array_equal(theirs.mask.astype(bool), known.gap_mask())
    assert import_text(path.read_text()).document["Geometry"] == document["Geometry"] | {
        "Tilt": {"TiltRotDeg": 0.0, "TiltAngleDeg": 0.0}
    }


def test_what_has_no_place_is_said():
    document = FULL | {"Title": "June\nRefined wavelength = 3 A"}
    document["Geometry"] = FULL["Geometry"] | {"RotationAroundBeamDeg": 3}
    calibration = Calibration.from_document(document)
    (poni,) = export_calibration(calibration, "poni").remarks
    fit2d = export_calibration(calibration, "fit2d").remarks
    lost = set(poni.removeprefix("pyFAI .poni has no place for ").split(":")[0].split(", "))
    assert lost == set(FULL) - {"Title", "Geometry", "Wavelength"}
    assert "Title" in fit2d[0]
    assert fit2d[1] == "FIT2D has no place for Geometry.RotationAroundBeamDeg: left out"
    assert (
        import_text(export_calibration(calibration, "poni").text).document["Wavelength"]
        == (FULL["Wavelength"])
    )


def test_nothing_is_said_where_nothing_is_lost():
    document = {
        "Geometry": FULL["Geometry"],
        "Wavelength": 1,
        "Masks": [{"Name": "whole detector"}],
    }
    for file_format in ("poni", "fit2d"):
        exported = export_calibration(Calibration.from_document(document), file_format)
        assert exported.remarks == ()
