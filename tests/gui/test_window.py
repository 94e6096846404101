"""The whole window when something is not as it should be."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QCloseEvent

from saxsleash.app import reports_folder
from saxsleash.appearance import Tone
from saxsleash.dialogs.crash import CrashDialog
from saxsleash.main_window import MainWindow
from saxsleash.models.server_model import Connection
from saxsleash.panels.plot_options import PlotOptions
from tests.helpers.experiments import write_calibration
from tests.helpers.leash_windows import leash_window, simulate, write_network
from tests.helpers.served import serving
from tests.helpers.servers import running_server

GARBAGE = """\
[General]
theme=purple, green
last%20server=@Variant(\\x1\\x2)
recent%20files=@Invalid()
local%20roots=7
[folders]
images=1, 2
[layout]
window=@ByteArray(\\x1\\xd9\\xd0\\xcb\\0\\x3)
manual=nowhere
history=@ByteArray(zz)
[choices]
plot="{\\"view\\": [], \\"hidden\\": 3, \\"step_percent\\": Infinity, \\"layout\\": \\"AAAA\\"}"
history="{\\"plots\\": 5, \\"span\\": []"
"""
"""Settings as nobody writes them."""

WITH_MANUAL = """
from pathlib import Path
from PyQt5.QtCore import QTimer
from saxsleash.app import Leash, make_application
from saxsleash.crashes import Crashes
application = make_application()
with Crashes(Path("/dev/null")) as crashes, Leash(crashes) as leash:
    leash.window.show()
    leash.window.manual_action.trigger()
    QTimer.singleShot(300, leash.window.close)
    status = application.exec_()
raise SystemExit(status)
"""
"""A program that is quit while its manual is open."""

FROM_HOME = """
from PyQt5.QtCore import QTimer
from saxsleash.app import Leash, make_application, reports_folder
from saxsleash.crashes import Crashes
application = make_application()
with Crashes(reports_folder() / "qt-crash.txt") as crashes, Leash(crashes) as leash:
    leash.begin()
    leash.connect_dialog.reject()
    QTimer.singleShot(300, leash.window.close)
    status = application.exec_()
