import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from saxsdog.archive import nexus_layout
from saxsdog.archive.growing import LIBVER, GrowingFile, create_growing
from saxsdog.archive.nexus import FEWEST_ROWS, MOST_CURVES, NexusFile, identity_of
from saxsdog.errors import OutputError
from tests.helpers.archives import FOLDER, description_of, integrator_of, record_of

MASK = {"qStart": 0.1, "qStop": 2.0}
CHANNELS = {
    "Masks": [MASK, MASK | {"Cake": {}}, MASK | {"Phi-mode": True}],
    "Slices": [{"Direction": "x", "Plane": "InPlane", "CutPosition": 20, "CutMargin": 2}],
}


@pytest.fixture(scope="module")
def integrator():
    return integrator_of()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run7.hdf"


def opened(path, integrator, **options):
    return NexusFile(path, description_of(integrator, path.with_suffix("")), FOLDER, **options)


def names_in(path):
    with h5py.File(path) as root:
        return [name.decode() for name in root["stack/images/name"][()]]


def test_all_curves_of_all_channels_come_back(path):
    integrator = integrator_of(**CHANNELS)
    records = [record_of(integrator, number) for number in range(5)]
    file = opened(path, integrator)
    file.add(records[:2])
    file.add(records[2:])
    file.close()
    with h5py.File(path) as root:
        for channel in integrator.plan.channels:
            data = root["stack"][channel.name]
            for row, record in enumerate(records):
                intensity, sigma = record.curves[channel.name]
                np.testing.assert_array_equal(data["I"][row], intensity)
                np.testing.assert_array_equal(data["I_errors"][row], sigma)
            assert data["I"].shape[0] == len(records)
        np.testing.assert_array_equal(root["stack/R0/radial_axis"], integrator.plan.channels[0].q)
        assert list(root["stack/R1"].attrs["axes"]) == [".", "azimuthal_axis", "radial_axis"]
        images = root["stack/images"]
        assert images["index"][()].tolist() == [0, 1, 2, 3, 4]
        assert images["time"][()].tolist() == [record.time for record in records]
        assert images["exposure"][()].tolist()[:3] == [0.5] * 3
        assert np.isnan(images["exposure"][3])
        values = [record.parameters["R0"]["I0"] for record in records]
        assert images["R0/I0"][()].tolist() == values
    assert names_in(path) == [f"x_{number:05d}.tif" for number in range(5)]


def test_it_says_what_it_came_from(tmp_path, path):
    mask = tmp_path / "m.npy"
    np.save(mask, np.zeros((40, 50), bool))
    from saxsdog import Calibration, Integrator

    document = integrator_of().calibration.document | {"Masks": [MASK | {"MaskFile": "m.npy"}]}
    integrator = Integrator(Calibration.from_document(document), tmp_path)
    file = opened(path, integrator)
    file.add([record_of(integrator, 0)])
    file.close()
    with h5py.File(path) as root:
        given = root["stack/reduction/input"]
        text = given["calibration"].asstr()[()]
        assert json.loads(text) == document
        digest = hashlib.sha256(text.encode()).hexdigest()
        assert given["calibration_sha256"].asstr()[()] == digest
        files = json.loads(given["files_sha256"].asstr()[()])
        assert files == {"m.npy": hashlib.sha256(mask.read_bytes()).hexdigest()}
        beam = root["stack/instrument/monochromator"]
        assert beam["wavelength"][()] == pytest.approx(1.5)
        assert beam["energy"][()] == pytest.approx(8.2656, abs=1e-4)
        assert root["stack/definition"].asstr()[()] == "NXazint1d"
        assert not root["stack/solid_angle_applied"][()]


def test_an_image_that_is_integrated_again_takes_its_former_place(path, integrator):
    file = opened(path, integrator)
    file.add([record_of(integrator, number) for number in range(4)])
    newer = record_of(integrator, 8, name="x_00001.tif")
    file.add([newer, record_of(integrator, 9), newer])
    file.close()
    assert names_in(path) == [f"x_{number:05d}.tif" for number in (0, 1, 2, 3, 9)]
    with h5py.File(path) as root:
        np.testing.assert_array_equal(root["stack/R0/I"][1], newer.curves["R0"][0])


def test_it_grows_beyond_its_room_and_gives_back_what_is_too_much(path, integrator):
    file = opened(path, integrator)
    number = MOST_CURVES + 10
    records = [record_of(integrator, i) for i in range(number)]
    for record in records[:-1]:
        file.add([record])
    file.add([records[-1]])
    grown = path.stat().st_size
    file.finish()
    assert path.stat().st_size < grown
    with h5py.File(path) as root:
        stack = root["stack/R0/I"]
        assert stack.shape == stack.maxshape == (number, integrator.plan.channels[0].q.size)
        np.testing.assert_array_equal(stack, np.stack([r.curves["R0"][0] for r in records]))
        newest = root["curve_R0/data/I"][()]
        assert root["curve_R0/title"].asstr()[()] == f"x_{number - 1:05d}.tif"
    np.testing.assert_array_equal(newest, records[-1].curves["R0"][0])


def test_a_finished_file_has_each_of_a_few_curves_and_goes_on_nevertheless(path, integrator):
    for number in (3, 5):
        file = opened(path, integrator)
        file.add([record_of(integrator, i) for i in range(number)])
        with h5py.File(path) as root:
            assert list(root) == ["curve_R0", "stack"]
        file.finish()
        with h5py.File(path) as root:
            assert list(root) == [*(f"curve_R0_{i:05d}" for i in range(number)), "stack"]
            for i in range(number):
                curve = root[f"curve_R0_{i:05d}"]
                assert curve["title"].asstr()[()] == f"x_{i:05d}.tif"
                expected = record_of(integrator, i).curves["R0"]
                np.testing.assert_array_equal(curve["data/I"], expected[0])
                np.testing.assert_array_equal(curve["data/Idev"], expected[1])


