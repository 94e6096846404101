"""What the user should know stands above the tabs until somebody has read it."""

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QPushButton, QToolButton

from saxsleash.appearance import Tone
from saxsleash.panels.notice_bar import Notice, NoticeBar


@pytest.fixture
def bar(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    return bar


def press(qtbot, bar, kind):
    qtbot.mouseClick(bar.findChild(kind), Qt.LeftButton)


def test_without_a_notice_there_is_no_bar(bar):
    assert bar.notice is None
    assert bar.isHidden()


def test_a_later_notice_of_the_same_subject_takes_the_place_of_the_first(bar):
    bar.show_notice(Notice("queue", "first", Tone.GOOD))
    bar.show_notice(Notice("queue", "second", Tone.BAD))
    bar.withdraw("queue")
    assert bar.notice is None


def test_closing_a_notice_shows_the_one_before(qtbot, bar):
    bar.show_notice(Notice("connection", "lost", Tone.BAD))
    bar.show_notice(Notice("queue", "closed", Tone.GOOD))
    press(qtbot, bar, QToolButton)
    assert bar.notice.text == "lost"
    press(qtbot, bar, QToolButton)
    assert bar.isHidden()


def test_an_answer_is_given_once_and_the_notice_is_gone(qtbot, bar):
    answers = []
    bar.show_notice(
        Notice("server", "changed", Tone.DOUBTFUL, "Load it", lambda: answers.append(bar.notice))
    )
    assert bar.findChild(QPushButton).text() == "Load it"
    press(qtbot, bar, QPushButton)
    assert answers == [None]
    assert bar.isHidden()


def test_a_notice_to_read_only_has_no_button(bar):
    bar.show_notice(Notice("queue", "closed", Tone.GOOD))
    assert bar.findChild(QPushButton).isHidden()


def test_what_a_server_says_is_shown_as_text(bar):
    bar.show_notice(Notice("queue", "<b>bold</b>", Tone.GOOD))
    assert bar._text.textFormat() == Qt.PlainText
