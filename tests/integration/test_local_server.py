"""A hidden server: as real as any, and never left behind."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from saxsdog.errors import ServerUnreachableError
from saxsdog.local_server import LocalServer
from tests.helpers.experiments import write_calibration, write_images

KILLED_PARENT = """
import os, signal, sys
from pathlib import Path
from saxsdog.local_server import LocalServer
server = LocalServer(Path(sys.argv[1])).__enter__()
with server.client() as client:
    client.new(sys.argv[2])
    print(server.folder, *client.stat().workers, server.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_hidden_server_integrates_what_lies_below_its_root(tmp_path):
    write_images(tmp_path / "in", 5)
    calibration = write_calibration(tmp_path, Directory=["in"])
    with LocalServer(tmp_path, workers=1) as server, server.client() as client:
        client.new(calibration)
        client.readdir()
        assert client.wait(30).counters.integrated == 5
    assert server.process.returncode == 0


def test_a_hidden_server_that_dies_leaves_its_log_to_the_program_that_started_it(tmp_path):
    with LocalServer(tmp_path, workers=1) as server:
        server.process.terminate()
        assert server.process.wait(30) == 0
        assert "stopped" in server.log
    assert not server.folder.exists()


def test_a_server_that_cannot_start_says_why(tmp_path):
    with pytest.raises(ServerUnreachableError, match="expected a folder that exists"):
        LocalServer(tmp_path / "nowhere").__enter__()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="other systems have no pidfd")
def test_a_hidden_server_ends_when_the_program_that_started_it_is_killed(tmp_path):
    calibration = write_calibration(tmp_path, Threads=1)
    command = [sys.executable, "-c", KILLED_PARENT, str(tmp_path), str(calibration)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    folder, *words = parent.stdout.readline().split()
    handles = [os.pidfd_open(int(word)) for word in words]
    assert len(handles) == 2
    assert parent.wait(30) < 0
    parent.stdout.close()
    for handle in handles:
        ended, _, _ = select.select([handle], [], [], 30)
        assert ended
        os.close(handle)
    assert not Path(folder).exists()  # the secret of the server was in it
