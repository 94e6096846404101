"""Whether a worker lives, and how it is ended, whatever became of the process that started it.

:mod:`multiprocessing` asks the process that workers are forked from. Once that was killed, it takes
all of them for dead, and ends none any more.
"""

import contextlib
import os
import select
import signal
from multiprocessing.process import BaseProcess

REPORTED = 0.2
"""s between the end of a process and the news of its exit code."""


class Lifeline:
    """Holds on to one process, also where its number goes to another one.

    Parameters
    ----------
    process
        That has been started.
    """

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self._descriptor = _descriptor_of(process.pid)

    @property
    def exit_code(self) -> int | None:
        """How the process has ended, as far as anybody knows."""
        return self._process.exitcode

    def wait(self, timeout: float) -> bool:
        """Wait until the process has ended, not longer than a time (s); whether it has."""
        if self._descriptor is None:
            self._process.join(timeout)
            return not self._process.is_alive()
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        if not poll.poll(max(0.0, timeout) * 1000):
            return False
        self._process.join(REPORTED)
        return True

    def kill(self) -> None:
        """End the process at once, if it lives."""
        if self._descriptor is None:
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def end(self, patience: float, dying: float) -> bool:
        """Wait for the end of the process, then end it; false if not even that takes it away.

        Parameters
        ----------
        patience
            Seconds that it may take by itself.
        dying
            Seconds that the system may take.
        """
        if self.wait(patience):
            return True
        self.kill()
        return self.wait(dying)

    def close(self) -> None:
        """Let go of the process; safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _descriptor_of(process: int | None) -> int | None:
    """Open what means this process and no other, where the system has such a thing to give."""
    if process is None or not hasattr(os, "pidfd_open"):
        return None
    with contextlib.suppress(OSError):
        return os.pidfd_open(process)
    return None
