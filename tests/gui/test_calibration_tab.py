"""The first tab of the whole window, at the sizes of real screens."""

import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtWidgets import QApplication, QFileDialog

from saxsleash.appearance import Tone, in_lines
from tests.helpers.leash_windows import leash_window, move_pressed, simulate, write_network
from tests.helpers.served import serving
from tests.helpers.servers import running_server

USUAL = (1280, 860)
SMALL = (900, 600)


@pytest.fixture
def trial(tmp_path):
    return simulate(tmp_path / "trial", 1)


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch, trial):
    """The window with a calibration and a frame that it fits, without a server."""
    with leash_window(qtbot, tmp_path, monkeypatch, calibration=trial) as window:
        leash = window.leash
        leash.connect_dialog.reject()
        leash.window.resize(*USUAL)
        leash.frames.open(next((trial.parent / "frames").glob("*.tif")))
        window.until(lambda: leash.detector.frame is not None)
        window.until(lambda: leash.masks.mask(leash.calibration.mask_names[0]) is not None)
        window.until(leash.detector_panel.view.cross.isVisible)
        yield window


def place_of_beam(view):
    """Where the beam centre is in the viewport."""
    place = view.getViewBox().mapViewToScene(QPointF(view.cross.pos()))
    return view.mapFromScene(place)


def drag_cross(window, by, before_drop=lambda: None):
    """Drag the cross, and let all answer to it after each move of the mouse."""
    view = window.leash.detector_panel.view
    viewport = view.viewport()
    QApplication.processEvents()
    start = place_of_beam(view)
    window.bot.mouseMove(viewport, start)
    window.bot.mousePress(viewport, Qt.LeftButton, pos=start)
    for i in range(1, 11):
        move_pressed(viewport, start + by * i / 10)
    before_drop()
    end = start + by
    window.bot.mouseRelease(viewport, Qt.LeftButton, pos=end)


def test_a_drag_to_the_side_leaves_the_row_though_a_warning_comes_up(window):
    leash = window.leash
    view = leash.detector_panel.view
    row, column = leash.detector.geometry.beam_center
    pixels = view.getViewBox().viewPixelSize()[0]
    heights = [leash.checklist_panel.height()]

    def see_the_warning():
        window.until(lambda: leash.detector.better_center is not None)
        window.until(leash.checklist_panel.use_center.isVisible)
        QApplication.processEvents()
        heights.append(leash.checklist_panel.height())

    drag_cross(window, QPoint(40, 0), see_the_warning)
    assert heights[1] > heights[0]  # else this tests nothing
    assert leash.detector.geometry.beam_center[0] == pytest.approx(row, abs=0.01)
    assert leash.detector.geometry.beam_center[1] == pytest.approx(column + 40 * pixels, rel=0.01)


def test_after_a_drag_all_of_the_detector_is_seen_again(window):
    leash = window.leash
    view = leash.detector_panel.view
    rows, columns = leash.detector.shape
    drag_cross(window, QPoint(40, 0))
    window.until(leash.checklist_panel.use_center.isVisible)
    window.until(lambda: view.getViewBox().viewRect().contains(columns, rows))
    assert view.getViewBox().viewRect().contains(0, 0)


@pytest.mark.parametrize(("size", "lines"), [(USUAL, 18), (SMALL, 8)])
def test_the_picture_has_its_place_in_a_window_of_any_size(window, size, lines):
    leash = window.leash
    leash.window.resize(*size)
    view = leash.detector_panel.view
    window.until(lambda: view.getViewBox().height() >= in_lines(view, lines))
    tools = leash.detector_panel.rings.geometry()
    assert tools.bottom() < leash.detector_panel.fit.parentWidget().geometry().top()
    assert view.mapTo(leash.window, view.rect().bottomRight()).y() < leash.window.height()


def test_without_a_server_nothing_is_offered_that_needs_one(window):
    leash = window.leash
    assert not leash.calibration_panel.pick_folder.isEnabled()
    directory = leash.calibration_panel.view.tree.index_of(("Directory",))
    assert not leash.calibration_panel.view.itemDelegate().has_picker(directory)
    assert not leash.window.load_from_server_action.isEnabled()


def test_a_mistake_is_named_with_its_key_and_with_what_came(window):
    leash = window.leash
    leash.calibration.set_value(("Masks", 0, "Oversampling"), -2)
    line = leash.calibration_panel.problems
    leash.window.resize(*SMALL)
    window.until(lambda: line.width() < 400)
    assert line.seen_text.startswith("1 problem: Oversampling: ")
    assert line.fontMetrics().horizontalAdvance(line.seen_text) <= line.width()
    assert line.seen_text.endswith("got -2")
    check = leash.detector.checks[0]
    assert check.text.startswith("Masks[0].Oversampling: expected at least 1")


def test_files_are_looked_for_below_the_root_of_a_local_server(window, tmp_path):
    root = tmp_path / "images"
    root.mkdir()
    window.leash.servers.remember_local_root(root)
    window.leash.window.open_image_action.trigger()
    dialogs = window.leash.window.findChildren(QFileDialog)
    dialog = next(each for each in dialogs if each.isVisible())
    assert dialog.directory().absolutePath() == str(root)
    dialog.reject()


def test_the_first_look_is_no_error(qtbot, tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    with running_server(tmp_path / "server", root) as server:
        network = write_network(tmp_path, [server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until_connected()
            leash = window.leash
            assert {check.tone for check in leash.detector.checks} == {Tone.UNKNOWN}
            assert leash.checklist_panel.why.text() == "Open a calibration first"
            assert leash.calibration_panel.pick_folder.isEnabled()
            assert not leash.calibration_panel.load_button.isEnabled()
            assert not leash.window.load_from_server_action.isEnabled()


def test_the_calibration_of_the_server_is_a_button_away(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until_connected()
            panel = window.leash.calibration_panel
            assert not panel.load_button.isEnabled()
            served.new(Title="theirs")
            window.until(panel.load_button.isEnabled)
            window.click(panel.load_button)
            window.until(lambda: window.leash.calibration.document.get("Title") == "theirs")
            assert not panel.load_button.isVisible()
