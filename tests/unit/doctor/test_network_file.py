import os
from dataclasses import replace

import pytest

from saxsdog.doctor import network_file
from saxsdog.doctor.finding import Question, Verdict
from saxsdog.network import NetworkEntry, new_secret, save_network

QUESTION = Question("network", "check")
ENTRY = NetworkEntry("one", "tcp://127.0.0.1:7777", "", new_secret())


def test_no_file_is_doubtful_and_there_is_advice(tmp_path):
    found = network_file.missing(QUESTION, tmp_path / "none")
    assert found.verdict is Verdict.DOUBTFUL
    assert "netconf" in found.advice


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_file_that_others_can_read_is_bad(tmp_path):
    path = tmp_path / "network.json"
    save_network([ENTRY], path)
    assert network_file.rights(QUESTION, path).verdict is Verdict.GOOD
    path.chmod(0o644)
    found = network_file.rights(QUESTION, path)
    assert found.verdict is Verdict.BAD
    assert "0644" in found.text


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_bad(tmp_path):
    path = tmp_path / "network.json"
    save_network([ENTRY], path)
    os.chown(path, 12345, -1)
    assert network_file.rights(QUESTION, path).verdict is Verdict.BAD


@pytest.mark.parametrize("secret", ["0123456789abcdef", "aaaabbbbaaaabbbbaaaabbbbaaaabbbb"])
def test_a_secret_that_could_be_guessed_is_doubtful_and_never_shown(secret):
    found = network_file.secrets(QUESTION, [replace(ENTRY, secret=secret)])
    assert found.verdict is Verdict.DOUBTFUL
    assert secret not in repr(found)


def test_one_secret_for_several_servers_is_doubtful():
    other = NetworkEntry("two", "tcp://127.0.0.1:7778", "", new_secret())
    assert network_file.secrets(QUESTION, [ENTRY, other]).verdict is Verdict.GOOD
    shared = replace(other, secret=ENTRY.secret)
    assert network_file.secrets(QUESTION, [ENTRY, shared]).verdict is Verdict.DOUBTFUL


def test_a_file_without_servers_is_doubtful(tmp_path):
    assert network_file.content(QUESTION, tmp_path, []).verdict is Verdict.DOUBTFUL
    assert network_file.content(QUESTION, tmp_path, [ENTRY]).text.endswith(": one")
