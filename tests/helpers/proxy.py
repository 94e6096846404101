"""A bad line between clients and a server: it delays, slices, holds back, and cuts bytes."""

import socket
import struct
import threading
from contextlib import suppress

BUFFER = 1 << 16
AT_ONCE = struct.pack("ii", 1, 0)
"""Linger: a connection that is closed so is reset."""


class Proxy:
    """Passes bytes on over TCP; a context manager. Threads of its own do the work.

    Parameters
    ----------
    target
        Of the server, as ``tcp://host:port``.
    piece
        Largest number of bytes that are passed on in one go.
    delay
        Seconds between two pieces of a direction, and ahead of the first.

    Attributes
    ----------
    address
        Where clients connect to.
    connections
        How many there were so far.
    """

    def __init__(self, target, *, piece=BUFFER, delay=0.0):
        host, _, port = target.removeprefix("tcp://").rpartition(":")
        self._target = (host, int(port))
        self._piece, self._delay = piece, delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._wires, self._threads = [], []
        self._to_server, self._to_client = _Gate(), _Gate()
        self._over = threading.Event()

    def __enter__(self):
        self._begin(self._accept)
        return self

    def __exit__(self, *exception):
        self._over.set()
        self.let_requests_pass()
        self.let_replies_pass()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def hold_requests(self):
        """Keep what clients send, until :meth:`let_requests_pass`."""
        self._to_server.close()

    def let_requests_pass(self):
        self._to_server.open()

    def hold_replies(self):
        """Keep what the server sends, until :meth:`let_replies_pass`."""
        self._to_client.close()

    def let_replies_pass(self):
        self._to_client.open()

    def wait_for_held_reply(self, patience=10.0):
        """Return when the server has sent something that is held."""
        assert self._to_client.wait_for_held(patience), "the server sends nothing"

    def cut(self):
        """Reset every connection; what is held is lost. New ones may be made."""
        wires, self._wires = self._wires, []
        for wire in wires:
            with suppress(OSError):
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()

    def _begin(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self._over.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            self.connections += 1
            self._wires += [client, server]
            self._begin(self._pass_on, client, server, self._to_server)
            self._begin(self._pass_on, server, client, self._to_client)

    def _pass_on(self, source, target, gate):
        with suppress(OSError):
            while data := source.recv(self._piece):
                gate.pass_through()
                if self._delay and self._over.wait(self._delay):
                    break
                target.sendall(data)
        for wire in (source, target):
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()


class _Gate:
    """Lets a direction through, or holds it."""

    def __init__(self):
        self._changed = threading.Condition()
        self._is_open, self._held = True, 0

    def open(self):
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

    def close(self):
        with self._changed:
            self._is_open, self._held = False, 0

    def pass_through(self):
        with self._changed:
            self._held += not self._is_open
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_open)

    def wait_for_held(self, patience):
        with self._changed:
            return self._changed.wait_for(lambda: self._held > 0, patience)
