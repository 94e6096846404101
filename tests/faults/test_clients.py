"""What clients meet: servers that are gone, silent, or have gone mad."""

import json
import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from saxsdog import Client
from saxsdog.errors import ProtocolError, ServerUnreachableError
from saxsdog.protocol.envelope import Keys, open_request, seal_reply
from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.proxy import Proxy
from tests.helpers.served import rows_of, serving, write_frame
from tests.helpers.servers import SECRET
from tests.helpers.wires import Between

RECONNECTED_WITHIN = 5.0
MOST_WORDS = 1000
"""Characters; whatever a server sends, somebody has to read this."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server with ten integrated images."""
    with serving(tmp_path_factory.mktemp("clients")) as served:
        served.new()
        for seed in range(10):
            write_frame(served.images / f"{seed}.tif", seed)
        served.until_ended(10)
        yield served


@promise(
    "H1",
    fault="nothing arrives at the server any more, though the line is up; later it does again",
    kept="the client says that nobody answers, and is answered again without being started anew",
)
def test_a_client_survives_a_line_that_swallows_everything(served):
    with (
        Proxy(served.server.entry.server) as proxy,
        Client(replace(served.server.entry, server=proxy.address), patience=1.0) as client,
    ):
        assert client.stat().state == "running"
        proxy.hold_requests()
        with pytest.raises(ServerUnreachableError, match="expected an answer within"):
            client.stat()
        proxy.let_requests_pass()
        before = time.monotonic()
        assert client.stat().state == "running"
        assert time.monotonic() - before < RECONNECTED_WITHIN


@promise(
    "H1",
    fault="the server is killed while a client waits for news, and started again",
    kept="the client goes on where it was, and misses nothing",
)
def test_a_client_goes_on_with_a_server_that_was_killed(tmp_path):
    seen = []

    def listen(client):
        while len(seen) < 6:
            with suppress(ServerUnreachableError):
                seen.extend(client.history(seen[-1].cursor if seen else 0, wait=2.0).rows)

    with serving(tmp_path) as served, served.server.client() as client:
        served.new()
        for seed in range(3):
            write_frame(served.images / f"{seed}.tif", seed)
        served.until_ended(3)
        listener = threading.Thread(target=listen, args=[client], daemon=True)
        listener.start()
        wait_until(lambda: len(seen) == 3)
        served.server.kill()
        served.server.restart()
        for seed in range(3, 6):
            write_frame(served.images / f"{seed}.tif", seed)
        listener.join(20)
        assert not listener.is_alive()
        assert [row.cursor for row in seen] == [row.cursor for row in rows_of(served.client)]
        assert len({row.file for row in seen}) == 6


class MadServer:
    """Knows the secret, and answers in its own way; a context manager around what lies between.

    Parameters
    ----------
    server
        The real one, whose answers are changed.
    parts
        Body and attachments of every answer.
    """

    def __init__(self, server, parts):
        self._keys = Keys.from_secret(SECRET)
        self._parts = parts
        self._context = b""
        self._between = Between(server.entry.server, self._on_request, self._on_reply)
        self.entry = replace(server.entry, server=self._between.address)

    def __enter__(self):
        self._between.__enter__()
        return self

    def __exit__(self, *exception):
        self._between.__exit__(*exception)

    def _on_request(self, frames):
        self._context = open_request(self._keys, frames).context
        return frames

    def _on_reply(self, _):
        return seal_reply(self._keys, self._parts, self._context)


NESTED = b'{"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
HOSTILE = {
    "nothing": [b""],
    "no JSON": [b"\xff\xfe\x00"],
    "a number": [b"7"],
    "nested": [NESTED],
    "NaN": [b'{"result": "stat", "data": {"time": NaN}, "epoch": "", "time": 0}'],
    "twice the same key": [b'{"result": "stat", "result": "stat"}'],
    "no keys": [b"{}"],
    "a result that nobody knows": [
        json.dumps({"result": "<b>x</b>", "data": {}, "epoch": "e" * 32, "time": 0}).encode()
    ],
    "data of another kind": [
        json.dumps({"result": "stat", "data": [], "epoch": "e" * 32, "time": 0}).encode()
    ],
    "30 MiB": [b'{"result": "' + b"x" * (30 << 20) + b'"}'],
    "names of attachments without them": [
        json.dumps(
            {
                "result": "calibration",
                "data": {"document": {}},
                "epoch": "e" * 32,
                "time": 0,
                "attachments": ["../../../../tmp/evil"],
            }
        ).encode()
    ],
}


@promise(
    "H2",
    fault="a server that knows the secret answers with what is no answer: no JSON, 30 MiB, deeply "
    "nested, without keys, of another kind",
    kept="the client says what it expected and what came, and writes no file",
)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_client_refuses_answers_that_are_none(served, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with MadServer(served.server, HOSTILE[name]) as mad, Client(mad.entry) as client:
        for ask in (client.hello, client.stat, client.get, client.history):
            with pytest.raises(ProtocolError) as caught:
                ask()
            assert "expected" in str(caught.value)
            assert len(str(caught.value)) < MOST_WORDS
    assert list(tmp_path.iterdir()) == []
