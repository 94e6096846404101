"""Write a file whole or not at all."""

import os
import threading
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_READABLE_BY_ALL = 0o666  # less what the umask of the user takes away


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write to a temporary name in the same folder, then rename.

    A reader, or a crash, never meets half of a file: either the old content or all of the new.

    Raises
    ------
    OSError
        If the folder is missing, full or not writable; no temporary file is left behind.
    """
    path = Path(path)
    temporary = temporary_name(path)
    # A file of this name can only be left over from a dead thread with our numbers.
    temporary.unlink(missing_ok=True)
    try:
        descriptor = os.open(temporary, _NEW, _READABLE_BY_ALL)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_name(path: Path) -> Path:
    """Name under which this thread writes before it renames: hidden, in the same folder."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_native_id()}.tmp")
