"""Mask files that a calibration names: read, missing, out of reach, and many of them."""

import numpy as np

from saxsdog.errors import SaxsdogError
from saxsleash.background import Background
from saxsleash.controllers.named_files import NamedFiles
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.mask_store import MaskStore
from tests.helpers.experiments import DOCUMENT, SHAPE, write_calibration
from tests.helpers.leash_windows import leash_window

MASK = np.eye(*SHAPE, dtype=bool)
LONG = "x" * 300
"""A name that no disk takes: to look at it raises an error, whoever looks."""


def naming(*files):
    """Return the masks of a calibration that names these files."""
    return [DOCUMENT["Masks"][0] | {"MaskFile": file} for file in files]


def test_a_mask_that_is_out_of_reach_hides_no_other(qtbot, tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", MASK)
    path = write_calibration(tmp_path, Masks=naming(LONG, "nul\0.npy", "a.npy"))
    with leash_window(qtbot, tmp_path, monkeypatch, calibration=path) as window:
        masks = window.leash.masks
        window.until(lambda: masks.mask("a.npy") is not None)
        window.until(lambda: masks.problem(LONG) and masks.problem("nul\0.npy"))
        assert "too long" in masks.problem(LONG)


def test_a_thousand_missing_masks_are_told_in_a_few_drawings(qtbot, tmp_path):
    calibration, store = CalibrationModel(), MaskStore()
    background = Background((SaxsdogError, OSError), store)
    drawn = []
    store.changed.connect(lambda: drawn.append(len(store.names)))
    _masks = NamedFiles(calibration, store, background, store)
    names = [f"{i}.msk" for i in range(1000)]
    calibration.open_document(DOCUMENT | {"Masks": naming(*names)}, tmp_path / "a.saxsconf")
    qtbot.waitUntil(lambda: drawn[-1:] == [1000], timeout=20_000)
    assert len(drawn) < 500
    background.stop()


def test_a_mask_from_a_server_is_read_whatever_its_name_is(qtbot, tmp_path):
    np.save(tmp_path / "a.npy", MASK)
    contents = (tmp_path / "a.npy").read_bytes()
    names = [LONG, "nul\0.npy", "../\udcff", "C:\\masks\\a.npy"]
    calibration, store = CalibrationModel(), MaskStore()
    background = Background((SaxsdogError, OSError), store)
    calibration.open_document(DOCUMENT | {"Masks": naming(*names)})
    masks = NamedFiles(calibration, store, background, store)
    masks.take(dict.fromkeys(names, contents))
    qtbot.waitUntil(lambda: all(store.mask(name) is not None for name in names))
    background.stop()
