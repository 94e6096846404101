"""Processes that are held on to, with what the system has for it and without."""

import multiprocessing
import os
import time

import pytest

from saxsdog.pipeline.lifeline import Lifeline

PATIENCE = 20.0


@pytest.fixture(params=["a descriptor of the process", "nothing"])
def has(request, monkeypatch):
    """What the system has to tell of the end of a process."""
    if request.param == "nothing":
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    elif not hasattr(os, "pidfd_open"):
        pytest.skip("this system has no such thing")


@pytest.fixture
def start(has):
    started = []

    def begin(seconds):
        process = multiprocessing.get_context("spawn").Process(target=time.sleep, args=[seconds])
        process.start()
        started.append((process, Lifeline(process)))
        return started[-1][1]

    yield begin
    for process, life in started:
        process.kill()
        process.join()
        life.close()
        life.close()
        process.close()


def test_a_process_that_ends_by_itself_is_not_killed(start):
    life = start(0)
    assert life.end(PATIENCE, PATIENCE)
    assert life.exit_code == 0


def test_a_process_that_does_not_end_is_killed(start):
    life = start(3600)
    assert not life.wait(0.01)
    assert life.exit_code is None
    assert life.end(0.0, PATIENCE)
    assert life.exit_code not in (None, 0)


def test_to_kill_what_has_ended_is_harmless(start):
    life = start(0)
    assert life.wait(PATIENCE)
    life.kill()
    assert life.exit_code == 0
