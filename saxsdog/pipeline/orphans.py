"""What becomes of processes when the server that needs them is killed: they go as well.

Mostly they see the end of their pipes. One that somebody has stopped sees nothing, one that hangs
over an image never looks, and the process that workers are forked from lives as long as any of
them. Linux can tell a process of the end of the one that started it, whatever it does just then.
"""

import contextlib
import ctypes
import multiprocessing
import signal
import sys
from types import FrameType

LAST_IMAGE = 2.0
"""s that a worker without a server has for the image that it is at."""

LOOK_AGAIN = 1.0
"""s; of a server that is killed threads end one after the other, and its pipes with the last."""

_PR_SET_PDEATHSIG = 1
"""See prctl(2)."""


def end_with_parent() -> None:
    """Let this process be killed when the one that started it ends; it holds nothing of value."""
    _on_end_of_parent("SIGKILL")


def end_without_server() -> None:
    """Let this worker go on when the one that it was forked from ends, and end without a server.

    The process that workers are forked from may end alone, and that costs no image.
    """
    if hasattr(signal, "SIGCONT"):
        signal.signal(signal.SIGCONT, _look_for_server)
        _on_end_of_parent("SIGCONT")  # does nothing to a process that nobody has stopped


def _look_for_server(number: int, frame: FrameType | None) -> None:
    server = multiprocessing.parent_process()
    if server is not None and not server.is_alive():
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # it ends us, wherever we hang
        signal.setitimer(signal.ITIMER_REAL, LAST_IMAGE)
    elif number != signal.SIGALRM:
        signal.signal(signal.SIGALRM, _look_for_server)
        signal.setitimer(signal.ITIMER_REAL, LOOK_AGAIN)


def _on_end_of_parent(name: str) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # then it is as elsewhere
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(getattr(signal, name)), 0, 0, 0)
