import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.io.status import Fingerprint
from saxsdog.queue.settling import (
    FIRST_LOOK,
    LOOK_AFTER_CHANGE,
    RAREST_LOOK,
    Patience,
    Wait,
    begin_wait,
)
from saxsdog.reasons import Reason

WALL = 1.7e9
PATIENCE = Patience(
    truncated=30,
    undecodable=2,
    vanished=5,
    disturbed=20,
    unreadable=300,
    forbidden=60,
    longest=600,
)


def written(seconds_ago):
    return Fingerprint(1, int((WALL - seconds_ago) * 1e9), 1)


def looks_of(wait, now, number):
    """Return after how many seconds each look comes if nothing changes."""
    pauses = []
    for _ in range(number):
        due = wait.schedule(now)
        pauses.append(due - now)
        now = due
    return pauses


def test_looks_become_rarer_up_to_a_limit():
    pauses = looks_of(Wait(Reason.TRUNCATED, "", 0.0, 0.0), 0.0, 12)
    assert pauses[0] == pytest.approx(FIRST_LOOK)
    assert pauses[:7] == pytest.approx([FIRST_LOOK * 2**i for i in range(7)])
    assert pauses[7:] == pytest.approx([RAREST_LOOK] * 5)


def test_who_waits_for_a_day_is_looked_at_all_day():
    assert looks_of(Wait(Reason.TRUNCATED, "", 0.0, 0.0), 0.0, 43_200)[-1] == pytest.approx(
        RAREST_LOOK
    )


@pytest.mark.parametrize("reason", [Reason.IO_ERROR, Reason.PERMISSION])
def test_what_waits_for_the_system_is_tried_ever_more_rarely(reason):
    wait = Wait(reason, "", 0.0, 0.0)
    assert looks_of(wait, 0.0, 7) == pytest.approx([FIRST_LOOK * 2**i for i in range(7)])
    assert looks_of(wait, 300.0, 1) == pytest.approx([30.0])


def test_after_a_change_looks_are_frequent_again():
    wait = Wait(Reason.TRUNCATED, "", 0.0, 0.0)
    looks_of(wait, 0.0, 20)
    wait.note_change(100.0)
    (pause,) = looks_of(wait, 100.0, 1)
    assert LOOK_AFTER_CHANGE <= pause < 2 * LOOK_AFTER_CHANGE


def test_a_change_does_not_make_the_first_looks_rarer():
    wait = Wait(Reason.TRUNCATED, "", 0.0, 0.0)
    wait.note_change(0.0)
    assert looks_of(wait, 0.0, 1) == pytest.approx([FIRST_LOOK])


@pytest.mark.parametrize(
    ("reason", "seconds"),
    [
        (Reason.TRUNCATED, 30),
        (Reason.NOT_AN_IMAGE, 2),
        (Reason.DECODE_ERROR, 2),
        (Reason.VANISHED, 5),
        (Reason.IO_ERROR, 300),
        (Reason.PERMISSION, 60),
        (Reason.CHANGED_WHILE_READING, 20),
    ],
)
def test_a_wait_lasts_as_long_as_its_reason_deserves(reason, seconds):
    wait = begin_wait(reason, "", written(0.0), 100.0, WALL)
    assert not wait.is_over(PATIENCE, 100.0 + 0.99 * seconds)
    assert wait.is_over(PATIENCE, 100.0 + 1.01 * seconds)


def test_a_change_makes_a_wait_begin_anew():
    wait = begin_wait(Reason.TRUNCATED, "", written(0.0), 0.0, WALL)
    wait.note_change(29.0)
    assert not wait.is_over(PATIENCE, 58.0)
    assert wait.is_over(PATIENCE, 60.0)


def test_no_wait_is_longer_than_the_longest():
    wait = begin_wait(Reason.TRUNCATED, "", written(0.0), 0.0, WALL)
    for now in range(0, 610, 10):
        wait.note_change(now)
    assert not wait.is_over(PATIENCE, 599.0)
    assert wait.is_over(PATIENCE, 600.0)


@pytest.mark.parametrize("reason", [Reason.TRUNCATED, Reason.NOT_AN_IMAGE, Reason.DECODE_ERROR])
def test_what_was_written_long_ago_has_waited_already(reason):
    assert begin_wait(reason, "", written(3600.0), 0.0, WALL).is_over(PATIENCE, 0.0)


@pytest.mark.parametrize("reason", [Reason.VANISHED, Reason.IO_ERROR, Reason.CHANGED_WHILE_READING])
def test_trouble_with_an_old_file_is_new_trouble(reason):
    assert not begin_wait(reason, "", written(3600.0), 0.0, WALL).is_over(PATIENCE, 0.0)


@given(reason=st.sampled_from(Reason), ahead=st.floats(0, 1e9))
def test_a_file_from_the_future_waits_no_longer_than_others(reason, ahead):
    wait = begin_wait(reason, "", written(-ahead), 0.0, WALL)
    assert wait.is_over(PATIENCE, PATIENCE.with_reason(reason) or 0.0)


def test_other_reasons_deserve_no_patience():
    patient = {reason for reason in Reason if PATIENCE.with_reason(reason) is not None}
    assert patient == {
        Reason.TRUNCATED,
        Reason.NOT_AN_IMAGE,
        Reason.DECODE_ERROR,
        Reason.VANISHED,
        Reason.IO_ERROR,
        Reason.CHANGED_WHILE_READING,
        Reason.NO_LOG_ROW,
        Reason.PERMISSION,
    }
    assert Wait(Reason.POISON, "", 0.0, 0.0).is_over(PATIENCE, 0.0)
