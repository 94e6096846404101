"""The server that the window is connected to: is it there, and how is it going."""

import time
from collections.abc import Callable
from enum import StrEnum

from PyQt5.QtCore import QObject, pyqtSignal

from saxsdog.network import NetworkEntry
from saxsdog.protocol.messages import LegacyCounts, QueueState, Statistics
from saxsleash.models.light import (
    CONNECTING,
    DISCONNECTED,
    Light,
    light_of,
    light_of_problem,
    recent_rate,
)

LONG = 20
"""Seconds over which a rate is averaged to say how long the rest will take."""

LEAST_LEFT = 1.0
"""Seconds: the rest is over before it is read."""

EXPECTED_FOR = 90.0
"""Seconds in which an expected replacement of the queue must show: longer than ``new`` may take."""


class Connection(StrEnum):
    """How we stand with the server."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    ONLINE = "online"
    LOST = "lost"


class ServerModel(QObject):
    """What is known of the server; what was known last stays while it does not answer.

    Parameters
    ----------
    clock
        Seconds that never go back; the server's own clock only says how old things were.
    """

    changed = pyqtSignal()
    queue_replaced = pyqtSignal()
    """Somebody else has started a queue: the calibration of the server is no longer the known."""

    def __init__(
        self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._entry: NetworkEntry | None = None
        self._connection = Connection.DISCONNECTED
        self._problem = ("", "")
        self._statistics: Statistics | None = None
        self._heard = 0.0
        self._expected_until = 0.0

    # ---------------------------------------------------------------- what is told to it

    def set_connecting(self, entry: NetworkEntry) -> None:
        """Forget the former server: another one is asked."""
        self._forget()
        self._entry = entry
        self._to(Connection.CONNECTING)

    def set_online(self) -> None:
        """Say that it answers, for the first time or again."""
        self._to(Connection.ONLINE)

    def set_lost(self, code: str, message: str) -> None:
        """Say that it does not answer, or not us."""
        self._problem = (code, message)
        self._to(Connection.LOST)

    def set_disconnected(self) -> None:
        """Nobody wants it any more."""
        self._forget()
        self._to(Connection.DISCONNECTED)

    def set_statistics(self, statistics: Statistics) -> None:
        """Take what it says of itself."""
        former, self._statistics = self._statistics, statistics
        self._heard = self._clock()
        self._connection = Connection.ONLINE
        self.changed.emit()
        if former is not None and statistics.opened not in (None, former.opened):
            self._on_queue_opened()

    def expect_replacement(self) -> None:
        """Take the next new queue for ours; call it before ``new`` is asked for."""
        self._expected_until = self._clock() + EXPECTED_FOR

    def forget_replacement(self) -> None:
        """Take the next new queue for that of somebody else: ``new`` was refused."""
        self._expected_until = 0.0

    # ---------------------------------------------------------------- what it says

    @property
    def entry(self) -> NetworkEntry | None:
        """Which server it is, ``None`` without one."""
        return self._entry

    @property
    def name(self) -> str:
        """Name of the server, ``""`` without one."""
        return "" if self._entry is None else self._entry.name

    @property
    def connection(self) -> Connection:
        return self._connection

    @property
    def is_online(self) -> bool:
        """Whether it can be asked for something."""
        return self._connection is Connection.ONLINE

    @property
    def problem(self) -> tuple[str, str]:
        """Code and message of why the server is lost; empty texts otherwise."""
        return self._problem if self._connection is Connection.LOST else ("", "")

    @property
    def statistics(self) -> Statistics | None:
        """What the server said last, ``None`` before it said anything."""
        return self._statistics

    @property
    def light(self) -> Light:
        """What a glance should tell."""
        if self._connection is Connection.DISCONNECTED:
            return DISCONNECTED
        if self._connection is Connection.LOST:
            return light_of_problem(*self._problem)
        return CONNECTING if self._statistics is None else light_of(self._statistics)

    @property
    def has_queue(self) -> bool:
        """Whether the server takes images or still works on some."""
        return (
            self._statistics is not None
            and self._statistics.opened is not None
            and self._statistics.state is not QueueState.IDLE
        )

    @property
    def next_step(self) -> str:
        """What has to be done, or waited for, until there are curves; without a full stop."""
        if self._connection is Connection.DISCONNECTED:
            return "Connect to a server and start a queue"
        if self._connection is not Connection.ONLINE:
            return "The server does not answer yet"
        if not self.has_queue:
            return "Start a queue"
        if self._statistics is not None and self._statistics.state is QueueState.RUNNING:
            return "The queue is running and waits for its first image"
        return "Start another queue, this one takes no images any more"

    @property
    def has_calibration(self) -> bool:
        """Whether it can be asked for one: that of its queue, though this may have ended."""
        return (
            self.is_online and self._statistics is not None and self._statistics.opened is not None
        )

    @property
    def rate(self) -> float:
        """Images a second, the mean of the last five."""
        return 0.0 if self._statistics is None or not self.is_online else self._rate()

    @property
    def pending(self) -> int:
        """Images that are known and not ended."""
        return 0 if self._statistics is None else self._statistics.counters.pending

    @property
    def failures(self) -> int:
        return 0 if self._statistics is None else self._statistics.counters.failed

    @property
    def trouble(self) -> tuple[str, ...]:
        """What is wrong, one sentence each."""
        return () if self._statistics is None else self._statistics.trouble

    @property
    def legacy(self) -> LegacyCounts | None:
        """How much clients of the original ask for, ``None`` if they are not served."""
        return None if self._statistics is None else self._statistics.legacy

    @property
    def newest_image(self) -> str:
        """The image integrated last, ``""`` if there is none."""
        return "" if self._statistics is None else self._statistics.newest_image or ""

    @property
    def newest_age(self) -> float | None:
        """Seconds since its curves were written; it grows while nobody answers."""
        statistics = self._statistics
        if statistics is None or statistics.newest_time is None:
            return None
        return max(0.0, self.server_time - statistics.newest_time)

    @property
    def server_time(self) -> float:
        """Now, on the clock of the server: seconds since the epoch, 0 if it is not known."""
        if self._statistics is None:
            return 0.0
        return self._statistics.time + self._clock() - self._heard

    @property
    def time_left(self) -> float | None:
        """Seconds until nothing is pending if the rate stays, ``None`` if nobody can tell.

        Of an image that has just come, or of less than a second, there is nothing to tell.
        """
        statistics = self._statistics
        if statistics is None or not self.is_online or statistics.counters.pending <= 1:
            return None
        seconds = statistics.rate[-LONG:]
        begun = next((i for i, images in enumerate(seconds) if images), len(seconds))
        rate = sum(seconds) / (len(seconds) - begun) if begun < len(seconds) else 0.0
        left = statistics.counters.pending / rate if rate else 0.0
        return left if left >= LEAST_LEFT else None

    def _rate(self) -> float:
        assert self._statistics is not None  # noqa: S101 - for the type checker
        return recent_rate(self._statistics)

    def _on_queue_opened(self) -> None:
        expected, self._expected_until = self._expected_until, 0.0
        if self._clock() >= expected:
            self.queue_replaced.emit()

    def _forget(self) -> None:
        self._entry = self._statistics = None
        self._expected_until = 0.0

    def _to(self, connection: Connection) -> None:
        self._connection = connection
        self.changed.emit()
