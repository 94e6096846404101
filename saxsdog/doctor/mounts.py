"""The folder of the images: on what it lies, what one may do there, how many folders it has."""

import os
import stat
import sys
import time
from pathlib import Path

from saxsdog.curves.outputs import DEFAULT_RELATIVE
from saxsdog.doctor.finding import Finding, Question
from saxsdog.paths import printable
from saxsdog.sources.changes import LIMITS
from saxsdog.sources.file_systems import MOUNTS, file_system_of, is_shared
from saxsdog.sources.folder_events import watch_folder
from saxsdog.sources.names import is_hidden
from saxsdog.words import count

LONGEST_COUNT = 3.0
"""Seconds for counting folders."""

EVENTS_PER_IMAGE = 3
"""Made, closed, renamed."""

BUSY = 5.0
"""Seconds of events that the kernel should be able to keep."""

INOTIFY = Path("/proc/sys/fs/inotify")


def kind_of(directory: Path) -> str:
    """Return the kind of the file system that a folder lies on."""
    if not MOUNTS.exists():
        return "unknown"
    text = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    return file_system_of(Path(os.path.realpath(directory)), text)


def file_system(question: Question, directory: Path) -> Finding:
    """Say what the folder lies on."""
    path = printable(str(directory.absolute()))
    try:
        status = directory.stat()
    except FileNotFoundError:
        return question.bad(f"there is no {path}", "Make it, or mount the disk that it lies on.")
    if not stat.S_ISDIR(status.st_mode):
        return question.bad(f"{path} is no folder", "Name the folder that images are written to.")
    kind = kind_of(directory)
    if kind == "unknown":
        return question.good(f"{path}, on a file system of unknown kind", device=status.st_dev)
    where = "shared with other machines" if is_shared(kind) else "of this machine"
    text = f"{path}, on {kind}, a file system {where}"
    return question.good(text, kind=kind, shared=is_shared(kind))


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    for each in (folder, *folder.absolute().parents):
        if os.path.isdir(each):  # noqa: PTH112 - Path.is_dir raises where one may not look
            return each
    return Path(folder.anchor or ".")


def place_of_curves(question: Question, directory: Path) -> Finding:
    """Look whether curves can be written where they go by default, beside the folder.

    No server writes above its root, and nobody tells us whether the folder is one.
    """
    beside = Path(os.path.normpath(directory.absolute() / DEFAULT_RELATIVE))
    below = directory.absolute() / beside.name
    text = (
        f"of images in this folder go to {printable(str(beside))}; to {printable(str(below))} if "
        "it is the ROOT of a server"
    )
    closed = [each for each in (beside, below) if not _takes_files(existing(each))]
    if not closed:
        return question.good(text)
    names = " and ".join(printable(str(each)) for each in closed)
    return question.doubtful(
        f"{text}; this user may not write to {names}",
        "Give this user the right, or write curves elsewhere (output.folder in the settings of the "
        "server). Those of images in folders below go beside these.",
    )


def _takes_files(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def can_be_listed(question: Question, directory: Path) -> Finding:
    """Look into the folder as the server does."""
    with os.scandir(directory) as entries:
        number = sum(1 for _, _ in zip(entries, range(10_000), strict=False))
    at_least = "at least " if number == 10_000 else ""
    return question.good(f"this user may look into it; {at_least}{number} entries", entries=number)


def count_folders(directory: Path) -> tuple[int, bool]:
    """Count the folders that a server would watch, and tell whether those were all."""
    deadline = time.monotonic() + LONGEST_COUNT
    number = 0
    for _, folders, _ in os.walk(directory):
        number += 1
        if time.monotonic() > deadline:
            return number, False
        folders[:] = [name for name in folders if not is_hidden(name)]
    return number, True


def watch_limit(question: Question, directory: Path) -> Finding:
    """Compare the folders with how many may be watched."""
    limit = _limit("max_user_watches")
    number, complete = count_folders(directory)
    text = f"{'' if complete else 'at least '}{count(number, 'folder')} to watch"
    figures = {"folders": number, "complete": complete, "max_user_watches": limit}
    if limit is None:
        return question.good(text, **figures)
    return question.compared(
        limit / number,
        2.0,
        f"{text}, {limit} may be watched by all programs of this user",
        f"Allow more: sysctl fs.inotify.max_user_watches={max(1 << 19, 4 * number)}, also in "
        "/etc/sysctl.d. Without, the server looks into all folders every second.",
        **figures,
    )


def watch_queue(question: Question, rate: float) -> Finding:
    """Compare the events that the kernel keeps with how many come while a server is busy."""
    limit = _limit("max_queued_events")
    if limit is None:
        return question.skipped("limits of inotify exist on Linux only")
    seconds = limit / (rate * EVENTS_PER_IMAGE)
    text = f"the system keeps {limit} events, those of {seconds:.0f} s at {rate:g} images/s"
    if seconds >= BUSY:
        return question.good(text, max_queued_events=limit)
    return question.doubtful(
        text,
        f"Keep more: sysctl fs.inotify.max_queued_events={int(4 * BUSY * rate * EVENTS_PER_IMAGE)}."
        " What is lost is found by a walk, but later.",
        max_queued_events=limit,
    )


def watch_instances(question: Question, directory: Path) -> Finding:
    """Try whether one more program may watch folders: others of this user may have used it up."""
    limit = _limit("max_user_instances")
    if sys.platform != "linux" or limit is None:
        return question.skipped("limits of inotify exist on Linux only")
    try:
        watch_folder(directory, recursive=False).close()
    except OSError as error:
        if error.errno not in LIMITS:
            raise
        return question.bad(
            f"no further program of this user may watch folders (limit {limit})",
            "Allow more: sysctl fs.inotify.max_user_instances=1024, also in /etc/sysctl.d.",
            max_user_instances=limit,
        )
    return question.good(
        f"{limit} programs of this user may watch folders, one more could just now",
        max_user_instances=limit,
    )


def _limit(name: str) -> int | None:
    try:
        return int((INOTIFY / name).read_text(encoding="ascii"))
    except OSError:
        return None
