"""Starts the process that keeps the archives of a server, and starts it again if it dies."""

import json
import logging
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)

PROGRAM = "saxsdog.archive.program"

FOLDERS = "archive-*"
"""Of the state of a server: one with records for each queue."""

LAST_RECORDS = 2.0
"""s for what still waits when the server has ended; the next one goes on with the rest."""

STOP_TIMEOUT = LAST_RECORDS + 3.0


class Archivist:
    """The process of one server; none while there is nothing to archive.

    Parameters
    ----------
    state_folder
        Of the server.
    """

    def __init__(self, state_folder: Path) -> None:
        self._state_folder = state_folder
        self._process: subprocess.Popen[bytes] | None = None
        self._trouble: tuple[str, ...] = ()
        self._stopped = False
        self._said = threading.Event()
        self._lock = threading.Lock()

    @property
    def trouble(self) -> tuple[str, ...]:
        """What cannot be done now, a sentence each."""
        return self._trouble

    @property
    def process_id(self) -> int | None:
        process = self._process
        return None if process is None else process.pid

    def mend(self) -> None:
        """Start the process if something is to be archived and none runs; from any thread."""
        with self._lock:
            if self._stopped or not any(self._state_folder.glob(FOLDERS)):
                return
            if self._process is not None:
                if self._process.poll() is None:
                    return
                logger.error("the archive's process has died: exit code %s", self._process.poll())
                self._close()
            try:
                self._start()
            except OSError as error:
                self._trouble = (f"the archive's process cannot be started: {error.strerror}",)

    def wait_for_word(self, timeout: float) -> bool:
        """Wait until the process has said something, and return whether it has."""
        return self._said.wait(timeout)

    def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """Let it archive what waits, and end it; safe to call twice."""
        with self._lock:
            self._stopped = True
            process = self._process
            if process is None:
                return
            with suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:  # its disk hangs; nothing is lost
                process.kill()
                process.wait()
            self._close()

    def _start(self) -> None:
        command = [sys.executable, "-m", PROGRAM, str(self._state_folder)]
        process = self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._trouble = ()
        threading.Thread(
            target=self._listen, args=(process,), name="archivist", daemon=True
        ).start()

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        with suppress(OSError, ValueError):  # it is closed
            for line in process.stdout or ():
                trouble = tuple(json.loads(line))
                for sentence in trouble:
                    logger.warning("%s", sentence)
                self._trouble = trouble
                self._said.set()

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
