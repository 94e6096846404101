"""The leash in a terminal, as a user calls it, at a server as an operator starts it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.helpers.experiments import DOCUMENT, write_calibration, write_image, write_images
from tests.helpers.servers import running_server

COMMAND = [sys.executable, "-m", "saxsdog.cli.leash"]
PATIENCE = 30.0

interruptible = pytest.mark.skipif(
    os.name != "posix", reason="other systems cannot send Ctrl-C to one process"
)


class Leash:
    """Calls ``saxsleash`` for a server."""

    def __init__(self, server):
        self._end = ["--network", str(server.network)]

    def words(self, *words):
        return [*COMMAND, *map(str, words), *self._end]

    def __call__(self, *words, status=0):
        ran = subprocess.run(  # noqa: S603 - our own command
            self.words(*words), capture_output=True, text=True, check=False
        )
        assert ran.returncode == status, ran.stderr + ran.stdout
        assert "Traceback" not in ran.stderr
        return ran.stdout if status == 0 else ran.stdout + ran.stderr

    def document(self, *words, status=0):
        return json.loads(self(*words, "--json", status=status))

    def started(self, *words, **how):
        """Start a command that stays; its output comes line by line."""
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | how
        return subprocess.Popen(self.words(*words), **how)  # noqa: S603 - our own command


def make_root(folder):
    """Write three images, and one that is none, below a root; return it."""
    write_images(folder / "root" / "frames", 3)
    (folder / "root" / "frames" / "notes.tif").write_text("this is no image")
    return folder / "root"


def integrate(server, folder):
    """Have the server integrate what is there."""
    with server.client() as client:
        client.new(write_calibration(folder))
        client.readdir()
        assert client.wait(PATIENCE).counters.integrated == 3


@pytest.fixture
def root(tmp_path):
    return make_root(tmp_path)


@pytest.fixture
def server(tmp_path, root):
    with running_server(tmp_path / "server", root, workers=1) as running:
        yield running


@pytest.fixture
def leash(server):
    return Leash(server)


@pytest.fixture
def integrated(leash, server, tmp_path):
    """A leash whose server has integrated all there is."""
    integrate(server, tmp_path)
    return leash


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """The same for tests that change nothing."""
    folder = tmp_path_factory.mktemp("idle")
    with running_server(folder / "server", make_root(folder), workers=1) as running:
        integrate(running, folder)
        yield Leash(running)


def test_a_queue_is_opened_worked_off_and_described(leash, tmp_path, root):
    assert "idle" in leash("hello")
    assert "new queue" in leash("new", write_calibration(tmp_path), "--readdir")
    assert "1 failed (1 not-an-image)" in leash("wait", "--timeout", PATIENCE, status=1)
    assert "4 known = 3 integrated + 1 failed + 0 skipped + 0 pending" in leash("stat")
    counters = leash.document("stat")["counters"]
    parts = ("integrated", "failed", "skipped", "pending")
    assert counters["known"] == sum(counters[part] for part in parts) == 4
    assert sorted(path.name for path in (root / "work").glob("*.chi")) == [
        f"image_00{i}.chi" for i in (1, 2, 3)
    ]


def test_what_was_integrated_is_listed(idle):
    rows = idle.document("history")["rows"]
    files = {f"frames/image_00{i}.tif" for i in (1, 2, 3)}
    assert {row["file"] for row in rows} == files
    assert all(file in idle("history") for file in files)
    lists = idle.document("fileslist")["fileslist"]
    assert {name.replace("work", "frames").replace("chi", "tif") for name in lists["R0"]} == files
    assert "not-an-image  frames/notes.tif" in idle("failed")
    assert "frames/" in idle("listdir")
    assert "lead upwards" in idle("listdir", "..", status=2)


def test_curves_frame_and_calibration_are_fetched(idle, tmp_path):
    pytest.importorskip("matplotlib")
    graph = idle.document("plot")["graphs"][0]
    assert {len(column) for column in graph["data"].values()} == {graph["points"]}
    for words in (["plot"], ["image"]):
        picture = tmp_path / f"{words[0]}.png"
        idle(*words, "-o", picture)
        assert picture.read_bytes().startswith(b"\x89PNG")
    idle("get", "-o", tmp_path / "got.saxsconf")
    assert json.loads((tmp_path / "got.saxsconf").read_text()) == DOCUMENT


def test_a_queue_is_tried_again_closed_and_aborted(integrated):
    assert "1 image to try again" in integrated("requeue", "--reason", "not-an-image")
    assert "1 failed" in integrated("wait", "--timeout", PATIENCE, status=1)
    assert "closed" in integrated("close")
    assert "aborted" in integrated("abort")
    assert "expected an open queue" in integrated("readdir", status=2)


@interruptible
def test_new_images_are_followed_line_by_line(integrated, root):
    following = integrated.started("history", "--follow", "--since", "0", "--json")
    try:
        lines = (json.loads(line)["file"] for line in following.stdout)
        seen = set()
        while len(seen) < 3:  # one that was done before ``readdir`` came is done twice
            seen.add(next(lines))
        write_image(root / "frames" / "late.tif")
        assert "frames/late.tif" in lines
    finally:
        following.send_signal(signal.SIGINT)
        _, told = following.communicate(timeout=PATIENCE)
    assert (following.returncode, told) == (0, "")


@interruptible
def test_a_watch_says_what_happens_until_it_is_interrupted(integrated, root):
    watching = integrated.started("watch")
    try:
        assert "3 integrated" in watching.stdout.readline()
        write_image(root / "frames" / "late.tif")
        line = watching.stdout.readline()
        while "4 integrated" not in line:
            line = watching.stdout.readline()
        assert "frames/late.tif" in line
    finally:
        watching.send_signal(signal.SIGINT)
        _, told = watching.communicate(timeout=PATIENCE)
    assert (watching.returncode, told) == (0, "")


@interruptible
def test_a_watch_goes_on_when_the_server_comes_back(integrated, server):
    watching = integrated.started("watch")
    try:
        assert "3 integrated" in watching.stdout.readline()
        server.kill()
        assert watching.stdout.readline() == "test does not answer\n"
        server.restart()
        assert "3 integrated" in watching.stdout.readline()
    finally:
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=PATIENCE)


@interruptible
def test_a_watch_rewrites_its_line_on_a_terminal(idle):
    import pty

    terminal, end = pty.openpty()
    watching = idle.started("watch", stdout=end)
    os.close(end)
    shown = b""
    while shown.count(b"\r") < 3:
        shown += os.read(terminal, 4096)
    watching.send_signal(signal.SIGINT)
    watching.communicate(timeout=PATIENCE)
    os.close(terminal)
    assert watching.returncode == 0
    assert b"running" in shown
    assert b"\n" not in shown


def test_a_reader_that_has_seen_enough_is_no_error(integrated, root):
    following = integrated.started("history", "--follow", "--since", "0")
    following.stdout.readline()
    following.stdout.close()
    write_image(root / "frames" / "late.tif")
    assert following.wait(PATIENCE) == 0
    assert following.stderr.read() == ""
    following.stderr.close()


def test_help_comes_at_once_and_needs_no_numbers():
    started = time.monotonic()
    ran = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, "--help"], capture_output=True, text=True, check=True
    )
    assert time.monotonic() - started < 3.0  # 0.1 s on a machine that does nothing else
    assert "readdir" in ran.stdout
    script = "import sys, saxsdog.cli.leash as l; l.parser_of('stat'); print(*sys.modules)"
    loaded = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "zmq", "rich", "PyQt5", "matplotlib"} & set(loaded)
