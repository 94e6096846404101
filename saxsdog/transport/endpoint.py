"""The control socket of a server: receives requests, and sends each reply when it is ready."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Protocol, TypeVar

import zmq

from saxsdog.errors import RequestError, SaxsdogError, SettingsError
from saxsdog.protocol.envelope import LARGEST_FRAME, MOST_FRAMES, Keys
from saxsdog.protocol.messages import AnyRequest, Refusal, Reply
from saxsdog.running import Running
from saxsdog.transport.crowd import LOOK_EVERY, Crowd
from saxsdog.transport.frames import receive, size_on_wire
from saxsdog.transport.gatekeeper import Counts, Gatekeeper, Ticket, refusal_of
from saxsdog.waker import Waker

logger = logging.getLogger(__name__)

MESSAGES_PER_TURN = 64
"""As far as they are taken in the time between two looks at the crowd."""

LONGEST_TURN_MS = int(1000 * LOOK_EVERY)
"""How long a turn of the loop waits for something to do."""

_OPTIONS = {
    zmq.MAXMSGSIZE: LARGEST_FRAME,
    # No limit: libzmq 4.3.5 ends the process when a connection breaks whose queue is full, if a
    # PING comes behind that or is due. How much waits is for the crowd to watch.
    zmq.RCVHWM: 0,
    zmq.SNDHWM: 100,
    zmq.HANDSHAKE_IVL: 5_000,  # ms
    zmq.HEARTBEAT_IVL: 10_000,
    zmq.HEARTBEAT_TIMEOUT: 30_000,
    zmq.ROUTER_MANDATORY: 1,
    zmq.LINGER: 500,
}

Answerer = Callable[[AnyRequest], "Reply | Future[Reply]"]
_Result = TypeVar("_Result")


class Guests(Protocol):
    """Who else is served at the same socket: clients with a protocol of their own, over ``REQ``."""

    def admit(self, frames: Sequence[bytes], route: bytes, address: str) -> "Future[bytes] | None":
        """Begin to answer a message, called in the thread; ``None`` if it is noise to them, too.

        ``frames`` come without the empty one that ``REQ`` puts in front.
        """

    def excuse(self, refusal: Refusal) -> bytes:
        """Say in their words why a request was not carried out."""

    def may_send_much(self, address: str) -> bool:
        """Whether a first message from there may be large."""


class Endpoint(Running):
    """Answers requests at an address, in a thread of its own.

    Parameters
    ----------
    bind
        Where to listen, for example ``tcp://127.0.0.1:*``.
    keys
        Of the secret.
    answer
        Called in the thread for each genuine request, with no other at the same time. It must be
        quick: what takes long, or waits, is returned as a future, and its reply is sent when the
        future completes. A :exc:`SaxsdogError` becomes a refusal with its code and message.
    name
        Of the server, for the log.
    guests
        Gets what begins as none of our messages does; what they do not take is noise as well.
    clock, wall
        As of :class:`Gatekeeper`.
    """

    def __init__(
        self,
        bind: str,
        keys: Keys,
        answer: Answerer,
        *,
        name: str = "",
        guests: Guests | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._bind = bind
        self._answer = answer
        self._name = name
        self._guests = guests
        self._clock = clock
        self._gatekeeper = Gatekeeper(keys, clock, wall)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._finished: deque[Callable[[], None]] = deque()
        self._undelivered = 0
        self._address = ""
        self._last_turn = clock()

    @property
    def address(self) -> str:
        """Where it listens, with the real port, once it was started."""
        return self._address

    @property
    def counts(self) -> Counts:
        """What was refused so far."""
        return self._gatekeeper.counts

    @property
    def undelivered(self) -> int:
        """Replies dropped because the client was gone or did not read."""
        return self._undelivered

    @property
    def last_turn(self) -> float:
        """When the loop turned last, on the clock; at least every second if all is well."""
        return self._last_turn

    def is_alive(self) -> bool:
        """Whether its thread is there to answer."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Listen; does nothing if it listens already.

        Raises
        ------
        SettingsError
            If the address is wrong or taken.
        """
        if self._thread is not None:
            return
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        for option, value in _OPTIONS.items():
            self._socket.setsockopt(option, value)
        self._socket.setsockopt(zmq.IPV6, int("[" in self._bind))
        try:
            self._socket.bind(self._bind)
        except zmq.ZMQError as error:
            self._context.destroy(linger=0)
            raise SettingsError(
                f"{self._bind}: expected an address to listen at: {error}"
            ) from error
        self._address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        allows = (lambda address: False) if self._guests is None else self._guests.may_send_much
        self._crowd = Crowd(_port_of(self._address), self._clock, allows)
        self._waker = Waker()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="endpoint", daemon=True)
        self._thread.start()
        logger.info("%s listens at %s", self._name or "a server", self._address)

    def stop(self) -> None:
        """Stop listening; replies that are not ready are never sent. Safe to call twice."""
        if self._thread is None:
            return
        self._stopping.set()
        self._waker.wake()
        self._thread.join()
        self._thread = None
        self._context.destroy(linger=_OPTIONS[zmq.LINGER])
        self._waker.close()

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._waker.receiver, zmq.POLLIN)
        while not self._stopping.is_set():
            ready = dict(poller.poll(LONGEST_TURN_MS))
            self._last_turn = self._clock()
            if self._socket in ready:
                self._crowd.note_turn(is_behind=self._take_messages())
            self._send_finished()
            self._crowd.look()

    def _take_messages(self) -> bool:
        """Take messages as long as a turn may last; returns whether some may wait still."""
        for _ in range(MESSAGES_PER_TURN):
            if self._clock() - self._last_turn > LOOK_EVERY:
                break
            try:
                route, *frames = receive(self._socket)
            except zmq.Again:
                return False
            message, address = [frame.bytes for frame in frames], _address_of(frames)
            is_guest = self._serve_guest(message, route.bytes, address)
            verdict = None
            if not is_guest:
                judge = partial(self._gatekeeper.judge, message, route.bytes, address)
                verdict = self._attempt(judge)
            descriptor = _descriptor_of(frames)
            is_friend = is_guest or isinstance(verdict, Ticket)
            self._crowd.note(descriptor, size_on_wire(frames), is_friend=is_friend)
            if len(frames) > MOST_FRAMES:  # each of them took time, and there were many more
                self._crowd.hang_up(descriptor)
            if isinstance(verdict, Ticket):
                self._carry_out(verdict)
            elif isinstance(verdict, list):
                self._send(route.bytes, verdict)
        return True

    def _serve_guest(self, message: list[bytes], route: bytes, address: str) -> bool:
        """Begin to answer a message that is none of ours, if there are guests and one has sent it.

        Behind the empty frame of ``REQ`` stands an object in JSON; no message of ours begins so.
        """
        if self._guests is None or len(message) < 2 or message[0] or message[1][:1] != b"{":
            return False
        outcome = self._attempt(partial(self._guests.admit, message[1:], route, address))
        if not isinstance(outcome, Future):
            return False
        outcome.add_done_callback(partial(self._on_guest_served, self._guests, route))
        return True

    def _on_guest_served(self, guests: Guests, route: bytes, future: "Future[bytes]") -> None:
        """Leave the sending to our thread."""
        reply = self._attempt(future.result)
        if isinstance(reply, Refusal):
            reply = guests.excuse(reply)
        self._finished.append(partial(self._send, route, [b"", reply]))
        self._waker.wake()

    def _carry_out(self, ticket: Ticket) -> None:
        outcome = self._attempt(partial(self._answer, ticket.request))
        if isinstance(outcome, Future):
            outcome.add_done_callback(partial(self._on_done, ticket))
        else:
            self._deliver(ticket, self._sealed(ticket, outcome))

    def _on_done(self, ticket: Ticket, future: "Future[Reply]") -> None:
        """Seal the reply in the thread that made it, and leave the sending to ours."""
        frames = self._sealed(ticket, self._attempt(future.result))
        self._finished.append(partial(self._deliver, ticket, frames))
        self._waker.wake()

    def _sealed(self, ticket: Ticket, reply: Reply) -> list[bytes]:
        seal = partial(self._gatekeeper.seal, ticket.context)
        frames = self._attempt(partial(seal, reply))
        return seal(frames) if isinstance(frames, Refusal) else frames

    def _attempt(self, work: Callable[[], _Result]) -> _Result | Refusal:
        """Do something for a client; whatever goes wrong with it concerns this request only."""
        try:
            return work()
        except SaxsdogError as error:
            return refusal_of(error)
        except CancelledError:
            return refusal_of(RequestError("busy", "the server is stopping"))
        except Exception:
            # The request loop must outlive every bug in an answer. Whoever asked is not told
            # details, whoever runs the server finds them here.
            logger.exception("a request was not carried out because of a bug")
            return Refusal("internal", "something went wrong in the server; its log says what")

    def _send_finished(self) -> None:
        self._waker.clear()
        while self._finished:
            self._finished.popleft()()

    def _deliver(self, ticket: Ticket, frames: list[bytes]) -> None:
        for route in self._gatekeeper.settle(ticket, frames):
            self._send(route, frames)

    def _send(self, route: bytes, frames: list[bytes]) -> None:
        try:
            self._socket.send_multipart([route, *frames], zmq.NOBLOCK)
        except zmq.ZMQError:  # gone, or does not read: it will ask again
            self._undelivered += 1


def _address_of(frames: list[zmq.Frame]) -> str:
    try:
        return str(frames[0].get("Peer-Address"))
    except (IndexError, zmq.ZMQError):  # nothing behind the route; only TCP has addresses
        return ""


def _descriptor_of(frames: list[zmq.Frame]) -> int:
    try:
        return int(frames[0].get(zmq.SRCFD))
    except (IndexError, zmq.ZMQError):
        return -1


def _port_of(address: str) -> int:
    """Port of a TCP address; 0, which nobody is connected to, for any other."""
    port = address.rpartition(":")[2]
    return int(port) if port.isdigit() else 0
