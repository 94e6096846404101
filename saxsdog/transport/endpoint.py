"""The control socket of a server: receives requests, and sends each reply when it is ready."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import TypeVar

import zmq

from saxsdog.errors import RequestError, SaxsdogError, SettingsError
from saxsdog.protocol.envelope import LARGEST_FRAME, MOST_FRAMES, Keys
from saxsdog.protocol.messages import AnyRequest, Refusal, Reply
from saxsdog.running import Running
from saxsdog.transport.crowd import LOOK_EVERY, Crowd
from saxsdog.transport.frames import receive
from saxsdog.transport.gatekeeper import Counts, Gatekeeper, Ticket, refusal_of
from saxsdog.waker import Waker

logger = logging.getLogger(__name__)

MESSAGES_PER_TURN = 64
LONGEST_TURN_MS = int(1000 * LOOK_EVERY)
"""How long a turn of the loop waits for something to do."""

_OPTIONS = {
    zmq.MAXMSGSIZE: LARGEST_FRAME,
    zmq.RCVHWM: 100,
    zmq.SNDHWM: 100,
    zmq.HANDSHAKE_IVL: 5_000,  # ms
    zmq.HEARTBEAT_IVL: 10_000,
    zmq.HEARTBEAT_TIMEOUT: 30_000,
    zmq.ROUTER_MANDATORY: 1,
    zmq.LINGER: 500,
}

Answerer = Callable[[AnyRequest], "Reply | Future[Reply]"]
_Result = TypeVar("_Result")


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
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._bind = bind
        self._answer = answer
        self._name = name
        self._clock = clock
        self._gatekeeper = Gatekeeper(keys, clock, wall)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._finished: deque[tuple[Ticket, list[bytes]]] = deque()
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
        self._crowd = Crowd(_port_of(self._address), self._clock)
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
                self._take_messages()
            self._send_finished()
            self._crowd.look()

    def _take_messages(self) -> None:
        for _ in range(MESSAGES_PER_TURN):
            try:
                route, *frames = receive(self._socket)
            except zmq.Again:
                return
            judge = partial(
                self._gatekeeper.judge,
                [frame.bytes for frame in frames],
                route.bytes,
                _address_of(frames),
            )
            verdict = self._attempt(judge)
            descriptor = _descriptor_of(frames)
            self._crowd.note(descriptor, is_friend=isinstance(verdict, Ticket))
            if len(frames) > MOST_FRAMES:  # each of them took time, and there were many more
                self._crowd.hang_up(descriptor)
            if isinstance(verdict, Ticket):
                self._carry_out(verdict)
            elif isinstance(verdict, list):
                self._send(route.bytes, verdict)

    def _carry_out(self, ticket: Ticket) -> None:
        outcome = self._attempt(partial(self._answer, ticket.request))
        if isinstance(outcome, Future):
            outcome.add_done_callback(partial(self._on_done, ticket))
        else:
            self._deliver(ticket, self._sealed(ticket, outcome))

    def _on_done(self, ticket: Ticket, future: "Future[Reply]") -> None:
        """Seal the reply in the thread that made it, and leave the sending to ours."""
        self._finished.append((ticket, self._sealed(ticket, self._attempt(future.result))))
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
            self._deliver(*self._finished.popleft())

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
