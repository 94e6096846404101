"""Workers that die, hang and lie on purpose: each image says by its name what it does to them."""

import ctypes
import os
import resource
import signal
from dataclasses import replace
from pathlib import Path

from saxsdog.curves.jobs import Job, Outcome
from saxsdog.curves.reducer import Reducer
from saxsdog.pipeline.worker import WorkerTask

BROKEN = "broken"
"""While a file of this name lies beside the plan, no worker becomes ready."""

LEAK = 8 << 20
TOO_LONG = (1 << 26) + 1
"""Bytes; more than a worker may say at once."""


def kill_myself(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    """Wait for what never comes; no signal helps but the last."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        signal.pause()


def ask_for_too_much_memory() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + (64 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    bytearray(1 << 30)


ALWAYS = {
    "poison": kill_myself,
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "glutton": ask_for_too_much_memory,
    "endless": hang,
}
"""What happens at every image whose name begins so."""

ONCE = {"unlucky": kill_myself, "stuck": hang}
"""What happens the first time that such an image is read."""


class _Said(Outcome):
    """An outcome that is told in other words."""

    def to_bytes(self) -> bytes:
        return b"\xff\x00{" if self.image.endswith("babble.tif") else bytes(TOO_LONG)


class FragileReducer(Reducer):
    """Does what the names of images say, see :data:`ALWAYS` and :data:`ONCE`.

    Moreover, the first time, for an image called ``confused`` it answers for another one; for
    ``babble`` it says what nobody understands, for ``shout`` more than anybody wants to hear; for
    ``half`` it dies between the last byte of a curve and its name. Images called ``leak`` cost
    memory that never comes back.
    """

    def reduce(self, job: Job) -> Outcome:
        stem = job.image.stem
        for start, misdeed in ALWAYS.items():
            if stem.startswith(start):
                misdeed()
        for start, misdeed in ONCE.items():
            if stem.startswith(start) and _is_first(job.image):
                misdeed()
        if stem.startswith("half") and _is_first(job.image):
            Path.replace = kill_myself  # type: ignore[assignment]
        if stem.startswith("leak"):
            self.__dict__.setdefault("leaked", []).append(b"\1" * LEAK)
        outcome = super().reduce(job)
        if stem.startswith("confused") and _is_first(job.image):
            return replace(outcome, id=job.id + 1)
        if stem.startswith(("babble", "shout")) and _is_first(job.image):
            return _Said(**{name: getattr(outcome, name) for name in Outcome.__dataclass_fields__})
        return outcome


def _is_first(image: Path) -> bool:
    """Whether no worker has read an image before."""
    seen = Path(f"{image}.seen")
    if seen.exists():
        return False
    seen.touch()
    return True


class FragileTask(WorkerTask):
    def reducer(self) -> Reducer:
        if (self.plan.path.parent / BROKEN).exists():
            raise ImportError("a library is missing")
        reducer = super().reducer()
        reducer.__class__ = FragileReducer
        return reducer


class StillbornTask(WorkerTask):
    def reducer(self) -> Reducer:
        kill_myself()
        raise AssertionError("a dead process goes on")
