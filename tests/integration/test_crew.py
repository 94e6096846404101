"""Jobs that are taken back from a worker which is slow."""

import pytest

from saxsdog import Calibration, Integrator
from saxsdog.curves.jobs import Job, Outcome, ReuseRule
from saxsdog.pipeline.crew import SLOW, Crew
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.worker import WorkerTask
from saxsdog.waker import readable
from tests.helpers.experiments import write_calibration, write_images
from tests.helpers.fragile import FragileTask


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def make_crew(tmp_path, clock):
    """Return what starts a crew; all of its workers are ready."""
    integrator = Integrator(Calibration.load(write_calibration(tmp_path)), tmp_path)
    crews = []
    with SharedPlan.write(integrator.plan) as shared:

        def make(n_workers, task_type=WorkerTask):
            task = task_type(shared, integrator.calibration.document, ReuseRule())
            crew = Crew(n_workers, task, lambda: clock[0])
            crews.append(crew)
            crew.hire()
            for pipe in crew.pipes:
                assert crew.receive(pipe) is None
            return crew

        yield make
        for crew in crews:
            crew.stop(0.0)


@pytest.fixture
def jobs(tmp_path):
    images = write_images(tmp_path / "in", 3)
    return [Job(image, tmp_path / "work" / image.stem, id=n) for n, image in enumerate(images)]


def heard(crew, number):
    """Return what workers say until so many images have ended."""
    ended = []
    while len(ended) < number:
        said = [crew.receive(pipe) for pipe in readable(crew.pipes)]
        ended += [each for each in said if isinstance(each, Outcome)]
    return [outcome.id for outcome in ended]


def test_a_worker_that_has_begun_with_what_is_taken_back_is_not_heard(make_crew, jobs, clock):
    crew = make_crew(1)
    for job in jobs:
        assert crew.hand(job)
    clock[0] += SLOW + 0.1  # it is not: it has worked on all of them, or soon will have
    assert crew.take_back() == jobs[1:]
    assert crew.take_back() == []
    assert not crew.has_room()
    assert heard(crew, 1) == [0]
    for job in (jobs[2], jobs[1]):
        assert crew.hand(job)
    assert sorted(heard(crew, 2)) == [1, 2]
    assert not crew.busy
    assert crew.hand(jobs[0])
    assert heard(crew, 1) == [0]


def test_what_a_slow_worker_holds_besides_goes_to_others(make_crew, jobs, clock, tmp_path):
    crew = make_crew(2, FragileTask)
    endless = Job(tmp_path / "endless.tif", tmp_path / "work" / "endless", id=9)
    for job in (endless, jobs[0], jobs[1]):
        assert crew.hand(job)
    assert heard(crew, 1) == [0]
    clock[0] += SLOW + 0.1
    assert crew.take_back() == [jobs[1]]
    assert crew.hand(jobs[1])
    assert crew.hand(jobs[2])
    assert heard(crew, 2) == [1, 2]
