"""What a machine, its operator and its clock do to a server that wants to go on."""

import os
import signal
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpers.feeds import wait_until
from tests.helpers.fragile_server import FRAGILE_SERVER
from tests.helpers.promises import promise
from tests.helpers.served import (
    check_results,
    processes_of,
    serving,
    times_integrated,
    write_frame,
)

SERVER = (sys.executable, "-m", "saxsdog.cli.server")
FEW_FILES = ("bash", "-c", 'ulimit -n "$0"; exec "$@"')
RESUMED_WITHIN = 10.0

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of Unix")


def write_frames(served, numbers):
    for seed in numbers:
        write_frame(served.images / f"{seed:04d}.tif", seed)


def parts_of(server, word):
    """Processes of a server, by what stands in their command."""
    return [each for each in processes_of(server) if word in command_of(each)]


def command_of(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def starter_of(served):
    """The process that workers are forked from: the oldest of those that look like it."""
    return min(parts_of(served.server.process.pid, "multiprocessing.forkserver"))


@promise(
    "G11",
    fault="the server may open 64 files, 60 clients connect to it, and its worker is killed",
    kept="what runs goes on, and when they have left all else does within 10 s",
)
def test_a_server_with_few_files_goes_on(tmp_path):
    with serving(tmp_path, program=(*FEW_FILES, "64", *SERVER)) as served:
        served.new()
        write_frames(served, range(10))
        (worker,) = served.until_ended(10).workers
        host, port = served.server.entry.server.removeprefix("tcp://").split(":")
        with ExitStack() as crowd:
            for _ in range(60):
                crowd.enter_context(socket.create_connection((host, int(port)), timeout=5))
            write_frames(served, range(10, 20))
            wait_until((served.root / "work" / "0019.chi").is_file)
            os.kill(worker, signal.SIGKILL)
            write_frames(served, range(20, 30))
            wait_until(lambda: "workers cannot be started: Too many" in served.server.log_text())
        before = time.monotonic()
        served.until_ended(30)
        assert time.monotonic() - before < RESUMED_WITHIN
        assert served.client.stat().trouble == ()
        assert check_results(served) == 30


@promise(
    "G4",
    fault="the terminal of the server is closed",
    kept="it ends in order: workers finish what they hold, the rest is kept",
)
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_ends_the_server_in_order(tmp_path, number):
    with serving(tmp_path) as served:
        served.new()
        write_frames(served, range(300))
        served.until(lambda stat: stat.counters.integrated > 10)
        os.killpg(served.server.process.pid, number)
        assert served.server.process.wait(20) == 0
        assert "stopped" in served.server.log_text()
        wait_until(lambda: not processes_of(served.server.process.pid))
        served.server.restart()
        stat = served.until_ended(300)
        assert stat.counters.integrated == 300
        assert set(times_integrated(served.client).values()) == {1}
        assert stat.counters.worker_deaths == 0


@promise(
    "G4",
    fault="the server runs under nohup, and its terminal is closed",
    kept="it goes on",
)
def test_a_server_under_nohup_outlives_its_terminal(tmp_path):
    with serving(tmp_path, program=("nohup", *SERVER)) as served:
        served.new()
        os.killpg(served.server.process.pid, signal.SIGHUP)
        write_frames(served, range(5))
        assert served.until_ended(5).counters.integrated == 5
        assert served.client.stat().counters.worker_deaths == 0


@promise(
    "G4",
    fault="Ctrl-Z, and fg a moment later",
    kept="all goes on",
)
def test_a_server_that_was_stopped_as_by_a_terminal_goes_on(tmp_path):
    with serving(tmp_path, workers=2) as served:
        served.new()
        write_frames(served, range(50))
        served.until(lambda stat: stat.counters.integrated > 5)
        group = served.server.process.pid
        os.killpg(group, signal.SIGSTOP)
        write_frames(served, range(50, 60))
        os.killpg(group, signal.SIGCONT)
        assert served.until_ended(60).counters.integrated == 60
        assert served.client.stat().counters.worker_deaths == 0


@promise(
    "E9",
    fault="the process that starts the workers is killed, and then a worker",
    kept="both are replaced",
)
def test_the_process_that_starts_workers_may_die(tmp_path):
    with serving(tmp_path) as served:
        served.new()
        write_frames(served, range(5))
        served.until_ended(5)
        (worker,) = served.client.stat().workers
        os.kill(starter_of(served), signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        write_frames(served, range(5, 10))
        before = time.monotonic()
        stat = served.until_ended(10)
        assert time.monotonic() - before < RESUMED_WITHIN
        assert stat.counters.integrated == 10


@promise(
    "E9",
    fault="the process that starts the workers is stopped for good, and a worker is killed",
    kept="the worker is replaced, and the server ends when it is told to",
)
def test_the_process_that_starts_workers_may_be_stopped(tmp_path):
    with serving(tmp_path) as served:
        served.new()
        write_frames(served, range(5))
        served.until_ended(5)
        starter = starter_of(served)
        (worker,) = served.client.stat().workers
        os.kill(starter, signal.SIGSTOP)
        os.kill(worker, signal.SIGKILL)
        write_frames(served, range(5, 10))
        assert served.until_ended(10).counters.integrated == 10
        os.kill(starter, signal.SIGSTOP)
        assert served.server.stop() == 0
    wait_until(lambda: not processes_of(served.server.process.pid))


@promise(
    "E16",
    fault="a worker hangs over an image, and holds the next ones already",
    kept="other workers get these within seconds, long before the time of the image is up",
)
@promise(
    "E15",
    fault="the server is killed while a worker hangs over an image; its workers and the process "
    "that starts them are stopped, and nobody lets them go on",
    kept="within seconds all of them are gone",
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells a stopped process")
def test_what_is_stopped_or_hangs_does_not_outlive_the_server(tmp_path):
    with serving(tmp_path, workers=2, program=FRAGILE_SERVER) as served:
        served.new()
        write_frame(served.images / "endless.tif", 1)
        served.until(lambda stat: stat.counters.leased == 1)
        write_frames(served, range(30))
        stat = served.until(lambda stat: stat.counters.integrated == 30)
        assert stat.counters.timeouts == 0
        for process in (*stat.workers, starter_of(served)):
            os.kill(process, signal.SIGSTOP)
        served.server.kill()
        wait_until(lambda: not processes_of(served.server.process.pid))


CLOCK = """
import os, sys, time
real, shift = time.time, sys.argv.pop(1)
def shifted():
    try:
        return real() + float(open(shift).read() or 0)
    except OSError:
        return real()
time.time = shifted
from saxsdog.cli.server import main
sys.exit(main())
"""


@promise(
    "G10",
    fault="the clock of the server jumps an hour ahead, and then two hours back",
    kept="nothing times out; clients are answered; new images are integrated; those that settle "
    "go on waiting",
)
def test_a_clock_that_jumps_costs_nothing(tmp_path):
    shift = tmp_path / "shift"
    program = (sys.executable, "-c", CLOCK, str(shift))
    with serving(tmp_path, program=program) as served:
        served.new()
        whole = write_frame(served.images / "slow.tif", 99).read_bytes()
        served.until_ended(1)
        (served.images / "slow.tif").write_bytes(whole[:-100])
        served.until(lambda stat: stat.counters.settling == 1)
        for start, hours in enumerate((1, -1, 0)):
            new = tmp_path / "new shift"
            new.write_text(str(hours * 3600))
            new.rename(shift)
            write_frames(served, range(start * 5, start * 5 + 5))
            known = served.until(
                lambda stat, start=start: stat.counters.integrated >= start * 5 + 6
            )
            assert known.counters.failed == known.counters.worker_deaths == 0
            assert known.counters.settling == 1
            with served.server.client() as another:
                another.stat()
        (served.images / "slow.tif").write_bytes(whole)
        served.until_ended(17)
        assert served.client.stat().counters.integrated == 17
        assert check_results(served) == 16
