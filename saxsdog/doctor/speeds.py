"""How fast images are read and curves are written."""

import os
import shutil
import time
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import ENOUGH, Load, number_text, size_text
from saxsdog.whole_file import write_whole

SECONDS = 1.0
"""For each measurement, about."""

MOST_CURVES = 500
"""Files at once in the folder."""

ROOM = 10
"""Times as much must be free before a file as large as an image is written."""

PIECE = 1 << 20


def curves(question: Question, folder: Path, load: Load) -> Finding:
    """Write curves as the server does, one process alone."""
    contents = [b"7" * size for size in load.curve_sizes]
    if shutil.disk_usage(folder).free < ROOM * sum(load.curve_sizes):
        return question.skipped("there is no room to try")
    written, began = 0, time.monotonic()
    while (passed := time.monotonic() - began) < SECONDS:
        for number, content in enumerate(contents):
            write_whole(folder / f"curve-{written % MOST_CURVES}-{number}.chi", content)
        written += 1
    rate = written / passed
    # A slow disk lets several processes write as often as one, or less; a slow network more often.
    return question.compared(
        rate * load.workers / load.rate,
        ENOUGH,
        f"one process writes those of {number_text(rate)} images/s ({len(contents)} of "
        f"{size_text(max(load.curve_sizes))}), {load.rate:g} are expected",
        "Write curves to a quicker disk (output.folder in the settings of the server), or use more "
        "workers.",
        images_per_s=rate,
        workers=load.workers,
        expected_per_s=load.rate,
    )


def images(question: Question, folder: Path, load: Load) -> Finding:
    """Write a file as large as an image and read it, from the disk as far as that can be told."""
    if shutil.disk_usage(folder).free < ROOM * load.image_size:
        return question.skipped("there is no room to try")
    path = folder / "frame.tif"
    dropped = _write(path, load.image_size)
    buffer = bytearray(PIECE)
    began = time.monotonic()
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    seconds = max(time.monotonic() - began, 1e-9)
    whence = "from the disk, if no other cache has it" if dropped else "from memory, most likely"
    needed, speed = load.rate * load.image_size, load.image_size / seconds
    text = f"read at {size_text(speed)}/s ({whence}), {size_text(needed)}/s come"
    figures = {"bytes_per_s": speed, "expected_bytes_per_s": needed, "from_disk": dropped}
    if speed >= ENOUGH * needed:
        return question.good(text, **figures)
    return question.doubtful(
        text,
        "Images that were just written are mostly still in memory, and quicker; but what waits in "
        "the queue will not be. Run the server where the images lie, or on a quicker disk.",
        **figures,
    )


def _write(path: Path, size: int) -> bool:
    """Write a file to the disk; tell whether the system has been asked to forget its content."""
    piece = os.urandom(PIECE)  # no disk packs it
    with path.open("wb") as file:
        for at in range(0, size, PIECE):
            file.write(piece[: size - at])
        file.flush()
        os.fsync(file.fileno())
        if not hasattr(os, "posix_fadvise"):
            return False
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return True
