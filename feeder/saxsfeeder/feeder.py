"""Announce finished files to whoever listens."""

from __future__ import annotations

import atexit
import json
import os
import threading
import uuid
from pathlib import PurePath
from typing import Any

import zmq

HEARTBEAT_INTERVAL = 1.0
"""Seconds; servers take a feeder for dead after three of them."""

LINGER = 3000
"""Milliseconds that :meth:`Feeder.close` waits for what the network has not taken yet."""


class Feeder:
    """Publishes "new file" events, and a heartbeat by which a server notices what it missed.

    Nothing waits for a server: if none listens, an event is dropped, and the server finds the file
    when it next walks the folders.

    Parameters
    ----------
    bind
        Where servers subscribe, for example ``tcp://*:5555``.
    map_path
        A folder as this machine calls it and as the server calls it, if they differ.
    heartbeat_interval
        In seconds.

    Raises
    ------
    OSError
        If ``bind`` cannot be listened at, usually because another feeder does.
    """

    def __init__(
        self,
        bind: str = "tcp://*:5555",
        *,
        map_path: tuple[str, str] | None = None,
        heartbeat_interval: float = HEARTBEAT_INTERVAL,
    ) -> None:
        self._map_path = map_path
        self._stream = uuid.uuid4().hex
        self._seq = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._context = zmq.Context()
        self._socket = self._listen(bind)
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        self._heart = threading.Thread(
            target=self._beat, args=(heartbeat_interval,), name="heartbeat", daemon=True
        )
        self._heart.start()
        atexit.register(self.close)  # or the last events of a script that just ends are lost

    def announce(self, path: str | bytes | os.PathLike[Any]) -> None:
        """Say that a file is there and whole; any thread may call this.

        Raises
        ------
        ValueError
            If the feeder is closed.
        """
        name = os.fsdecode(path)
        if not os.path.isabs(name):  # noqa: PTH117 - a hundred times faster than pathlib
            name = os.path.abspath(name)  # noqa: PTH100 - resolve() would follow links
        event = {"command": "new file", "argument": self._as_the_server_calls_it(name)}
        event.update(_status(name))
        with self._lock:
            if self._closing.is_set():
                raise ValueError(f"{name}: expected an open feeder, this one is closed")
            self._seq += 1
            self._send(event)

    def close(self) -> None:
        """Send what is under way and stop; safe to call twice."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
        atexit.unregister(self.close)
        self._heart.join()
        self._socket.close()
        self._context.term()

    def __enter__(self) -> Feeder:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _listen(self, bind: str) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.PUB)
        socket.setsockopt(zmq.SNDHWM, 0)  # at its default, a burst of 1000 files loses events
        socket.setsockopt(zmq.LINGER, LINGER)
        try:
            socket.bind(bind)
        except zmq.ZMQError as error:
            socket.close()
            self._context.term()
            raise OSError(error.errno, f"{bind}: cannot listen here: {error.strerror}") from error
        return socket

    def _beat(self, interval: float) -> None:
        while not self._closing.wait(interval):
            with self._lock:
                self._send({"command": "heartbeat"})

    def _send(self, event: dict[str, Any]) -> None:
        event["stream"] = self._stream
        event["seq"] = self._seq
        self._socket.send(json.dumps(event).encode("ascii"))

    def _as_the_server_calls_it(self, name: str) -> str:
        if self._map_path is None:
            return name
        here, there = self._map_path
        try:
            rest = PurePath(name).relative_to(here)
        except ValueError:
            return name
        separator = "\\" if "\\" in there else "/"
        return separator.join([there.rstrip("/\\"), *rest.parts]) if rest.parts else there


def _status(name: str) -> dict[str, Any]:
    """Size and time of a file, if this machine can see it."""
    try:
        status = os.stat(name)  # noqa: PTH116 - faster
    except (OSError, ValueError):
        return {}
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
