import os

import pytest

from saxsdog.detectors import detector
from saxsdog.doctor import machine
from saxsdog.doctor.finding import Question, Verdict
from saxsdog.doctor.load import load_of, number_text, size_text, time_text

QUESTION = Question("machine", "check")


@pytest.mark.parametrize(
    ("found", "least", "enough"),
    [
        ("1.26.4", "1.26", True),
        ("2.0.0rc1", "1.26", True),
        ("1.26", "1.26.0", True),
        ("1.9", "1.10", False),
        ("1.25.9", "1.26", False),
        (None, "1", False),
    ],
)
def test_versions_are_compared_by_their_numbers(found, least, enough):
    assert machine.is_at_least(found, least) is enough


def test_what_the_distribution_asks_for_is_known():
    assert "numba" in dict(machine.required_versions())
    assert "pyqtgraph" not in dict(machine.required_versions())
    assert "pyqtgraph" in dict(machine.required_versions("gui"))


def test_this_machine_has_what_it_needs():
    for check in (machine.python_version, machine.libraries, machine.compiled_loops):
        assert check(QUESTION).verdict is Verdict.GOOD


def test_a_crash_in_another_process_is_told(tmp_path):
    ended = machine.run_python("import os; os.abort()")
    assert ended.returncode != 0
    assert machine.last_line(ended).startswith("it ended with status")
    ended = machine.run_python("raise ImportError('libGL.so.1 is missing')")
    assert machine.last_line(ended) == "ImportError: libGL.so.1 is missing"
    assert machine.last_line(machine.run_python("input(); import time; time.sleep(60)", 0.5))


def test_too_many_workers_are_doubtful():
    load = load_of(10.0, detector("Pilatus 1M"), None, None, 4)
    assert machine.cores(QUESTION, load, 4).verdict is Verdict.GOOD
    assert machine.cores(QUESTION, load, 2).verdict is Verdict.DOUBTFUL


def test_workers_that_do_not_fit_in_memory_are_bad():
    load = load_of(10.0, detector("Eiger 16M"), None, None, 100_000)
    assert machine.memory(QUESTION, load, 0).verdict in (Verdict.BAD, Verdict.SKIPPED)


@pytest.mark.skipif(os.name != "posix", reason="only there is such a limit")
def test_few_open_files_are_doubtful():
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert machine.open_files(QUESTION).verdict is Verdict.GOOD
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        found = machine.open_files(QUESTION)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (found.verdict, found.figures["limit"]) == (Verdict.DOUBTFUL, 200)


def test_numbers_are_written_as_people_say_them():
    assert [size_text(n) for n in (12, 4_092_529, 999_999_999, 2.5e12)] == [
        "12 bytes",
        "4.09 MB",
        "1000 MB",
        "2.5 TB",
    ]
    assert [time_text(s) for s in (2.5, 0.0123, 4.2e-5)] == ["2.5 s", "12.3 ms", "42 µs"]
    assert [number_text(r) for r in (3467.2, 12.345)] == ["3467", "12.3"]
