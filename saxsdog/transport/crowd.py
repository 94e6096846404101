"""Watches the connections to a server for what ZeroMQ does not limit: their number, and memory.

ZeroMQ gathers the frames of a message until the last one is there, however many come, and takes
connections as long as there are file descriptors. Both would let a stranger end a server, or stop
it from opening files. The kernel knows how many bytes came over each connection; whoever sends
many and never ends a message, or more messages than can be taken, is hung up on. Linux tells;
elsewhere nobody is watched.
"""

import ctypes
import logging
import os
import socket
import stat
import struct
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from saxsdog.protocol.envelope import LARGEST_MESSAGE, MEBIBYTE

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.25
"""Seconds."""

MOST_OF_A_STRANGER = 2 * MEBIBYTE
"""Bytes that wait, in messages or a part of one, from somebody who never sealed one with our
secret. In frames of one byte each they take twenty times as much memory."""

MOST_OF_STRANGERS = 16 * MEBIBYTE
MOST_OF_A_FRIEND = LARGEST_MESSAGE + MEBIBYTE
MOST_OF_ALL = 2 * MOST_OF_A_FRIEND

MOST_NOISE = 1000
"""Messages over one connection that nobody wanted; to take them costs more than to send them."""

MOST_STRANGERS = 256
"""Connections over which nothing came yet that was sealed with our secret."""

LOG_EVERY = 60.0
_OURS = "/proc/self/fd"
_LISTENS = 10  # the state of a listening socket, first byte of tcp_info
_RECEIVED = struct.Struct("=128xQ")  # tcpi_bytes_received, Linux 4.1 and later


@dataclass
class Connection:
    """What is known of one connection.

    Attributes
    ----------
    inode
        Its number while it lives; descriptors are used again at once.
    received, finished
        Bytes that came, and how many of them belong to messages that were taken.
    is_friend
        Whether a message came that was sealed with our secret.
    is_guest
        Whether it comes from where a first message may be large.
    """

    inode: int
    received: int = 0
    finished: int = 0
    is_friend: bool = False
    is_guest: bool = False

    @property
    def hoard(self) -> int:
        """Bytes that wait: of complete messages, or of one that is not."""
        return self.received - self.finished


class Crowd:
    """The connections to one port; :meth:`look` at them often, in one thread.

    Parameters
    ----------
    port
        Where the server listens.
    clock
        Seconds that never go back.
    allows
        Whether a first message from an address may be as large as that of a friend.
    """

    def __init__(
        self,
        port: int,
        clock: Callable[[], float],
        allows: Callable[[str], bool] = lambda address: False,
    ) -> None:
        self._port = port
        self._clock = clock
        self._allows = allows
        self._connections: dict[int, Connection] = {}  # in the order in which they came
        self._taken: dict[int, int] = {}
        self._noise: dict[int, int] = {}
        self._is_behind = False
        self._friends: set[int] = set()
        self._look_at = clock()
        self._log_at = clock()
        self._has_let_go = False

    def note(self, descriptor: int, size: int, *, is_friend: bool) -> None:
        """Take notice of a message that was taken, and whether our secret has sealed it."""
        with suppress(OSError):  # gone meanwhile
            inode = os.fstat(descriptor).st_ino
            self._taken[inode] = self._taken.get(inode, 0) + size
            if is_friend:
                self._friends.add(inode)
                return
            self._noise[inode] = self._noise.get(inode, 0) + 1
            if self._noise[inode] >= MOST_NOISE:
                self.hang_up(descriptor)

    def note_turn(self, *, is_behind: bool) -> None:
        """Take notice of whether messages may wait still.

        If none does, all that came belongs to those that were taken, so also what their sizes do
        not tell: ZeroMQ says more over a connection than messages.
        """
        self._has_let_go |= self._is_behind and not is_behind
        self._is_behind = is_behind

    def hang_up(self, descriptor: int) -> None:
        """End the connection of a stranger now: a message cost more than any may.

        The message may have waited until its connection was gone and the descriptor belongs to
        somebody else, so neither a friend nor one who has just come is hung up on.
        """
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as wire:
            inode = os.fstat(wire.fileno()).st_ino
            known = self._connections.get(inode)
            if known is None:
                self._look_at = self._clock()  # at the end of this turn; its next message is late
            if known is None or known.is_friend or inode in self._friends:
                return
            if _is_connection(wire, self._port):
                wire.shutdown(socket.SHUT_RDWR)
                self._has_let_go = True

    def look(self) -> None:
        """Hang up on those who hoard, and on the oldest strangers if there are too many."""
        now = self._clock()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        if self._has_let_go:  # a moment ago; so has ZeroMQ, of what had come
            _return_free_memory()
        self._has_let_go = False
        with ExitStack() as stack:
            wires = _wires(self._port, stack)
            self._update(wires)
            for inode in excess(list(self._connections.values())):
                with suppress(OSError):
                    wires[inode].shutdown(socket.SHUT_RDWR)
                self._has_let_go = True
                self._log(now, self._connections[inode])

    def _update(self, wires: dict[int, socket.socket]) -> None:
        stayed = {inode: one for inode, one in self._connections.items() if inode in wires}
        came = {
            inode: Connection(inode, is_guest=self._allows(_peer_of(wire)))
            for inode, wire in wires.items()
            if inode not in stayed
        }
        self._connections = stayed | came
        self._noise = {inode: n for inode, n in self._noise.items() if inode in wires}
        for inode, wire in wires.items():
            connection = self._connections[inode]
            connection.received = _received(wire)
            connection.is_friend |= inode in self._friends
            if inode in self._taken:
                received, taken = connection.received, connection.finished + self._taken[inode]
                connection.finished = min(taken, received) if self._is_behind else received
        self._taken.clear()
        self._friends.clear()

    def _log(self, now: float, connection: Connection) -> None:
        if now < self._log_at:
            return
        self._log_at = now + LOG_EVERY
        logger.warning(
            "hung up on a connection: %d are open, %d of them without our secret; this one sent "
            "%.1f MiB that no message holds or nobody could take yet",
            len(self._connections),
            sum(not one.is_friend for one in self._connections.values()),
            connection.hoard / MEBIBYTE,
        )


