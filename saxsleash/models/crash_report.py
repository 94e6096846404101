"""What is told of a bug that the window has met: a text without secrets, kept in a file."""

import os
import platform
import re
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from PyQt5.QtCore import PYQT_VERSION_STR, qVersion

MOST_KEPT = 20
"""Files of reports that are kept, the newest."""

LONGEST = 50_000
"""Characters of a report; of a longer one the middle is left out."""

_NAMES = "crash-????????-??????*.txt"
_BEGIN = "Traceback"
_PRIVATE = 0o700
_SECRET = re.compile(
    r"(?<![\w/-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])"
    r"(?:[A-Za-z0-9_-]{43}(?![\w-])|(?=[\w-]*[0-9])[A-Za-z0-9_-]{40,})={0,2}(?![\w/-])"
)
"""What looks like one of the secrets that 'saxsdog netconf' makes; one in 1500 has no digit."""


def report_of(
    kind: type[BaseException],
    error: BaseException | None,
    trace: TracebackType | None,
    clock: Callable[[], float] = time.time,
    *,
    thread: str = "MainThread",
) -> str:
    """Describe an exception that nobody has caught, for whoever can mend its cause.

    Parameters
    ----------
    kind, error, trace
        As ``sys.excepthook`` gets them.
    clock
        Seconds since the epoch.
    thread
        Name of the thread that it was raised in.
    """
    told = kind.__name__
    if error is not None:
        told = "".join(traceback.format_exception(kind, error, trace)).rstrip()
    if not told.startswith(_BEGIN):
        told = f"{_BEGIN}: there is none\n{told}"
    when = datetime.fromtimestamp(clock()).astimezone().isoformat(sep=" ", timespec="seconds")
    lines = [
        "Crash report of saxsleash",
        f"{when}, thread {thread}",
        f"saxsdog {_version('saxsdog')}, Python {platform.python_version()}, Qt {qVersion()}, "
        f"PyQt5 {PYQT_VERSION_STR}, pyqtgraph {_version('pyqtgraph')}, numpy {_version('numpy')}",
        platform.platform(),
        "",
        told,
    ]
    return _shortened(_without_secrets("\n".join(lines)))


def cause_of(report: str) -> str:
    """Return the part of a report by which the same bug is known when it is met again."""
    return report[max(report.find(_BEGIN), 0) :]


def keep(
    report: str, folder: Path, clock: Callable[[], float] = time.time, *, most: int = MOST_KEPT
) -> Path | None:
    """Write a report to a file of its own, named after the time, and remove the oldest such files.

    Whoever has met one bug must not meet the next because a disk is full: then there is no file,
    and ``None`` is returned.
    """
    try:
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        path = _free_path(folder, datetime.fromtimestamp(clock()).astimezone())
        _write(report, path)
        # The new one stays also where a clock was put back, and it seems to be the oldest.
        others = sorted(each for each in folder.glob(_NAMES) if each != path)
        for old in others[: max(len(others) + 1 - most, 0)]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return path


def _free_path(folder: Path, when: datetime) -> Path:
    """Make an empty file that nobody else writes to; several bugs may be met at a time."""
    while True:
        path = folder / when.strftime("crash-%Y%m%d-%H%M%S-%f.txt")
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            when += timedelta(microseconds=1)
        else:
            return path


def _write(report: str, path: Path) -> None:
    try:
        path.write_text(f"{report}\n", encoding="utf-8", errors="backslashreplace")
    except OSError:
        path.unlink(missing_ok=True)  # it would stand for a report that nobody can read
        raise


@cache  # bugs may come in floods
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _without_secrets(text: str) -> str:
    """Hide what looks like a secret, and the name of the user in paths of the home."""
    home = str(Path.home())
    if len(home) > 1:
        text = re.sub(re.escape(home) + rf"(?=[{re.escape(os.sep)}\s'\":,)]|$)", "~", text)
    return _SECRET.sub("(hidden)", text)


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"
