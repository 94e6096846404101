"""The command as ``saxsdog convert``, run in this process."""

import json
import signal

import pytest

from saxsdog.calibration import Calibration
from saxsdog.cli.main import main
from tests.helpers.calibrations import FULL
from tests.helpers.foreign import CALIBRATIONS

FIT2D = str(CALIBRATIONS / "fit2d.txt")
BY_HAND = str(CALIBRATIONS / "fit2d_by_hand.txt")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder that the command works in."""
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, handler)  # the command has set its own


def convert(*arguments):
    return main(["convert", *map(str, arguments)])


def test_a_poni_file_with_a_named_detector_needs_nothing_else(folder, capsys):
    assert convert(CALIBRATIONS / "version_2.poni", "new.saxsconf") == 0
    geometry = Calibration.load(folder / "new.saxsconf").geometry
    assert geometry.shape == (1043, 981)
    shown = capsys.readouterr()
    assert shown.out == "wrote new.saxsconf, from pyFAI .poni\n"
    assert shown.err == "note: no masks: one curve of the whole detector\n"


def test_options_supply_what_the_file_does_not_say(folder, capsys):
    size = ("--image-size", 1043, 981, "--pixel-size", 172, 180.5)
    assert convert(BY_HAND, "new.saxsconf", *size) == 0
    document = json.loads((folder / "new.saxsconf").read_text())
    assert document["Geometry"]["Imagesize"] == [1043, 981]
    assert document["Geometry"]["PixelSizeMicroM"] == [172.0, 180.5]
    assert "refinements" in capsys.readouterr().err


def test_every_key_that_is_missing_is_named_with_the_option_that_gives_it(capsys):
    assert convert(BY_HAND, "new.saxsconf") == 2
    shown = capsys.readouterr().err
    assert "expected Geometry.Imagesize, it is not in the file; give it with --image-size" in shown
    assert "expected Geometry.PixelSizeMicroM, it is not in the file; give it with --pixel" in shown


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("Distance: 1\nPoni1: 0\nPoni2: 0\nDetector: Pilatus1M", "Wavelength, it is not in the "),
        ("Refined wavelength = 1.0", "DedectorDistanceMM, it is not in the "),
    ],
)
def test_the_wavelength_has_an_option_and_other_keys_the_template(folder, capsys, text, option):
    (folder / "a.txt").write_text(text)
    assert convert("a.txt", "new.saxsconf") == 2
    shown = capsys.readouterr().err
    assert option in shown
    assert ("--wavelength ANGSTROM" if "Wavelength" in option else "--template FILE") in shown
    assert not (folder / "new.saxsconf").exists()


def test_a_beam_centre_that_only_waits_for_the_image_size_is_not_asked_for(folder, capsys):
    assert convert(CALIBRATIONS / "nika.txt", "new.saxsconf") == 2
    assert "expected Geometry.BeamCenter" not in capsys.readouterr().err
    size = ("--image-size", "1043", "981")
    assert convert(CALIBRATIONS / "nika.txt", "new.saxsconf", *size) == 0
    assert Calibration.load(folder / "new.saxsconf").geometry.beam_center[0] == pytest.approx(
        238.32
    )


def test_a_template_gives_the_rest_and_what_comes_from_it_is_said(folder, capsys):
    (folder / "old.saxsconf").write_text(json.dumps(FULL))
    assert convert(BY_HAND, "new.saxsconf", "--template", "old.saxsconf") == 0
    document = json.loads((folder / "new.saxsconf").read_text())
    assert document["Masks"] == FULL["Masks"]
    assert list(document) == list(FULL)
    shown = capsys.readouterr().err
    assert "note: Geometry.Imagesize is not in the file: from the template" in shown
    assert "note: mask mask.msk: no such file beside new.saxsconf" in shown


def test_a_calibration_that_is_there_is_replaced_only_by_force(folder, capsys):
    (folder / "new.saxsconf").write_text("precious")
    size = ("--image-size", 1043, 981)
    assert convert(FIT2D, "new.saxsconf", *size) == 2
    assert "new.saxsconf: is there already; --force replaces it" in capsys.readouterr().err
    assert (folder / "new.saxsconf").read_text() == "precious"
    assert convert(FIT2D, "new.saxsconf", *size, "--force") == 0
    Calibration.load(folder / "new.saxsconf")


def test_a_file_is_not_converted_into_itself(folder, capsys):
    (folder / "a.saxsconf").write_text(json.dumps(FULL))
    assert convert("a.saxsconf", "a.saxsconf", "--force") == 2
    assert "expected another name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((FIT2D, "new.json"), "new.json: expected a name that ends in .saxsconf"),
        (("missing.txt", "new.saxsconf"), "missing.txt: expected a calibration file: No such"),
        ((FIT2D, "new.saxsconf", "--from", "poni"), "expected the key 'Distance'"),
        ((FIT2D, "new.saxsconf", "--template", FIT2D), f"{FIT2D}: expected JSON"),
        (
            (FIT2D, "no/new.saxsconf", "--image-size", "1043", "981"),
            "no/new.saxsconf: cannot be written: No such file",
        ),
        (
            (FIT2D, "new.saxsconf", "--image-size", "99999", "1"),
            "Geometry.Imagesize[0]: expected at most 16384",
        ),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_with_status_2(capsys, arguments, message):
    assert convert(*arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--image-size", "0", "3"), ("--pixel-size", "-1", "1")])
def test_a_size_below_nothing_is_no_size(option):
    with pytest.raises(SystemExit) as stopped:
        convert(FIT2D, "new.saxsconf", *option)
    assert stopped.value.code == 2


def test_what_a_file_says_cannot_talk_to_the_terminal(folder, capsys):
    (folder / "a.saxsconf").write_text('{"Wavelength": 1, "\\u001b[31m": 1}')
    assert convert("a.saxsconf", "new.saxsconf") == 2
    assert "\x1b" not in capsys.readouterr().err


def test_half_of_a_character_is_refused(folder, capsys):
    text = json.dumps(FULL | {"Title": "\ud800"})
    (folder / "a.saxsconf").write_text(text)
    assert convert("a.saxsconf", "new.saxsconf") == 2
    assert "a.saxsconf: expected texts of Unicode" in capsys.readouterr().err
    assert not (folder / "new.saxsconf").exists()


def test_a_calibration_goes_out_to_pyfai_and_comes_back(folder, capsys):
    (folder / "ours.saxsconf").write_text(json.dumps(FULL))
    assert convert("ours.saxsconf", "theirs.poni") == 0
    shown = capsys.readouterr()
    assert shown.out == "wrote theirs.poni, from SAXSDOG, for pyFAI .poni\n"
    assert "note: pyFAI .poni has no place for Masks, Slices" in shown.err
    assert "no such file beside" not in shown.err
    assert convert("theirs.poni", "again.saxsconf", "--template", "ours.saxsconf") == 0
    ours, again = (Calibration.load(folder / f"{name}.saxsconf") for name in ("ours", "again"))
    assert again.geometry.beam_center == pytest.approx(ours.geometry.beam_center, rel=1e-12)
    assert again.geometry.distance == pytest.approx(ours.geometry.distance, rel=1e-12)


def test_one_foreign_format_becomes_another(folder, capsys):
    assert convert(FIT2D, "out.poni", "--detector", "pilatus 1m") == 0
    assert "no masks" not in capsys.readouterr().err
    assert convert("out.poni", "out.txt") == 0
    assert "Refined tilt angle = 0.75" in (folder / "out.txt").read_text()


def test_a_detector_is_chosen_by_name(folder, capsys):
    assert convert(BY_HAND, "new.saxsconf", "--detector", "Dectris Pilatus3 X 300K-W") == 0
    geometry = json.loads((folder / "new.saxsconf").read_text())["Geometry"]
    assert (geometry["Imagesize"], geometry["PixelSizeMicroM"]) == ([195, 1475], [172.0, 172.0])
    size = ("--detector", "Eiger2 4M", "--pixel-size", 150, 150, "--force")
    assert convert(BY_HAND, "new.saxsconf", *size) == 0
    geometry = json.loads((folder / "new.saxsconf").read_text())["Geometry"]
    assert (geometry["Imagesize"], geometry["PixelSizeMicroM"]) == ([2162, 2068], [150.0, 150.0])
    assert convert(BY_HAND, "other.saxsconf", "--detector", "Polaroid") == 2
    assert "expected one of the detectors Pilatus 100K" in capsys.readouterr().err


def test_the_known_detectors_are_listed(capsys):
    with pytest.raises(SystemExit) as stopped:
        convert("--detectors")
    assert stopped.value.code == 0
    assert "Eiger2 1M-W           512 x 2068        75  1 x 12 columns" in capsys.readouterr().out
