"""The folder where a server keeps what must survive it."""

import os
import statistics
import time
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import time_text
from saxsdog.doctor.mounts import existing, kind_of
from saxsdog.queue.database import open_database
from saxsdog.sources.file_systems import is_shared

SECONDS = 0.5
ROWS = 3
"""Written for an image at least: found, begun, done."""

QUICK = 0.05
"""Seconds between two commits of a server; one should not take as long."""


def place(question: Question, folder: Path) -> Finding:
    """Look on which disk it is, and whether it can be made or written."""
    there = existing(folder)
    kind = kind_of(there)
    exists = there == folder
    if not os.access(there, os.W_OK | os.X_OK):
        return question.bad(
            f"{folder}: this user may not write {'there' if exists else f'to {there}'}",
            "Choose another with 'saxsdog-server --state DIR', or give this user the right.",
            kind=kind,
        )
    if is_shared(kind):
        return question.doubtful(
            f"{folder}: lies on {kind}, which other machines share",
            "Databases are not safe there. Choose a local disk with 'saxsdog-server --state DIR'.",
            kind=kind,
        )
    text = f"{folder}, {'' if exists else 'not there yet, '}on {kind}"
    return question.good(text, kind=kind, exists=exists)


def journal(question: Question, scratch: Path) -> Finding:
    """Commit to a journal as the server does."""
    db, _ = open_database(scratch / "journal.sqlite")
    try:
        times: list[float] = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            began = time.monotonic()
            db.execute("BEGIN")
            for row in range(ROWS):
                key = f"{len(times)}-{row}"
                db.execute("INSERT INTO fact VALUES (?, ?)", (key, "x" * 100))
            db.execute("COMMIT")
            times.append(time.monotonic() - began)
        began = time.monotonic()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        folded = time.monotonic() - began
    finally:
        db.close()
    median = statistics.median(times)
    figures = {"commit_s": median, "longest_commit_s": max(times), "checkpoint_s": folded}
    slowest = f"the slowest of {len(times)} took {time_text(max(times))}"
    text = f"a commit takes {time_text(median)}, {slowest}"
    if median <= QUICK / 5:
        return question.good(text, **figures)
    return question.doubtful(
        text, "The queue will be slow. Choose a quicker local disk with --state.", **figures
    )
