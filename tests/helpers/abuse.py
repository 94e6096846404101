"""Strangers who flood a server with messages that it must not take; each a process of its own."""

import json
import os
import random
import socket
import struct
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, suppress

from saxsdog.errors import AuthenticationError
from saxsdog.protocol.codec import decode_answer
from saxsdog.protocol.envelope import MEBIBYTE, open_reply
from saxsdog.protocol.messages import Abort, Hello, ReadDir, Stat
from tests.helpers.servers import SECRET
from tests.helpers.wires import RawClient, flipped, keys_of, sealed

PEERS = 4
"""Connections of one process."""

PATIENCE_MS, TRY_MS = 30_000, 500
RECORDED = 64
OTHER_SECRET = "the secret of somebody else"  # noqa: S105
RARELY = 1 / 4000
"""Of the messages are large: a few hundred MiB in a million."""


def flood(address, number, processes=2):
    """Begin to send so many hostile messages; returns what waits until the server has seen them."""
    each = -(-number // processes)
    command = [sys.executable, "-m", "tests.helpers.abuse", address, str(each)]
    started = [
        subprocess.Popen([*command, str(seed)], stdout=subprocess.PIPE, text=True)  # noqa: S603
        for seed in range(processes)
    ]
    return Flood(started)


class Flood:
    """Hostile messages on their way; a context manager."""

    def __init__(self, processes):
        self._processes = processes

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for process in self._processes:
            process.kill()
            process.wait()
            process.stdout.close()

    @property
    def goes_on(self):
        """Whether one of them still sends."""
        return any(process.poll() is None for process in self._processes)

    def result(self):
        """Return how many were sent of each kind; they must have ended well."""
        kinds = Counter()
        for process in self._processes:
            kinds += Counter(json.loads(process.stdout.read()))
            assert process.wait() == 0
        return kinds


class Stranger:
    """Speaks to a server byte by byte; a context manager."""

    def __init__(self, address):
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        self._wire = socket.create_connection((host, int(port)))
        self._wire.settimeout(PATIENCE_MS / 1000)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._wire.close()

    def say(self, data):
        """Send bytes, if somebody still listens."""
        with suppress(OSError):
            self._wire.sendall(data)

    def shake_hands(self):
        """Begin as a client does, and return when the server has done so as well."""
        kind = b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
        ready = b"\x05READY" + kind + b"\x08Identity" + bytes(4)
        greeting = b"\xff" + bytes(8) + b"\x7f\3\0" + b"NULL".ljust(20, b"\0") + bytes(32)
        self._wire.sendall(greeting + bytes([4, len(ready)]) + ready)
        heard = b""
        while b"READY" not in heard:
            more = self._wire.recv(1000)
            assert more, "the server has hung up"
            heard += more

    def break_off(self):
        """End the connection at once, as that of a machine that is switched on again ends."""
        self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._wire.close()

    def is_hung_up_on(self, data, most=1 << 30):
        """Send the same bytes again and again; whether the server ends that."""
        self._wire.settimeout(1)
        try:
            for _ in range(most // len(data)):
                self._wire.sendall(data)
        except TimeoutError:  # a line that was full may not hear of its end; ours does
            return self._wire.recv(1) == b""
        except OSError:
            return True
        return False


def part_of_a_message(frame):
    """A frame on the wire, with others to come."""
    if len(frame) < 256:
        return bytes([1, len(frame)]) + frame
    return b"\3" + struct.pack(">Q", len(frame)) + frame


class Hostile:
    """Makes hostile messages; ``recorded`` were sealed by an honest client, before."""

    def __init__(self, seed, recorded):
        self._random = random.Random(seed)  # noqa: S311 - the same abuse every time
        self._recorded = recorded
        keys = keys_of(OTHER_SECRET)
        self._forged = [sealed(Abort(), keys=keys).frames for _ in range(RECORDED)]
        self._kinds = (
            self.malformed,
            self.truncated,
            self.forged,
            self.changed,
            self.spliced,
            self.replayed,
        )

    def next(self):
        """Return the name of a kind, and frames of it."""
        rare = self._random.random() < RARELY
        make = self.oversized if rare else self._random.choice(self._kinds)
        return make.__name__, make()

    def malformed(self):
        sizes = [
            self._random.choice((0, 1, 12, 68, 300)) for _ in range(self._random.randint(1, 6))
        ]
        return [self._random.randbytes(size) for size in sizes]

    def truncated(self):
        *frames, last = self._genuine()
        return frames if self._random.random() < 0.5 else [*frames, last[:-1]]

    def forged(self):
        return self._random.choice(self._forged)

    def changed(self):
        frames = list(self._genuine())
        which = self._random.randrange(len(frames))
        frames[which] = flipped(frames[which], self._random.randrange(8 * len(frames[which])))
        return frames

    def spliced(self):
        return [self._genuine()[0], *self._genuine()[1:], self._random.randbytes(40)]

    def replayed(self):
        return self._genuine()

    def oversized(self):
        header, body = self._genuine()[:2]
        too_long, too_many = [header, bytes(MEBIBYTE + 17)], [header, *[b"x"] * 10_000]
        return self._random.choice((too_long, too_many, [header, body + bytes(1 << 18)]))

    def _genuine(self):
        return self._random.choice(self._recorded)


def recordings(wire):
    """What somebody on the way has heard: for another start of the server, and for this one."""
    keys = keys_of(SECRET)
    epoch, time_ = hello(wire)
    messages = [sealed(request, keys=keys) for request in (Hello(), Abort(), ReadDir())]
    messages += [
        sealed(Abort(), keys=keys, epoch=epoch, time=time_ - 3600.0),
        sealed(Stat(), keys=keys, epoch=epoch, time=time_),
    ]
    return [message.frames for message in messages]


def hello(wire):
    """Epoch and time of the server; asks until it answers, for it may be busy with a flood."""
    for _ in range(PATIENCE_MS // TRY_MS):
        message = sealed(Hello(), keys=keys_of(SECRET))
        wire.send(message.frames)
        while frames := wire.receive(TRY_MS):
            with suppress(AuthenticationError):
                answer = decode_answer(open_reply(keys_of(SECRET), frames, message.context))
                return answer.epoch, answer.time
    raise AssertionError("the server does not answer")


def main(address, number, seed):
    """Send, and come back when the server has looked at all of it."""
    os.nice(10)  # the processor of a stranger is not that of the server
    sent = Counter()
    with ExitStack() as stack:
        wires = [stack.enter_context(RawClient(address)) for _ in range(PEERS)]
        hostile = Hostile(seed, recordings(wires[0]))
        for i in range(number):
            kind, frames = hostile.next()
            wires[i % PEERS].send(frames)
            sent[kind] += 1
        for wire in wires:
            hello(wire)
    sys.stdout.write(json.dumps(sent))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
