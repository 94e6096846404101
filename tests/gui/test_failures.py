"""The list of images that were not integrated."""

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QGuiApplication
from PyQt5.QtWidgets import QStyleOptionViewItem, QWidget

from saxsdog.protocol.messages import Failure
from saxsleash.dialogs.failures import FailuresDialog
from saxsleash.models.failures_model import COLUMNS

ROWS = [
    Failure("in/b.tif", "failed", "truncated", "in/b.tif: expected 100 bytes, got 3", 20.0),
    Failure("in/a.tif", "failed", "wrong-shape", "in/a.tif: expected 4 x 4", 10.0),
    Failure("in/c.tif", "skipped", "output-exists", "", 30.0),
    Failure("in/d.tif", "failed", "truncated", "in/d.tif: it is empty", 5.0),
]


@pytest.fixture
def dialog(qtbot):
    dialog = FailuresDialog()
    qtbot.addWidget(dialog)
    dialog.show_failures(ROWS)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def files(dialog):
    model = dialog.table.model()
    return [model.index(i, 0).data() for i in range(model.rowCount())]


def choose(qtbot, dialog, text):
    """Choose a reason by the keys that begin its name."""
    dialog.reasons.setFocus()
    qtbot.keyClicks(dialog.reasons, text)


def test_reasons_are_offered_with_their_numbers(dialog):
    offered = [dialog.reasons.itemText(i) for i in range(dialog.reasons.count())]
    assert offered == ["All reasons (4)", "truncated (2)", "wrong-shape (1)", "output-exists (1)"]
    assert dialog._sum.text() == "3 failed, 1 skipped"


def test_a_reason_filters_explains_and_is_tried_again_alone(qtbot, dialog):
    choose(qtbot, dialog, "tr")
    assert files(dialog) == ["in/b.tif", "in/d.tif"]
    assert "The file ends before" in dialog._words.text()
    with qtbot.waitSignal(dialog.requeue_wanted) as wanted:
        qtbot.mouseClick(dialog._requeue, Qt.LeftButton)
    assert wanted.args == ["truncated"]


def test_all_failures_are_tried_again_without_a_filter(qtbot, dialog):
    assert dialog._requeue.text() == "&Try 3 failed images again"
    with qtbot.waitSignal(dialog.requeue_wanted) as wanted:
        qtbot.mouseClick(dialog._requeue, Qt.LeftButton)
    assert wanted.args == [None]


def test_skipped_images_are_not_tried_again(qtbot, dialog):
    choose(qtbot, dialog, "ou")
    assert files(dialog) == ["in/c.tif"]
    assert not dialog._requeue.isEnabled()


def test_a_click_on_a_heading_sorts(qtbot, dialog):
    header = dialog.table.horizontalHeader()
    column = COLUMNS.index("Image")
    where = header.viewport().rect().topLeft()
    where.setX(header.sectionViewportPosition(column) + header.sectionSize(column) // 2)
    where.setY(header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.LeftButton, pos=where)
    shown = files(dialog)
    assert shown in (sorted(shown), sorted(shown, reverse=True))


def test_the_reason_of_the_current_row_is_explained(qtbot, dialog):
    dialog.table.selectRow(1)
    assert dialog._words.text().startswith("wrong-shape: The image does not have the size")


def test_selected_rows_are_copied_and_all_without_a_selection(qtbot, dialog):
    dialog.table.selectRow(3)
    dialog.table.setFocus()
    qtbot.keyClick(dialog.table, Qt.Key_C, Qt.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["Image", "in/d.tif"]
    dialog.table.clearSelection()
    qtbot.mouseClick(dialog._copy, Qt.LeftButton)
    assert len(QGuiApplication.clipboard().text().splitlines()) == 5


def test_more_rows_join_and_keep_filter_and_selection(qtbot, dialog):
    choose(qtbot, dialog, "tr")
    dialog.table.selectRow(0)
    dialog.append([Failure("in/e.tif", "failed", "truncated", "", 40.0)])
    assert files(dialog) == ["in/b.tif", "in/d.tif", "in/e.tif"]
    assert dialog.reason == "truncated"
    assert [index.row() for index in dialog.table.selectionModel().selectedRows()] == [0]


def test_a_reason_that_is_gone_is_not_filtered_for(qtbot, dialog):
    choose(qtbot, dialog, "tr")
    dialog.show_failures(ROWS[1:3])
    assert dialog.reason is None
    assert files(dialog) == ["in/a.tif", "in/c.tif"]


def test_an_empty_list_says_that_all_is_well(qtbot, dialog):
    dialog.show_failures([])
    assert dialog._words.text() == "Every image that ended was integrated."
    assert not dialog._requeue.isEnabled()


def test_the_list_is_no_larger_than_the_window_and_its_messages_begin_with_their_beginning(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 500)
    dialog = FailuresDialog(window)
    dialog.show_failures(ROWS)
    with qtbot.waitExposed(dialog):
        dialog.show()
    assert dialog.width() <= 900
    assert dialog.height() <= 500
    assert dialog.table.horizontalHeader().length() <= dialog.table.viewport().width()
    message = dialog.table.model().index(0, COLUMNS.index("Message"))
    option = QStyleOptionViewItem()
    dialog.table.itemDelegate(message).initStyleOption(option, message)
    assert option.textElideMode == Qt.ElideRight


def test_a_refresh_is_asked_for_by_key_or_button(qtbot, dialog):
    with qtbot.waitSignal(dialog.refresh_wanted):
        qtbot.keyClick(dialog, Qt.Key_F5)
    with qtbot.waitSignal(dialog.refresh_wanted):
        qtbot.mouseClick(dialog._refresh, Qt.LeftButton)
