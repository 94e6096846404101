"""Real worker processes, real deaths."""

import multiprocessing

import pytest

from saxsdog import Calibration, Integrator, read_chi
from saxsdog.curves.jobs import Job, ReuseRule, Status
from saxsdog.pipeline.pool import MAX_DEATHS_PER_IMAGE, Pool, WorkersDieError
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.worker import WorkerTask
from tests.helpers.experiments import write_calibration, write_image, write_images
from tests.helpers.fragile import FragileTask, StillbornTask


@pytest.fixture
def integrator(tmp_path):
    return Integrator(Calibration.load(write_calibration(tmp_path)), tmp_path)


def outcomes(integrator, images, task_type=WorkerTask, n_workers=2):
    jobs = [Job(image, image.parent.parent / "work" / image.stem) for image in images]
    with SharedPlan.write(integrator.plan) as shared:
        task = task_type(shared, integrator.calibration.document, ReuseRule())
        with Pool(n_workers, task) as pool:
            ended = list(pool.run(jobs))
    assert not multiprocessing.active_children()
    assert not shared.path.exists()
    return {outcome.image: outcome for outcome in ended}, len(ended)


def test_every_image_ends_once_and_gives_its_own_curve(tmp_path, integrator):
    images = write_images(tmp_path / "in", 60)
    ended, number = outcomes(integrator, images)
    assert number == len(ended) == 60
    for value, image in enumerate(images, start=1):
        (curve,) = ended[str(image)].curves
        assert read_chi(curve).intensity[5] == value


def test_processes_share_the_plan_that_was_computed_once(integrator):
    with SharedPlan.write(integrator.plan) as shared:
        plan = shared.open()
    assert plan.channels[0].q.tolist() == integrator.plan.channels[0].q.tolist()
    assert plan.layers[0].runs.tolist() == integrator.plan.layers[0].runs.tolist()
    assert not plan.layers[0].first.flags.owndata
    assert not plan.layers[0].first.flags.writeable


def test_a_bad_image_does_not_stop_the_others(tmp_path, integrator):
    images = write_images(tmp_path / "in", 5)
    images[2].write_bytes(b"this is no image")
    ended, _ = outcomes(integrator, images)
    failed = [outcome for outcome in ended.values() if outcome.status is Status.FAILED]
    assert [outcome.image for outcome in failed] == [str(images[2])]
    assert failed[0].reason == "not-an-image"
    assert "image_003.tif" in failed[0].message


def test_an_image_that_was_unlucky_once_is_integrated_by_the_next_worker(tmp_path, integrator):
    images = write_images(tmp_path / "in", 10)
    images += [write_image(tmp_path / "in" / f"unlucky_{i}.tif") for i in range(3)]
    ended, number = outcomes(integrator, images, FragileTask)
    assert number == len(ended) == 13
    assert {outcome.status for outcome in ended.values()} == {Status.INTEGRATED}


def test_a_worker_that_answers_for_another_image_is_replaced(tmp_path, integrator):
    images = write_images(tmp_path / "in", 10)
    images.append(write_image(tmp_path / "in" / "confused.tif", 3))
    ended, number = outcomes(integrator, images, FragileTask)
    assert number == len(ended) == 11
    assert {outcome.status for outcome in ended.values()} == {Status.INTEGRATED}


def test_an_image_that_kills_workers_fails_alone(tmp_path, integrator):
    images = [write_image(tmp_path / "in" / "poison.tif"), *write_images(tmp_path / "in", 10)]
    ended, number = outcomes(integrator, images, FragileTask)
    assert number == len(ended) == 11
    poison = ended.pop(str(images[0]))
    assert (poison.status, poison.reason) == (Status.FAILED, "poison")
    assert f"{MAX_DEATHS_PER_IMAGE} workers died" in poison.message
    assert {outcome.status for outcome in ended.values()} == {Status.INTEGRATED}


def test_workers_that_cannot_start_end_the_run_with_a_reason(tmp_path, integrator):
    images = write_images(tmp_path / "in", 3)
    with pytest.raises(WorkersDieError, match="before they were ready"):
        outcomes(integrator, images, StillbornTask)
    assert not multiprocessing.active_children()


def test_leaving_early_leaves_no_process_and_no_half_file(tmp_path, integrator):
    jobs = [Job(i, tmp_path / "work" / i.stem) for i in write_images(tmp_path / "in", 40)]
    with SharedPlan.write(integrator.plan) as shared:
        task = WorkerTask(shared, integrator.calibration.document, ReuseRule())
        with Pool(2, task) as pool:
            next(pool.run(jobs))
    assert not multiprocessing.active_children()
    names = [path.name for path in (tmp_path / "work").iterdir()]
    assert names
    assert all(name.endswith(".chi") for name in names)
    for name in names:
        assert read_chi(tmp_path / "work" / name).q.size > 0
