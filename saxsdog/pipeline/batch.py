"""Integrate a given set of images: the engine of ``saxsdog integrate``."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import starmap, takewhile
from pathlib import Path

from saxsdog.curves.formats import CHI_ONLY, Products
from saxsdog.curves.jobs import Job, Outcome, ReuseRule
from saxsdog.curves.outputs import Targets
from saxsdog.curves.reducer import Reducer
from saxsdog.curves.treatment import TreatmentRule
from saxsdog.image_names import file_of
from saxsdog.integrator import Integrator
from saxsdog.io.hdf5 import SUFFIXES as HDF5_SUFFIXES
from saxsdog.pipeline.batch_archive import BatchArchive
from saxsdog.pipeline.complaints import Complaints
from saxsdog.pipeline.pool import Pool
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.worker import WorkerTask, outcome_of

Begin = Callable[[Iterable[Job]], Iterator[Job]]
"""Passes on jobs until no further one is to be begun."""


@dataclass(frozen=True)
class Batch:
    """Images and where their curves go.

    Attributes
    ----------
    integrator
        Made from the calibration.
    targets
        Of the curves of each image. A file that turns out to hold several images gives its place
        to them.
    reuse
        Which images to skip because of curves that are there.
    n_workers
        Number of processes; 1 works in this one, unless there are HDF5 files among the images.
    page
        Which image of files that hold several, counted from 0; ``None``: each of them.
    products
        What is made of each image.
    archive
        Takes what is left in the spool of ``products``, if that has one.
    """

    integrator: Integrator
    targets: Targets
    reuse: ReuseRule
    n_workers: int
    page: int | None = None
    products: Products = CHI_ONLY
    archive: BatchArchive | None = None

    @contextmanager
    def outcomes(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Iterator[Outcome]]:
        """Integrate while iterated over.

        Once ``stop`` says so no further image is begun, and those under work are finished. Leaving
        early finishes them as well, without telling. Files that hold several images have no
        outcome: their images have.
        """

        def begin(jobs: Iterable[Job]) -> Iterator[Job]:
            return takewhile(lambda _: not stop(), jobs)

        jobs = begin(starmap(Job, list(self.targets.items())))  # they may grow meanwhile
        plan, calibration = self.integrator.plan, self.integrator.calibration
        document, treatment = calibration.document, TreatmentRule.of(calibration)
        if self.n_workers == 1 and not self._is_risky:
            reducer = Reducer(
                plan,
                document,
                self.reuse,
                self.page,
                treatment=treatment,
                products=self.products,
            )
            yield self._archived(_heard(self._alone(reducer, jobs, begin)))
            return
        with SharedPlan.write(plan) as shared:
            task = WorkerTask(
                shared,
                document,
                self.reuse,
                self.page,
                treatment=treatment,
                products=self.products,
            )
            with Pool(self.n_workers, task) as pool:
                yield self._archived(self._together(pool, jobs, begin))

    def _archived(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if self.archive is not None:
                self.archive.take()
            yield outcome

    @property
    def _is_risky(self) -> bool:
        """Whether to read an image may end a process, as some filters of HDF5 do on damage."""
        return any(file_of(image).suffix.lower() in HDF5_SUFFIXES for image in self.targets)

    def _alone(self, reducer: Reducer, jobs: Iterable[Job], begin: Begin) -> Iterator[Outcome]:
        for job in jobs:
            outcome = outcome_of(reducer, job)
            if outcome.holds_several:
                yield from self._alone(reducer, begin(self._images_of(outcome)), begin)
            else:
                yield outcome

    def _together(self, pool: Pool, jobs: Iterable[Job], begin: Begin) -> Iterator[Outcome]:
        for outcome in pool.run(jobs):
            if outcome.holds_several:
                pool.add(begin(self._images_of(outcome)))
            else:
                yield outcome

    def _images_of(self, outcome: Outcome) -> Iterator[Job]:
        """Name the images of a file."""
        return starmap(Job, self.targets.expand(Path(outcome.image), outcome.n_images).items())


def _heard(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Log what goes wrong with functions of somebody else, as a crew does."""
    complaints = Complaints()
    for outcome in outcomes:
        complaints.hear(outcome.complaints)
        yield outcome
    complaints.close()
