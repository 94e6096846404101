"""What a process has used, as the kernel of Linux counts it."""

import os
from pathlib import Path

KIB = 1024


def memory_of(process_id: int) -> int | None:
    """Bytes of a process, shared ones divided among those that share them (PSS).

    ``None`` where the system does not tell.
    """
    try:
        text = Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * KIB
    return None


def cpu_seconds_of(process_id: int) -> float | None:
    """Seconds of processor time that a process has used, or ``None``."""
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before may hold anything
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")
