"""Images that are not what they should be: half-written, gone, foreign, in the wrong place."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from saxsfeeder import Feeder
from tests.helpers.promises import promise
from tests.helpers.served import (
    Expected,
    frame_of,
    reasons_of,
    serving,
    tiff_of,
    times_integrated,
    write_frame,
)

IMPATIENT = "[settling]\ntruncated = 1\n"


@pytest.fixture(scope="module")
def feeder():
    with Feeder("tcp://127.0.0.1:*") as feeder:
        yield feeder


@pytest.fixture(scope="module")
def shared(tmp_path_factory, feeder):
    """One server for all tests of this module: a new queue forgets what was."""
    with serving(
        tmp_path_factory.mktemp("images"), feeder=feeder.address, settings=IMPATIENT
    ) as served:
        served.new()
        served.greet(feeder)
        yield served


@pytest.fixture
def served(shared, request):
    """The server with an empty queue for a folder that is named after the test."""
    name = f"{request.node.name}/in"
    shared.images = shared.folder(name)
    shared.new(name)
    return shared


def curve_of(image):
    return image.parent.parent / "work" / f"{image.stem}.chi"


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("frame", b"no frame")
    return buffer.getvalue()


@promise(
    "F11",
    fault="empty files, one byte, text, an archive, and none at all under the names of images",
    kept="each fails with its own reason, and nobody waits for it",
)
@promise(
    "F6",
    fault="images of another shape, with colours, or of one pixel",
    kept="each fails with its own reason, from its header",
)
def test_each_foreign_or_missing_file_fails_with_its_reason_and_stops_nobody(served, feeder):
    images = served.images
    feeder.announce(images / "never.tif")
    contents = {
        "empty.tif": b"",
        "byte.tif": b"I",
        "text.tif": b"this is not an image\n" * 10,
        "zip.tif": archive(),
        "cut.tif": tiff_of(frame_of(0))[:-100],
    }
    for name, content in contents.items():
        (images / name).write_bytes(content)
    tifffile.imwrite(images / "shape.tif", np.zeros((41, 50), np.int32))
    tifffile.imwrite(images / "rgb.tif", np.zeros((40, 50, 3), np.uint8), photometric="rgb")
    tifffile.imwrite(images / "pixel.tif", np.zeros((1, 1), np.uint8))
    write_frame(images / "good.tif", 1)
    served.until(lambda stat: stat.counters.integrated == 1 and stat.counters.settling > 0)
    stat = served.until_ended(10)
    reasons = reasons_of(served.client)
    assert reasons["shape.tif"] == reasons["pixel.tif"] == "wrong-shape"
    assert reasons["rgb.tif"] in ("wrong-shape", "wrong-dtype", "not-an-image")
    for name in ("cut.tif", "byte.tif", "empty.tif"):
        assert reasons[name] == "truncated", name
    for name in ("text.tif", "zip.tif"):
        assert reasons[name] == "not-an-image", name
    assert reasons["never.tif"] == "vanished"
    assert (stat.counters.integrated, stat.counters.failed) == (1, 9)
    assert stat.counters.worker_deaths == 0


@promise(
    "C3",
    fault="images that are links: inside the root, out of it, in a circle, to nowhere",
    kept="those inside are integrated, those outside skipped; nothing outside is read",
)
@promise(
    "C6",
    fault="a pipe or a folder with the name of an image",
    kept="it is skipped or left alone, and blocks no worker",
)
def test_things_that_are_no_regular_files_block_nobody_and_are_skipped(served, tmp_path):
    images = served.images
    (images / "folder.tif").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(images / "pipe.tif")
    secret = write_frame(tmp_path / "secret.tif", 1)
    (images / "outside.tif").symlink_to(secret)
    (images / "circle.tif").symlink_to(images / "circle.tif")
    (images / "nowhere.tif").symlink_to(images / "nothing.tif")
    inside = write_frame(served.folder(images.parent.name + "/other") / "real.tif", 5)
    (images / "inside.tif").symlink_to(inside)
    served.client.readdir()
    stat = served.until_ended(5)
    reasons = reasons_of(served.client)
    assert reasons["pipe.tif"] == reasons["circle.tif"] == "not-regular"
    assert reasons["outside.tif"] == "outside-root"
    assert set(times_integrated(served.client)) == {"inside.tif"}  # again if it was quick
    assert stat.counters.failed == 0
    assert not curve_of(images / "outside.tif").exists()


def test_an_image_that_is_written_in_slices_is_integrated_when_it_is_whole(served, feeder):
    data = tiff_of(frame_of(3))
    paths = [served.images / f"{i}.tif" for i in range(10)]
    step = len(data) // 20
    for end in range(step, len(data), step):
        for path in paths:
            with path.open("ab") as file:
                file.write(data[end - step : end])
            feeder.announce(path)
        served.client.history(served.client.stat().cursor, wait=0.02)
    stat = served.client.stat()
    assert stat.counters.integrated == 0
    for path in paths:
        with path.open("ab") as file:
            file.write(data[end:])
    stat = served.until_ended(10)
    assert stat.counters.integrated == 10
    assert set(times_integrated(served.client).values()) == {1}
    for path in paths:
        Expected(served.calibration()).check(curve_of(path), frame_of(3))


@promise(
    "F2",
    fault="an image stays cut off for longer than anybody waits, and is completed later",
    kept="it fails as truncated after a few looks, and is integrated when it is complete",
)
def test_a_truncated_image_fails_and_is_integrated_when_it_is_completed_later(served):
    data = tiff_of(frame_of(4))
    path = served.images / "late.tif"
    path.write_bytes(data[:-1])
    stat = served.until(lambda stat: stat.counters.failed == 1)
    assert reasons_of(served.client) == {"late.tif": "truncated"}
    assert stat.counters.retries < 30
    with path.open("ab") as file:
        file.write(data[-1:])
    served.until(lambda stat: stat.counters.integrated == 1)
    Expected(served.calibration()).check(curve_of(path), frame_of(4))


@promise(
    "F5",
    fault="an image that is not complete is removed",
    kept="it has vanished, and nobody waits for it any longer",
)
def test_an_image_that_is_deleted_while_it_is_waited_for_has_vanished(served):
    path = served.images / "deleted.tif"
    path.write_bytes(tiff_of(frame_of(1))[:100])
    served.until(lambda stat: stat.counters.settling == 1)
    path.unlink()
    served.until_ended(1)
    assert reasons_of(served.client) == {"deleted.tif": "vanished"}


@promise(
    "D7",
    fault="an image is announced before it exists",
    kept="it is integrated when it comes, and known once",
)
def test_an_image_that_is_announced_too_early_is_integrated_when_it_comes(served, feeder):
    path = served.images / "early.tif"
    feeder.announce(path)
    served.until(lambda stat: stat.counters.settling == 1)
    write_frame(path, 6)
    served.until(lambda stat: stat.counters.integrated == 1)
    assert served.client.stat().counters.known == 1


@promise(
    "F10",
    fault="an image is overwritten ten times in place and ten times by rename, as fast as possible",
    kept="the last content is integrated",
)
def test_of_an_image_that_is_overwritten_quickly_the_last_content_is_integrated(served):
    path = served.images / "again.tif"
    for seed in range(10):
        path.write_bytes(tiff_of(frame_of(seed)))
    expected = Expected(served.calibration())
    served.until_ended(1)
    expected.check(curve_of(path), frame_of(9))
    for seed in range(20, 30):  # by rename, while the former ones are read
        write_frame(path.with_suffix(".part"), seed).replace(path)
    since = served.client.stat().cursor
    served.until(lambda stat: stat.cursor > since and stat.counters.pending == 0)
    wait_for_content(served, expected, path, frame_of(29))
    stat = served.client.stat()
    assert stat.counters.failed == 0


def wait_for_content(served, expected, path, frame):
    """Wait until the curve is that of a frame; events of its file may still be under way."""

    def is_newest(stat):
        try:
            expected.check(curve_of(path), frame)
        except AssertionError:
            return False
        return stat.counters.pending == 0

    served.until(is_newest)


def test_a_file_that_is_named_like_an_image_in_upper_case_is_one(served):
    for name in ("A.TIF", "b.Tiff"):
        write_frame(served.images / name, 1)
    (served.images / "notes.txt").write_text("none")
    (served.images / ".hidden.tif").write_bytes(tiff_of(frame_of(1)))
    served.until_ended(2)
    assert set(times_integrated(served.client)) == {"A.TIF", "b.Tiff"}
    assert Path(curve_of(served.images / "A.TIF")).exists()
