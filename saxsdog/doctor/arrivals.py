"""How soon a file that another process writes is noticed, and seen with its full size."""

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import delay_text
from saxsdog.doctor.mounts import kind_of
from saxsdog.doctor.scribe import Scribe
from saxsdog.sources.file_systems import is_shared
from saxsdog.sources.folder_events import watch_folder

EVENT_LIMIT = 2.0
"""Seconds; after this the server, too, takes it that no events come."""

ROUNDS = 5
LONG = 1.5
"""Seconds after which no further round is begun."""

SIZE = 1_000_000
"""Bytes of a file to see; small for an image, many for one call to the system."""

SOON = 0.1
PAUSE = 0.0005
"""Seconds between two looks."""

VISIBLE_LIMIT = 3.0

_FEEDER = (
    "Let a feeder announce images (saxsfeeder on the machine that writes them), else they are "
    "found up to a second late, by looking into the folders again and again."
)


def events(question: Question, folder: Path, *, has_feeder: bool) -> Finding:
    """Let another process write, and wait for the event of its files."""
    kind = kind_of(folder)
    if is_shared(kind):
        text = f"none here of what other machines write, as always with {kind}"
        if has_feeder:
            return question.good(f"{text}; the feeder announces images", works=False)
        return question.doubtful(text, _FEEDER, works=False)
    delays = []
    with Scribe(folder) as scribe:
        for number in _rounds():
            delay = _delay_of_event(folder, scribe, f"event-{number}.tif")
            if delay is None:
                return question.doubtful(
                    f"that of a new file did not come within {EVENT_LIMIT:g} s",
                    _FEEDER,
                    works=False,
                )
            delays.append(delay)
    text = f"come within {delay_text(max(delays))} after a file is closed"
    return question.good(
        text, works=True, median_s=statistics.median(delays), longest_s=max(delays)
    )


def _rounds() -> Iterator[int]:
    end = time.monotonic() + LONG
    for number in range(ROUNDS):
        if time.monotonic() < end:
            yield number


def _delay_of_event(folder: Path, scribe: Scribe, name: str) -> float | None:
    changes = watch_folder(folder, recursive=False)
    try:
        scribe.begin("write", name, 100)
        deadline = time.monotonic() + EVENT_LIMIT
        while (left := deadline - time.monotonic()) > 0:
            come = changes.read(left)
            if any(Path(each.path).name == name and not each.opened for each in come):
                seen = time.monotonic()
                return max(seen - scribe.end(), 0.0)
        scribe.end()
    finally:
        changes.close()
    return None


def visible(question: Question, folder: Path) -> Finding:
    """Let another process write, and look until the file is listed with its full size."""
    delays = []
    with Scribe(folder) as scribe:
        for number in _rounds():
            delay = _delay_of_sight(folder, scribe, f"seen-{number}.tif")
            if delay is None:
                return question.bad(
                    f"not seen whole within {VISIBLE_LIMIT:g} s",
                    "Images would count as cut off. Shorten the attribute cache of the mount (NFS: "
                    "actimeo=1), or run the server where the images are written.",
                )
            delays.append(delay)
    text = f"are seen whole within {delay_text(max(delays))} after they are closed"
    figures = {"median_s": statistics.median(delays), "longest_s": max(delays)}
    if max(delays) <= SOON:
        return question.good(text, **figures)
    return question.doubtful(
        text,
        "Curves come so much later. A shorter attribute cache of the mount (NFS: actimeo=1) helps.",
        **figures,
    )


def _delay_of_sight(folder: Path, scribe: Scribe, name: str) -> float | None:
    scribe.begin("write", name, SIZE)
    deadline = time.monotonic() + VISIBLE_LIMIT
    while time.monotonic() < deadline:
        with os.scandir(folder) as entries:
            sizes = [entry.stat().st_size for entry in entries if entry.name == name]
        if sizes == [SIZE]:
            seen = time.monotonic()
            return max(seen - scribe.end(), 0.0)
        time.sleep(PAUSE)
    scribe.end()
    return None
