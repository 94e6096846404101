"""Results across the border between memory and journal."""

import pytest

from saxsdog.queue import history as history_module
from saxsdog.queue.history import History
from saxsdog.queue.journal import Journal
from saxsdog.queue.records import Result
from saxsdog.session import past as past_module
from saxsdog.session.past import Past

MEMORY = 20


class Foreman:
    """What a foreman remembers, without its thread."""

    def __init__(self, journal):
        self.journal = journal
        self.history = History()

    def integrate(self, number, commit=True):
        before = self.journal.last_cursor
        for i in range(number):
            self.journal.add_result(
                Result(
                    0, f"/data/{before + i}.tif", None, "file", None, 1.0, 2.0, ("/w/a.chi",), {}
                )
            )
        if commit:
            self.journal.commit()
            self.history.extend(self.journal.results(before, number), 0.0)


class Keeper:
    """Which queue is open; ``before_answer`` is called when the foreman is asked something."""

    def __init__(self):
        self.queue_id = "first"
        self.questions = 0
        self.before_answer = lambda: None

    def ask(self, function):
        self.questions += 1
        self.before_answer()
        return function()


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(history_module, "LENGTH", MEMORY)
    monkeypatch.setattr(past_module, "BATCH", 7)


@pytest.fixture
def foreman(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield Foreman(journal)
    journal.close()


@pytest.fixture
def keeper():
    return Keeper()


@pytest.fixture
def past(foreman, keeper):
    return Past(foreman, keeper)


def cursors(excerpt):
    return [result.cursor for result in excerpt.results]


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 25, 50, 100])
@pytest.mark.parametrize("total", [0, 5, 20, 21, 27, 50])
def test_who_reads_excerpt_by_excerpt_misses_nothing(foreman, past, limit, total):
    foreman.integrate(total)
    seen, since, more = [], 0, True
    while more:
        excerpt = past.after(since, limit)
        assert len(excerpt.results) <= limit
        seen += cursors(excerpt)
        since, more = excerpt.next, excerpt.more
        assert more == (len(seen) < total)
    assert seen == list(range(1, total + 1))
    assert past.after(since, limit).next == total


def test_an_excerpt_goes_on_in_memory_where_the_journal_is_not_needed(foreman, keeper, past):
    foreman.integrate(MEMORY + 7)
    assert cursors(past.after(0, 100)) == list(range(1, MEMORY + 8))
    assert keeper.questions == 1


def test_what_is_in_memory_needs_nobody_else(foreman, keeper, past):
    foreman.integrate(50)
    assert past.is_in_memory(30)
    assert cursors(past.after(30, 5)) == [31, 32, 33, 34, 35]
    assert keeper.questions == 0
    assert not past.is_in_memory(29)


def test_a_cursor_of_the_future_is_taken_back(foreman, past):
    foreman.integrate(3)
    assert past.after(1000, 5).next == 3


def test_what_is_not_written_down_is_not_told(foreman, past):
    foreman.integrate(3)
    foreman.history.clear()
    foreman.integrate(2, commit=False)
    assert cursors(past.after(0, 5)) == [1, 2, 3]


def test_rows_of_two_queues_never_meet(foreman, keeper, past):
    foreman.integrate(MEMORY + 30)

    def replace_the_queue():
        if keeper.questions == 2:
            keeper.queue_id = "second"
            foreman.journal.clear()
            foreman.history.clear()
            foreman.integrate(4)

    keeper.before_answer = replace_the_queue
    excerpt = past.after(0, 100)
    assert excerpt.queue == "second"
    assert cursors(excerpt) == [51, 52, 53, 54]
