"""A client of the original SAXSDOG, made from what is known of its wire and of nothing of ours."""

import hashlib
import json
import time

import zmq

PATIENCE_MS = 10_000
SILENCE_MS = 500
"""How long to wait for an answer that must not come."""


def signature(message, secret):
    """The sign of a message: whatever stands there now, it counts as empty."""
    text = json.dumps(message | {"sign": ""}, sort_keys=True)
    return hashlib.sha512(text.encode() + secret.encode()).hexdigest()


def signed(command, argument, secret, at=None):
    """A message of the original as an object; ``at`` in s since the epoch instead of now."""
    at = time.time() if at is None else at
    message = {"command": command, "argument": argument, "time": at, "sign": ""}
    return message | {"sign": signature(message, secret)}


def attachment(filename, content):
    """The frame of a mask file: its bytes as Latin-1 text."""
    return json.dumps({"filename": filename, "data": content.decode("latin-1")}).encode()


def frames_of(message, masks=()):
    """A message and its masks, pairs of name and content, as they travel."""
    return [json.dumps(message).encode(), *(attachment(*mask) for mask in masks)]


class OldLeash:
    """Asks a server in the words of the original; a context manager."""

    def __init__(self, address, secret):
        self._address = address
        self._secret = secret
        self._context = zmq.Context()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._context.destroy(linger=0)

    def ask(self, command, argument=None, masks=(), at=None):
        """The reply, an object with ``result`` and ``data``; a reply of other form is an error."""
        message = signed(command, argument, self._secret, at)
        frames = self.exchange(*frames_of(message, masks))
        assert frames is not None, f"no answer to {command}"
        (frame,) = frames
        reply = json.loads(frame)
        assert reply.keys() == {"result", "data"}, reply
        assert isinstance(reply["result"], str), reply
        assert isinstance(reply["data"], dict), reply
        return reply

    def exchange(self, *frames, patience=PATIENCE_MS):
        """What comes back for these frames as they are; ``None`` if nothing does in time."""
        with self._context.socket(zmq.REQ) as socket:  # one that got no answer cannot ask again
            socket.linger = 0
            socket.connect(self._address)
            socket.send_multipart(frames)
            return socket.recv_multipart() if socket.poll(patience) else None
