"""A question waits for its answer, the program does not."""

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QMessageBox, QWidget

from saxsleash.appearance import Tone
from saxsleash.dialogs.questions import ask, ask_three, tell


@pytest.fixture
def parent(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def button(box, text):
    return next(one for one in box.buttons() if one.text() == text)


def asked(parent, answers, **options):
    return ask(parent, "Abort?", "All is lost.", yes="Abort", answered=answers.append, **options)


@pytest.mark.parametrize(("text", "expected"), [("Abort", True), ("Cancel", False)])
def test_a_click_answers(qtbot, parent, text, expected):
    answers = []
    box = asked(parent, answers)
    assert box.isVisible()
    with qtbot.waitSignal(box.destroyed):
        qtbot.mouseClick(button(box, text), Qt.LeftButton)
    assert answers == [expected]


def test_escape_means_no(qtbot, parent):
    answers = []
    box = asked(parent, answers)
    with qtbot.waitSignal(box.destroyed):
        qtbot.keyClick(box, Qt.Key_Escape)
    assert answers == [False]


def test_closing_the_box_means_no(qtbot, parent):
    answers = []
    box = asked(parent, answers, details="more")
    with qtbot.waitSignal(box.destroyed):
        box.close()
    assert answers == [False]


@pytest.mark.parametrize("dangerous", [False, True])
def test_return_does_what_destroys_nothing(qtbot, parent, dangerous):
    answers = []
    box = asked(parent, answers, dangerous=dangerous)
    with qtbot.waitSignal(box.destroyed):
        qtbot.keyClick(box, Qt.Key_Return)
    assert answers == [not dangerous]


def test_a_question_can_be_closed_by_its_owner(qtbot, parent):
    answers = []
    box = asked(parent, answers)
    with qtbot.waitSignal(box.destroyed):
        box.reject()
    assert answers == [False]


@pytest.mark.parametrize(
    ("press", "expected"),
    [
        (lambda qtbot, box: qtbot.mouseClick(button(box, "Save"), Qt.LeftButton), "save"),
        (lambda qtbot, box: qtbot.mouseClick(button(box, "Discard"), Qt.LeftButton), "discard"),
        (lambda qtbot, box: qtbot.mouseClick(button(box, "Cancel"), Qt.LeftButton), "cancel"),
        (lambda qtbot, box: qtbot.keyClick(box, Qt.Key_Return), "save"),
        (lambda qtbot, box: qtbot.keyClick(box, Qt.Key_Escape), "cancel"),
        (lambda _, box: box.close(), "cancel"),
    ],
)
def test_one_of_three_is_called(qtbot, parent, press, expected):
    called = []
    names = ("save", "discard", "cancel")
    choices = {name.capitalize(): lambda name=name: called.append(name) for name in names}
    box = ask_three(parent, "Save?", "x has changed.", choices=choices)
    with qtbot.waitSignal(box.destroyed):
        press(qtbot, box)
    assert called == [expected]


def test_something_told_goes_with_escape(qtbot, parent):
    box = tell(parent, "Not saved", "No space left.", details="x: y", tone=Tone.BAD)
    assert box.icon() == QMessageBox.Critical
    assert box.detailedText() == "x: y"
    with qtbot.waitSignal(box.destroyed):
        qtbot.keyClick(box, Qt.Key_Escape)


def test_names_that_look_like_tags_are_shown_as_they_are(parent):
    box = tell(parent, "<b>x</b>", "<i>y</i>")
    labels = {label.text(): label for label in box.findChildren(QLabel)}
    for text in ("<b>x</b>", "<i>y</i>"):
        assert labels[text].textFormat() == Qt.PlainText


def test_a_question_without_a_window_lives_until_it_is_answered(qtbot, qapp):
    answers = []
    asked(None, answers)
    (box,) = (
        widget
        for widget in qapp.topLevelWidgets()
        if isinstance(widget, QMessageBox) and widget.isVisible() and widget.parent() is None
    )
    with qtbot.waitSignal(box.destroyed):
        qtbot.keyClick(box, Qt.Key_Escape)
    assert answers == [False]
