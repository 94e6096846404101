"""A worker process: takes jobs from its pipe until there are no more."""

import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from saxsdog.errors import FrameError, OutputError
from saxsdog.pipeline.jobs import Job, Outcome, Reducer, ReuseRule
from saxsdog.pipeline.shared_plan import SharedPlan

READY = b"ready"
NO_MORE = b""


@dataclass(frozen=True)
class WorkerTask:
    """What every worker of a pool does, in plain picklable values."""

    plan: SharedPlan
    document: dict[str, Any]
    reuse: ReuseRule
    page: int = 0

    def reducer(self) -> Reducer:
        """Open the plan and make ready for the first image."""
        reducer = Reducer(self.plan.open(), self.document, self.reuse, self.page)
        reducer.warm_up()
        return reducer


def run(task: WorkerTask, pipe: Connection) -> None:
    """Say ``READY``, then answer every job with its outcome until ``NO_MORE`` arrives.

    What concerns one image is reported. Anything else is a bug: it ends this process with a
    traceback, and the pool starts a new one. Without a parent there is nothing left to do.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they belong to the parent
    reducer = task.reducer()
    try:
        pipe.send_bytes(READY)
        while (data := pipe.recv_bytes()) != NO_MORE:
            pipe.send_bytes(outcome_of(reducer, Job.from_bytes(data)).to_bytes())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def outcome_of(reducer: Reducer, job: Job) -> Outcome:
    """Integrate an image; errors that concern it become its outcome."""
    try:
        return reducer.reduce(job)
    except (FrameError, OutputError) as error:
        return Outcome.failed(job, error.code, str(error))
