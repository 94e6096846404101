"""Wake a thread that waits for pipes."""

import contextlib
import socket


class Waker:
    """Something to wait for beside pipes, that any thread can set off."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)

    @property
    def receiver(self) -> socket.socket:
        """What to wait for."""
        return self._receiver

    def wake(self) -> None:
        """Let :attr:`receiver` be readable until it is cleared."""
        with contextlib.suppress(BlockingIOError, OSError):  # full: it is awake; closed: too late
            self._sender.send(b"!")

    def clear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._receiver.recv(4096)

    def close(self) -> None:
        self._receiver.close()
        self._sender.close()
