"""Remove what has been copied, once nothing can be lost by it.

A source goes when it has been closed and quiet for a guard time after it was copied, is still the
very version that was copied, and its copy lies at the destination. All of it is looked at in the
moment of the removal; what does not hold leaves the source where it is.
"""

from __future__ import annotations

import heapq
import logging
import math
import os
from pathlib import Path
from typing import Callable

from saxsfeeder.copying import Copied, Copier, is_copy
from saxsfeeder.leases import Writers, lease_on

GUARD_TIME = 5.0
"""Seconds that a source must have been quiet, and found closed at their begin and at their end."""

GUARD_TIME_IF_UNKNOWN = 60.0
"""Seconds that a source must have been quiet where nobody can tell who has it open: on Windows, on
most network file systems, and for files of another user."""

RETRY_AFTER = 5.0
"""Seconds until a source that had to stay is looked at again."""

CLOSED_YET_AFTER = 1.0
"""Seconds until a source that was open is looked at again."""

LOOK_TIME = 0.05
"""Seconds after which the other sources wait for the next look."""

PIECE = 1 << 20
"""Bytes that are compared at once."""

logger = logging.getLogger(__name__)


class _ChangedError(Exception):
    """A source is not what was copied."""


class _OpenError(Exception):
    """Somebody has a source open for writing."""


class _Waiting:
    """A source that is to be removed."""

    def __init__(self, copied: Copied, now: float) -> None:
        self.copied = copied
        self.since = now
        self.closed_since = math.inf
        self.due = now
        self.complaint = ""


class Remover:
    """Sources of copies, until they can be removed.

    Parameters
    ----------
    copier
        Who copied them.
    clock
        Seconds, never going back.
    """

    def __init__(self, copier: Copier, clock: Callable[[], float]) -> None:
        self._copier = copier
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        self._due: list[tuple[float, str]] = []

    def add(self, copied: Copied) -> None:
        """Remove an original when it has been closed and quiet for the guard time."""
        self._wait(_Waiting(copied, self._clock()))

    @property
    def pending(self) -> int:
        """How many sources may go when their guard time is over."""
        return sum(not waiting.complaint for waiting in self._waiting.values())

    @property
    def kept(self) -> int:
        """How many sources had to stay so far, though their guard time is over."""
        return len(self._waiting) - self.pending

    def look(self) -> list[str]:
        """Remove what can be removed, and return sources that have to be copied again."""
        changed: list[str] = []
        start = self._clock()
        while self._due and self._due[0][0] <= start and self._clock() - start <= LOOK_TIME:
            due, path = heapq.heappop(self._due)
            waiting = self._waiting.get(path)
            if waiting is None or waiting.due != due:  # copied once more since
                continue
            del self._waiting[path]
            try:
                self._remove(waiting)
            except FileNotFoundError as error:
                if os.path.lexists(path):
                    self._keep(waiting, str(error))
            except OSError as error:
                self._keep(waiting, str(error))
            except _OpenError:
                self._wait_until_closed(waiting)
            except _ChangedError:
                changed.append(path)
        return changed

    def _wait(self, waiting: _Waiting) -> None:
        self._waiting[waiting.copied.original] = waiting
        heapq.heappush(self._due, (waiting.due, waiting.copied.original))

    def _wait_until_closed(self, waiting: _Waiting) -> None:
        now = self._clock()
        waiting.closed_since, waiting.due = math.inf, now + CLOSED_YET_AFTER
        if now - waiting.since >= GUARD_TIME:
            self._complain(
                waiting, "somebody has it open for writing, or its file system grants no lease"
            )
        self._wait(waiting)

    def _keep(self, waiting: _Waiting, complaint: str) -> None:
        waiting.due = self._clock() + RETRY_AFTER
        self._complain(waiting, complaint)
        self._wait(waiting)

    def _complain(self, waiting: _Waiting, complaint: str) -> None:
        if complaint != waiting.complaint:
            logger.error("%s: copied, but not removed: %s", waiting.copied.original, complaint)
        waiting.complaint = complaint

    def _remove(self, waiting: _Waiting) -> None:
        """Remove a source, or wait for the guard time if it has been closed only since now."""
        now = self._clock()
        path = waiting.copied.original
        self._compare(waiting)
        with lease_on(path) as writers:
            found = writers()
            if found is Writers.SOME:
                raise _OpenError
            if waiting.closed_since > now:
                waiting.closed_since, waiting.complaint = now, ""
            guard_time = GUARD_TIME if found is Writers.NONE else GUARD_TIME_IF_UNKNOWN
            waiting.due = waiting.closed_since + guard_time
            if waiting.due > now:
                self._wait(waiting)
                return
            _check_untouched(path, waiting.copied.status)
            _unlink(path, waiting.copied.status, writers)

    def _compare(self, waiting: _Waiting) -> None:
        """Compare the copy with its source: byte by byte if the copy may be of something else."""
        path, target, status, is_new = waiting.copied
        now = os.stat(path)  # noqa: PTH116 - as everywhere here
        if _version(now) != _version(status):
            raise _ChangedError
        if not is_copy(Path(target), now):
            raise OSError(f"its copy {target} is gone, or not what was copied")
        if is_new and now.st_ctime_ns == status.st_ctime_ns:
            return
        if not _are_equal(path, target):  # written to, and set back to the time of before
            self._copier.distrust(path)
            raise _ChangedError
        waiting.copied = Copied(path, target, now, is_new=True)
        waiting.closed_since = math.inf  # it was touched: somebody may be at work


def _version(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _check_untouched(path: str, status: os.stat_result) -> None:
    """Make sure that a file is the same in all, even in its rights."""
    now = os.stat(path)  # noqa: PTH116
    if _version(now) != _version(status) or now.st_ctime_ns != status.st_ctime_ns:
        raise _ChangedError


def _check_moved(path: str, status: os.stat_result, writers: Callable[[], Writers]) -> None:
    """Make sure that a file that was renamed just now is the one, and that nobody writes to it."""
    now = os.stat(path)  # noqa: PTH116
    if _version(now) != _version(status) or writers() is Writers.SOME:
        raise _ChangedError


def _unlink(path: str, status: os.stat_result, writers: Callable[[], Writers]) -> None:
    """Remove a file, but not what somebody puts in its place or opens in this moment."""
    folder, name = os.path.split(path)
    aside = os.path.join(folder, f".{name}.saxsfeeder-moved")  # noqa: PTH118
    if os.path.lexists(aside):
        raise OSError(f"{aside} is in the way")
    os.rename(path, aside)  # noqa: PTH104
    try:
        _check_moved(aside, status, writers)
        os.unlink(aside)  # noqa: PTH108
    except BaseException:
        _put_back(aside, path)
        raise


def _put_back(aside: str, path: str) -> None:
    try:
        os.link(aside, path)  # a link, because renaming would destroy what has come to be there
        os.unlink(aside)  # noqa: PTH108
    except OSError as error:
        logger.error("%s: is now at %s: %s", path, aside, error)  # noqa: TRY400 - not a bug


def _are_equal(one: str, other: str) -> bool:
    with open(one, "rb") as first, open(other, "rb") as second:  # noqa: PTH123
        while True:
            piece = first.read(PIECE)
            if piece != second.read(PIECE):
                return False
            if not piece:
                return True
