"""A bug is told once, plainly, with a report that can be taken along."""

from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QFileDialog

from saxsleash.dialogs.crash import MOST_BUGS, CrashDialog


def report(cause="KeyError: 'q'", time="12:00:00"):
    return f"Crash report of saxsleash\n{time}\n\nTraceback (most recent call last):\n{cause}"


@pytest.fixture
def dialog(qtbot):
    dialog = CrashDialog(report(), Path("/state/crash-20260101-120000.txt"))
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def test_the_dialog_says_what_it_means_for_the_work(dialog):
    meaning = dialog._meaning.text()
    assert "The server goes on" in meaning
    assert "not saved are still here" in meaning
    assert "KeyError: 'q'" in dialog._summary.text()
    assert "/state/crash-20260101-120000.txt" in dialog._kept.text()


def test_the_report_is_shown_when_somebody_asks(qtbot, dialog):
    assert not dialog.report.isVisible()
    low = dialog.height()
    qtbot.mouseClick(dialog.show_report, Qt.LeftButton)
    assert dialog.report.isVisible()
    assert dialog.report.toPlainText() == report()
    qtbot.mouseClick(dialog.show_report, Qt.LeftButton)
    assert not dialog.report.isVisible()
    assert dialog.height() <= low


def test_the_report_can_be_copied(qtbot, dialog):
    qtbot.mouseClick(dialog.copy, Qt.LeftButton)
    assert QApplication.clipboard().text() == report()


def test_the_report_can_be_saved(qtbot, dialog, tmp_path):
    qtbot.mouseClick(dialog.save, Qt.LeftButton)
    chooser = dialog.findChild(QFileDialog)
    chooser.selectFile(str(tmp_path / "mine.txt"))
    chooser.accept()
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == report() + "\n"


def test_a_report_that_cannot_be_saved_is_told(dialog, tmp_path):
    dialog._on_file_chosen(str(tmp_path / "missing" / "x"))
    assert "cannot be written" in QApplication.activeModalWidget().informativeText()


@pytest.mark.parametrize("key", [Qt.Key_Escape, Qt.Key_Return])
def test_escape_and_return_mean_to_continue(qtbot, dialog, key):
    wanted = []
    dialog.quit_wanted.connect(lambda: wanted.append(True))
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, key)
    assert wanted == []


def test_quit_is_what_the_button_says(qtbot, dialog):
    with qtbot.waitSignals([dialog.quit_wanted, dialog.finished]):
        qtbot.mouseClick(dialog.quit, Qt.LeftButton)


def test_another_bug_joins_the_same_dialog(qtbot, dialog):
    qtbot.mouseClick(dialog.show_report, Qt.LeftButton)
    dialog.add(report("ValueError: other"))
    qtbot.waitUntil(lambda: "ValueError: other" in dialog.report.toPlainText())
    assert "2 bugs were met" in dialog._summary.text()


def test_the_folder_is_named_when_several_reports_are_kept(qtbot, dialog):
    dialog.add(report("ValueError: other"), Path("/state/crash-20260101-120001.txt"))
    qtbot.waitUntil(lambda: "reports are kept in /state." in dialog._kept.text())


def test_the_same_bug_is_counted_not_listed(dialog):
    for second in range(10):
        dialog.add(report(time=f"12:00:0{second}"))
    assert dialog.text.count("Crash report") == 1
    assert "(met 11 times)" in dialog.text


def test_a_flood_of_bugs_is_drawn_rarely_and_stays_bounded(qtbot, dialog):
    qtbot.mouseClick(dialog.show_report, Qt.LeftButton)
    drawn = []
    dialog.report.textChanged.connect(lambda: drawn.append(True))
    for i in range(5000):
        dialog.add(report(f"ValueError: {i}"))
    qtbot.waitUntil(lambda: "5001 bugs were met" in dialog._summary.text())
    assert len(drawn) < 10
    assert dialog.text.count("Crash report") == MOST_BUGS
    assert f"{5001 - MOST_BUGS} more reports" in dialog.text


def test_a_report_that_could_not_be_kept_is_said_so(qtbot):
    dialog = CrashDialog(report(), None)
    qtbot.addWidget(dialog)
    assert "kept nowhere" in dialog._kept.text()


@pytest.mark.parametrize(
    ("has_servers", "told"), [(False, "When you quit, it still goes on"), (True, "ends when you")]
)
def test_it_is_told_which_servers_end_with_the_window(qtbot, has_servers, told):
    dialog = CrashDialog(report(), None, has_servers=has_servers)
    qtbot.addWidget(dialog)
    assert told in dialog._meaning.text()


def test_tags_in_a_report_are_shown_as_they_are(qtbot):
    dialog = CrashDialog(report("ValueError: <b>x</b>"), None)
    qtbot.addWidget(dialog)
    assert dialog._summary.text() == "ValueError: <b>x</b>"
    assert dialog._summary.textFormat() == Qt.PlainText
