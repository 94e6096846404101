"""The link against real servers: what it tells, and that the window never waits for it."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from PyQt5.QtCore import QTimer

from saxsdog.errors import ProtocolError, RequestError, ServerUnreachableError
from saxsdog.network import NetworkEntry
from saxsdog.protocol.messages import (
    FIRST_COLUMNS,
    Attachment,
    Hello,
    HistoryColumns,
    HistoryTable,
    Plot,
    QueueState,
)
from saxsdog.transport.endpoint import Endpoint
from saxsleash.link import Link
from tests.helpers.leashes import statistics
from tests.helpers.served import serving, write_frame
from tests.helpers.wires import SECRET, keys_of, welcome

PATIENCE_MS = 20_000
A_DEAD_SERVER_SHOWS_MS = 6_000
"""Five seconds, and what a busy machine takes for itself."""

NOBODY = NetworkEntry("nobody", "tcp://127.0.0.1:9", "", "a secret that only tests know")


class Heard:
    """Notes what a link tells."""

    def __init__(self, link):
        self.files = []
        self.queues = []
        self.images = []
        self.broken = []
        link.history.connect(self._on_history)
        link.curves.connect(lambda curves: self.images.append(curves.image))
        link.broke.connect(self.broken.append)

    def _on_history(self, table):
        self.files += table.files
        self.queues.append(table.queue)


class Heartbeat:
    """A timer of the window; ``longest`` is the longest time in which it could not beat."""

    def __init__(self):
        self.longest = 0.0
        self._last = time.monotonic()
        self._timer = QTimer()
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start(10)

    def _on_timeout(self):
        now = time.monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now


@pytest.fixture
def link(qtbot):
    link = Link()
    yield link
    link.stop(10.0)


@pytest.fixture
def heard(link):
    heard = Heard(link)
    yield heard
    assert heard.broken == []


@pytest.fixture
def served(tmp_path):
    with serving(tmp_path) as served:
        yield served


def connect(qtbot, link, entry):
    with qtbot.waitSignals([link.connected, link.status], timeout=PATIENCE_MS):
        link.connect_to(entry)


def answer_to(qtbot, link, call):
    """What the server answers, or the error."""
    answers = []
    link.ask(call, answers.append, answers.append)
    assert answers == []  # never before `ask` returns
    qtbot.waitUntil(lambda: answers != [], timeout=PATIENCE_MS)
    return answers[0]


def test_a_server_introduces_itself_and_says_how_it_is_twice_a_second(qtbot, served, link):
    with qtbot.waitSignal(link.connected, timeout=PATIENCE_MS) as connected:
        link.connect_to(served.server.entry)
    assert connected.args[0].state is QueueState.IDLE
    assert link.entry == served.server.entry
    began = time.monotonic()
    for _ in range(3):
        with qtbot.waitSignal(link.status, timeout=PATIENCE_MS):
            pass
    assert time.monotonic() - began < 5.0


def test_new_images_arrive_as_curves_and_as_rows(qtbot, served, link, heard):
    served.new()
    connect(qtbot, link, served.server.entry)
    link.follow_history()
    for i in range(5):
        write_frame(served.images / f"image_{i}.tif", i)
    qtbot.waitUntil(lambda: len(heard.files) == 5, timeout=PATIENCE_MS)
    assert sorted(heard.files) == [f"in/image_{i}.tif" for i in range(5)]
    newest = served.client.plot().image
    qtbot.waitUntil(lambda: newest in heard.images, timeout=PATIENCE_MS)
    assert len(heard.images) == len(set(heard.images))  # each once


def test_what_is_there_already_is_told_after_connecting(qtbot, served, link, heard):
    served.new()
    write_frame(served.images / "image.tif", 1)
    served.until_ended(1)
    connect(qtbot, link, served.server.entry)
    link.follow_history()
    qtbot.waitUntil(lambda: heard.files == heard.images == ["in/image.tif"], timeout=PATIENCE_MS)


def test_rows_before_the_cursor_are_not_told_again(qtbot, served, link, heard):
    served.new()
    write_frame(served.images / "first.tif", 1)
    served.until_ended(1)
    page = served.client.history()
    connect(qtbot, link, served.server.entry)
    link.follow_history(page.next, page.queue)
    write_frame(served.images / "second.tif", 2)
    qtbot.waitUntil(lambda: heard.files == ["in/second.tif"], timeout=PATIENCE_MS)


class Pages:
    """A server with a long history and no curves; its pages are short."""

    ROWS = 25
    PAGE = 4

    def __call__(self, request):
        match request:
            case Hello():
                return welcome()
            case HistoryColumns(since=since):
                return self._table(since)
            case Plot():
                raise RequestError("not-found", "the curves were moved away")
        return replace(statistics(), cursor=self.ROWS)

    def _table(self, since):
        cursors = np.arange(since + 1, min(since + self.PAGE, self.ROWS) + 1, dtype="<f8")
        numbers = np.tile(cursors, (len(FIRST_COLUMNS), 1))
        numbers[FIRST_COLUMNS.index("time_source")] = 0.0
        files = b"".join(b"image_%d.tif\0" % cursor for cursor in cursors)
        attachments = Attachment("numbers", numbers.tobytes()), Attachment("files", files)
        number, end = len(cursors), since + len(cursors)
        more = end < self.ROWS
        return HistoryTable("q", FIRST_COLUMNS, ("file",), number, end, more, attachments)


def test_a_long_history_comes_page_by_page_and_missing_curves_are_told_once(qtbot, link, heard):
    refused = []
    link.refused.connect(refused.append)
    with Endpoint("tcp://127.0.0.1:*", keys_of(), Pages()) as endpoint:
        connect(qtbot, link, NetworkEntry("pages", endpoint.address, "", SECRET))
        link.follow_history()
        qtbot.waitUntil(lambda: len(heard.files) == Pages.ROWS, timeout=PATIENCE_MS)
        assert len(heard.queues) == -(-Pages.ROWS // Pages.PAGE)
        assert heard.files == [f"image_{i}.tif" for i in range(1, Pages.ROWS + 1)]
        with qtbot.waitSignal(link.status, timeout=PATIENCE_MS):
            pass
        assert [error.code for error in refused] == ["not-found"]
        assert link.stop(10.0)


def test_another_queue_is_told_from_its_first_row(qtbot, served, link, heard):
    served.new()
    write_frame(served.images / "first.tif", 1)
    connect(qtbot, link, served.server.entry)
    link.follow_history()
    qtbot.waitUntil(lambda: heard.files == ["in/first.tif"], timeout=PATIENCE_MS)
    first = heard.queues[-1]
    served.new("other")  # without any image: an empty table tells
    qtbot.waitUntil(lambda: heard.queues[-1] != first, timeout=PATIENCE_MS)
    write_frame(served.root / "other" / "second.tif", 2)
    qtbot.waitUntil(lambda: heard.files[-1] == "other/second.tif", timeout=PATIENCE_MS)
    assert heard.files == ["in/first.tif", "other/second.tif"]


def test_a_killed_server_shows_soon_and_comes_back_by_itself(qtbot, served, link, heard):
    served.new()
    connect(qtbot, link, served.server.entry)
    link.follow_history()
    write_frame(served.images / "before.tif", 1)
    qtbot.waitUntil(lambda: heard.files == ["in/before.tif"], timeout=PATIENCE_MS)
    heartbeat = Heartbeat()
    served.server.kill()
    with qtbot.waitSignal(link.lost, timeout=A_DEAD_SERVER_SHOWS_MS) as lost:
        pass
    assert lost.args[0] == "not-reachable"
    assert heartbeat.longest < 1.0
    signals = [link.back, link.restarted, link.status]
    with qtbot.waitSignals(signals, timeout=PATIENCE_MS):
        served.server.restart()
    write_frame(served.images / "after.tif", 2)
    qtbot.waitUntil(lambda: heard.files[-1] == "in/after.tif", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: heard.images[-1] == "in/after.tif", timeout=PATIENCE_MS)
    assert heard.files == ["in/before.tif", "in/after.tif"]


def test_a_wrong_secret_is_told_as_such(qtbot, served, link):
    entry = served.server.entry
    wrong = NetworkEntry("test", entry.server, "", "another secret, which is wrong")
    with qtbot.waitSignal(link.lost, timeout=PATIENCE_MS) as lost:
        link.connect_to(wrong)
    assert lost.args[0] == "denied"


def test_nobody_there_is_told_within_five_seconds_and_the_window_never_waits(qtbot, link):
    heartbeat = Heartbeat()
    with qtbot.waitSignal(link.lost, timeout=A_DEAD_SERVER_SHOWS_MS) as lost:
        link.connect_to(NOBODY)
    assert lost.args[0] == "not-reachable"
    link.ask(lambda client: client.stat(), lambda _: None)
    link.disconnect()
    link.connect_to(NOBODY)
    link.disconnect()
    assert heartbeat.longest < 1.0


def test_commands_are_answered_in_their_order_while_the_link_watches(qtbot, served, link):
    connect(qtbot, link, served.server.entry)
    answers = []
    calibration = served.calibration()
    link.ask(lambda client: client.new(calibration), answers.append)
    link.ask(lambda client: client.stat(), answers.append)
    link.ask(lambda client: client.abort(), answers.append)
    qtbot.waitUntil(lambda: len(answers) == 3, timeout=PATIENCE_MS)
    assert answers[0].channels == ("R0",)
    assert answers[1].state is QueueState.RUNNING
    with qtbot.waitSignal(
        link.status, timeout=PATIENCE_MS, check_params_cb=lambda s: s.state is QueueState.ABORTED
    ):
        pass


def test_a_slow_command_does_not_hold_up_the_status(qtbot, served, link):
    connect(qtbot, link, served.server.entry)
    go_on = threading.Event()
    answers = []
    link.ask(lambda _: go_on.wait(30), answers.append)
    for _ in range(2):
        with qtbot.waitSignal(link.status, timeout=PATIENCE_MS):
            pass
    assert answers == []
    go_on.set()
    qtbot.waitUntil(lambda: answers == [True], timeout=PATIENCE_MS)


def test_a_refusal_is_told_to_who_asked_or_to_all(qtbot, served, link):
    connect(qtbot, link, served.server.entry)
    error = answer_to(qtbot, link, lambda client: client.close())
    assert isinstance(error, RequestError)
    assert error.code == "no-queue"
    with qtbot.waitSignal(link.refused, timeout=PATIENCE_MS) as refused:
        link.fetch_image()
    assert refused.args[0].code == "not-found"


def test_a_frame_is_fetched_on_demand(qtbot, served, link):
    served.new()
    write_frame(served.images / "image.tif", 1)
    served.until_ended(1)
    connect(qtbot, link, served.server.entry)
    with qtbot.waitSignal(link.image, timeout=PATIENCE_MS) as image:
        link.fetch_image()
    assert image.args[0].file == "in/image.tif"


def test_nothing_can_be_asked_without_a_server(qtbot, link):
    error = answer_to(qtbot, link, lambda client: client.stat())
    assert isinstance(error, ServerUnreachableError)


def test_what_a_former_server_says_is_dropped_and_what_was_asked_fails(qtbot, served, link):
    connect(qtbot, link, served.server.entry)
    asked, go_on = threading.Event(), threading.Event()
    done, failed = [], []

    def call(client):
        asked.set()
        go_on.wait(30)
        return client.stat()

    link.ask(call, done.append, failed.append)
    qtbot.waitUntil(asked.is_set, timeout=PATIENCE_MS)
    connect(qtbot, link, served.server.entry)
    qtbot.waitUntil(lambda: len(failed) == 1, timeout=PATIENCE_MS)
    go_on.set()
    with qtbot.waitSignal(link.status, timeout=PATIENCE_MS):
        pass
    assert done == []


def test_disconnecting_is_told_once_and_silences_the_link(qtbot, served, link):
    connect(qtbot, link, served.server.entry)
    with qtbot.waitSignal(link.disconnected):
        link.disconnect()
    with qtbot.assertNotEmitted(link.disconnected):
        link.disconnect()
    with qtbot.assertNotEmitted(link.status, wait=700):
        pass
    assert link.entry is None


def test_a_bug_is_told_and_the_next_question_is_answered(qtbot, served, link):
    connect(qtbot, link, served.server.entry)
    with qtbot.waitSignal(link.broke, timeout=PATIENCE_MS) as broke:
        link.ask(lambda _: 1 / 0, lambda _: None)
    assert isinstance(broke.args[0], ZeroDivisionError)
    assert answer_to(qtbot, link, lambda client: client.stat()).name == "test"


def test_errors_of_the_answer_are_errors_of_the_question(qtbot, served, link):
    connect(qtbot, link, served.server.entry)

    def decode(client):
        raise ProtocolError(f"{client.name}: expected an array")

    assert isinstance(answer_to(qtbot, link, decode), ProtocolError)


def test_a_dialog_that_stays_open_in_a_slot_does_not_hold_up_the_link(qtbot, served, link):
    connect(qtbot, link, served.server.entry)
    heard = []

    def on_status(statistics):
        heard.append(statistics)
        if len(heard) == 1:
            qtbot.waitUntil(lambda: len(heard) >= 3, timeout=PATIENCE_MS)  # a loop of its own

    link.status.connect(on_status)
    qtbot.waitUntil(lambda: len(heard) >= 3, timeout=PATIENCE_MS)


def test_stopping_ends_the_threads(qtbot, served, link):
    connect(qtbot, link, served.server.entry)
    link.follow_history()
    assert link.stop(10.0)
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"Watching", "Following", "Asking"}
