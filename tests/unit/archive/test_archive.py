import h5py
import pytest

from saxsdog.archive.archive import Archive
from saxsdog.archive.archivist import Archivist
from saxsdog.archive.description import DataSet, Description
from saxsdog.archive.program import Keeper
from saxsdog.archive.records import CLOSED, DESCRIPTION, leave, waiting
from saxsdog.errors import OutputError
from tests.helpers.archives import description_of, integrator_of, record_of


@pytest.fixture(scope="module")
def integrator():
    return integrator_of()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "results" / "run7"


def spool_of(tmp_path, description, name="archive-1"):
    spool = tmp_path / "state" / name
    spool.mkdir(parents=True)
    (spool / DESCRIPTION).write_text(description.to_json())
    return spool


def drained(description, spool):
    with Archive(description, spool) as archive:
        return archive.drain()


def names_in(path):
    with h5py.File(path) as root:
        return [name.decode() for name in root["stack/images/name"][()]]


def test_a_description_comes_back_as_it_was(integrator, target):
    cakes = integrator_of(Masks=[{"qStart": 0.1, "qStop": 2.0, "Cake": {}}])
    for each in (integrator, cakes):
        description = description_of(each, target)
        back = Description.from_json(description.to_json())
        assert back == description
        assert back.identity == description.identity


def test_records_come_to_all_files_and_are_gone(tmp_path, integrator, target):
    description = description_of(integrator, target, ("nexus", "csv"))
    spool = spool_of(tmp_path, description)
    with Archive(description, spool) as archive:
        assert archive.drain() == 0
        for number in range(100):
            leave(spool, record_of(integrator, number))
        assert archive.drain() == 100
        assert not waiting(spool)
        archive.finish()
    assert len(names_in(target.with_suffix(".hdf"))) == 100
    assert len(target.with_suffix(".csv").read_text().splitlines()) == 101


def test_what_was_not_removed_is_in_the_files_once(tmp_path, integrator, target):
    description = description_of(integrator, target, ("nexus", "csv"))
    spool = spool_of(tmp_path, description)
    for number in range(3):
        leave(spool, record_of(integrator, number))
    copies = [(path, path.read_bytes()) for path in waiting(spool)]
    drained(description, spool)
    for path, data in copies:  # as if it had died before they were removed
        path.write_bytes(data)
    assert drained(description, spool) == 3
    assert len(names_in(target.with_suffix(".hdf"))) == 3
    assert len(target.with_suffix(".csv").read_text().splitlines()) == 4


def test_another_calibration_begins_another_file(tmp_path, integrator, target):
    for number, each in enumerate((integrator, integrator_of(Wavelength=1.6), integrator)):
        description = description_of(each, target, ("nexus",))
        spool = spool_of(tmp_path, description, f"archive-{number}")
        leave(spool, record_of(each, number))
        drained(description, spool)
    assert names_in(target.with_suffix(".hdf")) == ["x_00000.tif", "x_00002.tif"]
    assert names_in(target.with_name("run7_2.hdf")) == ["x_00001.tif"]


def test_each_data_set_has_its_own_file(tmp_path, integrator, target):
    sets = (DataSet("/data/a", str(target)), DataSet("/data/a/b", f"{target}_b"))
    whole = description_of(integrator, target, ("nexus",))
    description = Description(**vars(whole) | {"data_sets": sets})
    spool = spool_of(tmp_path, description)
    leave(spool, record_of(integrator, 1, folder="/data/a/c"))
    leave(spool, record_of(integrator, 2, folder="/data/a/b/d"))
    drained(description, spool)
    assert names_in(target.with_suffix(".hdf")) == ["c/x_00001.tif"]
    assert names_in(target.with_name("run7_b.hdf")) == ["d/x_00002.tif"]


def test_nothing_is_written_outside_and_the_records_stay(tmp_path, integrator):
    inside, outside = tmp_path / "root", tmp_path / "elsewhere"
    inside.mkdir()
    outside.mkdir()
    (inside / "results").symlink_to(outside)
    target = inside / "results" / "run7"
    description = description_of(integrator, target, ("nexus",), within=[inside])
    spool = spool_of(tmp_path, description)
    leave(spool, record_of(integrator, 1))
    with pytest.raises(OutputError, match="leads out of the folders"):
        drained(description, spool)
    assert len(waiting(spool)) == 1
    assert not any(outside.iterdir())


def test_the_folder_of_a_queue_that_is_closed_goes_when_it_is_empty(tmp_path, integrator, target):
    spool = spool_of(tmp_path, description_of(integrator, target, ("nexus",)))
    with Keeper(tmp_path / "state") as keeper:
        leave(spool, record_of(integrator, 1))
        assert keeper.turn() == []
        assert spool.is_dir()
        leave(spool, record_of(integrator, 2))
        (spool / CLOSED).touch()
        assert keeper.turn() == []
    assert not spool.exists()
    assert names_in(target.with_suffix(".hdf")) == ["x_00001.tif", "x_00002.tif"]


