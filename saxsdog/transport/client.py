"""The client's end of a control socket: asks a server, patiently, and never twice by accident."""

import logging
import math
import platform
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import zmq

from saxsdog.errors import (
    AuthenticationError,
    ProtocolError,
    RequestError,
    ServerUnreachableError,
    SettingsError,
)
from saxsdog.protocol.codec import Answer, Call, decode_answer, encode_call
from saxsdog.protocol.envelope import (
    DENIED,
    LARGEST_FRAME,
    MEBIBYTE,
    Keys,
    Kind,
    Sealed,
    open_reply,
    seal_request,
)
from saxsdog.protocol.messages import AnyRequest, Following, Hello, Refusal, Reply
from saxsdog.transport.frames import receive

logger = logging.getLogger(__name__)

FIRST_TRY = 1.6
"""Seconds until a request is sent again, over a new connection; each further try lasts twice as
long as the one before."""

SLOWEST_NETWORK = 2e6
"""Bytes a second: the first try lasts longer if there is much to send."""

MOST_OF_A_STRANGER = MEBIBYTE
"""Bytes; ahead of a larger request a server wants to hear over the same connection that we have
the secret: it gathers twice as much for somebody whom it does not know, then it hangs up."""

PATIENCE = 4.8
"""Seconds until a server that says nothing counts as not there: two tries."""


@dataclass(frozen=True)
class _Session:
    """What the last hello told: epoch of the server, and its clock less ours."""

    epoch: str
    offset: float


@dataclass(frozen=True)
class Greeting:
    """Answer to a hello: ``ahead`` is the server's time of day less ours, both in s."""

    reply: Reply
    ahead: float
    round_trip: float


class Link:
    """Asks one server; threads that share a link wait for each other.

    Parameters
    ----------
    url
        Of the server, for example ``tcp://host:5554``.
    keys
        Of the secret.
    name
        Of the server, for messages.
    clock
        Seconds that never go back; the time of day of this machine does not matter.
    """

    def __init__(
        self,
        url: str,
        keys: Keys,
        *,
        name: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self._keys = keys
        self._where = f"{name} at {url}" if name else url
        self._clock = clock
        self._who = f"saxsdog@{platform.node()}"[:255]
        self._lock = threading.Lock()
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] | None = None
        self._session: _Session | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go; safe to call twice."""
        with self._lock:
            self._hang_up()
            self._context.term()

    def ask(self, request: AnyRequest, patience: float = PATIENCE) -> Reply:
        """Send a request and wait for its reply.

        The request is sent again, over a new connection, until somebody answers. The server
        carries it out once, however often it arrives, unless it is restarted in between.

        Parameters
        ----------
        request
            What to ask for.
        patience
            Seconds to wait for the reply. That nobody is there shows within :data:`PATIENCE`
            even where this is longer.

        Raises
        ------
        RequestError
            If the server refuses; ``code`` says which kind of reason it has.
        ServerUnreachableError
            If nobody answers.
        AuthenticationError
            If the server does not know our secret, or speaks another version.
        ProtocolError
            If the request is too large, or the reply is not what the protocol asks for.
        """
        with self._lock:
            if isinstance(request, Hello):
                return self._hello().reply
            identity = secrets.token_hex(16)
            try:
                return self._ask(request, patience, identity)
            except RequestError as error:
                if error.code != "stale-epoch":
                    raise
                logger.info("%s was restarted, or its clock stood still", self._where)
            self._session = None
            return self._ask(request, patience, identity)

    def greet(self) -> Greeting:
        """Say hello and compare clocks; errors as of :meth:`ask`."""
        with self._lock:
            return self._hello()

    def _ask(self, request: AnyRequest, patience: float, identity: str) -> Reply:
        if self._session is None or patience > PATIENCE:
            self._hello()
        assert self._session is not None  # noqa: S101 - the hello has set it, or raised
        moment = self._clock() + self._session.offset
        call = Call(request, identity, moment, self._who, self._session.epoch)
        return self._exchange(call, Kind.REQUEST, patience).reply

    def _hello(self) -> Greeting:
        self._session = None
        started, time_of_day = self._clock(), time.time()
        call = Call(Hello(), secrets.token_hex(16), time_of_day, self._who)
        answer = self._exchange(call, Kind.HELLO, PATIENCE)
        round_trip = self._clock() - started
        self._session = _Session(answer.epoch, answer.time - (started + round_trip / 2))
        return Greeting(answer.reply, answer.time - (time_of_day + round_trip / 2), round_trip)

    def _call_hello(self) -> Call:
        return Call(Hello(), secrets.token_hex(16), time.time(), self._who)

    def _sealed_hello(self) -> Sealed:
        return seal_request(self._keys, encode_call(self._call_hello()), Kind.HELLO)

    def _exchange(self, call: Call, kind: Kind, patience: float) -> Answer:
        sealed = seal_request(self._keys, encode_call(call), kind)
        deadline = self._clock() + patience
        one_try = FIRST_TRY + _size_of(sealed) / SLOWEST_NETWORK
        if isinstance(call.request, Following):
            one_try += call.request.wait
        while (left := deadline - self._clock()) > 0:
            answer = self._try(sealed, min(one_try, left))
            if answer is not None:
                if isinstance(answer.reply, Refusal):
                    raise RequestError(answer.reply.code, answer.reply.message)
                return answer
            one_try *= 2
        self._session = None
        raise ServerUnreachableError(
            f"{self._where}: expected an answer within {patience:g} s, got none"
        )

    def _try(self, sealed: Sealed, seconds: float) -> Answer | None:
        """Send once and wait; without a genuine reply in time, hang up and return ``None``."""
        deadline = self._clock() + seconds
        answer = None
        try:
            is_fresh = self._socket is None
            wire = self._connected()
            if is_fresh and _size_of(sealed) > MOST_OF_A_STRANGER:
                wire.send_multipart(self._sealed_hello().frames)  # its reply will not open here
            wire.send_multipart(sealed.frames)
            while answer is None and (left := deadline - self._clock()) > 0:
                if wire.poll(math.ceil(1000 * left)):
                    answer = self._open([frame.bytes for frame in receive(wire)], sealed.context)
        finally:
            if answer is None:
                self._hang_up()
        return answer

    def _open(self, frames: list[bytes], context: bytes) -> Answer | None:
        if frames == [DENIED]:
            raise AuthenticationError(f"{self._where}: wrong secret or version")
        try:
            parts = open_reply(self._keys, frames, context)
        except AuthenticationError:
            # Anybody on the way can send something; only what opens is an answer.
            logger.debug("dropped a message that is no reply of %s", self._where)
            return None
        try:
            return decode_answer(parts)
        except ProtocolError as error:
            raise ProtocolError(f"{self._where}: got a reply that is none: {error}") from error

    def _connected(self) -> "zmq.Socket[bytes]":
        if self._socket is None:
            wire: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
            wire.setsockopt(zmq.LINGER, 0)
            wire.setsockopt(zmq.MAXMSGSIZE, LARGEST_FRAME)
            wire.setsockopt(zmq.IPV6, int("[" in self.url))
            self._socket = wire
            try:
                wire.connect(self.url)
            except zmq.ZMQError as error:
                raise SettingsError(f"{self._where}: expected tcp://host:port: {error}") from error
        return self._socket

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _size_of(sealed: Sealed) -> int:
    return sum(map(len, sealed.frames))
