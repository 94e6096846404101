"""Find out whether events tell of new files in a folder."""

import os
import re
import threading
import time
from pathlib import Path

from saxsdog.sources.changes import LIMITS, FolderEvents
from saxsdog.sources.folder_events import watch_folder

EVENT_TIMEOUT = 2.0
"""Seconds; events of a local file system come within milliseconds."""

MOUNTS = Path("/proc/self/mountinfo")
"""Where Linux tells what is mounted, see proc_pid_mountinfo(5)."""

_SHARED = re.compile(
    r"9p|afs|beegfs|ceph|cifs|coda|davfs|fuse\..+|glusterfs|gpfs|lustre|nfs4?|orangefs|panfs|prl_fs"
    r"|pvfs2|smb[23]|smbfs|vboxsf|virtiofs|vmhgfs|wekafs"
)
"""File systems that other machines change as well, which raises no event on ours."""


def events_work(folder: Path) -> tuple[bool, str]:
    """Whether events tell of every new file in a folder, and how that is known."""
    kind = "this file system"
    if MOUNTS.exists():
        real = Path(os.path.realpath(folder))
        real.is_dir()  # mounts it, if that is done on demand
        kind = file_system_of(real, MOUNTS.read_text(encoding="utf-8", errors="surrogateescape"))
        if is_shared(kind):
            return False, f"{kind}: changes made by other machines raise no event"
    return _probe(folder, kind)


def is_shared(kind: str) -> bool:
    """Whether other machines may change a file system of this kind without an event on ours."""
    return _SHARED.fullmatch(kind) is not None


def file_system_of(real: Path, mountinfo: str) -> str:
    """Return the kind of the file system that a path without links lies on."""
    deepest, kind = -1, "unknown"
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        if not separator:
            continue
        mount = Path(_unescape(before.split(" ")[4]))
        # Of what is mounted at one place, the last lies on top.
        if len(mount.parts) >= deepest and real.is_relative_to(mount):
            deepest, kind = len(mount.parts), after.split(" ")[0]
    return kind


def _unescape(field: str) -> str:
    r"""Undo ``\040`` for a space and the like."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def _probe(folder: Path, kind: str) -> tuple[bool, str]:
    """Write a hidden file where that is possible, and see whether its event arrives."""
    try:
        events = watch_folder(folder, recursive=False)
    except OSError as error:
        return error.errno not in LIMITS, f"{kind}: cannot be watched now: {error.strerror}"
    probe = folder / f".saxsdog-probe-{os.getpid()}-{threading.get_native_id()}"
    try:
        probe.write_bytes(b"")
    except OSError as error:
        return True, f"{kind}: events should arrive; not tested: {error.strerror}"
    else:
        arrived = _arrives(events, probe.name)
        probe.unlink(missing_ok=True)
    finally:
        events.close()
    if arrived:
        return True, f"{kind}: events arrive"
    return False, f"{kind}: the event of a new file did not arrive within {EVENT_TIMEOUT:g} s"


def _arrives(events: FolderEvents, name: str) -> bool:
    deadline = time.monotonic() + EVENT_TIMEOUT
    while (left := deadline - time.monotonic()) > 0:
        if any(change.path.endswith(name) for change in events.read(left)):
            return True
    return False
