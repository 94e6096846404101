import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.queue import history as history_module
from saxsdog.queue.history import RATE_SECONDS, History
from saxsdog.queue.records import Result


def results(*cursors):
    return [
        Result(cursor, f"/data/{cursor}.tif", None, "", None, 0.0, 0.0, ("/x.chi",), {})
        for cursor in cursors
    ]


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(history_module, "LENGTH", 5)


def cursors_since(history, cursor, limit=100):
    found = history.since(cursor, limit)
    return None if found is None else ([each.cursor for each in found[0]], found[1])


def test_a_new_history_has_nothing_to_tell():
    history = History()
    assert cursors_since(history, 0) == ([], False)
    assert history.newest is None
    assert history.last_cursor == 0


def test_only_newer_results_are_told():
    history = History(results(1, 2), 2)
    history.extend(results(3, 4), 0.0)
    assert cursors_since(history, 0) == ([1, 2, 3, 4], False)
    assert cursors_since(history, 3) == ([4], False)
    assert cursors_since(history, 4) == ([], False)
    assert history.newest.cursor == history.last_cursor == 4


def test_a_page_says_whether_there_is_more():
    history = History(results(1, 2, 3), 3)
    assert cursors_since(history, 0, 2) == ([1, 2], True)
    assert cursors_since(history, 0, 3) == ([1, 2, 3], False)
    assert cursors_since(history, 0, 0) == ([], True)


def test_what_is_no_longer_in_memory_is_not_passed_over(short):
    history = History()
    history.extend(results(*range(1, 9)), 0.0)
    assert cursors_since(history, 2) is None
    assert cursors_since(history, 3) == ([4, 5, 6, 7, 8], False)


def test_what_was_there_before_the_restart_is_not_passed_over():
    history = History(results(8, 9), 9)
    assert cursors_since(history, 6) is None
    assert cursors_since(history, 7) == ([8, 9], False)


def test_an_empty_history_after_many_results_does_not_know_the_old_ones():
    history = History((), 9)
    assert cursors_since(history, 8) is None
    assert cursors_since(history, 9) == ([], False)


def test_a_cleared_history_goes_on_with_its_cursors():
    history = History(results(1, 2), 2)
    history.clear()
    assert history.newest is None
    assert history.last_cursor == 2
    assert cursors_since(history, 2) == ([], False)
    history.extend(results(3), 0.0)
    assert cursors_since(history, 2) == ([3], False)
    assert cursors_since(history, 0) is None


@given(batches=st.lists(st.integers(0, 8), max_size=12), limit=st.integers(1, 4))
def test_who_reads_page_by_page_misses_nothing(batches, limit):
    history, cursor, seen, total = History(), 0, [], 0
    for batch in batches:
        history.extend(results(*range(total + 1, total + batch + 1)), 0.0)
        total += batch
        more = True
        while more:
            page, more = history.since(cursor, limit)
            seen += [each.cursor for each in page]
            cursor = seen[-1] if seen else 0
    assert seen == list(range(1, total + 1))


def test_the_rate_counts_full_seconds():
    history = History()
    history.extend(results(1, 2), 100.2)
    history.extend(results(3), 100.9)
    history.extend(results(4), 102.0)
    history.extend(results(5), 103.5)
    rate = history.rate(103.9)
    assert len(rate) == RATE_SECONDS
    assert rate[-3:] == (3, 0, 1)
    assert sum(rate) == 4


def test_the_rate_forgets_what_is_long_ago():
    history = History()
    for second in range(200):
        history.extend(results(second + 1), float(second))
    assert history.rate(200.0) == (1,) * RATE_SECONDS
    assert history.rate(200.0 + RATE_SECONDS) == (0,) * RATE_SECONDS


def test_a_reader_beside_a_writer_never_sees_a_gap():
    history, stop, gaps = History(), threading.Event(), []

    def read():
        cursor = 0
        while not stop.is_set():
            page, _ = history.since(cursor, 50)
            seen = [each.cursor for each in page]
            if seen != list(range(cursor + 1, cursor + 1 + len(seen))):
                gaps.append((cursor, seen))
            cursor = seen[-1] if seen else cursor

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for i in range(2000):
            history.extend(results(i + 1), i * 0.001)
    finally:
        stop.set()
        reader.join()
    assert gaps == []
