import threading

import pytest

from saxsdog.errors import PathError, RequestError
from saxsdog.protocol.messages import (
    FIRST_COLUMNS,
    History,
    HistoryColumns,
    HistoryPage,
    HistoryTable,
)
from saxsdog.session import long_poll as long_poll_module
from saxsdog.session.long_poll import LongPoll
from tests.helpers.clocks import Clock

TIMEOUT = 20.0


class Pages:
    """A history that grows; tells after each answer that somebody has asked."""

    def __init__(self):
        self.rows = ()
        self.error = None
        self.asked = threading.Semaphore(0)

    def __call__(self, request):
        try:
            if self.error is not None:
                raise self.error
            rows = self.rows[request.since :]
            return HistoryPage("queue", rows, request.since + len(rows), more=False)
        finally:
            self.asked.release()


@pytest.fixture
def pages():
    return Pages()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def long_poll(pages, clock):
    with LongPoll(pages, clock) as long_poll:
        yield long_poll


def ask(long_poll, since=0, wait=1000.0):
    return long_poll.add(History(since=since, wait=wait))


def test_a_request_is_answered_when_there_is_something_new(long_poll, pages):
    future = ask(long_poll)
    assert pages.asked.acquire(timeout=TIMEOUT)
    assert not future.done()
    pages.rows = ("row",)
    long_poll.notify()
    assert future.result(TIMEOUT).rows == ("row",)


def test_what_came_before_a_request_was_added_is_not_missed(long_poll, pages):
    pages.rows = ("row",)
    assert ask(long_poll).result(TIMEOUT).rows == ("row",)


def test_a_request_is_answered_when_it_has_waited_enough(long_poll, pages, clock):
    future = ask(long_poll, wait=10.0)
    assert pages.asked.acquire(timeout=TIMEOUT)
    clock.now += 9.0
    long_poll.notify()
    assert pages.asked.acquire(timeout=TIMEOUT)
    assert not future.done()
    clock.now += 1.0
    long_poll.notify()
    assert future.result(TIMEOUT) == HistoryPage("queue", (), 0, more=False)


def test_nobody_needs_to_wake_a_request_whose_time_is_up(pages):
    with LongPoll(pages) as long_poll:
        assert ask(long_poll, wait=0.05).result(TIMEOUT).rows == ()


def test_a_request_for_columns_waits_in_the_same_way(clock):
    rows = 0

    def page(request):
        return HistoryTable("queue", FIRST_COLUMNS, (), rows, rows, False, ())

    with LongPoll(page, clock) as long_poll:
        future = long_poll.add(HistoryColumns(wait=1000.0))
        clock.now += 999.0
        long_poll.notify()
        rows = 2
        long_poll.notify()
        assert future.result(TIMEOUT).rows == 2


def test_news_for_one_request_leave_the_others_waiting(long_poll, pages):
    behind, ahead = ask(long_poll, since=0), ask(long_poll, since=1)
    pages.rows = ("row",)
    long_poll.notify()
    assert behind.result(TIMEOUT).rows == ("row",)
    assert not ahead.done()
    pages.rows = ("row", "another")
    long_poll.notify()
    assert ahead.result(TIMEOUT).rows == ("another",)


def test_a_stop_answers_everybody(long_poll):
    futures = [ask(long_poll) for _ in range(5)]
    long_poll.stop()
    assert all(future.result(0).rows == () for future in futures)
    long_poll.stop()


def test_nobody_waits_for_one_that_has_stopped(long_poll):
    long_poll.stop()
    with pytest.raises(RequestError) as caught:
        ask(long_poll)
    assert caught.value.code == "busy"


def test_too_many_are_refused(long_poll, pages, monkeypatch):
    monkeypatch.setattr(long_poll_module, "MOST_WAITING", 2)
    futures = [ask(long_poll)]
    assert pages.asked.acquire(timeout=TIMEOUT)
    with pytest.raises(RequestError, match="too many"):
        futures += [ask(long_poll) for _ in range(100)]
    pages.rows = ("row",)
    long_poll.notify()
    assert all(future.result(TIMEOUT).rows == ("row",) for future in futures)
    ask(long_poll).result(TIMEOUT)


@pytest.mark.parametrize(
    "error", [RequestError("no-queue", "none"), PathError("outside"), TimeoutError("no answer")]
)
def test_an_error_is_told_to_who_has_asked_and_to_nobody_else(long_poll, pages, error):
    pages.error = error
    with pytest.raises(type(error)):
        ask(long_poll).result(TIMEOUT)
    pages.error, pages.rows = None, ("row",)
    assert ask(long_poll).result(TIMEOUT).rows == ("row",)


def test_many_threads_get_every_row_in_order(pages):
    total, seen = 200, {}

    def follow(name, long_poll):
        rows = []
        while len(rows) < total:
            rows += ask(long_poll, since=len(rows)).result(TIMEOUT).rows
        seen[name] = rows

    with LongPoll(pages) as long_poll:
        readers = [threading.Thread(target=follow, args=(i, long_poll)) for i in range(4)]
        for reader in readers:
            reader.start()
        for i in range(total):
            pages.rows += (i,)
            long_poll.notify()
        for reader in readers:
            reader.join(TIMEOUT)
    assert seen == {name: list(range(total)) for name in range(4)}
