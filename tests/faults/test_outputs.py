"""What a server writes, and what it does when that cannot be written."""

import os
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from saxsdog.io.chi import read_chi
from tests.helpers.experiments import DOCUMENT
from tests.helpers.promises import promise
from tests.helpers.served import (
    Expected,
    frame_of,
    reasons_of,
    rows_of,
    serving,
    temporary_files,
    times_integrated,
    write_frame,
)

SLICE = {
    "Direction": "x",
    "Plane": "InPlane",
    "CutPosition": 20,
    "CutMargin": 3,
    "IncidentAngle": 0.5,
    "MaskRef": -1,
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for all tests of this module: a new queue forgets what was."""
    with serving(
        tmp_path_factory.mktemp("outputs"), settings="[walk]\nclock_slack = 100\n"
    ) as served:
        yield served


@pytest.fixture
def served(shared, request):
    """The server, and a folder that is named after the test."""
    shared.name = f"{request.node.name}/in"
    shared.images = shared.folder(shared.name)
    shared.work = shared.images.parent / "work"
    return shared


@promise(
    "C10",
    fault="a curve that shall not be overwritten was cut off, another one removed",
    kept="the whole ones are kept as they are, the others are made again",
)
def test_a_whole_curve_is_kept_and_one_that_was_cut_off_is_made_again(served):
    served.new(served.name)
    for seed in range(3):
        write_frame(served.images / f"{seed}.tif", seed)
    served.until_ended(3)
    kept = (served.work / "0.chi").read_bytes()
    (served.work / "1.chi").write_bytes((served.work / "1.chi").read_bytes()[:-200])
    (served.work / "2.chi").unlink()
    served.new(served.name, OverwriteFiles=False)  # it finds what is as young as these
    stat = served.until_ended(3)
    assert stat.counters.skipped_because == {"output-exists": 1}
    assert reasons_of(served.client) == {"0.tif": "output-exists"}
    assert (served.work / "0.chi").read_bytes() == kept
    expected = Expected(served.calibration(served.name))
    for seed in range(3):
        expected.check(served.work / f"{seed}.chi", frame_of(seed))


@promise(
    "C11",
    fault="a mask is added and curves that are there shall not be overwritten",
    kept="the image is integrated once more, because a curve is missing",
)
def test_a_mask_that_is_added_gets_its_curves(served):
    served.new(served.name)
    write_frame(served.images / "0.tif", 0)
    served.until_ended(1)
    changes = {"Masks": DOCUMENT["Masks"] * 2, "OverwriteFiles": False}
    served.new(served.name, **changes)
    served.until_ended(1)
    expected = Expected(served.calibration(served.name, **changes))
    for channel, name in enumerate(("0.chi", "0_cR1.chi")):
        expected.check(served.work / name, frame_of(0), channel)
    served.new(served.name, **changes)
    assert served.until_ended(1).counters.skipped_because == {"output-exists": 1}


def test_the_live_list_has_a_line_for_each_curve(served):
    masks = [DOCUMENT["Masks"][0]] * 2
    served.new(served.name, **{"Live-Filelisting": True}, Masks=masks)
    for seed in range(4):
        write_frame(served.images / f"{seed}.tif", seed)
    served.until_ended(4)
    text = (served.images.parent / "results" / "filelist_in.log").read_text()
    lines = [line.split(", ") for line in text.splitlines()]
    assert len(lines) == 8
    for row in rows_of(served.client):
        stem = row.file.rpartition("/")[2].removesuffix(".tif")
        numbers = [row.parameters["R0"][name] for name in ("I0", "I1", "I2")]
        for name in (f"{stem}.chi", f"{stem}_cR1.chi"):
            (line,) = [line for line in lines if line[0].endswith(f"/{name}")]
            np.testing.assert_allclose([float(text) for text in line[1:]], numbers, rtol=1e-6)


def test_no_list_is_written_where_none_is_wanted(served):
    served.new(served.name, **{"Live-Filelisting": False})
    write_frame(served.images / "0.tif", 0)
    served.until_ended(1)
    assert not (served.images.parent / "results").exists()


def test_gisaxs_mode_writes_slices_only(served):
    reply = served.new(served.name, GISAXSmode=True, Slices=[SLICE])
    assert reply.channels == ("S1",)
    write_frame(served.images / "0.tif", 0)
    served.until_ended(1)
    assert [path.name for path in served.work.glob("*.chi")] == ["0.chi"]
    calibration = served.calibration(served.name, GISAXSmode=True, Slices=[SLICE])
    Expected(calibration).check(served.work / "0.chi", frame_of(0))
    assert rows_of(served.client)[-1].parameters == {}


def test_every_channel_has_its_own_file(served):
    served.new(served.name, Masks=DOCUMENT["Masks"] * 2, Slices=[SLICE])
    write_frame(served.images / "0.tif", 0)
    served.until_ended(1)
    calibration = served.calibration(served.name, Masks=DOCUMENT["Masks"] * 2, Slices=[SLICE])
    for channel, name in enumerate(("0.chi", "0_cR1.chi", "0_cS2.chi")):
        Expected(calibration).check(served.work / name, frame_of(0), channel)
    (graph, *_) = served.client.plot().graphs
    assert graph.file.endswith("/0.chi")


@promise(
    "C20",
    fault="images of equal names in sibling folders, a restart, and all of them once more",
    kept="each keeps a curve of its own",
)
def test_equal_names_in_sibling_folders_lose_no_curve_whatever_happens(served):
    served.new(served.name)
    folders = [served.folder(f"{served.name}/{name}") for name in ("a", "b", "c")]
    for seed, folder in enumerate(folders):
        write_frame(folder / "x.tif", seed)
    served.until_ended(3)
    served.server.restart()
    served.client.readdir()
    served.until(lambda stat: times_integrated(served.client)["x.tif"] == 6)
    found = served.client.fileslist()
    curve_of = dict(zip(found.fileslist["images"], found.fileslist["R0"], strict=True))
    assert len(set(curve_of.values())) == 3
    expected = Expected(served.calibration(served.name))
    for seed, folder in enumerate(folders):
        image = (folder / "x.tif").relative_to(served.root).as_posix()
        expected.check(served.root / curve_of[image], frame_of(seed))


@promise(
    "C5",
    fault="the folder of the results is a link out of the root",
    kept="nothing is written there",
)
def test_results_do_not_go_through_a_link_out_of_the_root(served, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    served.work.symlink_to(outside)
    served.new(served.name)
    write_frame(served.images / "0.tif", 0)
    served.until_ended(1)
    assert list(outside.iterdir()) == []


@contextmanager
def small_disk(folder, size):
    """A file system of its own, which becomes full."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    folder.mkdir()
    try:
        mounted = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode != 0:
        pytest.skip(f"nothing may be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


@promise(
    "G6",
    fault="the disk of all results is full",
    kept="no image fails; they wait, `stat` says why, and all goes on by itself when there is room",
)
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk")
def test_images_wait_while_the_disk_of_the_results_is_full_and_go_on_by_themselves(served):
    if os.getuid() != 0:
        pytest.skip("only root can mount a small disk")
    with small_disk(served.work, "64k"):
        filler = served.work / "filler"
        filler.write_bytes(bytes(32 * 1024))
        served.new(served.name)
        for seed in range(60):
            write_frame(served.images / f"{seed:02d}.tif", seed)
        stat = served.until(lambda stat: stat.trouble and stat.counters.pending)
        assert "No space left on device" in " ".join(stat.trouble)
        assert stat.counters.failed == 0
        assert not temporary_files(served.work)
        for curve in served.work.glob("*.chi"):
            read_chi(curve)
        grow = ["mount", "-o", "remount,size=16m", str(served.work)]
        subprocess.run(grow, check=True)  # noqa: S603
        stat = served.until(lambda stat: stat.counters.integrated == 60)
        assert stat.counters.known == 60
        served.until(lambda stat: stat.trouble == ())
        assert set(times_integrated(served.client).values()) == {1}
        for seed in range(60):
            Expected(served.calibration(served.name)).check(
                served.work / f"{seed:02d}.chi", frame_of(seed)
            )
        served.client.abort()
