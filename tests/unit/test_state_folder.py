import os
import subprocess
import sys

import pytest

from saxsdog.errors import OutputError, SettingsError
from saxsdog.state_folder import StateFolder

HOLD = """
import sys
from pathlib import Path
from saxsdog.state_folder import StateFolder
with StateFolder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_made_with_those_above_it(tmp_path):
    with StateFolder(tmp_path / "a" / "b") as folder:
        assert folder.path == tmp_path / "a" / "b"
        assert folder.path.is_dir()


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such rights")
def test_a_new_folder_is_private(tmp_path):
    with StateFolder(tmp_path / "state"):
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_a_folder_is_held_by_one_only(tmp_path):
    with (
        StateFolder(tmp_path),
        pytest.raises(SettingsError, match="another server"),
        StateFolder(tmp_path),
    ):
        pytest.fail("both hold it")


def test_a_folder_is_free_after_its_server_has_stopped(tmp_path):
    for _ in range(2):
        with StateFolder(tmp_path):
            assert tmp_path.is_dir()


def test_a_folder_is_free_when_its_server_was_killed(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:  # noqa: S603 - ours
        assert server.stdout.readline().strip() == b"held"
        with pytest.raises(SettingsError, match="another server"), StateFolder(tmp_path):
            pytest.fail("both hold it")
        server.kill()
    with StateFolder(tmp_path):
        assert tmp_path.is_dir()


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(SettingsError, match="cannot keep state"), StateFolder(tmp_path / "state"):
        pytest.fail("entered")


def test_a_folder_in_the_place_of_the_lock_is_an_error(tmp_path):
    (tmp_path / "lock").mkdir()
    with pytest.raises(SettingsError, match="cannot keep state"), StateFolder(tmp_path):
        pytest.fail("entered")


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be moved")
def test_a_folder_that_is_moved_is_missed_until_it_is_back(tmp_path):
    place, away = tmp_path / "state", tmp_path / "away"
    with StateFolder(place) as folder:
        folder.expect()
        place.rename(away)
        with pytest.raises(OutputError, match="state of the server is gone: it was removed"):
            folder.expect()
        place.write_text("")
        folder.look()
        assert "it was removed" in folder.trouble[0]
        place.unlink()
        away.rename(place)
        folder.expect()
        assert folder.trouble == ()


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be removed")
def test_another_folder_in_its_place_is_not_taken_for_it(tmp_path):
    with StateFolder(tmp_path) as folder:
        (tmp_path / "lock").unlink()
        (tmp_path / "lock").touch()
        folder.look()
        (sentence,) = folder.trouble
        assert str(tmp_path) in sentence
        assert "another folder has taken its place" in sentence
