"""Another process that writes files on demand, as a detector does; the other end is in here too.

Commands and answers are JSON, one a line. Times are those of the monotonic clock, which all
processes of a machine share.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from saxsdog.whole_file import write_whole

FAREWELL = 1.0
"""Seconds; a process in a call to a dead file server cannot be ended."""

VERSIONS = {b"a": 5000, b"b": 9000}
"""Letter and length of what replaces each other."""


class Scribe:
    """Writes into a folder from another process; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "saxsdog.doctor.scribe", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(FAREWELL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def begin(self, *command: str | float) -> None:
        """Tell it what to do; :meth:`end` waits for it.

        Raises
        ------
        OSError
            If it has died.
        """
        assert self._process.stdin is not None  # noqa: S101 - as it was started
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()

    def end(self) -> float:
        """Return the time at which it was done, or how often it has done it.

        Raises
        ------
        OSError
            If the file could not be written, or the process has died.
        """
        assert self._process.stdout is not None  # noqa: S101 - as it was started
        line = self._process.stdout.readline()
        if not line:
            raise OSError(0, "the process that writes has died")
        said = json.loads(line)
        if isinstance(said, list):
            raise OSError(*said)
        return float(said)

    def write(self, name: str, size: int) -> float:
        """Write a file; return when it was closed."""
        self.begin("write", name, size)
        return self.end()


def main() -> None:
    """Do as the standard input says, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to who started us
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        try:
            said: Any = _done(folder, *json.loads(line))
        except OSError as error:
            said = [error.errno or 0, error.strerror or str(error)]
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def _done(folder: Path, command: str, name: str, number: float) -> float:
    path = folder / name
    if command == "write":
        with path.open("wb") as file:
            file.write(bytes(int(number)))
        return time.monotonic()
    end, times = time.monotonic() + number, 0
    while time.monotonic() < end:
        for letter, length in VERSIONS.items():
            write_whole(path, letter * length)
            times += 1
    return times


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
    os._exit(0)  # nothing to tidy up, and no complaint about a pipe that is gone
