"""The line at the bottom says what the model knows."""

from dataclasses import replace

import pytest
from PyQt5.QtCore import Qt

from saxsdog.network import NetworkEntry
from saxsdog.protocol.messages import Counters, LegacyCounts, QueueState, SourceStatus
from saxsleash.appearance import Theme, Tone, apply_theme, tone_color
from saxsleash.models.server_model import ServerModel
from saxsleash.panels.status_panel import StatusPanel
from tests.helpers.leashes import statistics

ENTRY = NetworkEntry("hutch", "tcp://127.0.0.1:7777", "", "a secret that only tests know")


def stat(**changes):
    fine = {
        "state": QueueState.RUNNING,
        "trouble": (),
        "counters": Counters(known=20, integrated=8, pending=12),
        "sources": SourceStatus(),
        "rate": (0,) * 55 + (12, 13, 12, 13, 12),
        "newest_image": "in/image_00008.tif",
        "time": 1000.0,
        "newest_time": 997.0,
        "legacy": None,
    }
    return replace(statistics(), **(fine | changes))


@pytest.fixture
def server():
    model = ServerModel()
    model.set_connecting(ENTRY)
    return model


@pytest.fixture
def panel(qtbot, server):
    panel = StatusPanel(server)
    qtbot.addWidget(panel)
    panel.resize(900, 30)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def test_a_running_server_shows_its_numbers(qtbot, server, panel):
    server.set_statistics(stat())
    qtbot.waitUntil(lambda: panel._word.whole == "hutch: running")
    assert panel._rate.text() == "12.4"
    assert panel._queue.text() == "12"
    assert panel._failures.text() == "none failed"
    assert panel._newest.text().endswith("(3 s)")
    assert "in/image_00008.tif" in panel._newest.toolTip()
    assert tone_color(Tone.GOOD, panel.palette()).name() in panel._dot.styleSheet()


def test_failures_are_a_button(qtbot, server, panel):
    server.set_statistics(stat(counters=Counters(known=20, integrated=17, failed=3)))
    qtbot.waitUntil(lambda: panel._failures.text() == "3 failed")
    with qtbot.waitSignal(panel.failures_wanted):
        qtbot.mouseClick(panel._failures, Qt.LeftButton)


def test_trouble_is_elided_and_whole_in_its_tip(qtbot, server, panel):
    sentence = "the disk of the curves is full: " + "/very/long/folder" * 20
    server.set_statistics(stat(trouble=(sentence,)))
    qtbot.waitUntil(lambda: panel._trouble.whole == sentence)
    qtbot.waitUntil(lambda: panel._trouble.text().endswith("…"))
    assert panel._trouble.text().startswith("the disk")
    assert panel._trouble.toolTip() == sentence
    assert panel.width() < 1000  # the sentence does not push the window apart


def test_a_long_name_does_not_make_the_window_wider(qtbot, panel):
    server = panel._server
    server.set_connecting(replace(ENTRY, name="the detector in the second hutch, on the left"))
    server.set_statistics(stat(counters=Counters(known=99999, pending=99999)))
    qtbot.waitUntil(lambda: panel._queue.text() == "99999")
    assert panel.minimumSizeHint().width() < 900


def test_a_lost_server_says_why_in_place_of_its_rate(qtbot, server, panel):
    server.set_statistics(stat())
    server.set_lost("not-reachable", "nobody is there")
    qtbot.waitUntil(lambda: panel._trouble.whole == "nobody is there")
    assert panel._word.whole == "hutch: not reachable"
    assert not panel._rate.isVisible()
    assert panel._queue.isVisible()
    server.set_online()
    qtbot.waitUntil(panel._rate.isVisible)


def test_a_mark_says_while_clients_of_the_original_are_served(qtbot, server, panel):
    mark = panel._old_clients
    server.set_statistics(stat())
    qtbot.waitUntil(lambda: panel._word.whole == "hutch: running")
    assert not mark.isVisible()
    server.set_statistics(stat(legacy=LegacyCounts(1, 23, stat().time - 7200)))
    qtbot.waitUntil(mark.isVisible)
    assert "1 request since" in mark.toolTip()
    assert "the last 2 h ago" in mark.toolTip()
    assert "23 refused" in mark.toolTip()
    assert tone_color(Tone.DOUBTFUL, panel.palette()).name() in mark.styleSheet()
    server.set_statistics(stat())
    qtbot.waitUntil(lambda: not mark.isVisible())


def test_numbers_stay_where_they_are_while_they_change(qtbot, server, panel):
    server.set_statistics(stat())
    qtbot.waitUntil(lambda: panel._rate.text() == "12.4")
    rate, queue = panel._rate.geometry(), panel._queue.geometry()
    server.set_statistics(
        stat(rate=(0,) * 55 + (999,) * 5, counters=Counters(known=99999, pending=99999))
    )
    qtbot.waitUntil(lambda: panel._rate.text() == "999.0")
    assert (panel._rate.geometry(), panel._queue.geometry()) == (rate, queue)


def test_the_colours_follow_the_theme(qtbot, qapp, server, panel):
    server.set_statistics(stat())
    for theme in (Theme.DARK, Theme.LIGHT):
        apply_theme(qapp, theme)
        wanted = tone_color(Tone.GOOD, qapp.palette()).name()
        qtbot.waitUntil(lambda wanted=wanted: wanted in panel._dot.styleSheet())


def test_without_a_server_nothing_is_claimed(qtbot, server, panel):
    server.set_disconnected()
    qtbot.waitUntil(lambda: panel._word.whole == "not connected")
    assert panel._rate.text() == "–"
    assert not panel._failures.isEnabled()