def test_names_may_become_longer_and_parameters_more(path, integrator):
    file = opened(path, integrator)
    file.add([record_of(integrator, 0)])
    long = "ü" * 100 + ".tif"
    record = record_of(integrator, 1, name=long)
    record.parameters["R0"]["Rg/nm"] = 4.5
    file.add([record])
    file.close()
    assert names_in(path) == ["x_00000.tif", long]
    with h5py.File(path) as root:
        column = root["stack/images/R0/Rg|nm"][()]
        assert np.isnan(column[0])
        assert column[1] == 4.5


def test_who_comes_later_goes_on_where_the_former_ended(path, integrator):
    for numbers in ((0, 1), (1, 2), (3,)):
        file = opened(path, integrator)
        file.add([record_of(integrator, number) for number in numbers])
        file.close()
    assert names_in(path) == [f"x_{number:05d}.tif" for number in range(4)]


def test_datasets_that_a_crash_left_of_different_length_are_made_equal(path, integrator):
    file = opened(path, integrator)
    file.add([record_of(integrator, number) for number in range(3)])
    grown = file._file
    place = grown._growing["stack/R0/I_errors"]
    grown._put(place.rows, (2).to_bytes(8, "little"))
    file.close()
    file = opened(path, integrator)
    assert file.n_images == 2
    file.add([record_of(integrator, 2)])
    file.close()
    assert names_in(path) == [f"x_{number:05d}.tif" for number in range(3)]


def test_results_of_another_calibration_have_another_identity(path, integrator):
    file = opened(path, integrator)
    file.add([record_of(integrator, 0)])
    file.close()
    same, other = integrator_of(), integrator_of(Wavelength=1.6)
    assert identity_of(path) == description_of(same, path).identity
    assert identity_of(path) != description_of(other, path).identity
    path.write_bytes(b"no HDF5")
    assert identity_of(path) is None


def test_a_file_that_is_none_of_ours_is_not_written(path, integrator):
    with h5py.File(path, "w") as root:
        root["I"] = np.arange(3)
    with pytest.raises(OutputError, match="expected a file of saxsdog"):
        opened(path, integrator)


@pytest.mark.parametrize("what", [b"TREE", b"SNOD", b"HEAP", b"\x89HDF"])
def test_a_file_that_is_damaged_is_told_and_not_written(path, integrator, what):
    file = opened(path, integrator)
    file.add([record_of(integrator, 1)])
    file.close()
    path.write_bytes(damaged := path.read_bytes().replace(what, b"dead"))
    with pytest.raises(OutputError, match=r"expected a file of saxsdog: .*; move it away"):
        GrowingFile(path)
    assert path.read_bytes() == damaged


def test_no_link_is_followed(tmp_path, path, integrator):
    (tmp_path / "other").write_bytes(b"precious")
    path.symlink_to(tmp_path / "other")
    with pytest.raises(OutputError, match="got a link"):
        opened(path, integrator)
    assert (tmp_path / "other").read_bytes() == b"precious"


def test_a_file_may_hold_fewer_rows_than_it_has_room_for(path):
    with h5py.File(path, "w", libver=LIBVER) as root:
        create_growing(root, "x", np.dtype("<f8"), (3,), 1000, units="s")
        for i in range(40):  # so that the header has a continuation
            root["x"].attrs[f"note {i}"] = "z" * 100
    with GrowingFile(path) as file:
        assert (file.n_rows, file.capacity) == (1000, 1000)
        file.write(0, {"x": np.arange(6.0).reshape(2, 3)})
        file.show(2)
        with pytest.raises(ValueError, match="expected rows"):
            file.write(999, {"x": np.zeros((2, 3))})
    with h5py.File(path) as root:
        assert root["x"][()].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert root["x"].maxshape == (1000, 3)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_it_can_be_read_at_any_time_and_after_its_writer_was_killed(path, integrator):
    """Kill a process that adds results without a pause, again and again."""
    expected = 0
    for more in (1, 2 * FEWEST_ROWS):
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "tests.helpers.archives", str(path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )
        try:
            assert int(process.stdout.readline()) == expected
            while _n_rows(path, integrator) < expected + more:
                assert process.poll() is None
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        expected = _n_rows(path, integrator)
        with h5py.File(path) as root:
            rows = {len(each) for each in root["stack/images"].values() if hasattr(each, "shape")}
            rows |= {len(root["stack/R0/I"]), len(root["stack/R0/I_errors"])}
        assert max(rows) - min(rows) <= 3  # the results that were just coming
        expected = min(rows)


def _n_rows(path, integrator):
    """Read a file while it grows; each row must be what was written."""
    if not path.exists():
        return 0
    with h5py.File(path) as root:
        stack = root["stack/R0/I"]
        n_rows = len(stack)
        newest, first = stack[-1], stack[0]
    np.testing.assert_allclose(newest, first * n_rows, rtol=1e-12)
    return n_rows


def test_the_kilo_electronvolts_are_those_of_the_wavelength():
    planck, light, charge = 6.62607015e-34, 299792458, 1.602176634e-19
    assert planck * light / charge * 1e6 == pytest.approx(nexus_layout.KEV_NM)
