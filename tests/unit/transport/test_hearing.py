import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.protocol.events import Heartbeat, NewFile
from saxsdog.transport.hearing import MOST_STREAMS, Hearing


def new(seq, stream="a"):
    return NewFile("/data/x.tif", stream, seq)


@pytest.fixture
def hearing():
    """One that has heard the first two announcements of the stream a."""
    hearing = Hearing()
    for seq in (1, 2):
        hearing.note(new(seq))
    return hearing


def test_the_first_stream_is_joined_where_it_stands():
    hearing = Hearing()
    assert "first time" in hearing.note(new(500))
    assert hearing.note(new(501)) is None
    assert hearing.missed == 0


def test_numbers_that_are_left_out_are_missed(hearing):
    assert hearing.note(new(6)) == "3 announcements were missed"
    assert hearing.missed == 3


def test_a_heartbeat_tells_of_the_last_announcement(hearing):
    assert hearing.note(Heartbeat("a", 2)) is None
    assert hearing.note(Heartbeat("a", 4)) == "2 announcements were missed"
    assert hearing.note(Heartbeat("a", 4)) is None
    assert hearing.note(new(5)) is None
    assert hearing.missed == 2


def test_a_repetition_is_not_missed(hearing):
    assert hearing.note(new(2)) is None
    assert hearing.note(new(1)) is None
    assert hearing.note(new(3)) is None
    assert hearing.missed == 0


def test_a_stream_that_begins_later_begins_with_one(hearing):
    assert hearing.note(new(1, "b")) == "a feeder has started"
    assert hearing.missed == 0
    assert hearing.note(new(4, "c")) == "3 announcements were missed"
    assert hearing.missed == 3


def test_a_stream_may_begin_with_a_heartbeat(hearing):
    assert hearing.note(Heartbeat("b", 0)) == "a feeder has started"
    assert hearing.note(Heartbeat("c", 2)) == "2 announcements were missed"
    assert hearing.note(new(3, "c")) is None


def test_streams_do_not_disturb_each_other(hearing):
    hearing.note(new(1, "b"))
    assert hearing.note(new(3, "a")) is None
    assert hearing.note(new(2, "b")) is None


def test_an_event_without_a_number_says_nothing_about_others(hearing):
    assert hearing.note(NewFile("/data/x.tif")) is None
    assert hearing.note(NewFile("/data/x.tif", "z")) is None
    assert hearing.note(NewFile("/data/x.tif", None, 9)) is None
    assert hearing.missed == 0


def test_a_stream_that_goes_on_is_remembered_among_many_others(hearing):
    for number in range(2 * MOST_STREAMS):
        hearing.note(new(1, f"other {number}"))
        assert hearing.note(new(3 + number)) is None


def test_a_stream_that_was_silent_among_many_others_is_forgotten(hearing):
    for number in range(MOST_STREAMS):
        hearing.note(new(1, f"other {number}"))
    assert hearing.note(new(1)) == "a feeder has started"


@given(st.sets(st.integers(1, 60), min_size=1))
def test_missed_is_what_lies_between_the_first_and_the_last_and_was_not_heard(numbers):
    hearing = Hearing()
    for seq in sorted(numbers):
        hearing.note(new(seq))
    assert hearing.missed == max(numbers) - min(numbers) + 1 - len(numbers)
