"""Detectors that write as they like: the newest content wins, and nobody waits for a bad file."""

import gzip
import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile

from saxsfeeder import Feeder
from tests.helpers.experiments import DOCUMENT, SHAPE
from tests.helpers.frames import tiff_bytes
from tests.helpers.promises import promise
from tests.helpers.served import (
    Expected,
    check_results,
    frame_of,
    reasons_of,
    serving,
    tiff_of,
    times_integrated,
    write_frame,
)

IMPATIENT = "[settling]\ntruncated = 1\n"
POLLING = '[watcher]\nmode = "polling"\npoll_interval = 0.2\n'

WRITER = """
import os, sys, time
slices, folder = int(sys.argv[1]), sys.argv[2]
files = {os.path.join(folder, name): data for name, data in
         [(f"{i}.tif", open(sys.argv[3 + i], "rb").read()) for i in range(len(sys.argv) - 3)]}
for number in range(slices):
    for path, data in files.items():
        step = -(-len(data) // slices)
        with open(path, "ab") as file:
            file.write(data[number * step : (number + 1) * step])
    time.sleep(1.5 / slices)
"""
"""A process that writes files slice by slice, all at once, and closes them between."""

LARGE = (1024, 1024)
"""Pixels that one call takes some time to write."""

BOMB = 256 << 20
MOST_GROWTH = 50 << 10
"""kB of memory that one image may cost a worker for good or for a moment."""


@pytest.fixture(scope="module")
def feeder():
    with Feeder("tcp://127.0.0.1:*") as feeder:
        yield feeder


@pytest.fixture(scope="module")
def shared(tmp_path_factory, feeder):
    """One server for most tests of this module: a new queue forgets what was."""
    with serving(
        tmp_path_factory.mktemp("detectors"), feeder=feeder.address, settings=IMPATIENT
    ) as served:
        served.new()
        served.greet(feeder)
        yield served


@pytest.fixture
def served(shared, request):
    """The server with an empty queue for a folder that is named after the test."""
    shared.name = f"{request.node.name}/in"
    shared.images = shared.folder(shared.name)
    shared.new(shared.name)
    return shared


def curve_of(image):
    return image.parent.parent / "work" / f"{image.stem}.chi"


def wait_for_content(served, image, frame, expected=None):
    """Wait until the curve is that of a frame, and nothing is pending."""
    expected = expected or Expected(served.calibration())

    def is_newest(stat):
        try:
            expected.check(curve_of(image), frame)
        except AssertionError:
            return False
        return stat.counters.pending == 0

    return served.until(is_newest)


@promise(
    "F1",
    fault="a process writes 20 images slice by slice within 1.5 s, and closes them after each",
    kept="none is integrated before it is whole, each once, and with the right curve",
)
def test_images_that_grow_slice_by_slice_are_integrated_once(served, feeder, tmp_path):
    originals = [write_frame(tmp_path / f"{seed}.tif", seed) for seed in range(20)]
    command = [sys.executable, "-c", WRITER, "50", str(served.images), *map(str, originals)]
    with subprocess.Popen(command) as writer:  # noqa: S603 - a few lines of ours
        served.until(lambda stat: stat.counters.settling > 10)
        for seed in range(20):
            feeder.announce(served.images / f"{seed}.tif")
        assert served.client.stat().counters.integrated == 0
        assert writer.wait() == 0
    stat = served.until(lambda stat: stat.counters.integrated == 20)
    assert stat.counters.known == 20
    assert set(times_integrated(served.client).values()) == {1}
    assert check_results(served, served.name) == 20


@promise(
    "F13",
    fault="room for an image is made first, then comes its header, then its pixels in two parts, "
    "while the file stays open",
    kept="zeros are not taken for an image, and the curve is that of the pixels in the end",
)
def test_an_image_that_is_allocated_first_is_integrated_as_it_is_in_the_end(served, feeder):
    image, data = served.images / "room.tif", tiff_of(frame_of(7))
    with image.open("wb", buffering=0) as file:
        file.truncate(len(data))
        feeder.announce(image)
        served.until(lambda stat: stat.counters.settling == 1)
        file.write(data[:1000])
        served.until(lambda stat: stat.counters.integrated == 1)
        file.write(data[1000:5000])
        feeder.announce(image)
        served.until(lambda stat: stat.counters.integrated == 2)
        file.write(data[5000:])
    wait_for_content(served, image, frame_of(7))


