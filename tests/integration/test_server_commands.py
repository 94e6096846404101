"""What a client can ask for, each command asked of a real server."""

import os

import numpy as np
import pytest
import tifffile

from saxsdog.errors import RequestError, SaxsdogError
from saxsdog.io.chi import read_chi
from saxsdog.protocol.arrays import array_of, arrays_of
from tests.helpers.experiments import SHAPE, write_stack
from tests.helpers.served import (
    Expected,
    frame_of,
    reasons_of,
    rows_of,
    serving,
    tiff_of,
    times_integrated,
    write_frame,
)

IMPATIENT = "[settling]\ntruncated = 1\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for all tests of this module: a new queue forgets what was."""
    with serving(tmp_path_factory.mktemp("commands"), settings=IMPATIENT) as served:
        yield served


@pytest.fixture
def served(shared, request):
    """The server with an empty queue for a folder that is named after the test."""
    name = f"{request.node.name}/in"
    shared.images = shared.folder(name)
    shared.new(name)
    return shared


def write_some(served, number):
    for seed in range(number):
        write_frame(served.images / f"{seed:03d}.tif", seed)
    return served.until_ended(number)


def test_readdir_integrates_all_images_once_more(served):
    before = write_some(served, 12)
    result = served.client.readdir()
    assert result.result == "queue restarted with all files"
    after = served.until(lambda stat: stat.cursor == before.cursor + 12)
    assert after.counters.known == after.counters.integrated == 12
    served.client.wait(10)
    assert set(times_integrated(served.client).values()) == {2}


def test_a_closed_queue_takes_nothing_new_but_readdir_does(served):
    write_some(served, 3)
    assert served.client.close().pending == 0
    assert served.client.stat().state == "closed"
    write_frame(served.images / "late.tif", 9)
    served.client.requeue()
    assert served.client.wait(10).counters.known == 3
    served.client.readdir()
    served.until_ended(4)
    assert times_integrated(served.client)["late.tif"] == 1


def test_abort_forgets_what_is_pending_and_ends_the_workers(served):
    for seed in range(700):
        write_frame(served.images / f"{seed:03d}.tif", seed)
    served.until(lambda stat: stat.counters.pending > 0)
    reply = served.client.abort()
    stat = served.client.stat()
    assert stat.state == "aborted"
    assert stat.counters.pending == 0
    assert stat.counters.known == stat.counters.integrated
    assert reply.forgotten >= 0
    assert stat.workers == ()
    write_frame(served.images / "late.tif", 9)
    later = served.client.stat()
    assert later.counters == stat.counters
    for command in (served.client.readdir, served.client.close, served.client.requeue):
        with pytest.raises(RequestError) as refusal:
            command()
        assert refusal.value.code == "no-queue"


def test_what_was_found_but_not_begun_is_forgotten_by_abort_too(served):
    served.client.close()
    for seed in range(3000):
        (served.images / f"{seed:04d}.tif").write_bytes(b"")
    served.client.readdir()
    served.until(lambda stat: stat.counters.known > 0)
    served.client.abort()
    stat = served.client.stat()
    for _ in range(5):
        served.client.history(stat.cursor, wait=0.05)
        later = served.client.stat()
        assert later.counters.pending == 0
        assert later.counters.known == stat.counters.known


def test_failed_images_are_tried_again_when_asked_for(served):
    work = served.images.parent / "work"
    (work / "blocked.chi").mkdir(parents=True)
    write_frame(served.images / "blocked.tif", 1)
    (served.images / "broken.tif").write_bytes(tiff_of(frame_of(1))[:-8])
    tifffile.imwrite(served.images / "shape.tif", np.zeros((3, 3), np.int32))
    served.until(lambda stat: stat.counters.failed == 3)
    assert reasons_of(served.client) == {
        "blocked.tif": "output-collision",
        "broken.tif": "truncated",
        "shape.tif": "wrong-shape",
    }
    (work / "blocked.chi").rmdir()
    assert served.client.requeue("wrong-shape").images == 1
    served.until(lambda stat: stat.counters.failed == 3)
    assert served.client.requeue("output-collision").images == 1
    served.until(lambda stat: stat.counters.integrated == 1 and stat.counters.failed == 2)
    write_frame(served.images / "broken.tif", 2)
    served.until(lambda stat: stat.counters.integrated == 2)
    assert served.client.requeue().images == 1  # what has a newer version is not tried again
    stat = served.until(lambda stat: stat.counters.pending == 0)
    assert stat.counters.failed_because == {"wrong-shape": 1}
    assert stat.counters.skipped_because == {"superseded": 1}


def test_the_calibration_and_its_masks_come_back_byte_by_byte(served):
    mask = served.root.parent / "mask.tif"
    tifffile.imwrite(mask, np.ones(SHAPE, np.uint8))
    masks = [{"MaskFile": "mask.tif"}, {"MaskFile": "mask.tif", "Phi-mode": True}]
    served.new(Masks=[m | {"Oversampling": 2, "qStart": 0.1, "qStop": 0.4} for m in masks])
    returned = served.client.get()
    assert returned.calibration["Masks"][1]["Phi-mode"] is True
    assert [each.name for each in returned.attachments] == ["mask.tif"]
    assert returned.attachments[0].data == mask.read_bytes()
    served.server.restart()
    assert served.client.get() == returned
    assert served.client.stat().title == "a small detector"


