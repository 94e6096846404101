"""What the process prepares that workers are forked from."""

import multiprocessing

import numpy as np
import pytest
import tifffile

from saxsdog import Calibration, Integrator
from saxsdog.curves.jobs import Job, ReuseRule
from saxsdog.pipeline import starting
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.worker import WorkerTask
from tests.helpers.experiments import SHAPE, write_calibration
from tests.helpers.loops import tell_of_loops

pytestmark = pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="workers are not forked"
)


def told_by_a_worker(tmp_path, kinds):
    """Return what a worker has loaded before and after images of some types, and froze."""
    integrator = Integrator(Calibration.load(write_calibration(tmp_path)), tmp_path)
    jobs = []
    for kind in kinds:
        image = tmp_path / f"{kind}.tif"
        tifffile.imwrite(image, np.ones(SHAPE, kind))
        jobs.append(Job(image, tmp_path / "work" / kind))
    context = starting.context_for_workers()
    ours, theirs = context.Pipe()
    with SharedPlan.write(integrator.plan) as shared, ours:
        task = WorkerTask(shared, integrator.calibration.document, ReuseRule())
        process = context.Process(target=tell_of_loops, args=(task, jobs, theirs))
        process.start()
        theirs.close()
        told = ours.recv()
        process.join()
    return told


def test_a_worker_begins_with_the_loops_for_usual_images(tmp_path):
    before, after, frozen = told_by_a_worker(tmp_path, ["int32", "uint32", "uint16"])
    assert before == after
    assert sum(before.values()) > 0
    assert frozen > 0


def test_a_worker_loads_the_loops_for_rare_images_when_it_meets_one(tmp_path):
    before, after, _ = told_by_a_worker(tmp_path, ["float64"])
    assert before != after
