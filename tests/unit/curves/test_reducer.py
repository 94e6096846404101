import errno
import json
import math
import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from saxsdog import Calibration, Integrator, read_chi
from saxsdog.curves import result_files
from saxsdog.curves.formats import Products
from saxsdog.curves.jobs import Job, Outcome, ReuseRule, Status
from saxsdog.curves.reducer import Reducer
from saxsdog.errors import FrameError, OutputError, SeveralImagesError
from saxsdog.image_names import MOST_IMAGES
from saxsdog.io.cakes import read_cake
from saxsdog.io.status import Fingerprint, fingerprint_of, last_change
from saxsdog.pipeline.worker import outcome_of
from saxsdog.provenance.bundle import Bundle, Packed
from saxsdog.provenance.counts import digest_of
from saxsdog.provenance.notes import FOLDER, Note, bundle_file, read_notes
from saxsdog.reasons import Reason
from tests.helpers.experiments import (
    DOCUMENT,
    SHAPE,
    write_calibration,
    write_image,
    write_stack,
)

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


CAKE = {"qStart": 0.1, "qStop": 2.0, "Cake": {}}


@pytest.mark.parametrize(
    ("masks", "names"),
    [([CAKE], ["x.hdf"]), ([CAKE | {"Cake": {}}, CAKE], ["x.hdf", "x_cR1.hdf"])],
)
def test_a_cake_has_the_name_of_a_curve_but_its_ending(tmp_path, job, masks, names):
    outcome = reducer(tmp_path, Masks=masks).reduce(job)
    assert [Path(curve).name for curve in outcome.curves] == names
    assert set(names) == {path.name for path in (tmp_path / "out").iterdir()}
    cake = read_cake(outcome.curves[0])
    assert np.nanmin(cake.intensity) == np.nanmax(cake.intensity) == 7.0
    assert outcome.parameters == {}


@pytest.mark.parametrize("reuse", [KEEP, RESUME])
def test_a_whole_cake_is_kept_and_a_damaged_one_made_again(tmp_path, job, reuse):
    reducer(tmp_path, Masks=[CAKE]).reduce(job)
    again = reducer(tmp_path, reuse, Masks=[CAKE])
    assert again.reduce(job).status is Status.SKIPPED
    (tmp_path / "out" / "x.hdf").write_bytes(b"no cake")
    assert again.reduce(job).status is Status.INTEGRATED


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


@pytest.fixture
def stack(tmp_path):
    """A file of three flat images."""
    return write_stack(tmp_path / "in" / "s.tif", 3, 5, 7)


def test_a_file_that_holds_several_images_is_skipped_with_their_number(tmp_path, stack):
    job = Job(stack, tmp_path / "out" / "s", id=17)
    with pytest.raises(SeveralImagesError):
        reducer(tmp_path).reduce(job)
    outcome = outcome_of(reducer(tmp_path), job)
    assert Outcome.from_bytes(outcome.to_bytes()) == outcome
    assert (outcome.status, outcome.reason) == (Status.SKIPPED, Reason.SEVERAL_IMAGES)
    assert (outcome.n_images, outcome.holds_several, outcome.id) == (3, True, 17)
    assert outcome.message == f"{stack}: holds 3 images, each of which is integrated"
    assert outcome.fingerprint == fingerprint_of(stack.stat())
    assert not (tmp_path / "out").exists()


def test_a_file_that_only_links_to_its_images_is_skipped_and_names_their_files(tmp_path):
    master = tmp_path / "x_master.h5"
    with h5py.File(master, "w") as file:
        file["entry/data/data_000001"] = h5py.ExternalLink("x_data_000001.h5", "entry/data/data")
    outcome = outcome_of(reducer(tmp_path), Job(master, tmp_path / "out" / "x"))
    assert (outcome.status, outcome.reason) == (Status.SKIPPED, Reason.IMAGES_ELSEWHERE)
    assert "x_data_000001.h5" in outcome.message


def test_a_file_that_holds_one_image_says_so(tmp_path, job):
    outcome = reducer(tmp_path).reduce(job)
    assert (outcome.n_images, outcome.holds_several) == (1, False)


def test_one_image_of_a_file_is_read_by_its_name(tmp_path, stack):
    image = stack.with_name("s.tif::1")
    outcome = reducer(tmp_path).reduce(Job(image, tmp_path / "out" / "s_00001"))
    assert outcome.image == str(image)
    assert outcome.fingerprint == fingerprint_of(stack.stat())
    assert read_chi(outcome.curves[0]).intensity[5] == 5


def test_errors_of_one_image_of_a_file_name_it(tmp_path, stack):
    image = stack.with_name("s.tif::3")
    with pytest.raises(FrameError, match=r"in/s\.tif::3: expected") as caught:
        reducer(tmp_path).reduce(Job(image, tmp_path / "out" / "s_00003"))
    assert caught.value.fingerprint == fingerprint_of(stack.stat())
    with pytest.raises(FrameError, match=r"in/none\.h5::0: cannot be opened"):
        reducer(tmp_path).read(stack.with_name("none.h5::0"))


