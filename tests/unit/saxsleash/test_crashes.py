"""Last words of a program that ends without any, wherever they may be written."""

import signal
import subprocess
import sys

import pytest

DYING = """
import os, resource, signal, sys
from pathlib import Path
from saxsleash.crashes import Crashes
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
with Crashes(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGABRT)
"""

HEARING = """
import sys
from pathlib import Path
from saxsleash.crashes import Crashes
with Crashes(Path(sys.argv[1])) as crashes:
    crashes.happened.connect(lambda kind, error, trace, thread: print(kind.__name__, error))
    sys.excepthook(ValueError, ValueError("met"), None)
assert sys.excepthook is sys.__excepthook__
"""


def run(script, path):
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture
def blocked(tmp_path):
    """A place that nobody can write to, not even root: a file stands for its folder."""
    (tmp_path / "home").write_text("a file")
    return tmp_path / "home" / "saxsleash" / "crashes" / "qt-crash.txt"


def test_last_words_are_in_the_file(tmp_path):
    path = tmp_path / "saxsleash" / "crashes" / "qt-crash.txt"
    assert run(DYING, path).returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in path.read_text()


def test_last_words_that_cannot_be_kept_go_to_the_terminal(blocked):
    ended = run(DYING, blocked)
    assert ended.returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in ended.stderr


def test_a_folder_of_the_same_name_is_no_obstacle(tmp_path):
    assert "Fatal Python error: Aborted" in run(DYING, tmp_path).stderr


@pytest.mark.parametrize("place", ["blocked", "tmp_path"])
def test_bugs_are_heard_of_wherever_last_words_go(request, place):
    ended = run(HEARING, request.getfixturevalue(place))
    assert (ended.returncode, ended.stdout) == (0, "ValueError met\n"), ended.stderr


def test_a_program_without_a_terminal_begins_all_the_same(blocked):
    ended = run("import sys; sys.stderr = None\n" + HEARING, blocked)
    assert (ended.returncode, ended.stdout) == (0, "ValueError met\n")