def test_the_newest_curves_are_those_on_the_disk(served):
    assert served.client.plot().image is None
    write_some(served, 1)
    plot = served.client.plot()
    assert plot.image == served.images.relative_to(served.root).as_posix() + "/000.tif"
    (graph,) = plot.graphs
    curve = read_chi(served.root / graph.file)
    columns = arrays_of(plot)[graph.channel]
    assert tuple(columns) == graph.columns == curve.labels
    for column, expected in zip(columns, (curve.q, curve.intensity, curve.sigma), strict=True):
        np.testing.assert_array_equal(columns[column], expected)
    assert plot.cursor == rows_of(served.client)[-1].cursor
    assert plot.statistics.counters.integrated == 1


def test_the_newest_image_is_shown_small(served):
    with pytest.raises(RequestError, match="none was integrated yet"):
        served.client.image()
    write_some(served, 1)
    whole = served.client.image(max_side=64)
    np.testing.assert_array_equal(array_of(whole), frame_of(0))
    small = served.client.image(max_side=25)
    blocks = frame_of(0).reshape(20, 2, 25, 2).mean(axis=(1, 3))
    assert (small.block, small.shape, small.frame_shape) == (2, (20, 25), SHAPE)
    np.testing.assert_allclose(array_of(small), blocks, rtol=1e-6)


def test_the_newest_file_of_a_folder_is_shown_before_there_is_a_queue(tmp_path):
    with serving(tmp_path) as served:
        for number, name in enumerate(["a/1.tif", "a/b/2.tif", "c/3.tif", ".hidden/4.tif"]):
            path = served.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_frame(path, number)
            os.utime(path, (number, number))
        (served.root / "a" / "b" / "notes.txt").write_text("newer than all")
        shown = served.client.image(64, ["a"])
        assert shown.file == "a/b/2.tif"
        np.testing.assert_array_equal(array_of(shown), frame_of(1))
        assert served.client.image(64, []).file == "c/3.tif"
        (served.root / "a" / "b" / "9.tif").write_bytes(b"no image")
        with pytest.raises(RequestError, match="a/b/9"):
            served.client.image(64, ["a"])
        served.folder("empty")
        with pytest.raises(RequestError, match="expected an image in empty, there is none"):
            served.client.image(64, ["empty"])
        with pytest.raises(RequestError, match="would lead upwards"):
            served.client.image(64, [".."])


def test_the_newest_file_that_holds_several_images_shows_the_first(tmp_path):
    with serving(tmp_path) as served:
        write_stack(served.images / "stack.tif", 5, 6)
        shown = served.client.image(64, ["in"])
        assert shown.file == "in/stack.tif::0"
        assert set(array_of(shown).ravel()) == {5}


def test_a_folder_is_listed_and_none_outside_of_the_root(served):
    write_frame(served.images / "b.tif", 1)
    parts = served.images.relative_to(served.root).parts
    listing = served.client.listdir(*parts)
    assert [(entry.name, entry.isdir) for entry in listing.dircontent] == [("b.tif", False)]
    (served.images / "way-out").symlink_to(served.root.parent)
    for outside in ([".."], [*parts, "..", "..", ".."], ["/etc"], [*parts, "way-out"]):
        with pytest.raises(SaxsdogError):
            served.client.listdir(*outside)
    with pytest.raises(SaxsdogError):
        served.client.listdir(*parts, "no such folder")


def test_files_and_failures_come_in_pages_without_gaps(served):
    write_some(served, 25)
    for i in range(7):
        tifffile.imwrite(served.images / f"bad{i}.tif", np.zeros((3, 3), np.int32))
    served.until(lambda stat: stat.counters.failed == 7)
    images, since, more = [], 0, True
    while more:
        page = served.client.fileslist(since, limit=10)
        assert len(page.fileslist["images"]) == len(page.fileslist["R0"]) <= 10
        assert all((served.root / curve).exists() for curve in page.fileslist["R0"])
        images += page.fileslist["images"]
        since, more = page.next, page.more
    assert images == [row.file for row in rows_of(served.client)]
    assert len(images) == 25
    failures, since, more = [], 0, True
    while more:
        page = served.client.failed(since, limit=3)
        failures += [row.file.rpartition("/")[2] for row in page.rows]
        since, more = page.next, page.more
    assert sorted(failures) == [f"bad{i}.tif" for i in range(7)]


def test_the_statistics_tell_what_goes_on(served):
    stat = write_some(served, 4)
    assert stat.name == "test"
    assert stat.state == "running"
    assert stat.directory == served.images.relative_to(served.root).parts
    assert stat.started <= stat.opened <= stat.newest_time <= stat.time
    assert stat.newest_image == rows_of(served.client)[-1].file
    assert len(stat.workers) == 1
    assert len(stat.rate) == 60
    assert stat.sources.feeder == "off"
    assert stat.trouble == ()
    later = served.until(lambda stat: sum(stat.rate) == 4)
    assert later.counters == stat.counters


def test_every_value_of_a_row_is_that_of_the_image(served):
    write_some(served, 3)
    for row in rows_of(served.client):
        curve = Expected(served.calibration())
        name = row.file.rpartition("/")[2]
        path = served.images.parent / "work" / name.replace(".tif", ".chi")
        curve.check(path, frame_of(int(name[:3])))
        written = read_chi(path)
        for key, value in written.parameters.items():
            assert row.parameters["R0"][key] == pytest.approx(value, rel=1e-6)
        assert row.announced <= row.done
        assert row.time == pytest.approx((served.images / name).stat().st_mtime, abs=1e-3)


def test_a_page_that_is_too_large_is_refused(served):
    with pytest.raises(SaxsdogError, match="limit"):
        served.client.history(0, limit=10**9)
    assert served.client.stat().state == "running"
