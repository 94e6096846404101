"""The queue: how far it is, and what may be done to it."""

from dataclasses import replace

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QToolButton

from saxsdog.network import NetworkEntry
from saxsdog.protocol.messages import Counters, QueueState, SourceStatus
from saxsleash.appearance import in_characters, in_lines
from saxsleash.models.server_model import ServerModel
from saxsleash.panels.queue_panel import BAR_CHARACTERS, PROMILLE, QueuePanel
from tests.helpers.leashes import statistics

ENTRY = NetworkEntry("hutch", "tcp://127.0.0.1:7777", "", "a secret that only tests know")


def stat(**changes):
    fine = {
        "state": QueueState.RUNNING,
        "title": "behenate",
        "directory": ("2026", "user"),
        "trouble": (),
        "counters": Counters(known=40, integrated=17, failed=2, skipped=1, pending=20),
        "sources": SourceStatus(),
        "rate": (0,) * 58 + (2, 2),
        "opened": 900.0,
        "time": 1000.0,
    }
    return replace(statistics(), **(fine | changes))


@pytest.fixture
def server():
    model = ServerModel()
    model.set_connecting(ENTRY)
    return model


@pytest.fixture
def panel(qtbot, server):
    panel = QueuePanel(server)
    qtbot.addWidget(panel)
    panel.resize(900, 120)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def button_of(panel, action):
    return next(b for b in panel.findChildren(QToolButton) if b.defaultAction() is action)


def enabled(panel):
    return [action.isEnabled() for action in panel.actions()]


def test_a_running_queue_shows_how_far_it_is(qtbot, server, panel):
    server.set_statistics(stat())
    qtbot.waitUntil(lambda: panel._title.whole == "behenate, in 2026/user")
    assert panel._counters.whole == "17 of 40 integrated, 2 failed, 1 skipped, 20 pending"
    assert panel._bar.value() == PROMILLE // 2
    assert panel._left.text() == "about 10 s left"


def test_it_takes_two_lines_and_all_of_it_is_read_in_a_small_window(qtbot, server, panel):
    panel.resize(900, panel.sizeHint().height())
    server.set_statistics(stat(title="AgBeh"))
    qtbot.waitUntil(lambda: panel._title.whole == "AgBeh, in 2026/user")
    qtbot.waitUntil(lambda: panel._counters.text() == panel._counters.whole)
    assert panel._title.text() == panel._title.whole
    assert panel._left.width() >= panel._left.sizeHint().width()
    assert panel._bar.width() >= in_characters(panel, BAR_CHARACTERS)
    assert panel.height() <= in_lines(panel, 2.6)


def test_the_buttons_are_shorter_than_the_menu(panel):
    texts = [(button_of(panel, action).text(), action.text()) for action in panel.actions()]
    assert texts == [
        ("Redo all", "&Redo all images"),
        ("Close queue", "&Close queue"),
        ("Abort…", "&Abort queue…"),
    ]


def test_each_button_says_what_is_wanted(qtbot, server, panel):
    server.set_statistics(stat())
    qtbot.waitUntil(lambda: enabled(panel) == [True] * 3)
    for action, signal in (
        (panel.redo_action, panel.redo_wanted),
        (panel.close_action, panel.close_wanted),
        (panel.abort_action, panel.abort_wanted),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button_of(panel, action), Qt.LeftButton)


@pytest.mark.parametrize(
    ("state", "redo", "close", "abort"),
    [
        (QueueState.RUNNING, True, True, True),
        (QueueState.CLOSED, True, False, True),
        (QueueState.ABORTED, False, False, False),
    ],
)
def test_only_what_the_state_allows_can_be_clicked(qtbot, server, panel, state, redo, close, abort):
    server.set_statistics(stat(state=state))
    qtbot.waitUntil(lambda: enabled(panel) == [redo, close, abort])


def test_without_a_queue_it_is_said_what_to_do(qtbot, server, panel):
    server.set_statistics(stat(state=QueueState.IDLE, opened=None))
    qtbot.waitUntil(lambda: panel._counters.whole.startswith("No queue"))
    assert enabled(panel) == [False] * 3
    assert not panel._bar.isVisible()
    server.set_disconnected()
    qtbot.waitUntil(lambda: panel._counters.whole.startswith("Connect"))


def test_nothing_can_be_clicked_while_the_server_is_lost(qtbot, server, panel):
    server.set_statistics(stat())
    server.set_lost("not-reachable", "nobody is there")
    qtbot.waitUntil(lambda: enabled(panel) == [False] * 3)
    assert panel._title.whole == "behenate, in 2026/user"


def test_a_search_is_told_and_has_no_end_yet(qtbot, server, panel):
    server.set_statistics(stat(counters=Counters(), sources=SourceStatus(walking=True)))
    qtbot.waitUntil(lambda: panel._left.text() == "searching the folder…")
    assert panel._bar.maximum() == 0
    server.set_statistics(stat(counters=Counters(known=4, integrated=4), rate=()))
    qtbot.waitUntil(lambda: panel._left.text() == "waiting for images")
    assert panel._bar.value() == panel._bar.maximum() == PROMILLE
