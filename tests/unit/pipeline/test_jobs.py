import json
import os
from pathlib import Path

import numpy as np
import pytest

from saxsdog import Calibration, Integrator, read_chi
from saxsdog.errors import FrameError, OutputError
from saxsdog.io.status import last_change
from saxsdog.pipeline.jobs import Job, Outcome, Reducer, ReuseRule, Status
from tests.helpers.experiments import DOCUMENT, SHAPE, write_calibration, write_image

KEEP = ReuseRule(keep_existing=True)
RESUME = ReuseRule(keep_up_to_date=True)


def reducer(folder, reuse=ReuseRule(), **changes):  # noqa: B008 - frozen
    integrator = Integrator(Calibration.load(write_calibration(folder, **changes)), folder)
    return Reducer(integrator.plan, integrator.calibration.document, reuse)


@pytest.fixture
def job(tmp_path):
    return Job(write_image(tmp_path / "in" / "x.tif"), tmp_path / "out" / "x")


def test_an_image_becomes_a_curve_and_a_record(tmp_path, job):
    outcome = reducer(tmp_path).reduce(job)
    assert outcome.status is Status.INTEGRATED
    curve = read_chi(outcome.curves[0])
    assert np.nanmin(curve.intensity) == np.nanmax(curve.intensity) == 7.0
    assert curve.calibration == DOCUMENT
    assert outcome.parameters == {"R0": pytest.approx(curve.parameters)}
    assert outcome.time_source == "file"
    assert outcome.time == pytest.approx(job.image.stat().st_mtime)


def test_an_outcome_survives_its_way_as_json(tmp_path, job):
    outcome = reducer(tmp_path).reduce(job)
    assert Outcome.from_bytes(outcome.to_bytes()) == outcome
    assert json.loads(outcome.to_bytes())["status"] == "integrated"


def test_names_that_are_not_text_survive_the_way_to_a_worker(tmp_path):
    name = os.fsdecode(b"caf\xe9.tif")
    assert Job.from_bytes(Job(tmp_path / name, tmp_path / name).to_bytes()).image.name == name


def test_an_image_of_the_wrong_shape_is_named(tmp_path, job):
    changed = DOCUMENT["Geometry"] | {"Imagesize": [41, 50]}
    with pytest.raises(FrameError, match=r"x\.tif: expected .*\(41, 50\).* got \(40, 50\)"):
        reducer(tmp_path, Geometry=changed).reduce(job)
    assert not job.target.parent.exists()


def test_a_curve_that_cannot_be_written_is_no_fault_of_the_image(tmp_path, job):
    job.target.parent.write_text("a file where a folder should be")
    with pytest.raises(OutputError, match=r"x\.chi: cannot be written"):
        reducer(tmp_path).reduce(job)


def test_existing_curves_are_kept_where_the_calibration_says_so(tmp_path, job):
    first = reducer(tmp_path).reduce(job)
    again = reducer(tmp_path, KEEP).reduce(job)
    assert (again.status, again.reason) == (Status.SKIPPED, "output-exists")
    assert again.image == first.image


def test_a_truncated_curve_is_made_again(tmp_path, job):
    curve = reducer(tmp_path).reduce(job).curves[0]
    whole = job.target.with_suffix(".chi").read_bytes()
    job.target.with_suffix(".chi").write_bytes(whole[: len(whole) // 2])
    assert reducer(tmp_path, KEEP).reduce(job).status is Status.INTEGRATED
    assert job.target.with_suffix(".chi").read_bytes() == whole
    assert read_chi(curve).q.size > 0


def test_resuming_skips_what_is_up_to_date(tmp_path, job):
    reducer(tmp_path).reduce(job)
    assert reducer(tmp_path, RESUME).reduce(job).reason == "up-to-date"


def test_resuming_repeats_what_another_calibration_made(tmp_path, job):
    reducer(tmp_path, Title="before").reduce(job)
    assert reducer(tmp_path, RESUME, Title="after").reduce(job).status is Status.INTEGRATED


def test_resuming_repeats_an_image_that_is_younger_than_its_curve(tmp_path, job):
    curve = reducer(tmp_path).reduce(job).curves[0]
    young = Path(curve).stat().st_mtime_ns + 1_000_000_000
    os.utime(job.image, ns=(young, young))
    assert reducer(tmp_path, RESUME).reduce(job).status is Status.INTEGRATED


def test_resuming_repeats_an_image_that_was_replaced_by_an_older_one(tmp_path, job):
    reducer(tmp_path).reduce(job)
    other = write_image(tmp_path / "other.tif", 9)
    os.utime(other, (0, 0))
    other.replace(job.image)
    assert reducer(tmp_path, RESUME).reduce(job).status is Status.INTEGRATED


def test_resuming_repeats_a_curve_that_is_cut_off(tmp_path, job):
    curve = Path(reducer(tmp_path).reduce(job).curves[0])
    curve.write_bytes(curve.read_bytes()[:-100])
    assert reducer(tmp_path, RESUME).reduce(job).status is Status.INTEGRATED


def test_resuming_repeats_what_an_older_mask_made(tmp_path, job):
    curve = reducer(tmp_path).reduce(job).curves[0]
    changed = last_change(Path(curve)) + 1
    newer = ReuseRule(keep_up_to_date=True, masks_changed=changed)
    assert reducer(tmp_path, newer).reduce(job).status is Status.INTEGRATED


def test_resuming_makes_curves_of_channels_that_are_missing(tmp_path, job):
    masks = DOCUMENT["Masks"] * 2
    reducer(tmp_path, Masks=masks).reduce(job)
    job.target.with_name("x_cR1.chi").unlink()
    assert reducer(tmp_path, RESUME, Masks=masks).reduce(job).status is Status.INTEGRATED
    assert job.target.with_name("x_cR1.chi").exists()


def test_an_image_of_another_type_is_integrated(tmp_path, job):
    np.save(tmp_path / "y.npy", np.full(SHAPE, 5, dtype=np.uint16))
    outcome = reducer(tmp_path).reduce(Job(tmp_path / "y.npy", tmp_path / "out" / "y"))
    assert np.nanmax(read_chi(outcome.curves[0]).intensity) == 5.0
