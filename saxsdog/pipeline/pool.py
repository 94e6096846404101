"""A crew for a given set of images: a death costs at most a second try."""

from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from saxsdog.curves.jobs import Job, Outcome
from saxsdog.errors import SaxsdogError
from saxsdog.pipeline.crew import Crew, Death
from saxsdog.pipeline.worker import WorkerTask
from saxsdog.reasons import Reason
from saxsdog.waker import readable

MAX_DEATHS_PER_IMAGE = 3
MAX_DEATHS_BEFORE_READY = 3
"""For each worker, one after the other: then it is no accident."""


class WorkersDieError(SaxsdogError):
    """Workers die before they are ready: no image is to blame and none can be integrated."""

    code = "workers-die"


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
        self._crew = Crew(n_workers, task)
        self._n_workers = n_workers
        self._deaths: dict[Job, int] = {}
        self._stillborn = 0
        self._again: deque[Job] = deque()
        self._added: deque[Iterator[Job]] = deque()
        self._jobs: Iterator[Job] = iter(())

    def __enter__(self) -> Self:
        self._crew.hire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._crew.stop()

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Integrate images and yield what became of each, in the order in which they end.

        Raises
        ------
        WorkersDieError
            If workers cannot even start.
        """
        self._jobs = iter(jobs)
        while not self._hand_out() or self._crew.busy:
            for pipe in readable(self._crew.pipes):
                match self._crew.receive(pipe):
                    case Outcome() as outcome:
                        yield outcome
                    case Death() as death:
                        yield from self._after(death)
                    case _:
                        self._stillborn = 0

    def add(self, jobs: Iterable[Job]) -> None:
        """Integrate these as well while :meth:`run` is iterated over, before those not begun."""
        self._added.append(iter(jobs))

    def _hand_out(self) -> bool:
        """Give jobs to workers until they are full; true if there are no more."""
        while self._crew.has_room():
            job = self._next()
            if job is None:
                return True
            self._crew.hand(job)
        return False

    def _next(self) -> Job | None:
        if self._again:
            return self._again.popleft()
        while self._added:
            job = next(self._added[0], None)
            if job is not None:
                return job
            self._added.popleft()
        return next(self._jobs, None)

    def _after(self, death: Death) -> Iterator[Outcome]:
        """Replace a dead worker; blame the image that it worked on, and try the others again."""
        suspect = death.suspect
        if death.stillborn:
            self._stillborn += 1
            if self._stillborn >= MAX_DEATHS_BEFORE_READY * self._n_workers:
                raise WorkersDieError(
                    f"{self._stillborn} workers died before they were ready "
                    f"(exit code {death.exit_code}); their errors are printed above"
                )
        if suspect is not None:
            deaths = self._deaths[suspect] = self._deaths.get(suspect, 0) + 1
            if deaths < MAX_DEATHS_PER_IMAGE:
                self._again.append(suspect)
            else:
                message = f"{suspect.image}: {deaths} workers died while they integrated it"
                yield Outcome.failed(suspect, Reason.POISON, message)
        self._again.extend(death.others)
        self._crew.hire()
