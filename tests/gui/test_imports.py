"""Calibrations of other programs are taken over through the menu, and go out to them."""

import json

import h5py
import pytest
from PyQt5.QtWidgets import QPushButton

from saxsdog.importers import choose, fit2d, nexus, poni, saxsdog3, spd
from saxsleash.controllers.exports import EXPORT
from saxsleash.controllers.imports import FILTERS, IMPORT
from saxsleash.dialogs.detector_choice import DetectorDialog
from tests.helpers.calibrations import FULL, SMALL
from tests.helpers.foreign import CALIBRATIONS
from tests.helpers.fragile_hdf5 import write_killer
from tests.helpers.leash_windows import leash_window

ENTRIES = [
    ("import_file_action", "version_2.1.poni"),
    ("import_file_action", "last_generation.saxsconf"),
    ("import_fit2d_action", "fit2d.txt"),
    ("import_poni_action", "version_2.1.poni"),
    ("import_older_action", "first_generation.saxsconf"),
]


@pytest.mark.parametrize(("action", "name"), ENTRIES)
def test_every_entry_of_the_menu_takes_over_a_file(qtbot, tmp_path, monkeypatch, action, name):
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        leash = window.leash
        leash.connect_dialog.reject()
        leash.preferences.remember_folder(IMPORT, CALIBRATIONS)
        getattr(leash.window, action).trigger()
        window.choose_file(CALIBRATIONS / name)
        window.until(window.notice)
        assert f"Imported {name}." in window.notice()
        assert leash.calibration.undo_text == f"import of {name}"


def test_headers_of_images_are_taken_over(qtbot, tmp_path, monkeypatch):
    image, master = tmp_path / "a.edf", tmp_path / "a_master.h5"
    keys = "Dim_1 = 50 ; Dim_2 = 40 ; DataType = UnsignedShort ; Center_1 = 3 ; Center_2 = 4 ;"
    image.write_bytes(b"{\n" + keys.encode() + b" SampleDistance = 1.5 ;\n}\n" + bytes(4000))
    with h5py.File(master, "w") as file:
        file["entry/instrument/detector/detector_distance"] = 2.5
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        leash = window.leash
        leash.connect_dialog.reject()
        leash.preferences.remember_folder(IMPORT, tmp_path)
        for action, path in (("import_spd_action", image), ("import_nexus_action", master)):
            getattr(leash.window, action).trigger()
            window.choose_file(path)
            window.until(lambda name=path.name: f"Imported {name}." in window.notice())
        assert leash.calibration.document["Geometry"]["DedectorDistanceMM"] == 2500.0
        leash.calibration.undo()
        assert leash.calibration.document["Geometry"]["DedectorDistanceMM"] == 1500.0


def test_a_detector_is_chosen_by_name(qtbot, tmp_path, monkeypatch):
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        leash = window.leash
        leash.connect_dialog.reject()
        leash.calibration.open_document(SMALL)
        leash.window.detector_action.trigger()
        dialog = leash.window.findChild(DetectorDialog)
        dialog.choose("Eiger2 1M-W")
        button = next(each for each in dialog.findChildren(QPushButton) if "Take" in each.text())
        window.click(button)
        geometry = leash.calibration.document["Geometry"]
        assert geometry == SMALL["Geometry"] | {
            "Imagesize": [512, 2068],
            "PixelSizeMicroM": [75.0, 75.0],
        }
        assert leash.calibration.undo_text == "detector Eiger2 1M-W"


def test_the_calibration_goes_out_to_other_programs(qtbot, tmp_path, monkeypatch):
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        leash = window.leash
        leash.connect_dialog.reject()
        leash.calibration.open_document(FULL)
        leash.preferences.remember_folder(EXPORT, tmp_path)
        actions = leash.window.export_poni_action, leash.window.export_fit2d_action
        for action, name in zip(actions, ("out.poni", "out.txt"), strict=True):
            action.trigger()
            window.choose_file(tmp_path / name)
            window.until(lambda name=name: window.notice().startswith(f"Exported {name}."))
            assert "has no place for" in window.notice()
            again = choose.import_calibration(tmp_path / name).document
            assert again["Wavelength"] == FULL["Wavelength"]
        leash.exports.write(tmp_path / "missing" / "out.txt", fit2d.NAME)
        assert "cannot be written" in window.question().informativeText()
        window.answer("Close")
        leash.calibration.open_document({"Wavelength": -1})
        leash.window.export_poni_action.trigger()
        assert window.question().text() == "Not exported"
        assert "Geometry" in window.question().informativeText()
        window.answer("Close")


def test_an_older_calibration_that_is_none_is_refused_with_its_reason(qtbot, tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    path.write_text(json.dumps([1, 2]))
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.imports.read(path, saxsdog3.NAME)
        assert window.question().text() == "Not imported"
        assert "list.json" in window.question().informativeText()
        window.answer("Close")


def test_a_file_that_kills_its_reader_leaves_the_window_as_it_was(qtbot, tmp_path, monkeypatch):
    killer = write_killer(tmp_path / "damaged.h5")
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.calibration.open_document(SMALL)
        window.leash.imports.read(killer)
        assert window.question().text() == "Not imported"
        assert "the process that read it has died" in window.question().informativeText()
        window.answer("Close")
        assert window.leash.calibration.document == SMALL


def test_the_formats_that_are_named_are_those_that_can_be_read():
    named = {name for name in FILTERS if name is not None}
    assert named == {fit2d.NAME, poni.NAME, saxsdog3.NAME, spd.NAME, nexus.NAME}
    assert named <= set(choose.FORMATS)
