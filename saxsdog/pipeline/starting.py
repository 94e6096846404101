"""Start processes that are clean, warm, and spared the signals of a terminal."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import BaseContext
from types import ModuleType

PRELOADED = "saxsdog.pipeline.preload"
"""Imported by the process that workers are forked from, and by no other."""


def context_for_workers() -> BaseContext:
    """Return a way to start processes clean, where possible from one with everything loaded."""
    if _forks():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([PRELOADED])
        return context
    return multiprocessing.get_context("spawn")


def make_ready_to_start() -> None:
    """Start the process that starts workers, so that the first of them comes as fast as others."""
    if _forks():
        context_for_workers()
        with signals_kept_for_us():
            forkserver.ensure_running()


SIGNALS_TO_STOP = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Ctrl-C, a batch system or systemd, and a terminal that is closed; Windows has no such."""


@contextmanager
def signals_kept_for_us(
    signals: Iterable[signal.Signals] = SIGNALS_TO_STOP,
) -> Iterator[None]:
    """Hold the signals to stop back while processes start, and let these never see them.

    They are sent to all processes of a group. A mask of signals is
    inherited, by the server that starts the workers and by these; ours is lifted again, and what
    came meanwhile arrives.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # it would lift the mask when it starts by itself
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def wake_the_starter() -> None:
    """Let the process that starts workers go on, should somebody have stopped it.

    It tells us of the end of workers as well: whoever waits for either would wait for ever.
    """
    process = getattr(forkserver._forkserver, "_forkserver_pid", None) if _forks() else None  # noqa: SLF001
    if process is not None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


@contextmanager
def main_program_hidden() -> Iterator[None]:
    """Let a process start that does not begin by importing the program which starts it.

    That is what makes objects of the program known to it, as :mod:`multiprocessing` sees it. Ours
    are all from modules; a worker would load a whole server for nothing.
    """
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


def _forks() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()
