"""Integrate a given set of images: the engine of ``saxsdog integrate``."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from saxsdog.integrator import Integrator
from saxsdog.pipeline.jobs import Job, Outcome, Reducer, ReuseRule
from saxsdog.pipeline.pool import Pool
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.worker import WorkerTask, outcome_of


@dataclass(frozen=True)
class Batch:
    """Images and where their curves go.

    Attributes
    ----------
    integrator
        Made from the calibration.
    targets
        ``<folder>/<stem>`` of the curves of each image.
    reuse
        Which images to skip because of curves that are there.
    n_workers
        Number of processes; 1 works in this one.
    page
        Which image of files that hold several, counted from 0.
    """

    integrator: Integrator
    targets: Mapping[Path, Path]
    reuse: ReuseRule
    n_workers: int
    page: int = 0

    @contextmanager
    def outcomes(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Iterator[Outcome]]:
        """Integrate while iterated over.

        Once ``stop`` says so no further image is begun, and those under work are finished. Leaving
        early finishes them as well, without telling.
        """
        every = (Job(image, target) for image, target in self.targets.items())
        jobs = takewhile(lambda _: not stop(), every)
        plan, document = self.integrator.plan, self.integrator.calibration.document
        if self.n_workers == 1:
            reducer = Reducer(plan, document, self.reuse, self.page)
            yield (outcome_of(reducer, job) for job in jobs)
            return
        with (
            SharedPlan.write(plan) as shared,
            Pool(self.n_workers, WorkerTask(shared, document, self.reuse, self.page)) as pool,
        ):
            yield pool.run(jobs)