def test_what_cannot_be_archived_is_said_and_keeps_no_other_from_it(tmp_path, integrator, target):
    (tmp_path / "file").write_text("in the way")
    wrong = description_of(integrator, tmp_path / "file" / "run7", ("nexus",))
    first = spool_of(tmp_path, wrong, "archive-1")
    second = spool_of(tmp_path, description_of(integrator, target, ("nexus",)), "archive-2")
    damaged = tmp_path / "state" / "archive-3"
    damaged.mkdir()
    (damaged / DESCRIPTION).write_text("no JSON")
    leave(first, record_of(integrator, 1))
    leave(second, record_of(integrator, 2))
    with Keeper(tmp_path / "state") as keeper:
        trouble = keeper.turn()
    assert len(trouble) == 2
    assert names_in(target.with_suffix(".hdf")) == ["x_00002.tif"]
    assert len(waiting(first)) == 1


def test_the_process_starts_again_when_it_has_died_and_takes_what_waits(
    tmp_path, integrator, target, caplog
):
    archivist = Archivist(tmp_path / "state")
    archivist.mend()
    assert archivist.process_id is None  # nothing to archive
    spool = spool_of(tmp_path, description_of(integrator, target, ("nexus",)))
    archivist.mend()
    archivist._process.kill()
    archivist._process.wait()
    leave(spool, record_of(integrator, 1))
    archivist.mend()
    assert "has died" in caplog.text
    caplog.clear()
    archivist.stop()
    archivist.stop()
    assert names_in(target.with_suffix(".hdf")) == ["x_00001.tif"]
    assert not waiting(spool)


def test_what_the_process_says_is_the_trouble_of_the_server(tmp_path, integrator, caplog):
    (tmp_path / "file").write_text("in the way")
    description = description_of(integrator, tmp_path / "file" / "run7", ("nexus",))
    leave(spool_of(tmp_path, description), record_of(integrator, 1))
    archivist = Archivist(tmp_path / "state")
    archivist.mend()
    assert archivist.wait_for_word(20.0)
    archivist.stop()
    assert "cannot be" in archivist.trouble[0]
    caplog.clear()


def test_a_folder_that_is_gone_is_not_made_again(tmp_path, integrator, target):
    description = description_of(integrator, target, ("nexus", "csv"))
    spool = spool_of(tmp_path, description)
    with Archive(description, spool) as archive:
        leave(spool, record_of(integrator, 1))
        archive.drain()
        target.parent.rename(tmp_path / "away")
        leave(spool, record_of(integrator, 2))
        with pytest.raises(OutputError, match="it is gone"):
            archive.drain()
        (tmp_path / "away").rename(target.parent)
        archive.drain()
    assert names_in(target.with_suffix(".hdf")) == ["x_00001.tif", "x_00002.tif"]


def test_a_file_that_somebody_removes_begins_anew(tmp_path, integrator, target):
    description = description_of(integrator, target, ("nexus", "csv"))
    spool = spool_of(tmp_path, description)
    with Archive(description, spool) as archive:
        for number in (1, 2):
            leave(spool, record_of(integrator, number))
            archive.drain()
            target.with_suffix(".hdf").rename(tmp_path / f"{number}.hdf")
    assert names_in(tmp_path / "1.hdf") == ["x_00001.tif"]
    assert names_in(tmp_path / "2.hdf") == ["x_00002.tif"]


def test_two_processes_do_not_write_one_archive(tmp_path, integrator, target):
    description = description_of(integrator, target, ("nexus", "csv"))
    spool = spool_of(tmp_path, description)
    leave(spool, record_of(integrator, 1))
    with Archive(description, spool) as first:
        first.drain()
        leave(spool, record_of(integrator, 2))
        with Archive(description, spool) as second:
            with pytest.raises(OutputError, match="another process writes"):
                second.drain()
            first.close()
            second.drain()
    assert names_in(target.with_suffix(".hdf")) == ["x_00001.tif", "x_00002.tif"]


def test_two_queues_of_one_calibration_take_turns_with_their_file(tmp_path, integrator, target):
    description = description_of(integrator, target, ("nexus", "csv"))
    spools = [spool_of(tmp_path, description, f"archive-{i}") for i in range(2)]
    with Keeper(tmp_path / "state") as keeper:
        for number in range(6):
            leave(spools[number % 2], record_of(integrator, number))
            assert keeper.turn() == []
        for spool in reversed(spools):
            leave(spool, record_of(integrator, 6 + spools.index(spool)))
            (spool / CLOSED).touch()
        assert keeper.turn() == []
    assert names_in(target.with_suffix(".hdf")) == [f"x_{i:05d}.tif" for i in range(8)]
    assert len(target.with_suffix(".csv").read_text().splitlines()) == 9
