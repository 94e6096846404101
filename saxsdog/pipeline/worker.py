"""A worker process: takes jobs from its pipe until there are no more."""

import signal
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from saxsdog.errors import FrameError, OutputError, SeveralImagesError
from saxsdog.pipeline.jobs import Job, Outcome, Reducer, ReuseRule, Status
from saxsdog.pipeline.preview import Preview, PreviewJob, preview_of
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.reasons import Reason

READY = b"ready"
NO_MORE = b""

IDLE = 1.0
"""s without a job, after which a file that was kept open for the next one is closed."""


@dataclass(frozen=True)
class WorkerTask:
    """What every worker of a pool does, in plain picklable values."""

    plan: SharedPlan
    document: dict[str, Any]
    reuse: ReuseRule
    page: int | None = None

    def reducer(self) -> Reducer:
        """Open the plan and make ready for the first image."""
        reducer = Reducer(self.plan.open(), self.document, self.reuse, self.page)
        reducer.warm_up()
        return reducer


def run(task: WorkerTask, pipe: Connection) -> None:
    """Say ``READY``, then answer every job until ``NO_MORE`` arrives.

    What concerns one image is reported. Anything else is a bug: it ends this process with a
    traceback, and the pool starts a new one. Without a parent there is nothing left to do.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they belong to the parent
    reducer = task.reducer()
    try:
        pipe.send_bytes(READY)
        while (data := _next(pipe, reducer)) != NO_MORE:
            pipe.send_bytes(_answer(reducer, data))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _next(pipe: Connection, reducer: Reducer) -> bytes:
    """Wait for what comes next; a file that somebody has removed must not stay on the disk."""
    if reducer.keeps_file_open and not pipe.poll(IDLE):
        reducer.close()
    return pipe.recv_bytes()


def _answer(reducer: Reducer, data: bytes) -> bytes:
    if PreviewJob.is_one(data):
        return preview_by(reducer, PreviewJob.from_bytes(data)).to_bytes()
    return outcome_of(reducer, Job.from_bytes(data)).to_bytes()


def outcome_of(reducer: Reducer, job: Job) -> Outcome:
    """Integrate an image; errors that concern it become its outcome.

    So does that a file holds several images: who gave the job names them.
    """
    try:
        return reducer.reduce(job)
    except SeveralImagesError as error:
        return Outcome.several(job, error)
    except FrameError as error:
        failed = Outcome.failed(job, error.reason, str(error), error.fingerprint)
        if error.reason is Reason.IMAGES_ELSEWHERE:  # nothing is lost: those are found as well
            return replace(failed, status=Status.SKIPPED)
        return failed
    except OutputError as error:
        return Outcome.failed(job, error.reason, str(error))


def preview_by(reducer: Reducer, job: PreviewJob) -> Preview:
    """Make a frame small; errors that concern it are part of the preview."""
    try:
        frame = reducer.read(job.image)
    except FrameError as error:
        return Preview.failed(job.image, str(error))
    rows, columns = frame.image.shape
    pixels, block = preview_of(frame.image, job.max_side)
    return Preview(str(job.image), (rows, columns), pixels, block)
