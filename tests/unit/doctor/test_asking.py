import os
import threading

import pytest

from saxsdog.doctor.asking import NoAnswerError, answer, within
from saxsdog.doctor.finding import Question, Verdict
from saxsdog.errors import SettingsError

QUESTION = Question("a subject", "a check")


@pytest.fixture
def dead_file(tmp_path):
    """A file that whoever opens it waits for, as on a file server that is gone."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    path = tmp_path / "dead"
    os.mkfifo(path)
    yield path
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))  # lets the reader go


def test_work_in_time_gives_its_result():
    assert within(20.0, lambda: 7) == 7


def test_an_error_of_the_work_is_raised_where_it_is_waited_for():
    with pytest.raises(SettingsError, match="no good"):
        within(20.0, lambda: _raised(SettingsError("no good")))


def test_a_file_that_does_not_answer_is_given_up(dead_file):
    with pytest.raises(NoAnswerError, match=r"no answer within 0\.2 s"):
        within(0.2, dead_file.read_bytes)


def test_no_answer_is_an_answer(dead_file):
    found = answer(QUESTION, lambda question: question.good(dead_file.read_text()), 0.2)
    assert found.verdict is Verdict.BAD
    assert found.text == "no answer within 0.2 s"
    assert found.advice


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PermissionError(13, "Permission denied"), "cannot be checked: Permission denied"),
        (TimeoutError(110, "Connection timed out"), "cannot be checked: Connection timed out"),
        (SettingsError("a key is wrong"), "a key is wrong"),
    ],
)
def test_an_expected_error_is_an_answer(error, text):
    found = answer(QUESTION, lambda _: _raised(error))
    assert (found.verdict, found.text) == (Verdict.BAD, text)


def test_a_bug_is_none():
    with pytest.raises(ZeroDivisionError):
        answer(QUESTION, lambda question: question.good(str(1 / 0)))


def test_work_does_not_run_in_the_thread_that_waits():
    assert within(20.0, threading.get_ident) != threading.get_ident()


def _raised(error):
    raise error
