import os
import subprocess
import sys
from pathlib import Path

import pytest

from saxsdog.benchmark.processes import cpu_seconds_of, family_of, memory_of

LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
NOBODY = 2**31 - 1
"""No process has this number."""


@LINUX
def test_a_family_is_a_process_and_its_descendants():
    words = [sys.executable, "-c", "print(1, flush=True); input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:  # noqa: S603
        child.stdout.readline()
        family = family_of(os.getpid())
        assert family[0] == os.getpid()
        assert child.pid in family
        assert family_of(child.pid) == (child.pid,)
        child.communicate(b"\n")


@LINUX
def test_memory_and_processor_time_are_those_of_all_processes_together():
    one, two = memory_of([os.getpid()]), memory_of([os.getpid(), os.getpid()])
    assert two == pytest.approx(2 * one, rel=0.2)
    assert cpu_seconds_of([os.getpid()]) > 0


def test_nothing_is_told_of_a_process_that_is_not_there():
    assert memory_of([NOBODY]) is None
    assert cpu_seconds_of([os.getpid(), NOBODY]) is None
