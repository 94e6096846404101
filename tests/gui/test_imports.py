"""Calibrations of other programs are taken over through the menu."""

import json

import pytest

from saxsdog.importers import choose, fit2d, poni, saxsdog3
from saxsleash.controllers.imports import FILTERS, IMPORT
from tests.helpers.foreign import CALIBRATIONS
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


def test_an_older_calibration_that_is_none_is_refused_with_its_reason(qtbot, tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    path.write_text(json.dumps([1, 2]))
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.imports.read(path, saxsdog3.NAME)
        assert window.question().text() == "Not imported"
        assert "list.json" in window.question().informativeText()
        window.answer("Close")


def test_the_formats_that_are_named_are_those_that_can_be_read():
    named = {name for name in FILTERS if name is not None}
    assert named == {fit2d.NAME, poni.NAME, saxsdog3.NAME}
    assert named <= set(choose.FORMATS)
