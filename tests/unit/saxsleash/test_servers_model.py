"""The list of servers, its errors, and what is remembered of it."""

import pytest
from PyQt5.QtCore import QSettings

from saxsdog.network import VARIABLE, NetworkEntry, save_network
from saxsleash.appearance import Tone
from saxsleash.models.light import ASKING, light_of_problem
from saxsleash.models.preferences import Preferences
from saxsleash.models.servers_model import ServersModel

SECRET = "a secret that only tests know"  # noqa: S105
HUTCH = NetworkEntry("hutch", "tcp://storage.example.org:7777", "", SECRET)
OTHER = NetworkEntry("other", "tcp://127.0.0.1:7778", "", SECRET)


@pytest.fixture
def network(tmp_path, monkeypatch):
    QSettings.setDefaultFormat(QSettings.IniFormat)
    QSettings.setPath(QSettings.IniFormat, QSettings.UserScope, str(tmp_path / "settings"))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "network.json"))
    return tmp_path / "network.json"


@pytest.fixture
def servers(network):
    return ServersModel(Preferences())


def test_the_servers_of_the_file_are_listed(network, servers):
    save_network([HUTCH, OTHER], network)
    servers.reload()
    assert servers.entries == (HUTCH, OTHER)
    assert (servers.problem, servers.warning, servers.is_missing) == ("", "", False)
    assert servers.entry("other") == OTHER
    assert servers.entry("nobody") is None


def test_a_file_that_is_out_of_reach_is_not_called_missing(tmp_path, monkeypatch, servers):
    monkeypatch.setenv(VARIABLE, str(tmp_path / ("x" * 300)))
    servers.reload()
    assert "cannot be read" in servers.problem
    assert not servers.is_missing


def test_a_missing_file_is_told_with_what_makes_one(network, servers):
    servers.reload()
    assert servers.is_missing
    assert servers.entries == ()
    assert "saxsdog netconf" in servers.problem


def test_a_wrong_file_is_told_without_its_secrets(network, servers):
    network.write_text(f'[{{"Name": "x", "Server": "nonsense", "Secret": "{SECRET}"}}]')
    servers.reload()
    assert not servers.is_missing
    assert "Server" in servers.problem
    assert SECRET not in servers.problem


def test_a_file_that_others_can_read_is_a_warning(network, servers):
    save_network([HUTCH], network)
    network.chmod(0o644)
    servers.reload()
    assert servers.entries == (HUTCH,)
    assert "0644" in servers.warning


def test_what_is_known_of_a_server_is_told_once(network, servers):
    save_network([HUTCH], network)
    servers.reload()
    told = []
    servers.light_changed.connect(told.append)
    assert servers.light("hutch") == ASKING
    denied = light_of_problem("denied", "wrong secret or version")
    servers.set_light("hutch", denied)
    servers.set_light("hutch", denied)
    assert told == ["hutch"]
    assert (servers.light("hutch").tone, servers.light("hutch").word) == (Tone.BAD, "wrong secret")


def test_local_servers_stand_first_and_are_not_remembered(network, servers):
    save_network([HUTCH], network)
    servers.reload()
    local = NetworkEntry("local /data", "tcp://127.0.0.1:40000", "", SECRET)
    servers.set_local([local])
    assert servers.entries == (local, HUTCH)
    servers.remember("hutch")
    servers.remember("local /data")
    assert servers.last == "hutch"
    assert ServersModel(Preferences()).last == "hutch"
