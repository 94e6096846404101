"""The command ``saxsleash`` against a server that says what a test wants."""

import io
import json
from contextlib import contextmanager

from saxsdog.cli.leash import main
from saxsdog.network import NetworkEntry, save_network
from saxsdog.protocol.codec import decode_answer
from saxsdog.protocol.messages import Hello, Statistics
from saxsdog.schema import schema_folder
from saxsdog.transport.endpoint import Endpoint
from tests.helpers.wires import SECRET, keys_of, welcome


def example(name):
    """The reply of an example, its attachments empty."""
    path = schema_folder() / "examples" / "good" / "reply" / f"{name}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    attachments = [b"" for _ in document.get("attachments", [])]
    return decode_answer([json.dumps(document).encode(), *attachments]).reply


def statistics() -> Statistics:
    return example("stat")


class Script:
    """Answers each command with its replies in turn, the last one for ever; raises errors."""

    def __init__(self, **replies):
        self._replies = {
            command: list(what) if isinstance(what, (list, tuple)) else [what]
            for command, what in replies.items()
        }
        self.requests = []

    def __call__(self, request):
        if isinstance(request, Hello):
            return welcome()
        self.requests.append(request)
        replies = self._replies[request.command]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


class ScriptedLeash:
    """Call it with the words of a command line; ``entry`` is the server, ``network`` its file."""

    def __init__(self, folder, script, entry):
        self.script = script
        self.entry = entry
        self.network = folder / "network.json"
        save_network([entry], self.network)

    def __call__(self, *words):
        return main([*map(str, words), "--network", str(self.network)])


@contextmanager
def scripted_leash(folder, **replies):
    script = Script(**replies)
    with Endpoint("tcp://127.0.0.1:*", keys_of(), script) as endpoint:
        yield ScriptedLeash(folder, script, NetworkEntry("test", endpoint.address, "", SECRET))


class Terminal(io.StringIO):
    """Takes text as a terminal does."""

    def isatty(self):
        return True
