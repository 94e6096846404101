"""The whole way of somebody who sees the window for the first time."""

import shutil

import pytest
from PyQt5.QtCore import Qt

from saxsdog.protocol.messages import QueueState
from saxsleash.panels.history_data_sets import DataSetBox
from tests.helpers.leash_windows import leash_window, simulate, write_network
from tests.helpers.servers import running_server

N_FRAMES = 6
ERROR = (-7.0, 12.0)
"""Pixels, (row, column), by which the beam centre of the calibration is wrong at first."""


@pytest.fixture
def trial(tmp_path):
    """Return the calibration of frames of two series that lie below the root of a server."""
    root = tmp_path / "root"
    calibration = simulate(root, N_FRAMES, "heating")
    shutil.move(root / "frames", root / "heated")
    simulate(root, N_FRAMES, "cooling")
    shutil.move(root / "frames", root / "cooled")
    return calibration


def test_from_the_first_look_to_the_last_question(qtbot, tmp_path, monkeypatch, trial):
    with running_server(tmp_path / "server", trial.parent) as server:
        network = write_network(tmp_path, [server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network) as window:
            leash = window.leash
            connect(window)
            load_a_wrong_calibration(window, trial)
            see_the_frame(window, trial.parent / "heated" / "heating_00001.tif")
            correct_the_beam_center(window)
            start(window)
            watch_curves_arrive(window)
            select_a_data_set(window)
            look_at_another_image(window)
            abort(window)
            assert leash.server.statistics.state is QueueState.ABORTED


def connect(window):
    """A double click in the list of servers, which comes by itself."""
    dialog = window.leash.connect_dialog
    assert dialog.isVisible()
    window.until(lambda: "idle" in dialog.table.item(0, 1).text())
    place = dialog.table.visualItemRect(dialog.table.item(0, 0)).center()
    viewport = dialog.table.viewport()
    window.click(viewport)
    window.bot.mouseClick(viewport, Qt.LeftButton, pos=place)
    window.bot.mouseDClick(viewport, Qt.LeftButton, pos=place)
    window.until_connected()
    assert not dialog.isVisible()


def load_a_wrong_calibration(window, path):
    window.leash.window.open_action.trigger()
    window.choose_file(path)
    model = window.leash.calibration
    assert model.path == path
    vertical, horizontal = model.value(("Geometry", "BeamCenter"))
    wrong = [vertical - ERROR[0], horizontal + ERROR[1]]
    model.set_value(("Geometry", "BeamCenter"), wrong)
    window.until(lambda: window.leash.masks.mask(model.mask_names[0]) is not None)


def see_the_frame(window, path):
    window.leash.window.open_image_action.trigger()
    window.choose_file(path)
    window.until(lambda: window.leash.detector.frame is not None)
    assert window.leash.detector.frame.name == path.name


def correct_the_beam_center(window):
    """Drag the cross to where the rings say that it belongs."""
    leash = window.leash
    row, column = leash.detector.geometry.beam_center
    right = column - ERROR[1], row - ERROR[0]
    view = leash.detector_panel.view
    window.until(lambda: (view.cross.pos().x(), view.cross.pos().y()) == (column, row))
    view.show_beam()
    window.drag(view, (column, row), right)
    now = leash.detector.geometry.beam_center
    assert now == pytest.approx((right[1], right[0]), abs=2.5)  # a pixel of the screen, or two
    leash.window.undo_action.trigger()
    assert leash.detector.geometry.beam_center == pytest.approx((row, column))
    leash.window.redo_action.trigger()
    assert leash.detector.geometry.beam_center == now


def start(window):
    leash = window.leash
    assert all(check.tone.value != "bad" for check in leash.detector.checks)
    assert leash.checklist_panel.start.isEnabled()
    window.click(leash.checklist_panel.start)
    window.answer("existing")
    window.until(lambda: leash.server.statistics.counters.integrated == 2 * N_FRAMES)


def watch_curves_arrive(window):
    leash = window.leash
    window.until(lambda: len(files_of(leash.history)) == 2 * N_FRAMES)
    window.until(lambda: leash.curves.curves)
    leash.window.tabs.setCurrentWidget(leash.window.plot_tab)
    curve = leash.curves.curves[0]
    assert (curve.channel, curve.unit) == ("R0", "counts/pixel")
    window.until(lambda: leash.curves.image == leash.server.newest_image)


def files_of(history):
    return {history.row_at(i).file for i in range(len(history))}


def select_a_data_set(window):
    leash = window.leash
    leash.window.tabs.setCurrentWidget(leash.window.history_tab)
    box = leash.history_panel.findChild(DataSetBox)
    box.lineEdit().selectAll()
    window.bot.keyClicks(box.lineEdit(), "cooled/")
    window.bot.keyClick(box.lineEdit(), Qt.Key_Return)
    files = [leash.history.row_at(int(row)).file for row in leash.history.selected]
    assert len(set(files)) == N_FRAMES
    assert all(file.startswith("cooled/") for file in files)
    window.until(lambda: leash.history_panel.intensity.unit.whole.endswith("counts/pixel nm⁻¹"))


def look_at_another_image(window):
    leash = window.leash

    def picked():
        """The rows must have been drawn first."""
        window.bot.keyClick(leash.history_panel, Qt.Key_Home)
        return leash.history_panel.picked is not None

    window.until(picked)
    window.until(lambda: leash.curves.is_pinned)
    row = leash.history.row_at(int(leash.history.selected[0]))
    assert leash.history_panel.picked == row.cursor
    assert leash.curves.image == row.file
    leash.curves.unpin()
    window.until(lambda: leash.curves.image == leash.server.newest_image)


def abort(window):
    leash = window.leash
    leash.queue_panel.abort_action.trigger()
    assert "pending" in window.question().informativeText()
    window.answer("Abort")
    window.until(lambda: leash.server.statistics.state is QueueState.ABORTED)
