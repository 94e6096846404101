"""Worker processes that share nothing but the plan: who works on what, and who has died.

A crew keeps no queue and takes no decision about images: its owner hands out jobs, waits for the
pipes, and is told of outcomes and deaths.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from saxsdog.curves.jobs import Job, Outcome
from saxsdog.pipeline import worker
from saxsdog.pipeline.complaints import Complaints
from saxsdog.pipeline.lifeline import Lifeline
from saxsdog.pipeline.preview import Preview, PreviewJob
from saxsdog.pipeline.starting import (
    context_for_workers,
    main_program_hidden,
    signals_kept_for_us,
    wake_the_starter,
)
from saxsdog.pipeline.worker import WorkerTask
from saxsdog.whole_file import remove_leftovers

logger = logging.getLogger(__name__)

IN_FLIGHT = 3
"""Jobs a worker holds: one it works on, and the next so that it never waits for its owner."""

SLOW = worker.SLOW
"""s at one job, after which a worker gets no other, and others get those that it holds besides."""

STOP_TIMEOUT = 10.0

STARTING = 60.0
"""s that a worker may take to become ready; a cold disk needs some of them."""

DYING = 0.2
"""s between the end of a pipe and that of its process."""

KILLING = 2.0
"""s that the system may take to end a process; one that waits for a dead disk may take for ever."""

LARGEST_ANSWER = 1 << 26
"""Bytes; a preview of the largest size takes a quarter of it."""


@dataclass(frozen=True)
class Death:
    """A worker is gone.

    Attributes
    ----------
    suspect
        The job that it was working on, if it had one.
    others
        Those that it held besides.
    previews
        Those that it was asked for.
    timeout
        Whether it was killed because the suspect took too long.
    stillborn
        Whether it died before it was ready.
    retired
        Whether it left of its own accord, between two images.
    """

    suspect: Job | None
    others: tuple[Job, ...]
    previews: tuple[PreviewJob, ...]
    timeout: bool
    stillborn: bool
    exit_code: int | None
    retired: bool = False


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    life: Lifeline
    pipe: Connection
    ready: bool = False
    alone: bool = False
    overdue: bool = False
    since: float = 0.0
    jobs: deque[Job | PreviewJob] = field(default_factory=deque)
    taken_back: deque[Job | PreviewJob] = field(default_factory=lambda: deque(maxlen=4 * IN_FLIGHT))


class Crew:
    """A fixed number of worker processes; a context manager.

    Parameters
    ----------
    n_workers
        Number of processes.
    task
        What each of them does.
    clock
        Seconds that never jump.
    """

    def __init__(
        self, n_workers: int, task: WorkerTask, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._task = task
        self._n_workers = n_workers
        self._clock = clock
        self._context = context_for_workers()
        self._workers: dict[Connection, _Worker] = {}
        self._complaints = Complaints()

    def __enter__(self) -> Self:
        self.hire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pipes(self) -> list[Connection]:
        """What to wait for."""
        return list(self._workers)

    @property
    def process_ids(self) -> tuple[int, ...]:
        return tuple(each.process.pid or 0 for each in self._workers.values())

    @property
    def busy(self) -> bool:
        """Whether any worker holds a job."""
        return any(each.jobs for each in self._workers.values())

    def hire(self) -> None:
        """Start as many workers as are missing.

        Raises
        ------
        OSError, EOFError
            If the system gives no process, pipe or memory; those that were started stay.
        """
        wake_the_starter()
        with signals_kept_for_us():
            while len(self._workers) < self._n_workers:
                self._start_worker()

    def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """Let every worker finish what it holds, then end it; safe to call twice."""
        wake_the_starter()
        for each in self._workers.values():
            try:
                each.pipe.send_bytes(worker.NO_MORE)
            except OSError:
                logger.debug("worker %s is gone already", each.process.pid)
        end = self._clock() + timeout
        for each in self._workers.values():
            self._drain(each, end)
            if not each.life.wait(end - self._clock()):
                self._end(each, 0.0)
                _sweep(each)
            each.pipe.close()
            each.life.close()
        self._workers.clear()
        self._complaints.close()

    def has_room(self, *, alone: bool = False) -> bool:
        """Whether :meth:`hand` would find a worker."""
        return self._choose(alone=alone) is not None

    def hand(self, job: Job | PreviewJob, *, alone: bool = False) -> bool:
        """Give a job to the worker that holds the fewest; false if all are full.

        A job may ask to be ``alone``: its worker holds no other until it is done.
        """
        each = self._choose(alone=alone)
        if each is None:
            return False
        if not each.jobs:
            each.since = self._clock()
        each.alone = alone
        each.jobs.append(job)
        try:
            each.pipe.send_bytes(job.to_bytes())
        except OSError:
            logger.debug("worker %s died", each.process.pid)  # its pipe tells, the job comes back
        return True

    def receive(self, pipe: Connection) -> Outcome | Preview | Death | None:
        """Take what one worker has to say; ``None``: that it is ready.

        One that says something else than the answer to its first job is ended. It may not have
        heard in time that a job was taken back from it: then that answer is not heard either.
        """
        each = self._workers[pipe]
        try:
            data = pipe.recv_bytes(LARGEST_ANSWER)
            if data == worker.READY:
                each.ready = True
                return None
            if data == worker.RETIRED:
                logger.info("worker %s needs too much memory: replaced", each.process.pid)
                return self._bury(each, retired=True)
            answer = _answer(data, each.jobs[0])
        except (EOFError, OSError):
            return self._bury(each)
        except (IndexError, KeyError, TypeError, ValueError):
            if _comes_too_late(data, each.taken_back):
                return None
            logger.error("worker %s talks nonsense: ended", each.process.pid)  # noqa: TRY400
            return self._bury(each)
        each.jobs.popleft()
        each.since = self._clock()
        each.alone = False
        if isinstance(answer, Outcome) and answer.complaints:
            self._complaints.hear(answer.complaints)
        return answer

    def take_back(self) -> list[Job | PreviewJob]:
        """Take from workers that are at one job for long what they hold besides, in its order.

        They may begin with it before they hear of that. Then it is done twice, to the same end.
        """
        taken: list[Job | PreviewJob] = []
        for each in self._workers.values():
            if len(each.jobs) > 1 and self._is_slow(each):
                try:
                    each.pipe.send_bytes(worker.TAKEN_BACK)
                except OSError:
                    continue  # its pipe tells, the jobs come back
                first, *others = each.jobs
                each.jobs = deque([first])
                each.taken_back.extend(others)
                taken += others
        return taken

    def kill_overdue(self, limit: float) -> None:
        """End the workers that have been at one job for longer than ``limit`` seconds.

        And those that take longer than :data:`STARTING` to become ready.
        """
        now = self._clock()
        for each in self._workers.values():
            if each.overdue or (each.ready and not each.jobs):
                continue
            if now - each.since > (limit if each.ready else STARTING):
                what = f"on {each.jobs[0].image}" if each.jobs else "to start"
                seconds = now - each.since
                logger.warning(
                    "worker %s has worked for %.0f s %s: killed", each.process.pid, seconds, what
                )
                each.overdue = True
                each.life.kill()

    def _choose(self, *, alone: bool) -> _Worker | None:
        room = 1 if alone else IN_FLIGHT
        free = [
            each
            for each in self._workers.values()
            if each.ready and len(each.jobs) < room and not each.alone and not self._is_slow(each)
        ]
        return min(free, key=lambda w: len(w.jobs), default=None)

    def _is_slow(self, each: _Worker) -> bool:
        return bool(each.jobs) and self._clock() - each.since > SLOW

    def _start_worker(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(  # type: ignore[attr-defined]
            target=worker.run, args=(self._task, theirs), daemon=True
        )
        with main_program_hidden():
            process.start()
        theirs.close()
        self._workers[ours] = _Worker(process, Lifeline(process), ours, since=self._clock())

    def _drain(self, each: _Worker, end: float) -> None:
        """Read what a worker still says, or a full pipe would keep it from ending."""
        try:
            while each.pipe.poll(max(0.0, end - self._clock())):
                each.pipe.recv_bytes()
        except (EOFError, OSError):
            return

    def _bury(self, each: _Worker, *, retired: bool = False) -> Death:
        """Take leave of a worker that has closed its pipe, talked nonsense, or is about to end."""
        wake_the_starter()
        del self._workers[each.pipe]
        each.pipe.close()
        self._end(each, DYING)
        code = each.life.exit_code
        each.life.close()
        if not retired:
            logger.warning("worker %s died (exit code %s)", each.process.pid, code)
        _sweep(each)
        jobs = [job for job in each.jobs if isinstance(job, Job)]
        previews = tuple(job for job in each.jobs if isinstance(job, PreviewJob))
        at_work = bool(jobs) and jobs[0] is each.jobs[0] and not retired
        suspect = jobs.pop(0) if at_work else None
        return Death(
            suspect, tuple(jobs), previews, each.overdue, not each.ready, code, retired=retired
        )

    def _end(self, each: _Worker, patience: float) -> None:
        if not each.life.end(patience, KILLING):
            logger.error("worker %s does not end, not even when killed", each.process.pid)


def _answer(data: bytes, job: Job | PreviewJob) -> Outcome | Preview:
    """Read what a worker says of a job.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is no answer, or that to another job.
    """
    if isinstance(job, PreviewJob):
        preview = Preview.from_bytes(data)
        if preview.image != str(job.image):
            raise ValueError(preview.image)
        return preview
    outcome = Outcome.from_bytes(data)
    if outcome.id != job.id:
        raise ValueError(outcome.id)
    return outcome


def _comes_too_late(data: bytes, taken_back: deque[Job | PreviewJob]) -> bool:
    """Whether this answers a job that somebody else has got meanwhile."""
    for job in taken_back:
        with suppress(KeyError, TypeError, ValueError):
            _answer(data, job)
            taken_back.remove(job)
            return True
    return False


def _sweep(each: _Worker) -> None:
    """Remove the half-written files of a dead worker."""
    jobs = (*each.jobs, *each.taken_back)
    for folder in {job.target.parent for job in jobs if isinstance(job, Job)}:
        try:
            remove_leftovers(folder, each.process.pid or 0)
        except OSError as error:  # the disk may be what it died of
            logger.warning("%s: cannot be tidied up: %s", folder, error.strerror)
