"""Programs that integrate image files, started and warm, so that they can be measured in turn."""

import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.child import Children, Make
from saxsdog.benchmark.errors import MeasurementError
from saxsdog.benchmark.peers import PYFAI_METHODS, NumpyPipeline, PyFaiPipeline
from saxsdog.benchmark.processes import cpu_seconds_of
from saxsdog.benchmark.timing import timed
from saxsdog.curves.formats import Products
from saxsdog.curves.jobs import Job, Outcome, ReuseRule, Status
from saxsdog.curves.reducer import Reducer
from saxsdog.pipeline.pool import Pool
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.worker import WorkerTask, outcome_of
from saxsdog.provenance.bundle import Bundle, Packed

PYFAI_METHOD = "pyFAI, no splitting, CSC"
"""The fastest of :data:`PYFAI_METHODS`, whose pixels are not divided among bins as ours are."""

PEER_SHARE = 2
"""Other programs get the first of so many parts of the images: a rate needs no more."""

IMAGES_AT_ONCE = 4
"""That a process of a peer is given; ours get one by one."""

WARM_UP = 8
"""Images for each process before the clock starts."""


@dataclass
class Engine:
    """Something that integrates files, started and warm.

    Attributes
    ----------
    run
        Integrates files and returns when all are done.
    processes
        Whose processor time it takes.
    files
        For each pass.
    rates, costs
        Images per second and processor time for each image, s, of the passes so far.
    """

    name: str
    run: Callable[[Sequence[Path]], object]
    processes: Callable[[], Iterable[int]]
    files: Sequence[Path]
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def take_a_turn(self) -> None:
        """Integrate the files once, and note how fast that went."""
        before = cpu_seconds_of(self.processes())
        seconds = timed(lambda: self.run(self.files))()
        after = cpu_seconds_of(self.processes())
        self.rates.append(len(self.files) / seconds)
        if before is not None and after is not None:
            self.costs.append((after - before) / len(self.files))

    @property
    def rate(self) -> float:
        return float(np.median(self.rates))

    @property
    def cost(self) -> float | None:
        """Processor time for each image, s."""
        return float(np.median(self.costs)) if self.costs else None


@contextmanager
def saxsdog_engine(bench: Bench, number: int, folder: Path) -> Iterator[Engine]:
    """Do what ``saxsdog integrate -j NUMBER`` does, with all of its processes ready."""
    integrator, files = bench.images.integrator(), bench.images.files
    plan, document = integrator.plan, integrator.calibration.document
    packed = Packed.write(
        Bundle.of(integrator.calibration, integrator.files), folder / "bundle.zip"
    )
    products = Products(bundle=packed)
    turn = itertools.count()

    def jobs(of: Sequence[Path]) -> Iterator[Job]:
        results = folder / f"{next(turn)}"  # new files each time, as in new folders of a beamline
        return (Job(file, results / file.stem) for file in of)

    with ExitStack() as stack:
        if number == 1:
            reducer = Reducer(plan, document, ReuseRule(), products=products)
            own: tuple[int, ...] = (os.getpid(),)

            def run(files: Sequence[Path]) -> None:
                _check(outcome_of(reducer, job) for job in jobs(files))
        else:
            shared = stack.enter_context(SharedPlan.write(plan))
            before = _workers()
            task = WorkerTask(shared, document, ReuseRule(), products=products)
            pool = stack.enter_context(Pool(number, task))
            own = (os.getpid(), *sorted(_workers() - before))

            def run(files: Sequence[Path]) -> None:
                _check(pool.run(jobs(files)))

        run(files[: WARM_UP * number])
        yield Engine("saxsdog integrate", run, lambda: own, files)


def _workers() -> set[int]:
    children = multiprocessing.active_children()
    return {child.pid for child in children if child.pid is not None}


def _check(outcomes: Iterable[Outcome]) -> None:
    """Take what comes, and refuse to measure failures."""
    for outcome in outcomes:
        if outcome.status is not Status.INTEGRATED:
            raise MeasurementError(f"expected a curve of every image, got {outcome}")


@contextmanager
def pyfai_engine(bench: Bench, number: int, folder: Path) -> Iterator[Engine]:
    """Start a pool of processes that do the same with fabio, pyFAI and numpy."""
    method = PYFAI_METHODS[PYFAI_METHOD]
    with _peer(bench, PYFAI_METHOD, number, PyFaiPipeline, method, folder) as engine:
        yield engine


@contextmanager
def numpy_engine(bench: Bench, number: int, folder: Path) -> Iterator[Engine]:
    """Start a pool of processes that do nearly the same with tifffile and numpy alone."""
    with _peer(bench, "plain numpy", number, NumpyPipeline, folder) as engine:
        yield engine


@contextmanager
def _peer(bench: Bench, name: str, number: int, make: Make, *arguments: object) -> Iterator[Engine]:
    experiment = bench.experiment
    n_bins = bench.images.integrator().plan.channels[0].q.size
    files = bench.images.files[: max(1, len(bench.images.files) // PEER_SHARE)]
    common = (experiment.mask, experiment.geometry, n_bins)
    with Children(number, make, *common, *arguments) as children:

        def run(files: Sequence[Path]) -> None:
            parts = range(0, len(files), IMAGES_AT_ONCE)
            children.work_off(files[i : i + IMAGES_AT_ONCE] for i in parts)

        run(files[: WARM_UP * number])
        yield Engine(name, run, lambda: children.process_ids, files)