def test_a_claim_of_too_many_images_is_not_believed(job):
    error = SeveralImagesError("", MOST_IMAGES + 1)
    outcome = Outcome.several(job, error)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TOO_LARGE)
    assert not outcome.holds_several
    assert Outcome.several(job, SeveralImagesError("", MOST_IMAGES)).holds_several


def test_curves_of_images_of_a_file_are_up_to_date_until_it_changes(tmp_path, stack):
    job = Job(stack.with_name("s.tif::1"), tmp_path / "out" / "s_00001")
    reducer(tmp_path).reduce(job)
    assert reducer(tmp_path, RESUME).reduce(job).reason == Reason.UP_TO_DATE
    stack.write_bytes(stack.read_bytes())
    (curve,) = (tmp_path / "out").iterdir()
    os.utime(curve, ns=(0, 0))
    young = last_change(curve) + 10**9
    os.utime(stack, ns=(young, young))
    assert reducer(tmp_path, RESUME).reduce(job).status is Status.INTEGRATED


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


@pytest.mark.parametrize("length", range(245, 256))
def test_an_image_with_a_long_name_is_integrated_or_told_how_long_it_may_be(tmp_path, length):
    if os.pathconf(tmp_path, "PC_NAME_MAX") != 255:
        pytest.skip("another limit")
    stem = "\N{LATIN SMALL LETTER E WITH ACUTE}" + "x" * (length - len(".tif") - 2)
    image = write_image(tmp_path / "in" / f"{stem}.tif")
    masks = [DOCUMENT["Masks"][0], DOCUMENT["Masks"][0]]
    several, job = reducer(tmp_path, Masks=masks), Job(image, tmp_path / "out" / stem)
    longest = length - len(".tif") + len("_cR1.chi")
    if longest <= 255:
        assert len(several.reduce(job).curves) == len(list(job.target.parent.iterdir())) == 2
        return
    said = f"_cR1.chi: file name too long: {longest} bytes, at most 255"
    outcome = outcome_of(several, job)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.OUTPUT_COLLISION)
    assert outcome.message.endswith(said)
    assert not job.target.parent.exists()  # not even the curve with the shorter name


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

    monkeypatch.setattr(result_files, "write_whole", refuse)
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
    newer = ReuseRule(keep_up_to_date=True, files_changed=changed)
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


# -------------------------------------------------------------------- notes


def noting(folder, roots=(), **products):
    """Return a reducer that keeps notes, and what it keeps beside its curves."""
    integrator = Integrator(Calibration.load(write_calibration(folder)), folder)
    bundle = Bundle.of(integrator.calibration, integrator.files)
    packed = Packed.write(bundle, folder / "packed.zip")
    reducer = Reducer(
        integrator.plan,
        integrator.calibration.document,
        ReuseRule(),
        result_roots=roots,
        products=Products(bundle=packed, **products),
    )
    return reducer, packed


def test_what_a_curve_was_made_of_is_noted_beside_it(tmp_path, job):
    reducer, packed = noting(tmp_path)
    outcome = reducer.reduce(job)
    assert outcome.complaints == {}
    counts = digest_of(np.full(SHAPE, 7, np.int32))
    assert list(read_notes(tmp_path / "out")) == [Note("x", "../in/x.tif", counts, packed.id)]
    kept = bundle_file(tmp_path / "out", packed.id)
    assert kept.read_bytes() == packed.path.read_bytes()


def test_notes_that_somebody_removed_are_begun_anew(tmp_path, job):
    reducer, packed = noting(tmp_path)
    reducer.reduce(job)
    shutil.rmtree(tmp_path / "out" / FOLDER)
    assert reducer.reduce(job).complaints == {}
    assert len(list(read_notes(tmp_path / "out"))) == 1
    assert bundle_file(tmp_path / "out", packed.id).exists()


def test_a_curve_is_good_where_no_note_can_be_written(tmp_path, job):
    reducer, _ = noting(tmp_path)
    job.target.parent.mkdir()
    (job.target.parent / FOLDER).write_text("somebody has this name")
    outcome = reducer.reduce(job)
    assert outcome.status is Status.INTEGRATED
    assert Path(outcome.curves[0]).exists()
    (complaint,) = outcome.complaints.values()
    assert complaint.startswith(f"{job.target.parent / FOLDER}: cannot be written")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no links")
def test_no_note_is_written_where_a_planted_link_leads(tmp_path, job):
    reducer, _ = noting(tmp_path, roots=(tmp_path.resolve() / "out",))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    job.target.parent.mkdir()
    (job.target.parent / FOLDER).symlink_to(elsewhere)
    outcome = reducer.reduce(job)
    assert outcome.status is Status.INTEGRATED
    assert outcome.complaints != {}
    assert list(elsewhere.iterdir()) == []


def test_without_curves_there_is_nothing_to_note(tmp_path, job):
    reducer, _ = noting(tmp_path, formats=("nexus",))
    assert reducer.reduce(job).status is Status.INTEGRATED
    assert not job.target.parent.exists()
