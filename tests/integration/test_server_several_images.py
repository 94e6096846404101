"""Files that hold several images, at a real server: each image is one as others are."""

import h5py
import numpy as np
import pytest
import tifffile

from saxsdog.cli.leash import main
from saxsdog.pipeline.preview import preview_of
from saxsdog.protocol.arrays import array_of
from saxsfeeder import Feeder
from tests.helpers.feeds import wait_until
from tests.helpers.served import (
    Expected,
    frame_of,
    processes_of,
    reasons_of,
    rows_of,
    serving,
    times_integrated,
)

N_IMAGES = 30
ONLY_FEEDER = '[watcher]\nmode = "off"\n[walk]\ninterval = 3600\n[settling]\ntruncated = 1\n'
ONLY_WALKS = '[watcher]\nmode = "off"\n[walk]\ninterval = 1\nclock_slack = 0\n'


@pytest.fixture(scope="module")
def feeder():
    with Feeder("tcp://127.0.0.1:*") as feeder:
        yield feeder


@pytest.fixture(scope="module")
def fed(tmp_path_factory, feeder):
    """A server that hears of images from a feeder only."""
    folder = tmp_path_factory.mktemp("fed")
    with serving(folder, feeder=feeder.address, settings=ONLY_FEEDER) as served:
        served.new()
        served.greet(feeder)
        yield served


@pytest.fixture
def served(fed, request):
    """The server with an empty queue for a folder that is named after the test."""
    name = f"{request.node.name}/in"
    fed.images = fed.folder(name)
    fed.new(name)
    return fed


def write_hdf5(path, seeds):
    """Write frames into one file, as a detector does, and give it its name when it is whole."""
    hidden = path.with_name(f".{path.name}")
    stack = np.stack([frame_of(seed) for seed in seeds])
    with h5py.File(hidden, "w") as file:
        chunks = (1, *stack.shape[1:])
        file.create_dataset("/entry/data/data", data=stack, chunks=chunks, compression="gzip")
    return hidden.replace(path)


def check_curves(served, path, seeds):
    """Compare the curve of each image of a file with one that was made without a server."""
    expected, work = Expected(served.calibration()), path.parent.parent / "work"
    for page, seed in enumerate(seeds):
        expected.check(work / f"{path.stem}_{page:05d}.chi", frame_of(seed))
    assert len(list(work.glob(f"{path.stem}*.chi"))) == len(seeds)


def check_all_ended(served, path, n_images):
    """Each image was integrated once, and the file was skipped."""
    stat = served.until_ended(n_images + 1)
    assert (stat.counters.integrated, stat.counters.failed) == (n_images, 0)
    assert times_integrated(served.client) == {f"{path.name}::{i}": 1 for i in range(n_images)}
    assert reasons_of(served.client) == {path.name: "several-images"}


def test_a_file_that_is_dropped_into_the_folder_gives_the_curve_of_each_of_its_images(tmp_path):
    with serving(tmp_path, workers=2) as served:
        served.new()
        path = write_hdf5(served.images / "x.h5", range(N_IMAGES))
        check_all_ended(served, path, N_IMAGES)
        check_curves(served, path, range(N_IMAGES))


def test_walks_find_it_as_well(tmp_path):
    with serving(tmp_path, settings=ONLY_WALKS) as served:
        served.new()
        path = write_hdf5(served.images / "x.nxs", range(N_IMAGES))
        check_all_ended(served, path, N_IMAGES)
        check_curves(served, path, range(N_IMAGES))
        assert served.client.stat().sources.found_by_walk == 1


def test_a_feeder_announces_the_file(served, feeder):
    path = write_hdf5(served.images / "x.h5", range(N_IMAGES))
    feeder.announce(path)
    check_all_ended(served, path, N_IMAGES)
    check_curves(served, path, range(N_IMAGES))


def test_a_feeder_may_announce_one_image_which_can_be_looked_at(served, feeder):
    path = write_hdf5(served.images / "x.h5", range(N_IMAGES))
    feeder.announce(f"{path}::3")
    stat = served.until_ended(1)
    assert stat.counters.known == stat.counters.integrated == 1
    name = f"{path.relative_to(served.root).as_posix()}::3"
    assert stat.newest_image == served.client.plot().image == name
    assert [row.file for row in rows_of(served.client)] == [name]
    preview = served.client.image(25)
    assert preview.file == name
    pixels, block = preview_of(frame_of(3), 25)
    assert preview.block == block
    np.testing.assert_array_equal(array_of(preview), pixels)
    feeder.announce(path)
    check_all_ended(served, path, N_IMAGES)


