"""The feeder as a program, from a copy of its folder and nothing else."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.helpers.feeds import PATIENCE, Listener

PACKAGE = Path(__file__).parents[2] / "feeder" / "saxsfeeder"


def copy_of_the_package(folder):
    """Copy the package as a user copies it to an old computer."""
    shutil.copytree(PACKAGE, folder / "saxsfeeder", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


class FeederProcess:
    """``python -m saxsfeeder`` in a folder that holds the package."""

    def __init__(self, folder, *arguments, bind="tcp://127.0.0.1:*"):
        self.arguments = [*map(str, arguments), "--bind", bind, "-v"]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "saxsfeeder", *self.arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stderr=subprocess.PIPE,
            text=True,
        )
        first_line = self._process.stderr.readline()
        assert "announcing at" in first_line, first_line
        self.address = first_line.split()[-1]
        self.log = ""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._process.communicate()

    def listener(self):
        return Listener(self.address)

    def stop(self, number=signal.SIGTERM):
        """End it as an operator does and return its exit status."""
        self._process.send_signal(number)
        return self.wait()

    def wait(self):
        """Exit status at its own end."""
        self.log += self._process.communicate(timeout=PATIENCE)[1]
        return self._process.returncode
