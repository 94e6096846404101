"""What was refused stands above the tabs until it would not be refused any more."""

from dataclasses import replace

import pytest

from saxsdog.network import NetworkEntry
from saxsdog.protocol.messages import QueueState
from saxsleash.appearance import Tone
from saxsleash.controllers.refusals import Refusals
from saxsleash.models.server_model import ServerModel
from saxsleash.panels.notice_bar import Notice, NoticeBar
from tests.helpers.leash_windows import leash_window, write_network
from tests.helpers.leashes import statistics
from tests.helpers.served import serving

ENTRY = NetworkEntry("hutch", "tcp://127.0.0.1:7777", "", "a secret that only tests know")
REFUSED = Notice("queue", "expected an open queue", Tone.BAD)
IDLE = replace(statistics(), state=QueueState.IDLE, opened=None)
RUNNING = replace(statistics(), state=QueueState.RUNNING, opened=900.0)


def again(stat):
    """What the server says when nothing has happened since."""
    return replace(stat, time=stat.time + 1)


@pytest.fixture
def server(qapp):
    server = ServerModel()
    server.set_connecting(ENTRY)
    return server


@pytest.fixture
def bar(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    return bar


@pytest.fixture
def refusals(bar, server):
    server.set_statistics(IDLE)
    refusals = Refusals(bar, server)
    refusals.tell(REFUSED)
    return refusals


def test_it_stays_while_nothing_has_changed(refusals, bar, server):
    for _ in range(3):
        server.set_statistics(again(IDLE))
    assert bar.notice is REFUSED


def test_it_goes_when_a_queue_is_opened(refusals, bar, server):
    server.set_statistics(again(IDLE))
    server.set_statistics(again(RUNNING))
    assert bar.notice is None


def test_it_stays_when_what_was_known_was_old(bar, server):
    server.set_statistics(RUNNING)
    Refusals(bar, server).tell(REFUSED)
    for _ in range(3):
        server.set_statistics(again(IDLE))
    assert bar.notice is REFUSED


def test_it_goes_when_the_server_is_back(refusals, bar, server):
    server.set_lost("not-reachable", "expected an answer within 4.8 s")
    assert bar.notice is REFUSED
    server.set_online()
    server.set_statistics(again(IDLE))
    assert bar.notice is None


def test_it_goes_when_the_window_leaves_the_server(refusals, bar, server):
    server.set_disconnected()
    assert bar.notice is None


def test_a_later_notice_of_the_same_subject_stays(refusals, bar, server):
    bar.show_notice(later := Notice("queue", "The queue is closed", Tone.GOOD))
    server.set_statistics(again(IDLE))
    server.set_statistics(again(RUNNING))
    assert bar.notice is later


def test_a_refusal_is_forgotten_when_a_queue_is_there(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until_connected()
            window.leash.queues._on_close_wanted()
            window.until(lambda: "expected an open queue" in window.notice())
            served.new(Title="theirs")
            window.until(lambda: window.leash.server.has_queue)
            window.until(lambda: "expected" not in window.notice())


def test_no_answer_is_forgotten_when_the_server_answers_again(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        served.new()
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until_connected()
            served.server.kill()
            window.leash.queues._on_close_wanted()
            window.leash.results._on_curve_wanted(1)
            subjects = {"queue", "results"}

            def shown():
                return {each.subject for each in window.leash.window.notices._notices}

            window.until(lambda: subjects <= shown())
            served.server.restart()
            window.until(lambda: not subjects & shown())
            assert window.notice() == ""
