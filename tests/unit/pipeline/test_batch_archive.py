import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from saxsdog import Calibration, Integrator
from saxsdog.archive.records import DESCRIPTION, leave
from saxsdog.curves.formats import Products
from saxsdog.curves.jobs import ReuseRule
from saxsdog.curves.outputs import OutputRule, assign
from saxsdog.errors import OutputError
from saxsdog.pipeline.batch import Batch
from saxsdog.pipeline.batch_archive import BatchArchive, data_sets
from saxsdog.sources.find import find_images
from tests.helpers.archives import bundle_of, description_of, record_of
from tests.helpers.experiments import write_calibration, write_images, write_stack


def run(folder, *roots, n_workers=1, formats=("nexus", "csv"), output=None):
    integrator = Integrator(Calibration.load(write_calibration(folder)), folder)
    sources = find_images([str(folder / root) for root in roots])
    targets = assign(sources, OutputRule(folder=output), integrator.channels)
    sets = data_sets((source.root for source in sources), output)
    with BatchArchive(integrator, bundle_of(integrator), formats, sets, len(sources)) as archive:
        products = Products(formats, spool=archive.spool)
        batch = Batch(integrator, targets, ReuseRule(), n_workers, None, products, archive)
        with batch.outcomes() as outcomes:
            return list(outcomes)


def names_in(path):
    with h5py.File(path) as root:
        return sorted(name.decode() for name in root["stack/images/name"][()])


@pytest.mark.parametrize("n_workers", [1, 2])
def test_all_results_are_in_the_archive_when_the_batch_ends(tmp_path, n_workers):
    images = write_images(tmp_path / "run7", 10)
    write_stack(tmp_path / "run7" / "sub" / "b.tif", 2, 3)
    outcomes = run(tmp_path, "run7", n_workers=n_workers)
    assert [outcome.curves for outcome in outcomes] == [[]] * 12
    results = tmp_path / "results"
    expected = sorted([image.name for image in images] + ["sub/b.tif::0", "sub/b.tif::1"])
    assert names_in(results / "run7.hdf") == expected
    found = sorted(path.name for path in results.iterdir())
    assert found == [".run7.lock", ".saxsdog", "run7.csv", "run7.hdf"]


def test_each_folder_that_was_asked_for_has_its_own_archive(tmp_path):
    for name in ("a/frames", "b/frames", "c"):
        write_images(tmp_path / name, 2)
    run(tmp_path, "a/frames", "b/frames", "c", formats=("nexus",))
    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.hdf"))
    assert found == ["a/results/frames.hdf", "b/results/frames.hdf", "results/c.hdf"]


def test_folders_of_the_same_name_do_not_share_an_archive(tmp_path):
    for name in ("a/frames", "b/frames"):
        write_images(tmp_path / name, 2)
    run(tmp_path, "a/frames", "b/frames", formats=("csv",), output=tmp_path / "out")
    found = sorted(path.name for path in (tmp_path / "out").glob("*.csv"))
    assert found == ["b_frames.csv", "frames.csv"]


def test_what_a_run_that_was_killed_has_left_comes_to_its_archive(tmp_path):
    write_images(tmp_path / "run7", 2)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    spool = tmp_path / "results" / f".saxsdog-archive-{process.pid}"
    spool.mkdir(parents=True)
    integrator = Integrator(Calibration.load(write_calibration(tmp_path)), tmp_path)
    folder = str(tmp_path / "run7")
    description = description_of(integrator, tmp_path / "results" / "run7", ("nexus",), folder)
    (spool / DESCRIPTION).write_text(description.to_json())
    leave(spool, record_of(integrator, 5, folder=folder))
    run(tmp_path, "run7")
    expected = ["image_001.tif", "image_002.tif", "x_00005.tif"]
    assert names_in(tmp_path / "results" / "run7.hdf") == expected
    assert not spool.exists()


def test_what_cannot_be_written_waits_for_the_next_run(tmp_path):
    write_images(tmp_path / "run7", 2)
    integrator = Integrator(Calibration.load(write_calibration(tmp_path)), tmp_path)
    sets = data_sets([tmp_path / "run7"], None)
    archive = BatchArchive(integrator, bundle_of(integrator), ("nexus",), sets, 2)
    leave(archive.spool, record_of(integrator, 1, folder=str(tmp_path / "run7")))
    with pytest.raises(OutputError), archive:
        raise OutputError("the disk is full")
    assert len(list(archive.spool.glob("*.record"))) == 1


def test_data_sets_lie_beside_their_folder_or_in_that_of_all_results():
    (each,) = data_sets([Path("/exp/run7"), Path("/exp/run7")], None)
    assert each.target == str(Path("/exp/results/run7"))
    (each,) = data_sets([Path("/exp/run7")], Path("/out"))
    assert each.target == str(Path("/out/run7"))
