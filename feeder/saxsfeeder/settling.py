"""Tell when a file is finished: when it has stopped changing."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import Callable, Iterable, NamedTuple

SETTLE_TIME = 0.2
"""Seconds without a change after which a file counts as finished."""

GUARD_TIME = 5.0
"""Seconds in which a finished file is still looked at each time: if it changes after all, a writer
had only paused, and the file is finished once more. Later it is looked at now and then."""

LOOK_TIME = 0.005
"""Seconds that one look spends on files that have been quiet for the guard time: 5 % of the time at
ten looks a second, about 1000 files on a local disk."""

_GONE = (FileNotFoundError, NotADirectoryError)


class _Version(NamedTuple):
    size: int
    mtime_ns: int


_ABSENT = _Version(-1, -1)


class _Look:
    """What was last seen of a file."""

    def __init__(self, version: _Version | None, since: float, *, finished: bool) -> None:
        self.version = version
        self.since = since
        self.finished = finished


class Settling:
    """Files that may still grow.

    Parameters
    ----------
    settle_time
        In seconds.
    clock
        Seconds, never going back.
    """

    def __init__(self, settle_time: float, clock: Callable[[], float]) -> None:
        self._settle_time = settle_time
        self._clock = clock
        self._looks: dict[str, _Look] = {}
        self._quiet: dict[str, int] = {}
        self._round: list[str] = []
        self._next_round = clock()

    def add(self, paths: Iterable[str]) -> None:
        """Wait for files to be finished."""
        for path in paths:
            self._quiet.pop(path, None)
            self._looks[path] = _Look(None, self._clock(), finished=False)

    def add_finished(self, paths: Iterable[str]) -> None:
        """Wait for files only in case that they change."""
        for path in paths:
            with suppress(*_GONE):
                self._looks[path] = _Look(_look_at(path)[0], self._clock(), finished=True)

    @property
    def pending(self) -> int:
        """How many files are not finished yet."""
        return sum(not look.finished for look in self._looks.values())

    def finished(self) -> list[str]:
        """Look at the files and return those that have become finished, in the order added."""
        self._look_at_quiet()
        return [path for path, look in list(self._looks.items()) if self._finish(path, look)]

    def _look_at_quiet(self) -> None:
        """Go on through the quiet files; one that has changed is waited for again."""
        start = self._clock()
        if not self._round and start >= self._next_round:
            self._round = list(self._quiet)[::-1]
            self._next_round = start + GUARD_TIME
        while self._round and self._clock() - start <= LOOK_TIME:
            path = self._round.pop()
            before = self._quiet.get(path)
            if before is None:
                continue
            now = _look_or_absent(path)[0]
            if now is not None and _packed(now) != before:
                del self._quiet[path]
                self._looks[path] = _Look(now, self._clock(), finished=now is _ABSENT)

    def _finish(self, path: str, look: _Look) -> bool:
        """Look at a file; whether it is finished now and was not before."""
        now = self._clock()
        version, complete = _look_or_absent(path)
        if version != look.version:
            look.version, look.since, look.finished = version, now, version is _ABSENT
        if look.finished:
            if now - look.since > GUARD_TIME:
                del self._looks[path]
                if version is not _ABSENT:
                    self._quiet[path] = _packed(version)
            return False
        look.finished = complete or now - look.since >= self._settle_time
        return look.finished


def _packed(version: _Version | None) -> int:
    """Return a version in few bytes: there may be hundreds of thousands of quiet files."""
    return -1 if version is None else (version.mtime_ns << 64) + version.size


def _look_or_absent(path: str) -> tuple[_Version | None, bool]:
    """Look at a file; one that is not there has a version of its own.

    It is not forgotten at once: a file that is written anew under the same name may get the same
    inode, and is new to nobody else.
    """
    try:
        return _look_at(path)
    except _GONE:
        return _ABSENT, True


def _look_at(path: str) -> tuple[_Version | None, bool]:
    """Version of a file, and whether it was complete before it came to its name.

    Writing sets both times of a file, renaming only that of its status. Windows has no such time.
    A file that cannot be looked at has no version and counts as complete: whoever reads it will say
    what is wrong.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If it is not there.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - faster
    except _GONE:
        raise
    except OSError:
        return None, True
    if not stat.S_ISREG(status.st_mode):
        raise FileNotFoundError(f"{path}: is no regular file")
    renamed = os.name == "posix" and status.st_ctime_ns > status.st_mtime_ns and status.st_size > 0
    return _Version(status.st_size, status.st_mtime_ns), renamed
