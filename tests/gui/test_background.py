"""Work in other threads ends in the thread of the window."""

import threading

import pytest

from saxsleash.background import Background


@pytest.fixture
def background(qapp):
    background = Background((ValueError,))
    yield background
    background.stop()


def fail(error):
    raise error


def test_a_result_arrives_in_the_thread_that_asked(qtbot, background):
    seen = []
    background.run(
        threading.get_ident, lambda where: seen.append((where, threading.get_ident())), seen.append
    )
    qtbot.waitUntil(lambda: bool(seen))
    worked_in, told_in = seen[0]
    assert worked_in != told_in == threading.get_ident()


def test_an_expected_error_is_handed_over(qtbot, background):
    seen = []
    background.run(lambda: fail(ValueError("no such image")), seen.append, lambda e: seen.append(e))
    qtbot.waitUntil(lambda: bool(seen))
    assert str(seen[0]) == "no such image"


def test_any_other_error_is_raised_where_bugs_are_reported(qtbot, background):
    with qtbot.captureExceptions() as caught:
        background.run(lambda: fail(KeyError("bug")), print, print)
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is KeyError


def test_after_a_stop_nothing_is_told(qtbot, background):
    release, seen = threading.Event(), []
    started = threading.Event()

    def work():
        started.set()
        release.wait(10)

    background.run(work, seen.append, seen.append)
    started.wait(10)
    background._stopped = True  # as stop() does first
    release.set()
    background.stop()
    assert not seen
    background.run(work, seen.append, seen.append)  # is not even begun
