"""A hidden server on this machine, for one root and for as long as somebody needs it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.client import Client
from saxsdog.errors import ServerUnreachableError
from saxsdog.network import NetworkEntry, new_secret, save_network

START_TIMEOUT = 30.0
"""s; a cold disk may take some of them."""

STOP_TIMEOUT = 15.0


class LocalServer:
    """A server process on loopback with a fresh secret; a context manager.

    It ends with this object, and with this process however that ends: it watches a pipe that only
    we hold open. If this process was killed the server removes its folder, where its secret lies.

    Parameters
    ----------
    root
        Folder of the images.
    feeder
        URL of a feeder, or ``""`` for none.
    workers
        Number of worker processes; the calibration says it by default.
    settings
        A settings file.
    name
        Of the server.
    state
        Folder of what outlives the server; one that ends with it by default.

    Attributes
    ----------
    folder
        A folder for this server alone, with its network file and its log; it ends with the server.
    """

    def __init__(
        self,
        root: Path,
        *,
        feeder: str = "",
        workers: int | None = None,
        settings: Path | None = None,
        name: str = "local",
        state: Path | None = None,
    ) -> None:
        self._root = root
        self._state = state
        self._workers = workers
        self._settings = settings
        self._stack = ExitStack()
        self.entry = NetworkEntry(name, "tcp://127.0.0.1:*", feeder, new_secret())

    def __enter__(self) -> Self:
        """Start the server and wait until it can be asked.

        Raises
        ------
        ServerUnreachableError
            If it does not start; its log says why.
        """
        with ExitStack() as stack:
            made = tempfile.TemporaryDirectory(prefix="saxsdog-")
            self.folder = Path(stack.enter_context(made))
            network = self.folder / "network.json"
            save_network([self.entry], network)
            self._log = self.folder / "server.log"
            self.process = self._start(network, self._state or self.folder / "state")
            stack.callback(self._end)
            self.entry = NetworkEntry(
                self.entry.name, self._address(), self.entry.feeder, self.entry.secret
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def client(self) -> Client:
        """Return a client of the server."""
        return Client(self.entry)

    @property
    def log(self) -> str:
        """What the server has logged."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _start(self, network: Path, state: Path) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "saxsdog.cli.hidden_server"]
        words += [str(network.parent), str(os.getpid()), str(self._root)]
        words += ["--network", str(network), "--state", str(state)]
        if self._workers is not None:
            words += ["--workers", str(self._workers)]
        if self._settings is not None:
            words += ["--config", str(self._settings)]
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own program
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours
            )

    def _address(self) -> str:
        """Wait for the line that tells where the server listens."""
        assert self.process.stdout is not None  # noqa: S101 - for the type checker
        too_late = threading.Timer(START_TIMEOUT, self.process.kill)
        too_late.start()
        try:
            line = self.process.stdout.readline()
        finally:
            too_late.cancel()
        if not line:
            raise ServerUnreachableError(f"the server did not start:\n{self.log.strip()}")
        return str(json.loads(line)["address"])

    def _end(self) -> None:
        assert self.process.stdin is not None  # noqa: S101 - for the type checker
        assert self.process.stdout is not None  # noqa: S101 - for the type checker
        self.process.stdin.close()
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
