"""A server as a process: how it starts, what it tells a service manager, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from saxsdog import Client
from saxsdog.network import NetworkEntry, load_network, save_network
from tests.helpers.experiments import write_calibration
from tests.helpers.feeds import wait_until
from tests.helpers.served import processes_of, serving, until, write_frame

PATIENCE = 20

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and sockets of a service")


@contextmanager
def started(folder, entries, *words, **options):
    """Run a server with these words; its group must be empty in the end."""
    (folder / "data").mkdir()
    network = folder / "network.json"
    save_network(entries, network)
    command = [sys.executable, "-m", "saxsdog.cli.server", str(folder / "data")]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*command, "--network", str(network), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"XDG_STATE_HOME": str(folder / "state")},
        **options,
    )
    try:
        yield process
        wait_until(lambda: not processes_of(process.pid))
    finally:
        for pid in processes_of(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def entry(name):
    return NetworkEntry(name, "tcp://127.0.0.1:*", "", f"the secret of the server {name}")


def test_a_service_manager_is_told_of_start_life_and_end(tmp_path, monkeypatch):
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        with serving(tmp_path) as served:
            lines = manager.recv(4096).decode().splitlines()
            assert lines[0] == "READY=1"
            assert served.server.entry.server in lines[1]
            pings = [manager.recv(4096) for _ in range(3)]
            assert pings == [b"WATCHDOG=1"] * 3
            assert served.server.stop() == 0
            while (message := manager.recv(4096)) == b"WATCHDOG=1":
                continue
            assert message == b"STOPPING=1"


def test_a_server_ends_with_the_program_that_started_it(tmp_path):
    words = ["--stop-with-stdin"]
    with started(tmp_path, [entry("one")], *words, stdin=subprocess.PIPE) as process:
        assert json.loads(process.stdout.readline())["name"] == "one"
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_all_entries_are_served_and_end_together(tmp_path):
    entries = [entry("one"), entry("two")]
    with started(tmp_path, entries, "--all", stdin=subprocess.DEVNULL) as process:
        told = [json.loads(process.stdout.readline()) for _ in entries]
        address_of = {each["name"]: each["address"] for each in told}
        assert set(address_of) == {"one", "two"}
        calibration = write_calibration(tmp_path, Directory=["one"])
        for each in load_network(tmp_path / "network.json"):
            address = address_of[each.name]
            with Client(NetworkEntry(each.name, address, "", each.secret)) as client:
                assert client.hello().name == each.name
                if each.name == "one":
                    client.new(calibration)
                    write_frame(_folder(tmp_path / "data" / "one") / "0.tif", 1)
                    until(client, lambda stat: stat.counters.integrated == 1)
        process.terminate()
        assert process.wait(PATIENCE) == 0


def _folder(path):
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_when_one_of_all_servers_dies_the_others_end_and_the_status_tells(tmp_path):
    entries = [entry("one"), entry("two")]
    with started(tmp_path, entries, "--all", stdin=subprocess.DEVNULL) as process:
        for _ in entries:
            process.stdout.readline()
        children = [pid for pid in processes_of(process.pid) if _is_server(pid, "two")]
        os.kill(children[0], signal.SIGKILL)
        assert process.wait(PATIENCE) == 1


def _is_server(pid, name):
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return b"saxsdog.cli.server" in words and name.encode() in words and b"--all" not in words


def test_ctrl_c_ends_a_server_and_its_workers_quietly(tmp_path):
    with serving(tmp_path, workers=2) as served:
        served.new()
        served.until(lambda stat: len(stat.workers) == 2)
        os.killpg(served.server.process.pid, signal.SIGINT)  # as a terminal does
        assert served.server.process.wait(PATIENCE) == 0
        assert "Traceback" not in served.server.log_text()
        assert "KeyboardInterrupt" not in served.server.log_text()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process")
def test_a_client_is_welcomed_though_no_file_can_be_opened(tmp_path):
    import resource  # of Unix

    with serving(tmp_path) as served:
        version = served.client.hello().version
        process = served.server.process.pid
        taken = {int(each.name) for each in Path(f"/proc/{process}/fd").iterdir()}
        first_free = min(set(range(len(taken) + 1)) - taken)
        before = resource.prlimit(process, resource.RLIMIT_NOFILE)
        resource.prlimit(process, resource.RLIMIT_NOFILE, (first_free, before[1]))
        assert served.client.hello().version == version
        resource.prlimit(process, resource.RLIMIT_NOFILE, before)


def test_what_is_wrong_with_a_call_is_said_in_a_sentence(tmp_path):
    words = [sys.executable, "-m", "saxsdog.cli.server", str(tmp_path)]
    for more, expected in (
        (["--network", str(tmp_path / "none.json")], "none.json"),
        (["--config", str(tmp_path / "none.toml")], "none.toml"),
    ):
        ended = subprocess.run(  # noqa: S603 - our own program
            [*words, *more], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert ended.returncode == 2
        assert expected in ended.stderr
        assert "Traceback" not in ended.stderr
