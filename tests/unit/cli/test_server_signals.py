"""Signals that end a server; they come between any two steps of the main thread."""

import os
import signal

import pytest

from saxsdog.cli.server import _stop_on_signal
from saxsdog.pipeline.starting import SIGNALS_TO_STOP

PATIENCE = 20.0


@pytest.mark.parametrize("number", SIGNALS_TO_STOP)
def test_a_signal_that_meets_the_lock_of_the_event_is_heard(number):
    before = signal.getsignal(number)
    with _stop_on_signal() as stop:
        with stop._cond:  # as while the main thread waits, now and then
            signal.raise_signal(number)
        assert stop.wait(PATIENCE)
        assert signal.getsignal(number) is signal.SIG_DFL, "a second one does what signals do"
    assert signal.getsignal(number) is before


def test_without_a_signal_nothing_is_left():
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):  # noqa: PTH112
        pytest.skip("the system does not list open files")
    before = os.listdir(folder)  # noqa: PTH208
    with _stop_on_signal() as stop:
        pass
    assert not stop.is_set()
    assert len(os.listdir(folder)) == len(before)  # noqa: PTH208
