"""Hand every finished file on, again and again if that fails."""

from __future__ import annotations

import logging
import math
import os
import time
from typing import Callable, NamedTuple

from saxsfeeder.removal import Remover
from saxsfeeder.scanning import Scanner
from saxsfeeder.settling import Settling

RETRY_AFTER = 5.0
"""Seconds until a file that could not be delivered is tried again."""

logger = logging.getLogger(__name__)


class _Failure(NamedTuple):
    message: str
    again: float


class Delivery:
    """Looks for finished files and delivers each.

    What was finished last goes first, so that a backlog does not delay the images of now; files
    that were finished together go in the order of their names.

    Parameters
    ----------
    scanner, settling
        Which files there are, and which of them are finished.
    deliver
        Called with each finished file; an :exc:`OSError` means to try again.
    interval
        Seconds between two looks at the folders.
    clock
        Seconds, never going back.
    remover
        Removes what has been delivered, if anybody does.
    """

    def __init__(
        self,
        scanner: Scanner,
        settling: Settling,
        deliver: Callable[[str], None],
        interval: float,
        clock: Callable[[], float],
        remover: Remover | None = None,
    ) -> None:
        self._scanner = scanner
        self._settling = settling
        self._deliver = deliver
        self._interval = interval
        self._clock = clock
        self._remover = remover
        self._ready: list[str] = []
        self._failed: dict[str, _Failure] = {}
        self._next_look = clock()

    def skip_existing(self) -> None:
        """Deliver what is there now only if it changes within the next seconds."""
        self._settling.add_finished(self._scanner.scan())

    def run(self, stop: Callable[[], bool], pause: Callable[[float], None] = time.sleep) -> None:
        """Deliver until ``stop()``; a file that is under way is finished."""
        while not stop():
            self._look_if_due()
            if self._ready:
                self._try(self._ready.pop())
            else:
                pause(self._interval)

    def run_once(
        self, stop: Callable[[], bool], pause: Callable[[float], None] = time.sleep
    ) -> bool:
        """Deliver the files that are there; whether all could be, and removed if they are to."""
        self._settling.add(self._scanner.scan())
        while not stop():
            if not self._ready:
                self._remove()
                self._ready += reversed(self._settling.finished())
            if self._ready:
                self._try(self._ready.pop())
            elif self._settling.pending or (self._remover and self._remover.pending):
                pause(self._interval)
            else:
                break
        return not self._failed and not (self._remover and self._remover.kept)

    def _look_if_due(self) -> None:
        start = self._clock()
        if start < self._next_look:
            return
        self._settling.add(self._scanner.scan())
        self._ready += reversed(self._due_again(start))
        if self._scanner.is_there:  # a file of an unmounted disk is not gone
            self._remove()
            self._ready += reversed(self._settling.finished())
        end = self._clock()
        # A large tree on a slow disk must not take more than half of the time.
        self._next_look = end + max(self._interval, end - start)

    def _remove(self) -> None:
        """Remove what can be removed; what has changed is to be delivered again."""
        if self._remover is not None:
            self._settling.add(self._remover.look())

    def _due_again(self, now: float) -> list[str]:
        due = [path for path, failure in self._failed.items() if failure.again <= now]
        for path in due:
            self._failed[path] = self._failed[path]._replace(again=math.inf)
        return due

    def _try(self, path: str) -> None:
        try:
            self._deliver(path)
        except OSError as error:
            self._note(path, error)
        else:
            self._failed.pop(path, None)

    def _note(self, path: str, error: OSError) -> None:
        before = self._failed.pop(path, None)
        if _is_gone(path):
            logger.error("%s: was gone before it could be delivered", path)
            return
        failure = _Failure(str(error), self._clock() + RETRY_AFTER)
        self._failed[path] = failure
        if before is None or before.message != failure.message:
            logger.error("%s: not delivered: %s", path, error)


def _is_gone(path: str) -> bool:
    try:
        os.stat(path)  # noqa: PTH116 - faster
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
