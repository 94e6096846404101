"""A log that takes nothing: one that stalls, and one on a full disk."""

import json
import os
import struct
from contextlib import contextmanager, suppress

import pytest
import tifffile

from tests.helpers.disks import filled, small_disk
from tests.helpers.feeds import RawPublisher, new_file, wait_until
from tests.helpers.promises import promise
from tests.helpers.served import check_results, frame_of, serving, write_frame

GAPS = 500
SOFTWARE = 305
"""Tag of a TIFF."""
FEW_LINES = 40


@contextmanager
def stalled_log(folder):
    """Let the messages of a server in a folder go to a full pipe whose reader reads nothing."""
    folder.mkdir()
    os.mkfifo(folder / "server.log")
    pipe = os.open(folder / "server.log", os.O_RDWR | os.O_NONBLOCK)
    try:
        with suppress(BlockingIOError):
            while True:
                os.write(pipe, bytes(4096))
        with suppress(BlockingIOError):
            while True:
                os.write(pipe, bytes(1))
        yield
    finally:
        os.close(pipe)


def announce_with_gaps(publisher, served):
    """Say something, and leave something out, again and again; the queue must be open."""

    def is_heard(stat):
        publisher.send(new_file("/greeting"))
        return stat.sources.events > 0

    served.until(is_heard)
    missed = served.client.stat().sources.events_missed
    for number in range(1, GAPS):
        publisher.send(new_file("/no/image", stream="gaps", seq=2 * number))
        if number % 10 == 0:  # those that come together are one incident
            heard = missed + number - 1
            served.until(lambda stat, n=heard: stat.sources.events_missed >= n)


def write_odd(path):
    """Write an image on which the library that reads it has something to remark."""
    tifffile.imwrite(path, frame_of(2), compression="zlib", software="x" * 40)
    image = bytearray(path.read_bytes())
    (directory,) = struct.unpack_from("<I", image, 4)
    (number,) = struct.unpack_from("<H", image, directory)
    tags = [directory + 2 + 12 * i for i in range(number)]
    (software,) = [at for at in tags if struct.unpack_from("<H", image, at) == (SOFTWARE,)]
    struct.pack_into("<I", image, software + 8, 2 * len(image))
    path.write_bytes(image)


@promise(
    "H5",
    fault="whoever reads the standard error of the server reads no more, before it has started; "
    "a feeder leaves out every second number; a library has something to say of an image",
    kept="images are integrated and every question is answered; told to end, the server ends",
)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_standard_error_that_stalls_holds_nobody_up(tmp_path):
    with (
        stalled_log(tmp_path / "server"),
        RawPublisher() as publisher,
        serving(tmp_path, feeder=publisher.address) as served,
    ):
        for _ in range(3):
            served.new()
        announce_with_gaps(publisher, served)
        write_frame(served.images / "0.tif", 1)
        served.until_ended(1)
        assert check_results(served) == 1
        write_odd(served.images / "odd.tif")
        served.until_ended(2)
        served.client.readdir()
        served.until(lambda stat: stat.counters.integrated == 2 and stat.cursor > 2)
        served.client.close()
        assert served.server.stop() == 0


@promise(
    "D14",
    fault="a feeder leaves out every second number, 500 times, with something heard in between",
    kept="all that was missed is counted; the log grows by few lines, and says how many it has not",
)
def test_gaps_without_end_are_few_lines_of_the_log(tmp_path):
    with (
        RawPublisher() as publisher,
        serving(tmp_path, feeder=publisher.address) as served,
    ):
        served.new()
        announce_with_gaps(publisher, served)
        served.until(lambda stat: stat.sources.events_missed >= GAPS - 2)
    lines = served.server.log_text().splitlines()
    assert len(lines) < FEW_LINES
    assert any("announcements were missed" in line for line in lines)


@promise(
    "G20",
    fault="the disk of the log is full",
    kept="the server works; it says so once on its standard error, and later in the log how many "
    "lines are missing there",
)
def test_a_log_on_a_full_disk_is_one_sentence(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        log = disk / "saxsdog.log"
        settings = f"[log]\nfile = {json.dumps(str(log))}\n"
        with filled(disk), serving(tmp_path, settings=settings) as served:
            for number in range(1, 4):
                served.new()
                write_frame(served.images / f"{number}.tif", number)
                served.until(lambda stat: stat.counters.integrated >= 1)
            (told,) = served.server.log_text().splitlines()
            assert "the log cannot be written: No space left on device" in told
            (disk / "filler").unlink()
            served.new()
            wait_until(lambda: "new queue" in log.read_text())
            (disk / "filler").touch()
        lines = log.read_text().splitlines()
        assert "lines of the log are missing: the log could not be written" in lines[0]
        assert "stopped" in lines[-1]
