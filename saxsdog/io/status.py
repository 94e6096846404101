"""When a file was last changed."""

import os
from pathlib import Path


def last_change(path: Path) -> int:
    """Return when the content or the name of a file last changed, ns since the epoch.

    A copy or a move may bring an old time of modification along, but not an old time of change;
    Windows does not tell the latter.

    Raises
    ------
    OSError
        If there is no such file.
    """
    status = path.stat()
    return status.st_mtime_ns if os.name == "nt" else max(status.st_mtime_ns, status.st_ctime_ns)
