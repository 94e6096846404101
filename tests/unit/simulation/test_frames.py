import json
from dataclasses import replace
from math import radians

import numpy as np
import pytest

from saxsdog.errors import UsageError
from saxsdog.reduction.geometry import Geometry
from saxsdog.simulation.documents import calibration_document
from saxsdog.simulation.frames import Experiment, simulate


@pytest.fixture(scope="module")
def experiment():
    return Experiment.create("Pilatus 100K", seed=5, n_frames=4, period=0.25)


@pytest.fixture(scope="module")
def done(experiment, tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("run"), experiment, name="agbeh")


class FakeTime:
    """A clock that only a sleep moves; sleeps end early, as they may."""

    def __init__(self):
        self.now = 100.0
        self.naps = 0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds if self.naps % 2 else seconds / 2
        self.naps += 1


def geometry_of(document):
    """The geometry that a calibration file describes, by the words of the design."""
    geometry = document["Geometry"]
    rows, columns = geometry["Imagesize"]
    from_bottom, column = geometry["BeamCenter"]
    return Geometry(
        shape=(rows, columns),
        beam_center=(rows - from_bottom, column),
        distance=geometry["DedectorDistanceMM"] / 1000,
        pixel_size=tuple(size * 1e-6 for size in geometry["PixelSizeMicroM"]),
        wavelength=document["Wavelength"] / 10,
        tilt=radians(geometry["Tilt"]["TiltAngleDeg"]),
        tilt_rotation=radians(geometry["Tilt"]["TiltRotDeg"]),
    )


def assert_same_geometry(one, other):
    assert one.shape == other.shape
    for field in ("beam_center", "distance", "pixel_size", "wavelength", "tilt", "tilt_rotation"):
        assert getattr(one, field) == pytest.approx(getattr(other, field), rel=1e-12)


def test_frames_hold_what_the_experiment_says(experiment, done):
    tifffile = pytest.importorskip("tifffile")
    assert [path.name for path in done.frames] == [f"agbeh_0000{k}.tif" for k in range(4)]
    for index, path in enumerate(done.frames):
        assert np.array_equal(tifffile.imread(path), experiment.frame(index))
    with tifffile.TiffFile(done.frames[3]) as file:
        description = file.pages[0].tags[270].value
    assert "# 2026-01-01T12:00:00.750" in description.splitlines()


def test_calibration_describes_the_geometry_of_the_experiment(experiment, done):
    document = json.loads(done.calibration.read_text(encoding="utf-8"))
    assert_same_geometry(geometry_of(document), experiment.geometry)
    (mask,) = document["Masks"]
    assert (done.calibration.parent / mask["MaskFile"]).samefile(done.mask)
    assert document["Directory"] == ["."]


def test_calibration_of_the_default_experiment_has_the_numbers_of_the_real_one():
    document = calibration_document(Experiment.create(n_dead=0), title="", mask_file="a.msk")
    assert document["Wavelength"] == 1.54987
    assert document["Geometry"] == {
        "BeamCenter": [804.68, 422.32],
        "DedectorDistanceMM": 829.7,
        "Imagesize": [1043, 981],
        "PixelSizeMicroM": [172.0, 172.0],
        "Tilt": {"TiltRotDeg": 0.0, "TiltAngleDeg": 0.0},
    }


def test_calibration_of_a_tilted_detector_keeps_the_tilt(experiment):
    tilted = replace(experiment.geometry, tilt=0.02, tilt_rotation=-1.1)
    document = calibration_document(
        Experiment.create("Pilatus 100K", geometry=tilted), title="", mask_file="a.msk"
    )
    assert_same_geometry(geometry_of(document), tilted)


def test_mask_file_holds_the_mask(experiment, done):
    fabio = pytest.importorskip("fabio")
    with fabio.open(done.mask) as file:
        assert np.array_equal(file.data[::-1] != 0, experiment.mask)


def test_truth_on_disk_gives_the_true_curve_of_every_frame(experiment, done):
    q, rings, spheres, background = np.loadtxt(done.truth, delimiter=",", skiprows=2).T
    table = np.loadtxt(done.amplitudes, delimiter=",", skiprows=2)
    assert done.truth.read_text(encoding="utf-8").splitlines()[1] == "q,rings,spheres,background"
    for index, (frame, time, rings_amplitude, spheres_amplitude) in enumerate(table):
        assert (frame, time) == (index, index * experiment.period)
        curve = rings_amplitude * rings + spheres_amplitude * spheres + background
        assert curve == pytest.approx(experiment.truth(q, index), rel=1e-8)


def test_same_seed_writes_the_same_bytes(experiment, done, tmp_path):
    again = simulate(tmp_path, Experiment.create("pilatus100k", seed=5, n_frames=2, period=0.25))
    for first, second in zip(done.frames, again.frames, strict=False):
        assert first.read_bytes() == second.read_bytes()
    assert done.mask.read_bytes() == again.mask.read_bytes()


def test_frames_come_at_the_rate_and_not_before(experiment, tmp_path):
    time, times = FakeTime(), []
    done = simulate(
        tmp_path,
        experiment,
        rate=8.0,
        progress=lambda n: times.append((n, time.now)),
        clock=time.clock,
        sleep=time.sleep,
    )
    assert times == [(k + 1, pytest.approx(100 + k / 8)) for k in range(4)]
    assert done.rate == pytest.approx(8.0)


def test_one_frame_has_no_rate(experiment, tmp_path):
    assert simulate(tmp_path, replace(experiment, n_frames=1)).rate == 0.0


def test_a_rate_of_nothing_is_refused(experiment, tmp_path):
    with pytest.raises(UsageError, match="rate"):
        simulate(tmp_path / "new", experiment, rate=0.0)
    assert not (tmp_path / "new").exists()
