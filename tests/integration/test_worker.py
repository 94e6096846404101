"""What a worker answers over its pipe."""

import contextlib
import multiprocessing
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from saxsdog import Calibration, Integrator
from saxsdog.curves.jobs import Job, Outcome, ReuseRule, Status
from saxsdog.io.status import fingerprint_of
from saxsdog.pipeline import worker
from saxsdog.pipeline.preview import Preview, PreviewJob
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.reasons import Reason
from tests.helpers.experiments import SHAPE, write_calibration, write_image
from tests.helpers.sightings import wait_until


@pytest.fixture
def ask(tmp_path):
    """Start a worker and return a function that sends a job and returns the bytes of the answer."""
    integrator = Integrator(Calibration.load(write_calibration(tmp_path)), tmp_path)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with SharedPlan.write(integrator.plan) as shared:
        task = worker.WorkerTask(shared, integrator.calibration.document, ReuseRule())
        process = context.Process(target=worker.run, args=(task, theirs))
        process.start()
        theirs.close()

        def answer(job):
            ours.send_bytes(job.to_bytes())
            return ours.recv_bytes()

        assert ours.recv_bytes() == worker.READY
        yield answer
        ours.send_bytes(worker.NO_MORE)
        process.join(20)
        assert process.exitcode == 0
        ours.close()


def test_jobs_and_previews_are_answered_in_turn(tmp_path, ask):
    image, before = write_image(tmp_path / "x.tif", 7), time.time()
    outcome = Outcome.from_bytes(ask(Job(image, tmp_path / "out" / "x", id=41)))
    assert (outcome.status, outcome.id) == (Status.INTEGRATED, 41)
    assert outcome.fingerprint == fingerprint_of(image.stat())
    assert before <= outcome.done <= time.time()
    preview = Preview.from_bytes(ask(PreviewJob(image, 10)))
    assert (preview.image, preview.frame_shape, preview.block) == (str(image), SHAPE, 5)
    assert preview.pixels.shape == (8, 10)
    assert np.unique(preview.pixels).tolist() == [7.0]
    assert Outcome.from_bytes(ask(Job(image, tmp_path / "out" / "x", id=42))).id == 42


def test_a_preview_of_a_bad_image_says_why(tmp_path, ask):
    (tmp_path / "x.tif").write_bytes(b"good morning")
    preview = Preview.from_bytes(ask(PreviewJob(tmp_path / "x.tif", 10)))
    assert f"{tmp_path / 'x.tif'}: expected a TIFF" in preview.error


def test_a_failure_carries_reason_version_and_number(tmp_path, ask):
    whole = write_image(tmp_path / "x.tif").read_bytes()
    image = tmp_path / "x.tif"
    image.write_bytes(whole[:-1])
    outcome = Outcome.from_bytes(ask(Job(image, tmp_path / "out" / "x", id=5)))
    assert (outcome.status, outcome.reason, outcome.id) == (Status.FAILED, Reason.TRUNCATED, 5)
    assert outcome.fingerprint == fingerprint_of(image.stat())
    image.unlink()
    gone = Outcome.from_bytes(ask(Job(image, tmp_path / "out" / "x")))
    assert (gone.reason, gone.fingerprint) == (Reason.VANISHED, None)


def open_files(process_id):
    for descriptor in Path(f"/proc/{process_id}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            yield descriptor.readlink()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are not told")
def test_a_worker_without_a_job_lets_go_of_the_file_that_it_read_last(tmp_path, ask):
    file = tmp_path / "x.h5"
    with h5py.File(file, "w") as stack:
        stack["entry/data/data"] = np.ones((3, *SHAPE), np.uint16)
    image = tmp_path / "x.h5::1"
    assert Outcome.from_bytes(ask(Job(image, tmp_path / "out" / "x_00001"))).status == "integrated"
    (child,) = multiprocessing.active_children()
    wait_until(lambda: file not in open_files(child.pid))
    assert Outcome.from_bytes(ask(Job(image, tmp_path / "out" / "x_00001"))).status == "integrated"
