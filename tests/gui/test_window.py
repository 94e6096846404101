"""The whole window when something is not as it should be."""

import json
from dataclasses import replace

import pytest
from PyQt5.QtCore import QTimer
from PyQt5.QtGui import QCloseEvent

from saxsleash.dialogs.crash import CrashDialog
from saxsleash.main_window import MainWindow
from saxsleash.models.server_model import Connection
from tests.helpers.experiments import write_calibration
from tests.helpers.leash_windows import leash_window, write_network
from tests.helpers.served import serving
from tests.helpers.servers import running_server

OTHER_SECRET = "a secret that this server does not know"  # noqa: S105


def test_a_server_that_dies_is_missed_and_found_again(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        served.new()
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until_connected()
            served.server.kill()
            window.until(lambda: window.leash.server.connection is Connection.LOST)
            assert "expected an answer" in window.notice()
            assert not window.leash.window.start_action.isEnabled()
            served.server.restart()
            window.until(lambda: window.leash.server.is_online)
            assert window.notice() == ""


def test_a_wrong_secret_is_called_one(qtbot, tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    with running_server(tmp_path / "server", root) as server:
        network = write_network(tmp_path, [replace(server.entry, secret=OTHER_SECRET)])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until(lambda: "wrong secret" in window.notice())
            assert window.leash.server.connection is Connection.LOST


def test_the_server_s_calibration_is_loaded_into_an_empty_editor(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        served.new(Title="theirs")
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until(lambda: window.leash.calibration.document.get("Title") == "theirs")
            assert not window.leash.calibration.is_modified


def test_a_queue_of_somebody_else_is_told_and_its_calibration_offered(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        served.new(Title="ours")
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until(lambda: window.leash.calibration.document.get("Title") == "ours")
            served.new(Title="theirs")
            window.until(lambda: "theirs" in window.notice())
            assert window.leash.calibration.document["Title"] == "ours"
            window.click(window.leash.window.notices._answer)
            assert window.leash.calibration.document["Title"] == "theirs"


def test_a_queue_that_this_window_starts_is_no_surprise(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        calibration = served.calibration(Title="mine in")
        network = write_network(tmp_path, [served.server.entry])
        options = {"name": "test", "calibration": calibration}
        with leash_window(qtbot, tmp_path, monkeypatch, network, **options) as window:
            window.until_connected()
            window.leash.queues.start()
            window.answer("Only new ones")
            window.until(lambda: window.leash.server.has_queue)
            assert window.notice() == ""


def test_a_title_that_does_not_name_the_folder_is_asked_about(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        calibration = served.calibration(Title="somebody else's")
        network = write_network(tmp_path, [served.server.entry])
        options = {"name": "test", "calibration": calibration}
        with leash_window(qtbot, tmp_path, monkeypatch, network, **options) as window:
            window.until_connected()
            window.leash.queues.start()
            assert "'in'" in window.question().informativeText()
            window.answer("Cancel")
            assert not window.leash.server.has_queue


def test_edits_are_not_lost_when_the_window_is_closed(qtbot, tmp_path, monkeypatch):
    path = tmp_path / "a.saxsconf"
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        model = window.leash.calibration
        window.leash.connect_dialog.reject()
        window.leash.window.new_action.trigger()
        model.set_value(("Title",), "edited")
        event = QCloseEvent()
        window.leash.window.closeEvent(event)
        assert not event.isAccepted()
        window.answer("Cancel")
        assert window.leash.window.isVisible()
        model.mark_saved(path)
        window.leash.window.close()
        assert not window.leash.window.isVisible()


def test_a_bug_is_shown_with_its_report_and_the_window_goes_on(qtbot, tmp_path, monkeypatch):
    def bug():
        raise ZeroDivisionError("a bug in a slot")

    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        with qtbot.captureExceptions():
            # pytest-qt has a hook of its own: ours stands in for it as outside of tests.
            QTimer.singleShot(0, lambda: window.leash.bugs._on_happened(*caught(bug), "MainThread"))
            window.until(lambda: window.leash.window.findChildren(CrashDialog))
        dialog = window.leash.window.findChildren(CrashDialog)[0]
        assert "a bug in a slot" in dialog.text
        dialog.accept()
        assert window.leash.window.isVisible()


def caught(function):
    try:
        function()
    except ZeroDivisionError as error:
        return type(error), error, error.__traceback__


def test_a_file_that_is_no_calibration_changes_nothing(qtbot, tmp_path, monkeypatch):
    path = tmp_path / "list.saxsconf"
    path.write_text("[1, 2]")
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        before = window.leash.calibration.document
        window.leash.documents.open(path)
        assert "list.saxsconf" in window.question().informativeText()
        window.answer("Close")
        assert window.leash.calibration.document == before


def test_a_saved_calibration_keeps_keys_and_their_order(qtbot, tmp_path, monkeypatch):
    path = write_calibration(tmp_path, Threads=3, Directory=["a"])
    before = path.read_text()
    with leash_window(qtbot, tmp_path, monkeypatch, calibration=path) as window:
        window.leash.calibration.set_value(("Wavelength",), 1.25)
        window.leash.window.save_action.trigger()
        assert not window.leash.calibration.is_modified
    after = json.loads(path.read_text())
    assert list(after) == list(json.loads(before))
    assert after == json.loads(before) | {"Wavelength": 1.25}


def test_the_layout_is_remembered(qtbot, tmp_path, monkeypatch):
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        splitter = window.leash.window._splitters["history"]
        window.leash.window.tabs.setCurrentWidget(window.leash.window.history_tab)
        window.leash.window.resize(1000, 900)
        qtbot.waitUntil(lambda: splitter.height() > 500)
        splitter.setSizes([300, 400])
        wanted = splitter.sizes()
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        assert isinstance(window.leash.window, MainWindow)
        splitter = window.leash.window._splitters["history"]
        share = splitter.sizes()[0] / max(1, sum(splitter.sizes()))
        assert share == pytest.approx(wanted[0] / sum(wanted), abs=0.1)


def test_a_local_server_that_cannot_start_is_told(qtbot, tmp_path, monkeypatch):
    missing = tmp_path / "gone"
    with leash_window(qtbot, tmp_path, monkeypatch, local=missing) as window:
        window.until(lambda: "did not start" in window.notice())
