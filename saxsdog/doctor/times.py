"""The times of files: by which clock, how fine, and whether they tell of every change."""

import os
import time
from itertools import pairwise
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import time_text

FINE = 0.1
"""Seconds; coarser, and two contents of a file may look the same."""

LONGEST_LOOK = 2.6
"""Seconds; the times of FAT are even seconds."""

BRIEF_LOOK = 0.1
CLOCK_OFF = 1.0
TICK = 0.001


def clock(question: Question, folder: Path, slack: float) -> Finding:
    """Compare the time of a file that is written now with ours."""
    path = folder / "clock.tif"
    before = time.time()
    path.write_bytes(b"now")
    after = time.time()
    modified = path.stat().st_mtime
    # The time of a tick that has begun before is no difference.
    ahead = modified - after if modified > after else min(modified - before, 0.0)
    direction = "ahead of" if ahead > 0 else "behind"
    text = f"that of the files is {time_text(abs(ahead))} {direction} ours"
    if abs(ahead) < FINE:
        text = "that of the files is ours"
    if abs(ahead) <= CLOCK_OFF:
        return question.good(text, ahead_s=ahead)
    advice = "Let this machine and the file server follow a time server."
    if ahead < -slack:
        return question.bad(
            text,
            f"{advice} As it is, new images that are written in place may be taken for old ones; "
            "or raise walk.clock_slack in the settings of the server.",
            ahead_s=ahead,
        )
    return question.doubtful(text, f"{advice} Times of images and curves are wrong.", ahead_s=ahead)


def granularity(question: Question, folder: Path) -> Finding:
    """Write a file until its time changes twice; the difference is the step of these times."""
    path = folder / "step.tif"
    seen: list[int] = []
    began = time.monotonic()
    while (passed := time.monotonic() - began) < LONGEST_LOOK:
        path.write_bytes(b"%d" % len(seen))
        modified = path.stat().st_mtime_ns
        if not seen or modified != seen[-1]:
            seen.append(modified)
        if len(seen) > 2 and passed > BRIEF_LOOK:
            break
        time.sleep(TICK if passed < BRIEF_LOOK else 10 * TICK)
    # The first step may have begun before we did.
    steps = [after - before for before, after in pairwise(seen[1:])]
    if not steps or min(steps) <= 0:
        return question.doubtful(
            f"the time of a file that is written does not change within {LONGEST_LOOK:g} s",
            "An image that is overwritten with one of the same size is not noticed. Give every "
            "image a name of its own.",
        )
    step = min(steps) / 1e9
    text = f"told apart when {time_text(step)} apart"
    if step <= FINE:
        return question.good(text, step_s=step)
    return question.doubtful(
        text,
        "An image that is overwritten so soon with one of the same size is not noticed. Give every "
        "image a name of its own.",
        step_s=step,
    )


def change_time(question: Question, folder: Path) -> Finding:
    """Overwrite a file with as many bytes and give it its old time: the change must show."""
    path = folder / "change.tif"
    path.write_bytes(b"old")
    before = path.stat()
    deadline = time.monotonic() + LONGEST_LOOK
    while time.monotonic() < deadline:
        with path.open("r+b") as file:
            file.write(b"new")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        if path.stat().st_ctime_ns != before.st_ctime_ns:
            return question.good("a file that is overwritten shows it, even with its old time back")
        time.sleep(TICK)
    return question.doubtful(
        "a file that is overwritten with its old time back does not show it",
        "Copies that keep times (rsync -t, cp -p) over existing images may not be noticed. Give "
        "every image a name of its own.",
    )