def test_an_image_that_the_file_does_not_hold_fails_under_its_name(served, feeder):
    path = write_hdf5(served.images / "x.h5", range(3))
    feeder.announce(f"{path}::7")
    served.until_ended(1)
    (failure,) = served.client.failed().rows
    assert failure.file == f"{path.relative_to(served.root).as_posix()}::7"
    assert failure.message.startswith(f"{failure.file}: expected")
    assert not (path.parent.parent / "work" / "x_00007.chi").exists()


def test_a_tiff_of_several_pages_is_such_a_file(served, feeder):
    path = served.images / "x.tif"
    tifffile.imwrite(path, np.stack([frame_of(seed) for seed in range(5)]))
    feeder.announce(path)
    check_all_ended(served, path, 5)
    check_curves(served, path, range(5))


def test_the_leash_speaks_of_images_by_their_names(served, feeder, tmp_path, capsys):
    path = write_hdf5(served.images / "x.h5", range(3))
    feeder.announce(path)
    feeder.announce(f"{path}::5")
    served.until(lambda stat: stat.counters.failed == 1 and stat.counters.integrated == 3)
    name = path.relative_to(served.root).as_posix()
    network = ("--network", str(served.server.network))
    main(["failed", *network])
    failed = capsys.readouterr().out
    assert f"truncated       {name}::5" in failed
    assert f"several-images  {name}" in failed
    main(["history", *network])
    history = capsys.readouterr().out
    assert all(f"{name}::{page}" in history for page in range(3))
    main(["fileslist", *network])
    assert f"{name}::2  {name.removesuffix('in/x.h5')}work/x_00002.chi" in capsys.readouterr().out
    main(["image", "-o", str(tmp_path / "frame.png"), *network])
    assert f"frame.png: {name}::2" in capsys.readouterr().out


def test_readdir_integrates_all_images_of_a_file_once_more(served, feeder):
    path = write_hdf5(served.images / "x.h5", range(5))
    feeder.announce(path)
    check_all_ended(served, path, 5)
    since = served.client.stat().cursor
    served.client.readdir()
    served.until(lambda stat: stat.cursor == since + 5 and stat.counters.pending == 0)
    assert set(times_integrated(served.client, since).values()) == {1}


def test_the_leash_lists_files_that_were_written_again_once(served, feeder, capsys):
    path = write_hdf5(served.images / "x.h5", range(5))
    feeder.announce(path)
    check_all_ended(served, path, 5)
    since = served.client.stat().cursor
    served.client.readdir()
    served.until(lambda stat: stat.cursor == since + 5 and stat.counters.pending == 0)
    network = ("--network", str(served.server.network))
    main(["fileslist", *network])
    files = capsys.readouterr().out
    main(["history", *network])
    history = capsys.readouterr().out
    assert [files.count(f"x_0000{page}.chi") for page in range(5)] == [1] * 5
    assert [history.count(f"x.h5::{page}") for page in range(5)] == [2] * 5
    assert served.client.stat().counters.known == 6


def test_a_file_with_other_images_brings_them_all(served, feeder):
    path = write_hdf5(served.images / "x.h5", range(3))
    feeder.announce(path)
    check_all_ended(served, path, 3)
    write_hdf5(path, range(10, 15))
    feeder.announce(path)
    stat = served.until(lambda stat: stat.counters.integrated == 8)
    assert stat.counters.known == 10
    check_curves(served, path, range(10, 15))


def test_a_server_that_is_killed_while_images_are_entered_integrates_each_once(tmp_path):
    n_images, n_kills = 5000, 3
    with serving(tmp_path, workers=2) as served:
        served.new()
        hidden = served.images / ".x.h5"
        with h5py.File(hidden, "w") as file:
            frame = frame_of(0)
            file["/entry/data/data"] = np.broadcast_to(frame, (n_images, *frame.shape))
        path = hidden.rename(served.images / "x.h5")
        for kill in range(1, n_kills + 1):
            served.until(lambda stat, kill=kill: stat.counters.known > 500 * kill)
            served.server.kill()
            wait_until(lambda: not processes_of(served.server.process.pid))
            served.server.restart()
        check_all_ended(served, path, n_images)
