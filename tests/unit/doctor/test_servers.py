"""Addresses where nobody is, and where somebody is who does not answer; real ones elsewhere."""

import socket
import sys
from contextlib import ExitStack, suppress

import pytest

from saxsdog.doctor.finding import Verdict
from saxsdog.doctor.servers import check_server
from saxsdog.network import NetworkEntry

SECRET = "a secret for tests only"  # noqa: S105 - it guards nothing


def found_of(url, feeder=""):
    """Verdicts by the name of the check, in their order."""
    entry = NetworkEntry("x", url, feeder, SECRET)
    return {each.check: each for each in check_server(entry)}


@pytest.fixture
def closed_port():
    """A port where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_nobody_listens_there(closed_port):
    url = f"tcp://127.0.0.1:{closed_port}"
    found = found_of(url, feeder=url)
    assert list(found) == ["address", "port", "feeder"]
    assert found["port"].verdict is Verdict.BAD
    assert "nobody listens" in found["port"].text
    assert found["feeder"].verdict is Verdict.DOUBTFUL  # it may come later


def test_nobody_knows_the_host():
    found = found_of("tcp://no-such-host.invalid:7777")
    assert list(found) == ["address"]
    assert found["address"].verdict is Verdict.BAD


def test_a_server_without_a_port_cannot_be_found():
    assert found_of("tcp://127.0.0.1:*")["address"].verdict is Verdict.BAD


def test_somebody_listens_and_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = found_of(f"tcp://127.0.0.1:{silent.getsockname()[1]}")
    assert found["port"].verdict is Verdict.GOOD
    assert found["secret"].verdict is Verdict.BAD
    assert "no answer within 5 s" in found["secret"].text
    assert "clock" not in found


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse where Linux drops")
def test_packets_that_are_dropped_are_not_waited_for_for_ever():
    """Nobody takes the connections that wait here, so further ones get no answer."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(full.getsockname())
        found = found_of(f"tcp://127.0.0.1:{full.getsockname()[1]}")
    assert found["port"].verdict is Verdict.BAD
    assert found["port"].text == "no answer within 5 s"
