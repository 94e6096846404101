"""The command as ``saxsdog netconf``, run in this process."""

import os
import signal

import pytest

from saxsdog.cli.main import main
from saxsdog.network import load_network


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Path of the network file of a user who has none."""
    path = tmp_path / "home" / ".saxsdognetwork"
    path.parent.mkdir()
    monkeypatch.setenv("SAXSDOG_NETWORK", str(path))
    handler = signal.getsignal(signal.SIGTERM)
    yield path
    signal.signal(signal.SIGTERM, handler)  # the command has set its own


def netconf(*arguments):
    return main(["netconf", *arguments])


def test_the_first_call_makes_a_file_for_this_machine(file, capsys):
    assert netconf() == 0
    (entry,) = load_network(file)
    assert (entry.name, entry.server, entry.feeder) == ("local", "tcp://127.0.0.1:7777", "")
    assert len(entry.secret) == 64
    shown = capsys.readouterr()
    assert shown.err == ""
    assert str(file) in shown.out
    assert entry.secret not in shown.out
    assert "(hidden)" in shown.out


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_only_the_owner_can_read_the_new_file(file):
    netconf()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_first_server_may_be_described(file):
    words = ["--name", "Eiger", "--server", "tcp://*:7000", "--feeder", "tcp://[::1]:7001"]
    assert netconf(*words) == 0
    (entry,) = load_network(file)
    assert (entry.name, entry.server, entry.feeder) == ("Eiger", "tcp://*:7000", "tcp://[::1]:7001")


def test_a_file_that_is_there_is_only_shown(file, capsys):
    netconf()
    before = file.read_bytes()
    capsys.readouterr()
    assert netconf() == 0
    assert file.read_bytes() == before
    assert "added" not in capsys.readouterr().out


def test_secrets_are_shown_only_on_demand(file, capsys):
    netconf()
    capsys.readouterr()
    assert netconf("--show-secrets") == 0
    assert load_network(file)[0].secret in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["--name", "b"], ["--server", "tcp://a:1"], ["--fix", "--feeder", "tcp://a:1"]]
)
def test_a_description_changes_no_file_that_is_there(file, capsys, words):
    netconf()
    before = file.read_bytes()
    assert netconf(*words) == 2
    assert "--add" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_a_server_is_added(file):
    netconf()
    first = load_network(file)[0]
    assert netconf("--add", "--name", "Eiger", "--server", "tcp://127.0.0.1:7778") == 0
    entries = load_network(file)
    assert entries[0] == first
    assert entries[1].name == "Eiger"
    assert entries[1].secret != first.secret


def test_a_name_is_not_added_twice(file, capsys):
    netconf()
    before = file.read_bytes()
    assert netconf("--add") == 2
    assert "name of a new server, got 'local'" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_no_server_is_added_to_a_file_that_is_broken(file, capsys):
    file.write_text('[{"Name": "a"')
    assert netconf("--add", "--name", "b") == 2
    assert "expected JSON" in capsys.readouterr().err
    assert file.read_text() == '[{"Name": "a"'


@pytest.mark.parametrize("server", ["http://a:1", "tcp://a", ""])
def test_a_server_of_a_wrong_address_is_not_added(file, capsys, server):
    assert netconf("--server", server) == 2
    assert "expected tcp://host:port" in capsys.readouterr().err
    assert not file.exists()


def test_a_server_is_removed(file, capsys):
    netconf()
    netconf("--add", "--name", "Eiger")
    assert netconf("--remove", "local") == 0
    assert [entry.name for entry in load_network(file)] == ["Eiger"]
    assert netconf("--remove", "local") == 2
    assert "('Eiger'), got 'local'" in capsys.readouterr().err


def test_a_server_gets_a_new_secret(file):
    netconf()
    netconf("--add", "--name", "Eiger")
    before = load_network(file)
    assert netconf("--new-secret", "Eiger") == 0
    after = load_network(file)
    assert after[0] == before[0]
    assert after[1].secret != before[1].secret
    assert after[1].server == before[1].server


@pytest.mark.parametrize("words", [["--remove", "a"], ["--new-secret", "a"]])
def test_a_change_makes_no_file(file, capsys, words):
    assert netconf(*words) == 2
    assert "there is none" in capsys.readouterr().err
    assert not file.exists()


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_rights_of_others_are_warned_of_and_taken_away(file, capsys):
    netconf()
    file.chmod(0o644)
    assert netconf() == 0
    assert "warning: " in capsys.readouterr().err
    assert file.stat().st_mode & 0o777 == 0o644
    assert netconf("--fix") == 0
    assert capsys.readouterr().err == ""
    assert file.stat().st_mode & 0o777 == 0o600


def test_there_is_nothing_to_fix_without_a_file(file, capsys):
    assert netconf("--fix") == 2
    assert "rights cannot be set" in capsys.readouterr().err


def test_another_file_may_be_named(file, tmp_path):
    assert netconf("--file", str(tmp_path / "other"), "--name", "b") == 0
    assert load_network(tmp_path / "other")[0].name == "b"
    assert not file.exists()