def excess(connections: Sequence[Connection]) -> set[int]:
    """Choose the connections to hang up on; they come in the order in which they were made."""
    strangers = [one for one in connections if not one.is_friend]
    friends = [one for one in connections if one.is_friend]
    chosen = {one.inode for one in strangers[: max(0, len(strangers) - MOST_STRANGERS)]}
    guests = [one for one in strangers if one.is_guest]
    others = [one for one in strangers if not one.is_guest]
    chosen |= _greedy(others, MOST_OF_A_STRANGER, MOST_OF_STRANGERS)
    return chosen | _greedy(friends + guests, MOST_OF_A_FRIEND, MOST_OF_ALL)


def _greedy(connections: Sequence[Connection], of_one: int, together: int) -> set[int]:
    """Choose those with the largest hoards until the limits hold."""
    chosen = set()
    total = sum(one.hoard for one in connections)
    for one in sorted(connections, key=lambda one: one.hoard, reverse=True):
        if one.hoard <= of_one and total <= together:
            break
        chosen.add(one.inode)
        total -= one.hoard
    return chosen


def _wires(port: int, stack: ExitStack) -> dict[int, socket.socket]:
    """Return a second descriptor of every connection to a port of this process, by inode.

    It stays the same connection, whatever ZeroMQ does with the first one meanwhile.
    """
    wires = {}
    for descriptor in _sockets():
        with suppress(OSError):
            wire = stack.enter_context(socket.socket(fileno=os.dup(descriptor)))
            if _is_connection(wire, port):
                wires[os.fstat(wire.fileno()).st_ino] = wire
    return wires


def _sockets() -> list[int]:
    """Descriptors of all sockets of this process; all are found before any is duplicated."""
    try:
        names = os.listdir(_OURS)  # noqa: PTH208 - a Path for each of them takes too long
    except OSError:  # not Linux, or no descriptor is left to look at them
        return []
    return [descriptor for descriptor in map(int, names) if _is_socket(descriptor)]


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:  # closed meanwhile
        return False


def _is_connection(wire: socket.socket, port: int) -> bool:
    if wire.family not in (socket.AF_INET, socket.AF_INET6) or wire.type != socket.SOCK_STREAM:
        return False
    return wire.getsockname()[1] == port and _information(wire)[:1] != bytes([_LISTENS])


def _peer_of(wire: socket.socket) -> str:
    try:
        return str(wire.getpeername()[0])
    except OSError:  # gone meanwhile
        return ""


def _received(wire: socket.socket) -> int:
    information = _information(wire)
    return _RECEIVED.unpack_from(information)[0] if len(information) >= _RECEIVED.size else 0


def _information(wire: socket.socket) -> bytes:
    return wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)


def _return_free_memory() -> None:
    """Let the C library return what it keeps of freed memory, which may be hundreds of MiB."""
    with suppress(OSError, AttributeError):  # not of GNU
        ctypes.CDLL(None).malloc_trim(0)
