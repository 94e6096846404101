"""Code that takes too long is stopped, and what the process uses its alarms for goes on."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from saxsdog.classifiers.time_limit import OverdueError, time_limit

needs_signals = pytest.mark.skipif(
    not hasattr(signal, "SIGVTALRM"), reason="nothing can be stopped here"
)


def spin():
    while True:
        pass


def hang():
    threading.Event().wait()


def wait_for_a_pipe():
    reading, writing = os.pipe()
    try:
        os.read(reading, 1)
    finally:
        os.close(reading)
        os.close(writing)


@needs_signals
@pytest.mark.parametrize("work", [spin, hang, wait_for_a_pipe])
def test_what_computes_and_what_waits_is_stopped_each_time(work):
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(OverdueError), time_limit(0.02):
            work()
        assert time.monotonic() - began >= 0.02


@needs_signals
def test_a_shorter_limit_after_a_longer_one_counts():
    with time_limit(1000.0):
        pass
    with pytest.raises(OverdueError), time_limit(0.02):
        hang()


@needs_signals
def test_a_signal_that_comes_late_stops_nobody():
    for _ in range(3):
        with time_limit(1000.0):
            signal.raise_signal(signal.SIGVTALRM)
        signal.raise_signal(signal.SIGVTALRM)


@needs_signals
def test_alarms_and_timers_are_left_to_others():
    before = signal.getsignal(signal.SIGALRM)
    delay, _ = signal.setitimer(signal.ITIMER_REAL, 1000.0)
    try:
        with time_limit(5.0):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
            assert signal.getsignal(signal.SIGALRM) is before
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    finally:
        signal.setitimer(signal.ITIMER_REAL, delay)  # that of the test runner


WORKER = """
import multiprocessing, os, signal, sys
from saxsdog.classifiers.time_limit import time_limit
from saxsdog.pipeline import orphans

def work(pipe):
    orphans.LAST_IMAGE = orphans.LOOK_AGAIN = 0.2
    orphans.end_without_server()
    with time_limit(1000.0):
        pipe.send("in the hands of somebody else")
        while not 0 < signal.getitimer(signal.ITIMER_REAL)[0] < 1:
            pass  # until the server is gone, and its end has set the alarm
    while True:
        signal.pause()

if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    worker = multiprocessing.get_context("spawn").Process(target=work, args=(theirs,))
    worker.start()
    ours.recv()
    print(worker.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of the end of a server")
def test_a_worker_whose_server_dies_while_it_is_limited_ends_as_well(tmp_path):
    script = tmp_path / "server.py"
    script.write_text(WORKER, encoding="utf-8")
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:  # noqa: S603
        server.wait()
        worker = int(server.stdout.readline())
        # It has inherited the pipe, which ends when the last of the two does.
        ended, _, _ = select.select([server.stdout], [], [], 20.0)
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
        assert ended


def test_in_another_thread_too_late_is_told_at_the_end():
    told = []

    def work():
        try:
            with time_limit(-1.0):
                pass
        except OverdueError as error:
            told.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(told) == 1
