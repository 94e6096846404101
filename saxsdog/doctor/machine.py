"""The machine: Python, libraries, compiled loops, cores, memory, open files, inotify."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import Load, size_text

IMPORT_LIMIT = 60.0
"""Seconds; from a cold disk, libraries take long to load."""

BYTES_PER_WORKER = 100_000_000
"""Of a worker beside its images, as ``saxsdog bench memory`` finds it, and some more."""

IMAGES_PER_WORKER = 3
"""An image as it was read, unpacked, and what is computed from it."""

FEW_FILES = 256
"""Open files that a server with some workers and users never needs."""

_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9_.-]+) *>= *(?P<least>[0-9.]+)"
    r"(?: *; *extra *== *['\"](?P<extra>\w+)['\"])?"
)

_LOOK_FOR_CACHE = (
    "from saxsdog.reduction.kernel import scatter_counts as f; print(f.stats.cache_path or '')"
)


def python_version(question: Question) -> Finding:
    """Compare this Python with the oldest that saxsdog runs on; it has run so far."""
    figures = {"python": platform.python_version(), "saxsdog": version("saxsdog")}
    return question.good(
        f"Python {figures['python']}, saxsdog {figures['saxsdog']}, {platform.system()} "
        f"{platform.release()}",
        **figures,
    )


def libraries(question: Question) -> Finding:
    """Compare the versions of all libraries with those that saxsdog asks for."""
    wanted = dict(required_versions())
    found = {name: installed_version(name) for name in wanted}
    wrong = [
        f"{name} {found[name] or 'is missing'}, wanted {least} or newer"
        for name, least in wanted.items()
        if not is_at_least(found[name], least)
    ]
    if wrong:
        return question.bad(
            "; ".join(wrong),
            f"Install anew: {sys.executable} -m pip install --upgrade saxsdog",
            **found,
        )
    return question.good(f"all {len(wanted)} are there, none is too old", **found)


def required_versions(extra: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and oldest version of each library that saxsdog, or one of its extras, needs."""
    for line in requires("saxsdog") or ():
        match = _REQUIREMENT.fullmatch(line)
        if match is not None and (match["extra"] or "") == extra:
            yield match["name"], match["least"]


def installed_version(name: str) -> str | None:
    """Return the version of a library that is installed, ``None`` if it is not."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def is_at_least(found: str | None, least: str) -> bool:
    """Compare versions by their leading numbers."""
    return found is not None and _numbers(found) >= _numbers(least)


def _numbers(text: str) -> tuple[int, ...]:
    """Return ``(1, 26)`` for ``1.26.0rc1`` and for ``1.26``: zeros at the end do not count."""
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", text)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def compiled_loops(question: Question) -> Finding:
    """Load the loops in another process, and ask where their machine code is kept."""
    ended = run_python(_LOOK_FOR_CACHE)
    if ended is None or ended.returncode:
        return question.bad(
            f"cannot be loaded: {last_line(ended)}", "Nothing can be integrated. Reinstall numba."
        )
    folder = ended.stdout.strip()
    if not folder:
        return question.doubtful(
            "load, but there is no place to keep them",
            "Every start compiles them again, which takes some seconds. Set NUMBA_CACHE_DIR to a "
            "folder that this user may write.",
        )
    return question.good(f"load, and are kept in {folder}", folder=folder)


def run_python(
    code: str, timeout: float = IMPORT_LIMIT
) -> "subprocess.CompletedProcess[str] | None":
    """Run code in a process of its own, which may crash; ``None`` if it takes too long."""
    try:
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return None


def last_line(ended: "subprocess.CompletedProcess[str] | None") -> str:
    """Return what a process said last, or how it ended."""
    if ended is None:
        return "it takes too long"
    said = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    if said:
        return said[-1]
    return f"it ended with status {ended.returncode}"


def cores(question: Question, load: Load, n_cores: int) -> Finding:
    """Compare cores with workers; one core is left to the server and to the system."""
    text = (
        f"{n_cores} for {load.workers} workers" if load.workers != 1 else f"{n_cores} for 1 worker"
    )
    figures = {"cores": n_cores, "workers": load.workers}
    if load.workers <= n_cores:
        return question.good(text, **figures)
    return question.doubtful(
        text,
        "More workers than cores help only where a slow disk is waited for. Threads of the "
        "calibration, or workers.number of the server, says how many there are.",
        **figures,
    )


def memory(question: Question, load: Load, plan_size: int) -> Finding:
    """Compare the memory that is free with what the workers will take."""
    free = _free_memory()
    per_worker = BYTES_PER_WORKER + IMAGES_PER_WORKER * load.image_size
    needed = plan_size + load.workers * per_worker
    if free is None:
        return question.skipped("this system does not tell")
    return question.compared(
        free / needed,
        2.0,
        f"{size_text(free)} free, the server will take about {size_text(needed)}",
        "End what else runs here, or use fewer workers.",
        free_bytes=free,
        needed_bytes=needed,
    )


def _free_memory() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    match = re.search(r"^MemAvailable: +([0-9]+) kB$", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else None


def open_files(question: Question) -> Finding:
    """Look how many files a process may have open."""
    if sys.platform == "win32":
        return question.skipped("Windows has no such limit")
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit >= FEW_FILES:
        return question.good(f"a process may have {limit} open", limit=limit)
    return question.doubtful(
        f"a process may have only {limit} open",
        "Allow at least 1024: LimitNOFILE in a systemd unit, or 'ulimit -n 1024'.",
        limit=limit,
    )


def screen(question: Question) -> Finding:
    """Tell whether a window could open, by opening Qt in a process of its own, which may crash."""
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
        or os.environ.get("QT_QPA_PLATFORM")
    ):
        return question.skipped("there is none here, so no window; all else works without")
    ended = run_python("from PyQt5.QtWidgets import QApplication; QApplication([]); print('open')")
    if ended is not None and "open" in ended.stdout:
        return question.good("Qt can open a window")
    return question.doubtful(
        f"Qt cannot open a window: {last_line(ended)}",
        "saxsleash with a command works without. For its window, log in on a desktop, or install "
        "the libraries that Qt names.",
    )


def window_libraries(question: Question) -> Finding:
    """Load what the window needs in a process of its own, because a broken Qt ends its process."""
    wanted = dict(required_versions("gui"))
    found = {name: installed_version(name) for name in wanted}
    missing = [name for name, each in found.items() if each is None]
    if missing:
        return question.skipped(
            f"not installed: {', '.join(missing)}; a server needs none of them",
            "For the window: pip install 'saxsdog[gui]'.",
        )
    old = [f"{name} {found[name]}" for name in wanted if not is_at_least(found[name], wanted[name])]
    if old:
        return question.doubtful(
            f"too old: {', '.join(old)}", "pip install --upgrade 'saxsdog[gui]'", **found
        )
    ended = run_python("import PyQt5.QtWidgets, pyqtgraph")
    if ended is None or ended.returncode:
        return question.doubtful(
            f"the window's libraries do not load: {last_line(ended)}",
            "The window will not open; all else works. Install them anew, or the system libraries "
            "that they name.",
            **found,
        )
    return question.good("all are there, and load", **found)
