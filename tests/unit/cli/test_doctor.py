"""How findings are shown, and what they add up to."""

import pytest

from saxsdog.cli.doctor import lines, summary
from saxsdog.doctor.finding import Question, Verdict, overall

QUESTION = Question("Folder", "free space")
GOOD = QUESTION.good("42 µs")
DOUBTFUL = QUESTION.doubtful("little", "make room")
BAD = QUESTION.bad("none", "make room")
SKIPPED = QUESTION.skipped("not here")


@pytest.mark.parametrize(
    ("found", "verdict", "sentence"),
    [
        ([], Verdict.GOOD, "Ready."),
        ([GOOD, SKIPPED], Verdict.GOOD, "Ready."),
        ([GOOD, DOUBTFUL], Verdict.DOUBTFUL, "Ready, with 1 doubt."),
        ([DOUBTFUL, DOUBTFUL], Verdict.DOUBTFUL, "Ready, with 2 doubts."),
        ([BAD, GOOD], Verdict.BAD, "Not ready: free space (Folder)."),
        ([BAD, DOUBTFUL], Verdict.BAD, "Not ready: free space (Folder); and 1 doubt."),
    ],
)
def test_the_worst_verdict_decides(found, verdict, sentence):
    assert overall(found) is verdict
    assert summary(found) == sentence


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(0.9, Verdict.BAD), (1.0, Verdict.DOUBTFUL), (2.9, Verdict.DOUBTFUL), (3.0, Verdict.GOOD)],
)
def test_what_there_is_is_compared_with_what_is_needed(ratio, verdict):
    assert QUESTION.compared(ratio, 3.0, "text", "advice").verdict is verdict


def test_a_good_answer_takes_one_line():
    assert lines(GOOD, 80, utf8=True) == ["  ✔ free space       42 µs"]
    assert lines(GOOD, 80, utf8=False) == ["  ok free space       42 us"]


def test_advice_stands_below_and_nothing_is_too_wide():
    found = QUESTION.bad("there is none " * 9, "make room or write elsewhere " * 5)
    laid = lines(found, 60, utf8=True)
    assert laid[0].startswith("  ✘ free space       there is none")
    assert any(line.startswith(" " * 21 + "> make room") for line in laid)
    assert max(map(len, laid)) <= 60


def test_what_a_terminal_would_obey_is_escaped():
    found = QUESTION.good("/data/\x1b[2J/ä")
    assert lines(found, 80, utf8=True)[0].endswith("/data/\\x1b[2J/ä")
    assert lines(found, 80, utf8=False)[0].isascii()
