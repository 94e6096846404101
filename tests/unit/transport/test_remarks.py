import pytest

from saxsdog.transport.remarks import AT_ONCE, PER_SECOND, Remarks
from tests.helpers.clocks import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def remarks(clock):
    return Remarks(clock)


def test_what_happens_now_and_then_is_told(remarks, clock):
    for _ in range(100):
        assert remarks.next() == ""
        clock.now += 1.01 / PER_SECOND


def test_of_a_flood_some_is_told_and_then_how_much_was_left_out(remarks, clock):
    assert [remarks.next() for _ in range(AT_ONCE + 37)] == [""] * AT_ONCE + [None] * 37
    clock.now += 1.01 / PER_SECOND
    assert remarks.next() == " (37 more remarks like this left out)"
    assert remarks.next() is None
    clock.now += 1.01 / PER_SECOND
    assert remarks.next() == " (1 more remark like this left out)"
