"""Real servers, each a process of its own, on a port that the system chooses."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from saxsdog import Client
from saxsdog.network import NetworkEntry, save_network

NAME = "test"
SECRET = "a secret that only tests know"  # noqa: S105
PROGRAM = (sys.executable, "-m", "saxsdog.cli.server")
PATIENCE = 20.0
"""Seconds that a server may take to end; it gives its workers ten."""


class RunningServer:
    """``saxsdog-server`` as an operator starts it.

    Attributes
    ----------
    process
        The server, while it runs and after.
    network
        The network file, as server and clients use it.
    entry
        What stands in it: from the first start on, with the real port.
    state, log
        The folder of its state, and the file that its messages go to.
    """

    def __init__(
        self,
        folder: Path,
        root: Path,
        feeder: str | None = None,
        workers: int = 2,
        settings: str | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.network = folder / "network.json"
        self.state = folder / "state"
        self.log = folder / "server.log"
        self.entry = NetworkEntry(NAME, "tcp://127.0.0.1:*", feeder or "", SECRET)
        self._command = [*program, str(root)]
        self._command += ["--network", str(self.network), "--state", str(self.state)]
        self._command += ["--workers", str(workers)]
        if settings is not None:
            settings_file = folder / "settings.toml"
            settings_file.write_text(settings, encoding="utf-8")
            settings_file.chmod(0o600)  # it may hold a secret
            self._command += ["--config", str(settings_file)]
        self.process = self._started()

    def client(self) -> Client:
        """Return a new client; a context manager."""
        return Client(self.entry)

    @property
    def memory(self) -> int:
        """Resident memory of the server process, bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def descriptors(self) -> int:
        """Number of files and sockets that the server process has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def stop(self) -> int:
        """Ask the server to end, and return its exit status; safe to call twice."""
        return self._ended_by(self.process.terminate)

    def kill(self) -> None:
        """End the server as a power failure would: no handler runs."""
        self._ended_by(self.process.kill)

    def restart(self) -> None:
        """Start the server again with the same state and port, after a stop if it still runs."""
        self.stop()
        self.process = self._started()

    def log_text(self) -> str:
        """Return what the server has logged, since its first start."""
        return self.log.read_text(encoding="utf-8")

    def _started(self) -> "subprocess.Popen[str]":
        """Start the server and wait until it can be asked."""
        save_network([self.entry], self.network)
        with self.log.open("a", encoding="utf-8") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=os.name == "posix",  # Ctrl-C belongs to pytest
            )
        assert process.stdout is not None
        line = process.stdout.readline()  # empty if it ends instead
        if not line:
            process.wait(PATIENCE)
            process.stdout.close()
            raise AssertionError(f"the server did not start:\n{self.log_text()}")
        # From now on the port is fixed: clients find the server again after a restart.
        self.entry = NetworkEntry(NAME, json.loads(line)["address"], self.entry.feeder, SECRET)
        save_network([self.entry], self.network)
        return process

    def _ended_by(self, end) -> int:
        if self.process.poll() is None:
            end()
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._end_group()
            raise AssertionError(f"the server did not end:\n{self.log_text()}") from None
        finally:
            self.process.stdout.close()

    def _end_group(self) -> None:
        if hasattr(os, "killpg"):
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()


@contextmanager
def running_server(
    tmp_path: Path,
    root: Path,
    feeder: str | None = None,
    workers: int = 2,
    settings: str | None = None,
    program: Sequence[str] = PROGRAM,
) -> Iterator[RunningServer]:
    """Run a server for images below ``root``; it must end well if the test has not ended it.

    Parameters
    ----------
    tmp_path
        Folder for its network file, state and log.
    feeder
        URL to subscribe to.
    workers
        Number of worker processes.
    settings
        Text of a settings file (TOML).
    program
        What to start; it gets the arguments of ``saxsdog-server``.
    """
    server = RunningServer(tmp_path, root, feeder, workers, settings, program)
    ran_well = False
    try:
        yield server
        ran_well = True
    finally:
        stopped_here = server.process.poll() is None
        status = server.stop()
        if ran_well and stopped_here:
            assert status == 0, f"the server ended with {status}:\n{server.log_text()}"
