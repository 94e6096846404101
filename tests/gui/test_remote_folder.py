import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialog, QDialogButtonBox

from saxsleash.dialogs.remote_folder import RemoteFolderDialog

TOP = [("2025", True), ("2026", True), ("readme.txt", False)]


@pytest.fixture
def dialog(qtbot):
    dialog = RemoteFolderDialog()
    qtbot.addWidget(dialog)
    dialog.asked = []
    dialog.listing_wanted.connect(dialog.asked.append)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def shown(dialog):
    """Every row that is to be seen, indented."""
    rows, index = [], dialog.view.model().index(0, 0)
    while index.isValid():
        depth, above = 0, index.parent()
        while above.isValid():
            depth, above = depth + 1, above.parent()
        rows.append("  " * depth + index.data())
        index = dialog.view.indexBelow(index)
    return rows


def row_of(dialog, *parts):
    return dialog.view.model().mapFromSource(dialog.folders.index_of(parts))


def click(qtbot, dialog, *parts, twice=False):
    place = dialog.view.visualRect(row_of(dialog, *parts)).center()
    act = qtbot.mouseDClick if twice else qtbot.mouseClick
    qtbot.mouseClick(dialog.view.viewport(), Qt.LeftButton, pos=place)
    if twice:
        act(dialog.view.viewport(), Qt.LeftButton, pos=place)


def test_the_root_is_asked_for_at_first(dialog):
    dialog.begin(())
    assert dialog.asked == [()]
    assert shown(dialog) == ["Root of the server", "  asking the server…"]
    dialog.show_listing((), TOP)
    assert shown(dialog) == ["Root of the server", "  2025", "  2026", "  readme.txt"]
    assert dialog.parts() == ()


def test_the_folder_of_the_calibration_is_opened_step_by_step(dialog):
    dialog.begin(("2026", "user"))
    assert dialog.parts() == ("2026", "user")
    dialog.show_listing((), TOP)
    dialog.show_listing(("2026",), [("other", True), ("user", True)])
    assert dialog.asked == [(), ("2026",)]
    assert dialog.view.currentIndex().data() == "user"
    assert dialog.parts() == ("2026", "user")


def test_a_folder_is_asked_for_when_it_is_opened_and_only_then(dialog, qtbot):
    dialog.begin(())
    dialog.show_listing((), TOP)
    click(qtbot, dialog, "2025", twice=True)
    assert dialog.asked == [(), ("2025",)]
    dialog.show_listing(("2025",), [("a", True)])
    dialog.view.collapse(row_of(dialog, "2025"))
    dialog.view.expand(row_of(dialog, "2025"))
    assert dialog.asked == [(), ("2025",)]
    assert "    a" in shown(dialog)


def test_a_click_chooses_a_folder_and_enter_takes_it(dialog, qtbot):
    dialog.begin(("2026",))
    dialog.show_listing((), TOP)
    click(qtbot, dialog, "2025")
    assert dialog.path.text() == "2025"
    with qtbot.waitSignal(dialog.accepted):
        qtbot.keyClick(dialog.view, Qt.Key_Return)
    assert (dialog.result(), dialog.parts()) == (QDialog.Accepted, ("2025",))


def test_a_folder_can_be_typed(dialog, qtbot):
    dialog.begin(())
    dialog.path.setFocus()
    qtbot.keyClicks(dialog.path, "2026/ new run /3")
    qtbot.keyClick(dialog.path, Qt.Key_Return)
    assert dialog.parts() == ("2026", "new run", "3")
    assert dialog.result() == QDialog.Accepted


def test_a_file_cannot_be_chosen(dialog, qtbot):
    dialog.begin(())
    dialog.show_listing((), TOP)
    click(qtbot, dialog, "2025")
    place = dialog.view.visualRect(row_of(dialog).child(2, 0)).center()
    qtbot.mouseClick(dialog.view.viewport(), Qt.LeftButton, pos=place)
    assert dialog.parts() == ("2025",)


def test_a_folder_that_cannot_be_listed_says_why_and_may_be_asked_again(dialog):
    dialog.begin(())
    dialog.show_listing((), TOP)
    dialog.view.expand(row_of(dialog, "2025"))
    dialog.show_problem(("2025",), "no permission")
    assert "    no permission" in shown(dialog)
    dialog.view.collapse(row_of(dialog, "2025"))
    dialog.view.expand(row_of(dialog, "2025"))
    assert dialog.asked == [(), ("2025",), ("2025",)]


def test_a_root_that_cannot_be_listed_says_why(dialog):
    dialog.begin(("2026",))
    dialog.show_problem((), "not reachable")
    assert shown(dialog) == ["Root of the server", "  not reachable"]
    assert dialog.parts() == ("2026",)


def test_a_folder_that_is_gone_is_named(dialog):
    dialog.begin(("2024", "user"))
    dialog.show_listing((), TOP)
    assert dialog.note.isVisible()
    assert dialog.note.text() == "2024 / user is not on the server"


def test_what_was_not_listed_is_not_called_gone(dialog):
    dialog.begin(("2024",))
    dialog.show_listing((), TOP, complete=False)
    assert not dialog.note.isVisible()
    assert "… and more" in shown(dialog)[-1]


def test_an_empty_folder_says_so(dialog):
    dialog.begin(())
    dialog.show_listing((), [])
    assert shown(dialog) == ["Root of the server", "  empty"]


def test_refresh_asks_again(dialog, qtbot):
    dialog.begin(())
    dialog.show_listing((), TOP)
    qtbot.mouseClick(dialog.again, Qt.LeftButton)
    assert dialog.asked == [(), ()]
    dialog.show_listing((), [("new", True)])
    assert shown(dialog) == ["Root of the server", "  new"]


def test_folders_are_found_among_many(dialog, qtbot):
    dialog.begin(())
    dialog.show_listing((), [(f"run_{i:05}", True) for i in range(10_000)])
    qtbot.keyClicks(dialog.filter, "_0777")
    qtbot.waitUntil(lambda: len(shown(dialog)) == 11)
    dialog.filter.clear()
    qtbot.waitUntil(lambda: dialog.view.model().rowCount(row_of(dialog)) == 10_000)


def test_a_late_answer_for_a_folder_that_is_gone_does_no_harm(dialog):
    dialog.begin(())
    dialog.show_listing((), TOP)
    dialog.show_listing(("nowhere",), TOP)
    dialog.show_problem(("nowhere",), "gone")
    assert shown(dialog)[1:] == ["  2025", "  2026", "  readme.txt"]


def test_cancel_takes_nothing(dialog, qtbot):
    dialog.begin(())
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Cancel), Qt.LeftButton)
    assert dialog.result() == QDialog.Rejected
