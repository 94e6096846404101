"""A worker process: takes jobs from its pipe until there are no more."""

import logging
import signal
import time
from collections import deque
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from saxsdog.curves.formats import CHI_ONLY, Products
from saxsdog.curves.jobs import Job, Outcome, ReuseRule, Status
from saxsdog.curves.reducer import Reducer
from saxsdog.curves.treatment import NO_TREATMENT, TreatmentRule
from saxsdog.errors import FrameError, OutputError, SeveralImagesError
from saxsdog.io.images import NO_CAUTION, Caution
from saxsdog.pipeline.orphans import end_without_server
from saxsdog.pipeline.preview import Preview, PreviewJob, preview_of
from saxsdog.pipeline.scales import Scales
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.starting import SIGNALS_TO_STOP
from saxsdog.reasons import Reason

NONE_OF_OURS = (Reason.IMAGES_ELSEWHERE, Reason.OUTSIDE_ROOT)
"""Reasons to skip a file: its images are found where they are, or shall not be read at all."""

READY = b"ready"
NO_MORE = b""
RETIRED = b"retired"
TAKEN_BACK = b"taken back"
"""Jobs that came before this one, and are not begun, are for others."""

SLOW = 1.0
"""s at one job, after which others may be taken back."""

IDLE = 1.0
"""s without a job, after which a file that was kept open for the next one is closed."""


@dataclass(frozen=True)
class WorkerTask:
    """What every worker of a pool does, in plain picklable values."""

    plan: SharedPlan
    document: dict[str, Any]
    reuse: ReuseRule
    page: int | None = None
    caution: Caution = NO_CAUTION
    result_roots: tuple[Path, ...] = ()
    treatment: TreatmentRule = NO_TREATMENT
    products: Products = CHI_ONLY

    def reducer(self) -> Reducer:
        """Open the plan and make ready for the first image."""
        plan = self.plan.open()
        reducer = Reducer(
            plan,
            self.document,
            self.reuse,
            self.page,
            self.caution,
            self.result_roots,
            self.treatment,
            self.products,
        )
        reducer.warm_up()
        return reducer


def run(task: WorkerTask, pipe: Connection) -> None:
    """Say ``READY``, then answer every job until ``NO_MORE`` arrives.

    What concerns one image is reported. Anything else is a bug: it ends this process with a
    traceback, and the pool starts a new one. Without a parent there is nothing left to do.

    A worker whose memory grows without end says so between two images, and leaves.
    """
    for number in SIGNALS_TO_STOP:
        signal.signal(number, signal.SIG_IGN)  # they belong to the parent
    if hasattr(signal, "SIGIO"):
        signal.signal(signal.SIGIO, signal.SIG_IGN)  # see saxsdog.io.writers
    end_without_server()
    logging.disable()  # libraries remark on images at the standard error, where nobody may read
    reducer = task.reducer()
    scales = Scales()
    try:
        pipe.send_bytes(READY)
        inbox = _Inbox(pipe, reducer)
        while (data := inbox.next()) != NO_MORE:
            pipe.send_bytes(_answer(reducer, data))
            if scales.tell_too_much():
                pipe.send_bytes(RETIRED)
                return
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


class _Inbox:
    """The jobs that a worker holds and has not begun."""

    def __init__(self, pipe: Connection, reducer: Reducer) -> None:
        self._pipe = pipe
        self._reducer = reducer
        self._jobs: deque[bytes] = deque()
        self._began = time.monotonic()

    def next(self) -> bytes:
        """Wait for the next job.

        Only after a slow one the others may have been taken back, and to look costs time.
        """
        if time.monotonic() - self._began > SLOW / 2:
            while NO_MORE not in self._jobs and self._pipe.poll():
                self._take()
        while not self._jobs:
            # A file that somebody has removed must not stay on the disk.
            if self._reducer.keeps_file_open and not self._pipe.poll(IDLE):
                self._reducer.close()
            self._take()
        self._began = time.monotonic()
        return self._jobs.popleft()

    def _take(self) -> None:
        data = self._pipe.recv_bytes()
        if data == TAKEN_BACK:
            self._jobs.clear()
        else:
            self._jobs.append(data)


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
        if error.reason in NONE_OF_OURS:
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
