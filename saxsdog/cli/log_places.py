"""Where lines of a log go: byte by byte to a descriptor, with nothing kept back in between.

What Python keeps back in a buffer it guards by a lock, and whoever stands in a write that stalls
holds that for ever: then the program could not even end.
"""

import os
import select
import sys
from pathlib import Path
from typing import Protocol

_NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)  # not on Windows
_AS_IT_IS = getattr(os, "O_BINARY", 0)
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NEVER_WAIT | _AS_IT_IS


class Place(Protocol):
    """Takes lines; ``write`` raises :exc:`OSError` if it cannot, and may stall."""

    def write(self, line: str) -> None: ...


class _Lines:
    """Whole lines for a descriptor."""

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        self.descriptor = descriptor
        self._encoding = encoding
        self._torn = False

    def encoded(self, line: str) -> bytes:
        return f"{line}\n".encode(self._encoding, "backslashreplace")

    def write(self, line: bytes) -> None:
        """Write a line, after the end of one of which only the beginning could be written."""
        whole = rest = b"\n" + line if self._torn else line
        try:
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        finally:
            self._torn = bool(rest) and (self._torn or len(rest) < len(whole))


class StandardError:
    """The standard error, if there is one.

    Where it was closed, a file or socket of ours may have its number by now.
    """

    def __init__(self) -> None:
        stream = sys.__stderr__
        self._lines = None if stream is None else _Lines(stream.fileno(), stream.encoding)

    def write(self, line: str) -> None:
        if self._lines is not None:
            self._lines.write(self._lines.encoded(line))

    def write_if_it_takes_it(self, line: str) -> None:
        """Write a line unless that might stall; nobody hears of errors."""
        if self._lines is None:
            return
        try:
            if _takes_a_line(self._lines.descriptor):
                self.write(line)
        except OSError:
            return


def _takes_a_line(descriptor: int) -> bool:
    if not hasattr(select, "poll"):  # Windows, where only sockets can be asked
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return any(event & select.POLLOUT for _, event in poll.poll(0))


class RotatedFile:
    """A file that is set aside when it is full.

    Parameters
    ----------
    path
        The file; what stands in it stays.
    max_bytes
        Size that it does not grow beyond.
    keep
        How many of the former ones are kept, as ``path.1``, the newest, to ``path.keep``.

    Raises
    ------
    OSError
        If it cannot be opened; for a pipe, if nobody reads it.
    """

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._lines: _Lines | None = self._opened()

    def write(self, line: str) -> None:
        lines = self._lines = self._lines or self._opened()
        text = lines.encoded(line)
        size = os.fstat(lines.descriptor).st_size
        if size and size + len(text) > self._max_bytes:
            self.close()
            self._set_aside()
            lines = self._lines = self._opened()
        lines.write(text)

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        lines, self._lines = self._lines, None
        if lines is not None:
            os.close(lines.descriptor)

    def _opened(self) -> _Lines:
        descriptor = os.open(self._path, _FLAGS, 0o666)
        os.set_blocking(descriptor, True)
        return _Lines(descriptor)

    def _set_aside(self) -> None:
        names = [self._path, *(Path(f"{self._path}.{i}") for i in range(1, self._keep + 1))]
        names[-1].unlink(missing_ok=True)
        for older, newer in zip(reversed(names), list(reversed(names))[1:], strict=False):
            if newer.exists():
                newer.replace(older)
