import errno
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from saxsdog import Calibration, Integrator, read_chi
from saxsdog.errors import FrameError, OutputError
from saxsdog.io.status import Fingerprint, fingerprint_of, last_change
from saxsdog.pipeline import jobs
from saxsdog.pipeline.jobs import Job, Outcome, Reducer, ReuseRule, Status
from saxsdog.reasons import Reason
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
    (numbers,) = outcome.parameters.values()
    length = np.pi * curve.parameters["I1"] / curve.parameters["I2"]
    assert numbers == pytest.approx(curve.parameters | {"correlation_length": length})
    assert outcome.time_source == "file"
    assert outcome.time == pytest.approx(job.image.stat().st_mtime)


def test_an_outcome_survives_its_way_as_json(tmp_path, job):
    outcome = reducer(tmp_path).reduce(job)
    assert Outcome.from_bytes(outcome.to_bytes()) == outcome
    assert json.loads(outcome.to_bytes())["status"] == "integrated"


def test_a_number_comes_back_with_the_outcome(tmp_path, job):
    numbered = Job(job.image, job.target, id=17)
    assert Job.from_bytes(numbered.to_bytes()) == numbered
    assert reducer(tmp_path).reduce(numbered).id == 17
    assert reducer(tmp_path, KEEP).reduce(numbered).id == 17
    assert Outcome.failed(numbered, Reason.POISON, "").id == 17


def test_an_outcome_tells_which_version_of_the_file_was_read(tmp_path, job):
    outcome = Outcome.from_bytes(reducer(tmp_path).reduce(job).to_bytes())
    assert outcome.fingerprint == fingerprint_of(job.image.stat())
    assert isinstance(outcome.fingerprint, Fingerprint)


def test_what_is_not_finite_becomes_null_and_comes_back_as_nan():
    parameters = {"R0": {"I0": math.nan, "I1": 2.5, "I2": math.inf}}
    outcome = Outcome("x.tif", Status.INTEGRATED, parameters=parameters)
    for data in (outcome.to_bytes(), outcome.to_log_line()):
        written = json.loads(data, parse_constant=pytest.fail)["parameters"]["R0"]
        assert written == {"I0": None, "I1": 2.5, "I2": None}
    read = Outcome.from_bytes(outcome.to_bytes()).parameters["R0"]
    assert math.isnan(read["I0"])
    assert read["I1"] == 2.5


def test_a_line_of_the_log_says_what_concerns_a_user(tmp_path, job):
    line = reducer(tmp_path).reduce(Job(job.image, job.target, id=17)).to_log_line()
    assert line.endswith(b"}\n")
    assert list(json.loads(line)) == [
        "image",
        "status",
        "reason",
        "message",
        "curves",
        "time",
        "time_source",
        "exposure",
        "parameters",
        "seconds",
    ]


def test_names_that_are_not_text_survive_the_way_back_and_into_the_log():
    name = os.fsdecode(b"caf\xe9.tif")
    outcome = Outcome.failed(Job(Path(name), Path(name)), Reason.VANISHED, f"{name}: gone")
    assert Outcome.from_bytes(outcome.to_bytes()) == outcome
    assert json.loads(outcome.to_log_line())["image"] == name


def test_names_that_are_not_text_survive_the_way_to_a_worker(tmp_path):
    name = os.fsdecode(b"caf\xe9.tif")
    assert Job.from_bytes(Job(tmp_path / name, tmp_path / name).to_bytes()).image.name == name


def test_an_image_of_the_wrong_shape_is_named(tmp_path, job):
    changed = DOCUMENT["Geometry"] | {"Imagesize": [41, 50]}
    with pytest.raises(
        FrameError, match=r"x\.tif: expected .*\(41, 50\).* got \(40, 50\)"
    ) as error:
        reducer(tmp_path, Geometry=changed).reduce(job)
    assert error.value.reason is Reason.WRONG_SHAPE
    assert error.value.fingerprint == fingerprint_of(job.image.stat())
    assert not job.target.parent.exists()


def test_a_curve_that_cannot_be_written_is_no_fault_of_the_image(tmp_path, job):
    job.target.parent.write_text("a file where a folder should be")
    with pytest.raises(OutputError, match=r"x\.chi: cannot be written") as error:
        reducer(tmp_path).reduce(job)
    assert error.value.reason is Reason.OUTPUT_COLLISION


def test_a_folder_under_the_name_of_a_curve_is_in_its_way(tmp_path, job):
    job.target.with_suffix(".chi").mkdir(parents=True)
    with pytest.raises(OutputError) as error:
        reducer(tmp_path).reduce(job)
    assert error.value.reason is Reason.OUTPUT_COLLISION


def test_a_name_that_is_too_long_for_a_curve_stops_no_other_image(tmp_path, job):
    with pytest.raises(OutputError) as error:
        reducer(tmp_path).reduce(Job(job.image, job.target.with_name("x" * 300)))
    assert error.value.reason is Reason.OUTPUT_COLLISION


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, Reason.OUTPUT_FAILED),
        (errno.EDQUOT, Reason.OUTPUT_FAILED),
        (errno.EROFS, Reason.OUTPUT_FAILED),
        (errno.EIO, Reason.OUTPUT_FAILED),
        (errno.ESTALE, Reason.OUTPUT_FAILED),
        (errno.EMFILE, Reason.OUTPUT_FAILED),
        (errno.EACCES, Reason.PERMISSION),
        (errno.EPERM, Reason.PERMISSION),
    ],
)
def test_a_disk_that_takes_nothing_is_told_from_one_that_may_not(
    tmp_path, job, monkeypatch, number, reason
):
    def refuse(path, data):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(jobs, "write_whole", refuse)
    with pytest.raises(OutputError, match="cannot be written") as error:
        reducer(tmp_path).reduce(job)
    assert error.value.reason is reason


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
