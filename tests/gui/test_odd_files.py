"""Files that are no calibrations and no images are told, and the window goes on."""

import os

import numpy as np
import pytest
import tifffile

from saxsdog.importers import saxsdog3
from saxsleash.models.count_scale import CountScale
from tests.helpers.experiments import SHAPE, write_calibration
from tests.helpers.leash_windows import leash_window

DEEP = '{"a": ' * 900 + "1" + "}" * 900


def test_a_document_of_too_many_levels_is_refused(qtbot, tmp_path, monkeypatch):
    path = tmp_path / "deep.saxsconf"
    path.write_text(DEEP)
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        for read in (
            window.leash.documents.open,
            window.leash.imports.read,
            lambda path: window.leash.imports.read(path, saxsdog3.NAME),
        ):
            read(path)
            assert "sensible depth" in window.question().informativeText()
            window.answer("Close")
        assert window.leash.calibration.is_empty


def test_a_name_that_no_disk_takes_is_refused_and_not_forgotten(qtbot, tmp_path, monkeypatch):
    path = tmp_path / ("x" * 300)
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.preferences.add_recent_file(path)
        for read in (window.leash.documents.open, window.leash.imports.read):
            read(path)
            assert "too long" in window.question().informativeText()
            window.answer("Close")
        window.leash.frames.open(path)
        window.until(lambda: "too long" in window.leash.detector.problem)
        assert window.leash.preferences.recent_files == (path,)
        window.leash.documents.open(tmp_path / "gone")
        window.answer("Close")
        assert window.leash.preferences.recent_files == (path,)


def test_a_recent_file_that_is_gone_is_forgotten(qtbot, tmp_path, monkeypatch):
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.preferences.add_recent_file(tmp_path / "gone")
        window.leash.documents.open(tmp_path / "gone")
        window.answer("Close")
        assert window.leash.preferences.recent_files == ()


@pytest.mark.parametrize("action", ["open_action", "open_image_action", "import_file_action"])
def test_a_folder_that_is_out_of_reach_does_not_keep_a_dialog_away(
    qtbot, tmp_path, monkeypatch, action
):
    path = write_calibration(tmp_path)
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        for subject in ("calibrations", "images", "import"):
            window.leash.preferences.remember_folder(subject, tmp_path / ("x" * 300))
        getattr(window.leash.window, action).trigger()
        window.choose_file(path)
        window.until(lambda: window.notice() or window.leash.calibration.path or _problem(window))


def _problem(window):
    return window.leash.detector.problem


@pytest.mark.parametrize("counts", [1e39, 1e300])
def test_an_image_of_more_counts_than_a_short_number_holds_is_drawn(
    qtbot, tmp_path, monkeypatch, counts
):
    image = np.ones(SHAPE)
    image[10:] = counts
    tifffile.imwrite(tmp_path / "a.tif", image)
    with leash_window(
        qtbot, tmp_path, monkeypatch, calibration=write_calibration(tmp_path)
    ) as window:
        window.leash.connect_dialog.reject()
        window.leash.frames.open(tmp_path / "a.tif")
        window.until(lambda: window.leash.detector.frame is not None)
        panel = window.leash.detector_panel
        for scale in CountScale:
            panel.view.set_count_scale(scale)
            assert not panel.grab().isNull()


def test_an_export_leaves_a_pipe_as_it_is(qtbot, tmp_path, monkeypatch):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.results._on_export_wanted(str(pipe))
        window.until(lambda: "Not exported" in window.notice())
        assert "got a device, a pipe or a socket" in window.notice()
        assert pipe.is_fifo()
