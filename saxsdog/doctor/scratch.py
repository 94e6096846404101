"""A hidden folder for all that is tried out in a folder of images, and its certain end."""

import os
import platform
import re
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from saxsdog.doctor.asking import TIDYING, TIME_LIMIT, NoAnswerError, within

PREFIX = ".saxsdog-doctor-"
"""Hidden names are those that servers, walkers and feeders leave alone."""

TRIES = 20
"""Of removing a folder into which a thread that was given up may still write."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def scratch_folder(directory: Path) -> Iterator[Path]:
    """Give an empty hidden folder in a directory, and remove it with all that came into it.

    Whoever writes there gets an error from then on, since nobody else makes the folder.

    Raises
    ------
    OSError
        If it cannot be made, or cannot be removed again.
    NoAnswerError
        If the directory does not answer.
    """
    folder = directory / f"{_own_prefix()}{os.getpid()}-{secrets.token_hex(4)}"
    within(TIME_LIMIT, lambda: _remove_leftovers(directory))
    unwanted = threading.Event()
    try:
        within(TIME_LIMIT, lambda: _make(folder, unwanted), TIDYING)
        yield folder
    finally:
        unwanted.set()
        with _undisturbed(), suppress(NoAnswerError):  # a dead disk keeps what it has
            within(TIME_LIMIT, lambda: _remove(folder), TIDYING)


def _make(folder: Path, unwanted: threading.Event) -> None:
    """Make the folder; if it took so long that nobody waits for it any more, remove it at once."""
    folder.mkdir(mode=0o700)
    if unwanted.is_set():
        _remove(folder)


def _remove(folder: Path) -> None:
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
    shutil.rmtree(folder)  # says why not


def _remove_leftovers(directory: Path) -> None:
    """Remove the folders of those who were killed on this machine."""
    pattern = re.compile(re.escape(_own_prefix()) + r"([0-9]+)-[0-9a-f]+")
    with suppress(OSError):  # a directory that cannot be read is found out in its own check
        for name in os.listdir(directory):  # noqa: PTH208 - names are all that is needed
            match = pattern.fullmatch(name)
            if match is not None and not _is_running(int(match[1])):
                shutil.rmtree(directory / name, ignore_errors=True)


def _own_prefix() -> str:
    """Return how the names of all such folders of this machine begin."""
    machine = re.sub(r"[^A-Za-z0-9]", "_", platform.node())[:40]
    return f"{PREFIX}{machine}-"


def _is_running(process: int) -> bool:
    if sys.platform == "win32":  # signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let a second Ctrl-C wait until the files are gone; only a main thread can say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
