"""What processes have used, as the kernel of Linux counts it."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

KIB = 1024


def memory_of(process_ids: Iterable[int]) -> int | None:
    """Bytes of some processes, what they share divided among those that share it (PSS).

    ``None`` where the system does not tell.
    """
    sizes = [_memory_of(process_id) for process_id in process_ids]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def cpu_seconds_of(process_ids: Iterable[int]) -> float | None:
    """Seconds of processor time that some processes have used, or ``None``."""
    times = [_cpu_seconds_of(process_id) for process_id in process_ids]
    known = [seconds for seconds in times if seconds is not None]
    return sum(known) if len(known) == len(times) else None


def family_of(process_id: int) -> tuple[int, ...]:
    """Return a process and all that descend from it; only itself where the system tells nothing."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(status)
        if fields is not None:
            parents[int(status.parent.name)] = int(fields[1])
    family = [process_id]
    for member in family:  # it grows meanwhile
        family += [child for child, parent in parents.items() if parent == member]
    return tuple(family)


def _memory_of(process_id: int) -> int | None:
    try:
        text = Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * KIB
    return None


def _cpu_seconds_of(process_id: int) -> float | None:
    if process_id == os.getpid():
        return time.process_time()
    fields = _fields(Path(f"/proc/{process_id}/stat"))
    if fields is None:
        return None
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def _fields(status: Path) -> list[str] | None:
    """Fields of a process from its state on: the name before may hold anything."""
    try:
        return status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
