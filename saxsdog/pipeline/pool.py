"""Worker processes that share nothing but the plan: a death costs at most a second try."""

import logging
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from saxsdog.errors import SaxsdogError
from saxsdog.pipeline import worker
from saxsdog.pipeline.jobs import Job, Outcome
from saxsdog.pipeline.worker import WorkerTask
from saxsdog.whole_file import remove_leftovers

logger = logging.getLogger(__name__)

IN_FLIGHT = 3
"""Jobs a worker holds: one it works on, and the next so that it never waits for the pool."""

MAX_DEATHS_PER_IMAGE = 3
MAX_DEATHS_BEFORE_READY = 3
"""For each worker, one after the other: then it is no accident."""

STOP_TIMEOUT = 10.0


class WorkersDieError(SaxsdogError):
    """Workers die before they are ready: no image is to blame and none can be integrated."""

    code = "workers-die"


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    ready: bool = False
    jobs: deque[Job] = field(default_factory=deque)


class Pool:
    """A fixed number of worker processes; a context manager.

    Parameters
    ----------
    n_workers
        Number of processes.
    task
        What each of them does.
    """

    def __init__(self, n_workers: int, task: WorkerTask) -> None:
        self._task = task
        self._n_workers = n_workers
        self._context = _context()
        self._workers: dict[Connection, _Worker] = {}
        self._deaths: dict[Job, int] = {}
        self._deaths_before_ready = 0
        self._again: deque[Job] = deque()

    def __enter__(self) -> Self:
        with _signals_kept_for_us():
            for _ in range(self._n_workers):
                self._start_worker()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Integrate images and yield what became of each, in the order in which they end.

        Raises
        ------
        WorkersDieError
            If workers cannot even start.
        """
        todo = iter(jobs)
        while True:
            for ready in self._workers.values():
                self._feed(ready, todo)
            if not any(w.jobs for w in self._workers.values()) and not self._again:
                return
            for pipe in wait(list(self._workers)):
                assert isinstance(pipe, Connection)  # noqa: S101 - for the type checker
                yield from self._receive(self._workers[pipe])

    def stop(self) -> None:
        """Let every worker finish what it holds, then end it; safe to call twice."""
        for each in self._workers.values():
            try:
                each.pipe.send_bytes(worker.NO_MORE)
            except OSError:
                logger.debug("worker %s is gone already", each.process.pid)
        for each in self._workers.values():
            each.process.join(STOP_TIMEOUT)
            if each.process.is_alive():
                each.process.kill()
                each.process.join()
            each.pipe.close()
        self._workers.clear()

    def _start_worker(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(  # type: ignore[attr-defined]
            target=worker.run, args=(self._task, theirs), daemon=True
        )
        process.start()
        theirs.close()
        self._workers[ours] = _Worker(process, ours)

    def _feed(self, each: _Worker, todo: Iterator[Job]) -> None:
        while len(each.jobs) < IN_FLIGHT:
            job = self._again.popleft() if self._again else next(todo, None)
            if job is None:
                return
            each.jobs.append(job)
            try:
                each.pipe.send_bytes(job.to_bytes())
            except OSError:
                return  # dead; its end of the pipe tells, and the jobs come back

    def _receive(self, each: _Worker) -> Iterator[Outcome]:
        try:
            data = each.pipe.recv_bytes()
        except (EOFError, OSError):
            yield from self._bury(each)
            return
        if data == worker.READY:
            each.ready = True
            self._deaths_before_ready = 0
        else:
            each.jobs.popleft()
            yield Outcome.from_bytes(data)

    def _bury(self, each: _Worker) -> Iterator[Outcome]:
        """Replace a dead worker; blame the image that it worked on, and try the others again."""
        del self._workers[each.pipe]
        each.pipe.close()
        each.process.join()
        logger.warning("worker %s died (exit code %s)", each.process.pid, each.process.exitcode)
        for folder in {job.target.parent for job in each.jobs}:
            remove_leftovers(folder, each.process.pid or 0)
        if each.ready and each.jobs:
            suspect = each.jobs[0]
            deaths = self._deaths[suspect] = self._deaths.get(suspect, 0) + 1
            if deaths >= MAX_DEATHS_PER_IMAGE:
                each.jobs.popleft()
                message = f"{suspect.image}: {deaths} workers died while they integrated it"
                yield Outcome.failed(suspect, "poison", message)
        elif not each.ready:
            self._deaths_before_ready += 1
            if self._deaths_before_ready >= MAX_DEATHS_BEFORE_READY * self._n_workers:
                raise WorkersDieError(
                    f"{self._deaths_before_ready} workers died before they were ready "
                    f"(exit code {each.process.exitcode}); their errors are printed above"
                )
        self._again.extend(each.jobs)
        self._start_worker()


@contextmanager
def _signals_kept_for_us() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back while processes start, and let these never see them.

    A terminal and a batch system send them to all processes of a group. A mask of signals is
    inherited, by the server that starts the workers and by these; ours is lifted again, and what
    came meanwhile arrives.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # it would lift the mask when it starts by itself
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _context() -> BaseContext:
    """Return a way to start processes clean, where possible from a server with warm imports."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([worker.__name__])
        return context
    return multiprocessing.get_context("spawn")
