"""Hidden servers: found by the link, and gone with the window however that ends."""

import os
import select
import subprocess
import sys

import pytest

from saxsleash.link import Link, LocalServers
from tests.helpers.feeds import wait_until
from tests.helpers.served import processes_of

PATIENCE_MS = 40_000

KILLED_WINDOW = """
import os, signal, sys
from pathlib import Path
from PyQt5.QtCore import QCoreApplication
from saxsleash.link import Link, LocalServers

application = QCoreApplication([])
servers, link = LocalServers(), Link()

def on_connected(welcome):
    (server,) = servers._servers.values()
    print(server.process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

link.connected.connect(on_connected)
servers.local_started.connect(link.connect_to)
servers.start(Path(sys.argv[1]))
application.exec_()
"""


@pytest.fixture
def servers(qtbot):
    servers = LocalServers()
    yield servers
    servers.stop(30.0)


def start(qtbot, servers, root):
    with qtbot.waitSignal(servers.local_started, timeout=PATIENCE_MS) as started:
        servers.start(root)
    return started.args[0]


def test_a_folder_for_which_another_window_has_a_server_is_told(qtbot, servers, tmp_path):
    told = []
    servers.shared.connect(told.append)
    start(qtbot, servers, tmp_path)
    start(qtbot, servers, tmp_path)  # the same one again
    assert told == []
    others = LocalServers()
    try:
        with qtbot.waitSignal(others.shared, timeout=PATIENCE_MS) as shared:
            others.start(tmp_path)
        assert shared.args == [tmp_path]
    finally:
        others.stop(30.0)
    servers.stop(30.0)
    later = LocalServers()
    later.shared.connect(told.append)
    try:
        start(qtbot, later, tmp_path)
    finally:
        later.stop(30.0)
    assert told == []


def test_servers_of_folders_that_end_alike_have_names_of_their_own(qtbot, servers, tmp_path):
    end = "x" * 60
    roots = [tmp_path / "one" / end, tmp_path / "other" / end, tmp_path / "line\nend"]
    names = []
    for root in roots:
        root.mkdir(parents=True)
        names.append(start(qtbot, servers, root).name)
    assert names[:2] == [f"local …{end[:45]}", f"local …{end[:45]} (2)"]
    assert names[2].endswith("line\\nend")
    assert start(qtbot, servers, roots[1]).name == names[1]
    assert len({entry.name for entry in servers.entries}) == 3


def test_a_local_server_can_be_asked_and_ends_with_the_stop(qtbot, servers, tmp_path):
    entry = start(qtbot, servers, tmp_path)
    assert servers.entries == (entry,)
    assert str(tmp_path)[-20:] in entry.name
    link = Link()
    with qtbot.waitSignal(link.connected, timeout=PATIENCE_MS) as connected:
        link.connect_to(entry)
    assert connected.args[0].name == entry.name
    assert link.stop(10.0)
    (server,) = servers._servers.values()
    servers.stop(30.0)
    assert server.process.returncode == 0
    assert servers.entries == ()


def test_a_folder_gets_one_server_also_if_asked_for_twice(qtbot, servers, tmp_path):
    entry = start(qtbot, servers, tmp_path)
    assert start(qtbot, servers, tmp_path) == entry


def test_a_server_that_has_died_is_started_anew(qtbot, servers, tmp_path):
    entry = start(qtbot, servers, tmp_path)
    (server,) = servers._servers.values()
    server.process.kill()
    server.process.wait()
    assert start(qtbot, servers, tmp_path).server != entry.server


def test_a_folder_that_is_not_there_is_told(qtbot, servers, tmp_path):
    with qtbot.waitSignal(servers.local_failed, timeout=PATIENCE_MS) as failed:
        servers.start(tmp_path / "nowhere")
    assert "expected a folder that exists" in failed.args[0]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="other systems have no pidfd")
def test_no_server_is_left_behind_when_the_window_is_killed(tmp_path):
    command = [sys.executable, "-c", KILLED_WINDOW, str(tmp_path)]
    window = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    server = int(window.stdout.readline())
    handle = os.pidfd_open(server)
    assert window.wait(30) < 0
    window.stdout.close()
    ended, _, _ = select.select([handle], [], [], 30)
    os.close(handle)
    assert ended
    wait_until(lambda: not processes_of(server))
