"""The command as ``saxsdog calibrate``, run in this process."""

import json
import math
import re
import signal
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fabio.edfimage import EdfImage

from saxsdog.calibration import Calibration
from saxsdog.cli.main import main
from saxsdog.simulation.tiff import FrameHeader, write_frame
from tests.helpers.powder_frames import SMALL, powder_image

START = {
    "Title": "May",
    "Geometry": {
        "BeamCenter": [185.0, 155.0],
        "DedectorDistanceMM": 325.0,
        "Imagesize": [320, 300],
        "PixelSizeMicroM": [172.0],
    },
    "Wavelength": 1.54987,
    "Masks": [{"Name": "all", "PixelPerRadialElement": 2}],
}


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames")
    header = FrameHeader(
        model="PILATUS",
        pixel_size=SMALL.pixel_size,
        exposure_time=1.0,
        exposure_period=1.0,
        wavelength=SMALL.wavelength,
        distance=0.32,
        beam_center=(130.0, 130.0),
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    write_frame(folder / "agbeh.tif", powder_image(SMALL, seed=1), header)
    (folder / "may.saxsconf").write_text(json.dumps(START))
    return folder


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder that the command works in."""
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, handler)  # the command has set its own


def calibrate(*arguments):
    return main(["calibrate", *map(str, arguments)])


def assert_found(path, tilt=0.0):
    found = Calibration.load(path)
    assert found.geometry.beam_center == pytest.approx(SMALL.beam_center, abs=0.1)
    assert found.geometry.distance == pytest.approx(SMALL.distance, rel=1e-3)
    assert found.geometry.tilt == pytest.approx(tilt, abs=5e-3)
    return found


def test_a_new_calibration_has_the_refined_geometry_and_all_else_of_the_start(
    frames, folder, capsys
):
    start = frames / "may.saxsconf"
    assert calibrate(frames / "agbeh.tif", "--start", start, "-o", "june.saxsconf") == 0
    found = assert_found(folder / "june.saxsconf")
    assert found.title == "May"
    assert found.document["Masks"] == START["Masks"]
    shown = capsys.readouterr()
    assert "5 rings of Silver behenate" in shown.out
    assert re.search(r"DedectorDistanceMM +325\.000 +(300\.0|299\.9)\d\d   0\.\d+ mm", shown.out)
    assert "   1     1.0763" in shown.out
    assert "wrote june.saxsconf" in shown.err


def test_the_header_of_the_frame_can_be_the_start(frames, folder, capsys):
    arguments = ("--free", "tilt", "--json", "--plot", "rings.png", "-o", "new.saxsconf")
    assert calibrate(frames / "agbeh.tif", *arguments) == 0
    assert_found(folder / "new.saxsconf")
    said = json.loads(capsys.readouterr().out)
    assert said["tilt_is_free"]
    assert said["BeamCenter"] == pytest.approx([320 - 120.3, 141.7], abs=0.1)
    assert 0 < said["TiltAngleDeg_uncertainty"] < 1
    assert [ring["ring"] for ring in said["rings"]] == [1, 2, 3, 4, 5]
    assert (folder / "rings.png").stat().st_size > 10_000


def test_what_was_taken_from_where_is_said(frames, capsys):
    assert calibrate(frames / "agbeh.tif", "--distance", 310) == 0
    assert (
        "note: started with wavelength, pixel size, beam centre from the header of agbeh.tif; "
        "distance from the command line\n"
    ) in capsys.readouterr().err
    start = frames / "may.saxsconf"
    assert calibrate(frames / "agbeh.tif", "--start", start, "--center", 190, 150) == 0
    assert (
        f"note: started with wavelength, distance, pixel size, tilt from {start}; "
        "beam centre from the command line\n"
    ) in capsys.readouterr().err


def test_the_tilt_in_a_header_is_kept_and_written(folder):
    turned = replace(SMALL, tilt=math.radians(8), tilt_rotation=math.pi / 2)
    header = {
        "Center_1": str(SMALL.beam_center[1]),
        # the foot of the perpendicular lies farther down by the tangent of the rotation
        "Center_2": str(SMALL.beam_center[0] + 0.3 * math.sin(math.radians(8)) / 172e-6),
        "SampleDistance": str(0.3 * math.cos(math.radians(8))),
        "PSize_1": "172e-6",
        "PSize_2": "172e-6",
        "WaveLength": "1.54987e-10",
        "DetectorRotation_1": "8_deg",
    }
    EdfImage(powder_image(turned, seed=1), header).write("agbeh.edf")
    assert calibrate("agbeh.edf", "-o", "new.saxsconf") == 0
    assert_found(folder / "new.saxsconf", tilt=turned.tilt)


def test_options_and_a_file_of_spacings_win(frames, folder):
    (folder / "mine.txt").write_text("\n".join(f"{58.38 / n}" for n in range(1, 8)))
    options = ("--calibrant", "mine.txt", "--distance", 280, "--center", 190, 150)
    assert calibrate(frames / "agbeh.tif", *options, "-o", "new.saxsconf") == 0
    assert_found(folder / "new.saxsconf")


def test_a_frame_without_these_rings_is_status_1_and_writes_nothing(frames, folder, capsys):
    start = ("--start", frames / "may.saxsconf", "-o", "new.saxsconf")
    assert calibrate(frames / "agbeh.tif", *start, "--calibrant", "LaB6") == 1
    assert "agbeh.tif: expected a ring of LaB₆ on the detector" in capsys.readouterr().err
    assert not (folder / "new.saxsconf").exists()


def test_a_frame_that_cannot_be_read_is_status_1(folder, capsys):
    (folder / "bad.tif").write_bytes(b"II*\0")
    assert calibrate("bad.tif", "--distance", 300) == 1
    assert "bad.tif" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("-o", "new.txt"), "expected a name that ends in .saxsconf"),
        (("-o", "there.saxsconf"), "--force replaces it"),
        (("--calibrant", "unobtainium"), "expected one of the calibrants"),
        (("--calibrant", "none.txt"), "none.txt: cannot be read"),
        (("--start", "there.saxsconf"), "there.saxsconf"),
    ],
)
def test_a_wrong_call_is_status_2(frames, folder, capsys, arguments, complaint):
    (folder / "there.saxsconf").write_text("{}")
    assert calibrate(frames / "agbeh.tif", *arguments) == 2
    assert complaint in capsys.readouterr().err


def test_what_nobody_says_is_asked_for(folder, capsys):
    import numpy as np

    np.save(folder / "frame.npy", powder_image(SMALL))
    assert calibrate("frame.npy") == 2
    assert "give it with --start CAL or --" in capsys.readouterr().err


def test_a_start_for_another_detector_is_refused(frames, folder, capsys):
    other = START | {"Geometry": START["Geometry"] | {"Imagesize": [100, 300]}}
    (folder / "other.saxsconf").write_text(json.dumps(other))
    assert calibrate(frames / "agbeh.tif", "--start", "other.saxsconf") == 2
    assert "expected Geometry.Imagesize [320, 300]" in capsys.readouterr().err