raise SystemExit(status)
"""
"""A program that keeps what it keeps where the system says."""

RAISED = pytest.mark.qt_log_ignore(r"This plugin does not support raise\(\)")
"""Where nothing is seen, no window can be put above another."""

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
            window.until(lambda: window.leash.calibration.document["Title"] == "theirs")


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


def test_the_newest_reports_of_bugs_are_all_on_the_disk(qtbot, tmp_path, monkeypatch):
    folder = reports_folder()
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.connect_dialog.reject()
        for number in range(25):
            for _ in range(3):
                window.leash.bugs._on_happened(*caught(partial(int, f"bug {number}")), "MainThread")
        kept = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("crash-*"))]
        assert len(kept) == 20
        for number, text in enumerate(kept, start=5):
            assert f"'bug {number}'" in text
        window.leash.window.findChild(CrashDialog).accept()


def caught(function):
    try:
        function()
    except (ZeroDivisionError, ValueError) as error:
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
        window.leash.window.tabs.setCurrentWidget(window.leash.window.history_tab)
        window.leash.window.resize(1000, 900)
        qtbot.waitUntil(splitter.widget(1).isVisible)
        share = splitter.sizes()[0] / max(1, sum(splitter.sizes()))
        assert share == pytest.approx(wanted[0] / sum(wanted), abs=0.1)


def test_choices_of_plot_and_history_are_found_again(qtbot, tmp_path, monkeypatch):
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        plot, history = window.leash.plot_panel, window.leash.history_panel
        window.leash.connect_dialog.reject()
        window.leash.window.tabs.setCurrentWidget(window.leash.window.plot_tab)
        plot.side.bands.click()
        plot.strip.view_chosen.emit("waterfall")
        plot.side.length.setValue(12)
        history.tools.span.setCurrentIndex(1)
        history.invariant.log.click()
        chosen = plot.options, history.save_state()
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        assert (window.leash.plot_panel.options, window.leash.history_panel.save_state()) == chosen
        assert window.leash.plot_panel.options.waterfall_length == 12
        assert not window.leash.plot_panel.options.bands
        assert window.leash.history_panel.invariant.log.isChecked()


@RAISED
def test_a_window_opens_with_settings_that_are_garbage(qtbot, tmp_path, monkeypatch):
    settings = tmp_path / "settings" / "saxsdog" / "saxsleash.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(GARBAGE)
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        assert Path(window.leash.preferences._settings.fileName()) == settings
        assert window.leash.plot_panel.options == PlotOptions()
        window.leash.help.show("index")
        assert window.leash.help._shown.isVisible()


@RAISED
def test_the_manual_is_a_window_of_its_own_that_closes_with_the_first(qtbot, tmp_path, monkeypatch):
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.connect_dialog.reject()
        window.leash.window.manual_action.trigger()
        manual = window.leash.help._shown
        assert manual.isWindow()
        assert manual.parent() is None
        manual.resize(777, 555)
        manual.close()
        assert window.leash.window.isVisible()
        window.leash.window.first_steps_action.trigger()
        assert manual.isVisible()
        with qtbot.waitSignal(manual.destroyed):
            QTimer.singleShot(0, window.leash.window.close)
        assert window.leash.help._shown is None
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.window.manual_action.trigger()
        manual = window.leash.help._shown
        assert (manual.width(), manual.height()) == (777, 555)


def test_the_program_ends_with_its_window_while_the_manual_is_open(tmp_path):
    folders = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")
    tmp_path.chmod(0o700)
    program = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", WITH_MANUAL],
        env=os.environ | dict.fromkeys(folders, str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    said = [line for line in program.stderr.splitlines() if "This plugin does" not in line]
    assert (program.returncode, said) == (0, [])


def test_a_home_that_cannot_be_written_does_not_keep_the_window_from_opening(tmp_path):
    runtime, home = tmp_path / "runtime", tmp_path / "read-only"
    runtime.mkdir(mode=0o700)
    home.write_text("a file: nobody, not even root, can make a folder in it")
    folders = {"HOME": home, "XDG_CONFIG_HOME": home / "config", "XDG_DATA_HOME": home / "data"}
    program = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", FROM_HOME],
        env=os.environ
        | {name: str(folder) for name, folder in folders.items()}
        | {"XDG_RUNTIME_DIR": str(runtime)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert program.returncode == 0, program.stderr
    assert "Traceback" not in program.stderr


def test_the_centre_that_the_checks_find_is_taken_over_in_one_step(qtbot, tmp_path, monkeypatch):
    path = simulate(tmp_path / "images", frames=1)
    with leash_window(qtbot, tmp_path, monkeypatch, calibration=path) as window:
        leash, model = window.leash, window.leash.calibration
        leash.connect_dialog.reject()
        leash.frames.open(next((path.parent / "frames").glob("*.tif")))
        window.until(lambda: leash.detector.frame is not None)
        window.until(lambda: leash.masks.mask(model.mask_names[0]) is not None)
        key = ("Geometry", "BeamCenter")
        right = model.value(key)
        wrong = [right[0] - 30, right[1] + 25]
        model.set_value(key, wrong)
        button = leash.checklist_panel.use_center
        window.until(button.isVisible)
        offered = button.text()
        leash.window.activateWindow()
        button.setFocus()
        qtbot.keyClick(button, Qt.Key_Space)
        assert model.value(key) == pytest.approx(right, abs=3)
        assert offered == "&Use {:.1f}, {:.1f}".format(*model.value(key))
        window.until(lambda: not button.isVisible())
        leash.window.undo_action.trigger()
        assert model.value(key) == wrong
        window.until(button.isVisible)
        qtbot.keyClick(leash.window, Qt.Key_U, Qt.AltModifier)
        window.until(lambda: model.value(key) == pytest.approx(right, abs=3))


def test_another_document_that_is_not_valid_shows_nothing_of_the_one_before(
    qtbot, tmp_path, monkeypatch
):
    path = write_calibration(tmp_path)
    (tmp_path / "half").mkdir()
    half = write_calibration(tmp_path / "half", Wavelength="long")
    with leash_window(qtbot, tmp_path, monkeypatch, calibration=path) as window:
        detector = window.leash.detector
        assert detector.calibration is not None
        window.leash.calibration.set_value(("Wavelength",), -1)
        assert detector.stale  # an edit: what was drawn stays, marked
        window.leash.calibration.undo()
        window.leash.documents.open(half)
        assert detector.calibration is None
        assert not detector.stale
        assert detector.checks[0].tone is Tone.BAD


def test_saving_what_is_wrong_is_asked_once(qtbot, tmp_path, monkeypatch):
    path = write_calibration(tmp_path)
    before = path.read_text()
    with leash_window(qtbot, tmp_path, monkeypatch, calibration=path) as window:
        leash, model = window.leash, window.leash.calibration
        leash.connect_dialog.reject()
        model.set_value(("Wavelength",), "long")
        leash.window.save_action.trigger()
        assert window.question().text() == "Save it with 1 error?"
        assert window.question().informativeText().startswith("Wavelength: expected")
        assert window.question().defaultButton().text() == "Save"
        window.answer("Cancel")
        assert path.read_text() == before
        assert model.is_modified
        leash.window.save_action.trigger()
        qtbot.keyClick(window.question(), Qt.Key_Return)
        window.until(window.has_no_question)
        assert json.loads(path.read_text())["Wavelength"] == "long"
        assert not model.is_modified
        model.set_value(("Title",), "half done")
        leash.window.save_action.trigger()  # the same error
        assert window.has_no_question()
        assert json.loads(path.read_text())["Title"] == "half done"
        model.set_value(("Threads",), -1)
        leash.window.save_action.trigger()
        assert window.question().text() == "Save it with 2 errors?"
        window.answer("Save")


def test_a_window_that_closes_asks_about_errors_too(qtbot, tmp_path, monkeypatch):
    path = write_calibration(tmp_path)
    with leash_window(qtbot, tmp_path, monkeypatch, calibration=path) as window:
        window.leash.connect_dialog.reject()
        window.leash.calibration.set_value(("Wavelength",), "long")
        window.leash.window.close()
        window.answer("Save")
        assert window.question().text() == "Save it with 1 error?"
        window.answer("Cancel")
        assert window.leash.window.isVisible()
        window.leash.window.close()
        window.answer("Save")
        window.answer("Save")
        window.until(lambda: not window.leash.window.isVisible())
        assert json.loads(path.read_text())["Wavelength"] == "long"


def test_a_local_server_that_cannot_start_is_told(qtbot, tmp_path, monkeypatch):
    missing = tmp_path / "gone"
    with leash_window(qtbot, tmp_path, monkeypatch, local=missing) as window:
        window.until(lambda: "did not start" in window.notice())


def test_the_newest_file_is_seen_before_there_is_a_queue(qtbot, tmp_path, monkeypatch):
    calibration = simulate(tmp_path / "root", frames=2)
    with (
        running_server(tmp_path / "server", tmp_path / "root") as server,
        leash_window(
            qtbot,
            tmp_path,
            monkeypatch,
            write_network(tmp_path, [server.entry]),
            name="test",
            calibration=calibration,
        ) as window,
    ):
        window.until_connected()
        detector = window.leash.detector
        window.click(window.leash.detector_panel.newest)
        window.until(lambda: detector.frame is not None)
        assert detector.frame.name == "frames/simulated_00001.tif"
        window.until(lambda: any(check.name == "Beam centre" for check in detector.checks))
        assert all(check.tone is not Tone.BAD for check in detector.checks)
