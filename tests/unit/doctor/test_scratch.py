import subprocess
import sys
import threading

import pytest

from saxsdog.doctor import scratch
from saxsdog.doctor.scratch import scratch_folder
from saxsdog.sources.names import is_hidden


def test_the_folder_is_hidden_and_gone_afterwards(tmp_path):
    with scratch_folder(tmp_path) as folder:
        (folder / "below").mkdir()
        (folder / "below" / "x.tif").write_bytes(b"7")
        assert folder.parent == tmp_path
        assert is_hidden(folder.name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_folder_is_gone_after_an_error(tmp_path, error):
    def fail():
        with scratch_folder(tmp_path) as folder:
            (folder / "x.tif").write_bytes(b"7")
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_who_still_writes_leaves_nothing(tmp_path):
    """A thread that was given up may go on; each of its files must fail or be removed."""
    begun, refused = threading.Event(), threading.Event()

    def write(folder):
        number = 0
        while not refused.is_set():
            try:
                (folder / f"{number}.tif").write_bytes(b"7")
            except OSError:
                refused.set()
            number += 1
            begun.set()

    with scratch_folder(tmp_path) as folder:
        writer = threading.Thread(target=write, args=(folder,))
        writer.start()
        assert begun.wait(20.0)
    writer.join(20.0)
    assert refused.is_set()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_left_is_removed(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    dead = tmp_path / f"{scratch._own_prefix()}{int(ended.stdout)}-00ff00ff"
    dead.mkdir()
    (dead / "x.tif").write_bytes(b"7")
    with scratch_folder(tmp_path):
        assert not dead.exists()


def test_what_others_use_is_left_alone(tmp_path):
    with scratch_folder(tmp_path) as mine, scratch_folder(tmp_path) as other:
        assert mine.exists()
        assert other != mine
    foreign = tmp_path / f"{scratch.PREFIX}another_machine-1-00ff00ff"
    foreign.mkdir()
    with scratch_folder(tmp_path):
        assert foreign.exists()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    with pytest.raises(OSError, match="nowhere"), scratch_folder(tmp_path / "nowhere"):
        pass