@promise(
    "F14",
    fault="the same on a file system without events, where the server looks around",
    kept="what is written into a file that was integrated already is seen at the next look",
)
def test_an_image_that_is_filled_later_is_seen_without_events(tmp_path):
    data = tiff_of(frame_of(7))
    with serving(tmp_path, settings=POLLING) as served:
        served.new()
        image = served.images / "room.tif"
        for start in (1000, 5000):
            with image.open("r+b" if image.exists() else "wb", buffering=0) as file:
                file.truncate(len(data))
                file.write(data[:start])
            served.until(lambda stat, start=start: stat.counters.integrated == start // 5000 + 1)
        with image.open("r+b", buffering=0) as file:
            file.write(data)
        wait_for_content(served, image, frame_of(7))
        assert served.client.stat().counters.known == 3


@promise(
    "F15",
    fault="images are written again in place with the same size, at once, or while they are read",
    kept="the curve is that of the newest content, never of the former or of a mixture",
)
def test_of_two_contents_of_the_same_size_the_newest_is_integrated(served):
    geometry = {"Imagesize": list(LARGE), "BeamCenter": [500, 500]}
    changes = {"Geometry": DOCUMENT["Geometry"] | geometry}
    served.new(served.name, **changes)
    old, new = (tiff_bytes(np.full(LARGE, counts, np.int32)) for counts in (3, 9))
    images = [served.images / f"{i:02d}.tif" for i in range(40)]
    for number, image in enumerate(images):
        image.write_bytes(old)
        for _ in range(number % 20 * 200):  # some ms, in steps
            image.exists()
        with image.open("r+b", buffering=0) as file:
            file.write(new)
    served.until(lambda stat: len(times_integrated(served.client)) >= 40)
    expected = Expected(served.calibration(served.name, **changes))
    frame = np.full(LARGE, 9, np.int32)
    for image in images:
        wait_for_content(served, image, frame, expected)


@promise(
    "F4",
    fault="an image is replaced by rename again and again while it is read",
    kept="its curve is that of the last content, and counters add up",
)
def test_of_an_image_that_is_replaced_while_it_is_read_the_last_content_wins(served):
    image = served.images / "again.tif"
    for seed in range(100):
        write_frame(image.with_suffix(".part"), seed).replace(image)
    stat = wait_for_content(served, image, frame_of(99))
    assert stat.counters.failed == 0
    assert stat.counters.known <= 100


@promise(
    "F16",
    fault="a file that was cut off is replaced by a shorter one, by another kind of file, and by "
    "an image of another detector",
    kept="what is said of it in the end is true of the content in the end",
)
def test_what_is_said_of_a_file_is_true_of_its_last_content(served):
    other = io.BytesIO()
    tifffile.imwrite(other, np.zeros((10, 10), np.uint8))
    contents = {
        "text.tif": (b"no image at all\n", "not-an-image"),
        "shape.tif": (other.getvalue(), "wrong-shape"),
        "shorter.tif": (tiff_of(frame_of(2))[:3000], "truncated"),
    }
    for name in contents:
        (served.images / name).write_bytes(tiff_of(frame_of(1))[:-100])
    served.until(lambda stat: stat.counters.settling == 3)
    for name, (content, _) in contents.items():
        (served.images / name).write_bytes(content)
    served.until_ended(3)
    assert reasons_of(served.client) == {name: reason for name, (_, reason) in contents.items()}
    said = {Path(row.file).name: row.message for row in served.client.failed().rows}
    assert "the file has 3000 bytes" in said["shorter.tif"]


@promise(
    "F5",
    fault="300 images are removed as soon as they were written, every second one before it is read",
    kept="each is integrated or has vanished; nobody waits for them, nothing is counted twice",
)
def test_images_that_are_removed_while_they_are_read_end_once(served):
    for number in range(300):
        image = write_frame(served.images / f"{number:03d}.tif", number)
        if number % 2:
            image.unlink()
    stat = served.until(lambda stat: stat.counters.pending == 0 and stat.counters.integrated >= 150)
    assert set(stat.counters.failed_because) <= {"vanished"}
    assert check_results(served, served.name) == 150


@promise(
    "F17",
    fault="1,000 images at once (10,000 in the long test), each announced three times, before it "
    "is there and after, and found by the watcher as well",
    kept="each is integrated once, with the right curve",
)
@pytest.mark.timeout(0)
@pytest.mark.parametrize("number", [1000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_many_images_at_once_are_integrated_once(tmp_path, feeder, number):
    with serving(tmp_path, workers=2, feeder=feeder.address) as served:
        served.new()
        served.greet(feeder)
        for seed in range(number):
            image = served.images / f"{seed:05d}.tif"
            feeder.announce(image)
            write_frame(image, seed)
            feeder.announce(image)
            feeder.announce(image)
        for part in range(1000, number + 1, 1000):
            served.until(lambda stat, part=part: stat.counters.integrated >= part)
        stat = served.until_ended(number)
        assert stat.counters.integrated == stat.counters.known == number
        assert set(times_integrated(served.client).values()) == {1}
        assert check_results(served, every=20) == number // 20


def bombs():
    """Small files that claim to be large, or become it when they are unpacked."""
    zeros, packed = zlib.compressobj(9), bytearray()
    for _ in range(BOMB >> 20):
        packed += zeros.compress(bytes(1 << 20))
    packed += zeros.flush()
    large = [(tag, 4, 1, struct.pack("<I", 100_000)) for tag in (256, 257, 278)]
    at = 1 << 14
    strip = [
        (259, 3, 1, struct.pack("<H", 8)),
        (273, 4, 1, struct.pack("<I", at)),
        (279, 4, 1, struct.pack("<I", len(packed))),
    ]
    fits = np.zeros(SHAPE, np.int32)
    hdf5 = io.BytesIO()
    with h5py.File(hdf5, "w") as file:
        data = file.create_dataset("entry/data", SHAPE, "i4", chunks=SHAPE, compression="gzip")
        data.id.write_direct_chunk((0, 0), bytes(packed))
    return {
        "large.tif": tiff_bytes(fits, tags=large),
        "packed.tif": tiff_bytes(fits, tags=[*large, strip[0]]),
        "strip.tif": tiff_bytes(fits, tags=strip).ljust(at, b"\0") + packed,
        "chunk.h5": hdf5.getvalue(),
        "header.edf": gzip.compress(b"{\n" + b" " * BOMB),
    }


@promise(
    "F7",
    fault="images of some kB that claim to have 10^10 pixels, or unpack to 256 MiB",
    kept="no worker takes more than 50 MiB for one, and none dies",
)
@pytest.mark.skipif(sys.platform != "linux", reason="looks at memory as Linux tells it")
def test_a_bomb_takes_no_memory(served):
    warm_up = gzip.compress(b"{ }\n")  # what reads rare formats is loaded with the first of them
    (served.images / "warm.edf").write_bytes(warm_up)
    with h5py.File(served.images / "warm.h5", "w") as file:
        file["entry/data"] = frame_of(1)
    served.until_ended(2)
    (worker,) = served.client.stat().workers
    before = peak_memory(worker)
    contents = bombs()
    for name, content in contents.items():
        (served.images / name).write_bytes(content)
    stat = served.until_ended(2 + len(contents))
    assert stat.workers == (worker,)
    assert peak_memory(worker) - before < MOST_GROWTH
    reasons = reasons_of(served.client)
    assert reasons["large.tif"] == reasons["packed.tif"] == "wrong-shape"
    assert reasons["header.edf"] == reasons["chunk.h5"] == "too-large"


def peak_memory(process):
    """The most memory that a process had, kB."""
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


@promise(
    "F12",
    fault="pixels that are negative, saturated, not a number or infinite, all of them or some",
    kept="the server integrates them without a failure, and its history can be read as JSON",
)
def test_pixels_that_are_no_counts_do_no_harm(served):
    frames = {
        "negative": np.full(SHAPE, -5, np.int32),
        "saturated": np.full(SHAPE, 2**32 - 1, np.uint32),
        "nan": np.full(SHAPE, np.nan, np.float32),
        "infinite": np.full(SHAPE, np.inf, np.float64),
        "some": np.where(np.arange(SHAPE[1]) % 2, np.nan, frame_of(1)).astype(np.float32),
    }
    for name, frame in frames.items():
        tifffile.imwrite(served.images / f"{name}.tif", frame)
    served.until_ended(len(frames))
    assert reasons_of(served.client) == {}
    assert check_results(served, served.name) == len(frames)
