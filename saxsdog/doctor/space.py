"""How long the free space lasts."""

import os
import shutil
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import Load, size_text
from saxsdog.words import duration

SHIFT = 8 * 3600.0
"""Seconds; what should be free when one begins."""

NOTHING = 15 * 60.0
"""Seconds; with less, nobody begins."""

FOR_EVER = 365 * 86400.0

_ADVICE = "Make room, or write elsewhere, before you begin."


def bytes_left(question: Question, directory: Path, load: Load) -> Finding:
    """Divide the free space by what images and curves take every second."""
    free = shutil.disk_usage(directory).free
    each_second = load.rate * (load.image_size + sum(load.curve_sizes))
    seconds = free / each_second
    return _judged(
        question,
        seconds,
        f"{size_text(free)} free, enough for {_lasting(seconds)} at {load.described}",
        free_bytes=free,
    )


def files_left(question: Question, directory: Path, load: Load) -> Finding:
    """Divide the number of files that can be made by how many come every second."""
    if not hasattr(os, "statvfs"):
        return question.skipped("this system has no limit")
    found = os.statvfs(directory)
    if found.f_files == 0:
        return question.good("this file system makes room for as many as there are bytes")
    seconds = found.f_favail / (load.rate * (1 + len(load.curve_sizes)))
    return _judged(
        question,
        seconds,
        f"room for {found.f_favail:,} more, enough for {_lasting(seconds)}",
        free_files=found.f_favail,
    )


def _lasting(seconds: float) -> str:
    return "more than a year" if seconds > FOR_EVER else duration(seconds)


def _judged(question: Question, lasts_s: float, text: str, **figures: float) -> Finding:
    if lasts_s >= SHIFT:
        return question.good(text, lasts_s=lasts_s, **figures)
    answer = question.doubtful if lasts_s >= NOTHING else question.bad
    return answer(text, _ADVICE, lasts_s=lasts_s, **figures)
