"""Lines of the log on their way to a place that may stall: nobody who logs ever waits for it."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import QueueHandler
from typing import cast

from saxsdog.cli.log_places import Place, StandardError
from saxsdog.words import count

MOST_WAITING = 4096
"""Lines that wait to be written, about a megabyte; what comes then is dropped."""

LAST_LINES = 2.0
"""s that lines which still wait have at the end."""

TELL_EVERY = 10.0
"""s between two remarks about lines that are missing."""


class LogWriter(QueueHandler):
    """Hands lines to a thread that writes them, and drops those that find too many waiting.

    The thread says in the log how many are missing when it goes on. If the place takes no lines,
    the standard error is told once, if that can be done at once.

    Parameters
    ----------
    place
        Where lines go.
    most_waiting
        Lines that may wait.
    clock
        Seconds, never going back.
    """

    def __init__(
        self,
        place: Place,
        most_waiting: int = MOST_WAITING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(queue.Queue(most_waiting))
        self._lines = cast("queue.Queue[str | None]", self.queue)
        self._place = place
        self._clock = clock
        self._dropped = self._told = self._unwritten = 0
        self._told_of_dropped, self._told_of_error = clock(), float("-inf")
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def enqueue(self, record: logging.LogRecord) -> None:
        """Take a record, of which nothing but its text is left."""
        if self._stopped:
            return
        try:
            self._lines.put_nowait(record.getMessage())
        except queue.Full:
            self._dropped += 1

    def stop(self, timeout: float = LAST_LINES) -> None:
        """Write what waits, as far as that can be done in time; safe to call twice."""
        self._stopped = True
        with suppress(queue.Full):  # then it has something to wake up for
            self._lines.put_nowait(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while not (self._stopped and self._lines.empty()):
            line = self._lines.get()
            if line is not None:
                self._write(line)
            if self._dropped > self._told and self._may_tell_of_dropped():
                self._tell_of_dropped()

    def _may_tell_of_dropped(self) -> bool:
        """Whether all lines are written that came before those, or it takes too long."""
        late = self._clock() - self._told_of_dropped >= TELL_EVERY
        return self._lines.empty() or (late and self._lines.qsize() < self._lines.maxsize // 2)

    def _tell_of_dropped(self) -> None:
        self._told_of_dropped = self._clock()
        dropped = self._dropped - self._told
        self._told += dropped
        self._write(
            self._remark(
                f"{count(dropped, 'line')} of the log {_is(dropped)} missing: they came faster "
                "than they could be written"
            )
        )

    def _write(self, line: str) -> None:
        text = line
        if self._unwritten:
            missing = f"{count(self._unwritten, 'line')} of the log {_is(self._unwritten)} missing"
            text = f"{self._remark(f'{missing}: the log could not be written')}\n{line}"
        try:
            self._place.write(text)
        except OSError as error:
            self._unwritten += 1
            self._tell_of_error(error)
        else:
            self._unwritten = 0

    def _tell_of_error(self, error: OSError) -> None:
        """Say it where somebody may read it, once for each time that it begins."""
        now = self._clock()
        if self._unwritten == 1 and now - self._told_of_error >= TELL_EVERY:
            self._told_of_error = now
            StandardError().write_if_it_takes_it(
                self._remark(f"the log cannot be written: {error.strerror}; its lines are dropped")
            )

    def _remark(self, text: str) -> str:
        fields = {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING"}
        return self.format(logging.makeLogRecord({**fields, "msg": text}))


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def say_in_time(text: str) -> None:
    """Write a line to the standard error, and wait only so long for it."""
    writer = LogWriter(StandardError())
    writer.enqueue(logging.makeLogRecord({"msg": text}))
    writer.stop()
