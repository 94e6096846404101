import errno
import logging
import os
import threading

import pytest

from saxsdog.cli.log_writer import TELL_EVERY, LogWriter
from tests.helpers.clocks import Clock
from tests.helpers.feeds import wait_until

PATIENCE = 20.0


class Stalling:
    """A place that takes a line only when it may, and notes it."""

    def __init__(self):
        self.lines = []
        self.taken_up = threading.Event()
        self.may_go_on = threading.Event()
        self.error = None

    def write(self, line):
        self.taken_up.set()
        assert self.may_go_on.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        self.lines += line.splitlines()


@pytest.fixture
def place():
    place = Stalling()
    yield place
    place.may_go_on.set()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def writer(place, clock):
    writer = LogWriter(place, most_waiting=10, clock=clock)
    yield writer
    place.may_go_on.set()
    writer.stop()


def log(writer, *texts):
    for text in texts:
        writer.handle(logging.makeLogRecord({"msg": text}))


def test_lines_are_written_in_order(writer, place):
    place.may_go_on.set()
    log(writer, *map(str, range(10)))
    writer.stop()
    assert place.lines == [str(number) for number in range(10)]


def test_who_logs_does_not_wait_and_what_is_too_much_is_counted(writer, place):
    log(writer, "first")
    assert place.taken_up.wait(PATIENCE)
    log(writer, *map(str, range(25)))
    place.may_go_on.set()
    writer.stop()
    assert place.lines[:-1] == ["first", *(str(number) for number in range(10))]
    assert place.lines[-1].startswith("15 lines of the log are missing: they came faster")


def test_the_end_does_not_wait_for_a_place_that_stalls(writer, place):
    log(writer, "first")
    assert place.taken_up.wait(PATIENCE)
    log(writer, *map(str, range(25)))
    writer.stop(timeout=0.0)
    assert place.lines == []
    log(writer, "too late")
    place.may_go_on.set()
    wait_until(lambda: not writer._thread.is_alive())
    assert "too late" not in place.lines


@pytest.fixture
def standard_error(capfd):
    """What was said there so far; a pipe would do as well."""
    return lambda: capfd.readouterr().err


def test_a_place_that_takes_nothing_is_told_once_and_what_is_missing_is_counted(
    writer, place, clock, standard_error
):
    place.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    place.may_go_on.set()
    log(writer, "a", "b", "c")
    wait_until(lambda: writer._unwritten == 3)
    (told,) = standard_error().splitlines()
    assert told == "the log cannot be written: No space left on device; its lines are dropped"
    place.error = None
    log(writer, "d")
    wait_until(lambda: "d" in place.lines)
    assert place.lines == ["3 lines of the log are missing: the log could not be written", "d"]


def test_a_place_that_fails_again_and_again_is_told_seldom(writer, place, clock, standard_error):
    place.may_go_on.set()
    told = 0
    for number in range(4):
        place.error = OSError(errno.EIO, os.strerror(errno.EIO))
        log(writer, "lost")
        wait_until(lambda: writer._unwritten == 1)
        place.error = None
        log(writer, f"written {number}")
        wait_until(lambda n=number: f"written {n}" in place.lines)
        told += len(standard_error().splitlines())
        clock.now += TELL_EVERY / 2
    assert told == 2
