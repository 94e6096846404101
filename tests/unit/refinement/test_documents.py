"""What goes into a calibration, and what headers say to start from."""

from dataclasses import replace

import pytest

from saxsdog.calibration import Calibration
from saxsdog.refinement.calibrants import SILVER_BEHENATE
from saxsdog.refinement.document import refined_document
from saxsdog.refinement.header_start import HeaderStart, start_of
from saxsdog.refinement.refine import refine
from tests.helpers.powder_frames import SMALL, powder_image

DOCUMENT = {
    "Title": "mine",
    "Wavelength": 1.54987,
    "Geometry": {
        "PixelSizeMicroM": [172.0],
        "BeamCenter": [180.0, 150.0],
        "DedectorDistanceMM": 310.0,
        "Imagesize": [320, 300],
    },
    "Masks": [{"Name": "all"}],
}


@pytest.mark.parametrize("tilt", [False, True])
def test_a_document_keeps_all_but_what_was_refined(tilt):
    start = Calibration.from_document(DOCUMENT).geometry
    found = refine(powder_image(SMALL, seed=1), start, SILVER_BEHENATE, tilt=tilt)
    document = refined_document(DOCUMENT, found)
    assert list(document) == list(DOCUMENT)
    assert {**document, "Geometry": None} == {**DOCUMENT, "Geometry": None}
    assert ("Tilt" in document["Geometry"]) is tilt
    written = Calibration.from_document(document).geometry
    assert written.beam_center == pytest.approx(found.geometry.beam_center, abs=1e-4)
    assert written.distance == pytest.approx(found.geometry.distance, abs=1e-8)
    assert written.tilt_direction == pytest.approx(found.geometry.tilt_direction, abs=1e-6)
    assert replace(written, tilt=0.0).shape == start.shape


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        (
            {
                "Pixel_size": "172e-6 m x 172e-6 m",
                "Wavelength": "1.54987 A",
                "Detector_distance": "0.8297 m",
                "Beam_xy": "(422.32, 238.32) pixels",
            },
            HeaderStart(0.154987, 0.8297, (172e-6, 172e-6), (238.32, 422.32)),
        ),
        (
            {"WaveLength": "1.2e-10", "Detector_distance": "829.7 mm"},
            HeaderStart(0.12, 0.8297, None, None),
        ),
        (
            {"Wavelength": "0 A", "Detector_distance": "-1", "Beam_xy": "(0.00, 0.00) pixels"},
            HeaderStart(),
        ),
        ({"Wavelength": "unknown"}, HeaderStart()),
    ],
)
def test_headers_say_what_they_know_and_zeros_are_no_knowledge(fields, known):
    found = start_of(fields)
    assert found.wavelength == (known.wavelength and pytest.approx(known.wavelength))
    assert replace(found, wavelength=None) == replace(known, wavelength=None)
