"""Listen to a feeder."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import zmq
from zmq.utils.monitor import recv_monitor_message

from saxsdog.errors import ProtocolError, SettingsError
from saxsdog.protocol.events import Heartbeat, NewFile, parse_event
from saxsdog.running import Running
from saxsdog.transport.frames import receive
from saxsdog.transport.hearing import Hearing
from saxsdog.transport.remarks import Remarks

logger = logging.getLogger(__name__)

HEARTBEAT_TIMEOUT = 3.0
"""Seconds; our feeder sends a heartbeat every second."""

RENEW_AFTER = 10.0
"""Seconds without a connection: ZeroMQ tries again by itself, except after a frame that was too
large, which it takes for an attack."""

MESSAGES_PER_TURN = 1000
LONGEST_TURN_MS = 500

LARGEST_FRAME = 1 << 26
"""Bytes; a larger frame costs the connection, a smaller one that is no event is counted."""

MOST_WAITING = 20_000
"""Messages in our memory that are not taken yet, some 10 MB of events. What comes then waits where
it is; only a feeder that does not wait for us, and keeps less than it sends, loses some of them."""

_LINE_EVENTS = zmq.EVENT_CONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED

_OPTIONS = {
    zmq.RCVHWM: MOST_WAITING,
    zmq.MAXMSGSIZE: LARGEST_FRAME,
    zmq.CONNECT_TIMEOUT: 5_000,  # ms; a host that is off would hold us for minutes
    zmq.HANDSHAKE_IVL: 5_000,
    zmq.LINGER: 0,
    # A host that lost its power says no goodbye. Pings of ZeroMQ would tell as well, but feeders
    # with an old library do not answer them.
    zmq.TCP_KEEPALIVE: 1,
    zmq.TCP_KEEPALIVE_IDLE: 10,  # s
    zmq.TCP_KEEPALIVE_INTVL: 5,
    zmq.TCP_KEEPALIVE_CNT: 3,
}


class Subscription(Running):
    """Hands on what a feeder announces, and tells when something may have been missed.

    It keeps trying to reach the feeder for as long as it runs. Both callbacks are called in its
    thread and must be quick; meanwhile announcements wait in memory.

    Parameters
    ----------
    url
        Of the feeder, for example ``tcp://detector:5555``.
    on_events
        Gets announcements, in the order in which they came, repetitions included.
    on_gap
        Gets the reason, once for each incident in which announcements may have been missed: a
        connection was made, a feeder started, numbers are missing, or heartbeats stay away.
    clock
        Seconds, never going back.
    heartbeat_timeout
        Seconds after the last sign of life when a feeder that has a heartbeat is taken for dead.

    Attributes
    ----------
    events, rejected
        Announcements, and messages that are no events.
    last_event
        When the last announcement came, on the clock.
    last_turn
        When the loop turned last, on the clock; at least every second if all is well.
    """

    def __init__(
        self,
        url: str,
        on_events: Callable[[Sequence[NewFile]], None],
        on_gap: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        heartbeat_timeout: float = HEARTBEAT_TIMEOUT,
    ) -> None:
        self._url = url
        self._on_events = on_events
        self._on_gap = on_gap
        self._clock = clock
        self._heartbeat_timeout = heartbeat_timeout
        self._hearing = Hearing()
        self._on_line, self._on_gaps = Remarks(clock), Remarks(clock)
        self._thread: threading.Thread | None = None
        self._plugged = self._connected = self._reached = False
        self._beats = self._late = False
        self._heard = self._tried = clock()
        self.events = self.rejected = 0
        self.last_event: float | None = None
        self.last_turn = clock()

    @property
    def missed(self) -> int:
        """Announcements that never came."""
        return self._hearing.missed

    @property
    def state(self) -> str:
        """``waiting`` for the first connection, ``up``, or ``down``."""
        if not self._reached:
            return "waiting"
        return "up" if self._connected and not self._late else "down"

    def is_alive(self) -> bool:
        """Whether its thread is there to listen."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Listen; does nothing if it listens already.

        Raises
        ------
        SettingsError
            If the URL is none. (A feeder that cannot be reached may still come.)
        """
        if self._thread is not None:
            return
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        for option, value in _OPTIONS.items():
            self._socket.setsockopt(option, value)
        self._socket.setsockopt(zmq.IPV6, int("[" in self._url))
        self._socket.subscribe(b"")
        self._line = self._socket.get_monitor_socket(_LINE_EVENTS)
        try:
            self._socket.connect(self._url)
        except zmq.ZMQError as error:
            self._close()
            self._context.term()
            raise SettingsError(
                f"feeder: expected a URL such as tcp://detector:5555, got {self._url!r}: {error}"
            ) from error
        self._thread = threading.Thread(target=self._run, name="subscription", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; safe to call twice."""
        if self._thread is None:
            return
        self._context.term()  # ends the wait of the thread, and waits for its sockets
        self._thread.join()
        self._thread = None
        self._note_disconnected()

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._line, zmq.POLLIN)
        try:
            with suppress(zmq.ContextTerminated):
                while True:
                    ready = dict(poller.poll(LONGEST_TURN_MS))
                    self.last_turn = self._clock()
                    if self._line in ready:
                        self._watch_line()
                    if self._socket in ready:
                        self._take_messages()
                    self._watch_heart()
                    self._renew()
        finally:
            self._close()

    def _close(self) -> None:
        self._line.close()
        self._socket.close()

    def _watch_line(self) -> None:
        """Take notice of connections made and lost."""
        with suppress(zmq.Again):
            while True:
                change = recv_monitor_message(self._line, zmq.NOBLOCK)["event"]
                if change == zmq.EVENT_CONNECTED:
                    self._plugged = True
                elif change == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                    self._note_connected()
                else:
                    self._note_disconnected()

    def _note_connected(self) -> None:
        self._connected = self._reached = True
        self._log(self._on_line, logging.INFO, "connected to the feeder at %s", self._url)
        self._on_gap("connected to the feeder")

    def _note_disconnected(self) -> None:
        self._tried = self._clock()
        if self._connected:
            text = "no connection any more to the feeder at %s"
            self._log(self._on_line, logging.WARNING, text, self._url)
        self._plugged = self._connected = False
        self._beats = self._late = False  # the next feeder may have no heartbeat

    def _renew(self) -> None:
        """Connect anew after a while without a connection."""
        now = self._clock()
        if self._plugged or now - self._tried < RENEW_AFTER:
            return
        self._tried = now
        with suppress(zmq.ZMQError):  # it had given up
            self._socket.disconnect(self._url)
        self._socket.connect(self._url)

    def _take_messages(self) -> None:
        """Hand on what is there, up to a limit, so that nothing else waits for long."""
        files: list[NewFile] = []
        gap: str | None = None
        with suppress(zmq.Again):
            for _ in range(MESSAGES_PER_TURN):
                event = self._parse([frame.bytes for frame in receive(self._socket)])
                if event is None:
                    continue
                gap = self._hearing.note(event) or gap
                if isinstance(event, NewFile):
                    files.append(event)
        if files:
            self.events += len(files)
            self.last_event = self._clock()
            self._on_events(files)
        if gap is not None:
            self._log(self._on_gaps, logging.INFO, "feeder at %s: %s", self._url, gap)
            self._on_gap(gap)

    def _parse(self, frames: Sequence[bytes]) -> NewFile | Heartbeat | None:
        try:
            event = parse_event(frames)
        except ProtocolError as error:
            self.rejected += 1
            logger.debug("feeder at %s: %s", self._url, error)
            return None
        if self._plugged and not self._connected:  # libzmq before 4.0 shakes no hands
            self._note_connected()
        self._heard = self._clock()
        self._beats = self._beats or isinstance(event, Heartbeat)
        return event

    def _watch_heart(self) -> None:
        """Notice a feeder that still is connected but silent, if it used to have a heartbeat."""
        was_late = self._late
        self._late = self._beats and self._clock() - self._heard > self._heartbeat_timeout
        if self._late and not was_late:
            text = "the feeder at %s has no heartbeat any more"
            self._log(self._on_line, logging.WARNING, text, self._url)
            self._on_gap("the heartbeat of the feeder stays away")

    def _log(self, remarks: Remarks, level: int, text: str, *values: str) -> None:
        """Log what a feeder has done, which may do so without end, unless it was told too often."""
        more = remarks.next()
        if more is not None:
            logger.log(level, f"{text}%s", *values, more)  # noqa: G004 - a constant
