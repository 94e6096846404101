"""Who reads what a command prints may leave at any time, as ``head`` does."""

import os
import select
import sys
from collections.abc import Callable


def until_nobody_reads(run: Callable[[], int], otherwise: int) -> int:
    """Run a command and return its exit status; ``otherwise``, and no word, if its reader left."""
    try:
        try:
            return run()
        finally:
            if sys.stdout is not None:  # as on Windows, for a window without a console
                sys.stdout.flush()  # a reader that has gone shows here at the latest
    except BrokenPipeError:
        if not _reader_has_gone():
            raise
        forget_output()
        return otherwise


def forget_output() -> None:
    """Let nobody write to a reader that has gone, not even Python at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _reader_has_gone() -> bool:
    """Whether it was the standard output that broke, and no other pipe."""
    if not hasattr(select, "poll"):  # Windows
        return True
    output = select.poll()
    output.register(sys.stdout.fileno(), 0)  # what goes wrong is told without being asked for
    return bool(output.poll(0))
