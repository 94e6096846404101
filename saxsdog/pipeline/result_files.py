"""Write curves, and only to where they may lie: a folder on their way may have become a link."""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from saxsdog.regular_file import place_of
from saxsdog.whole_file import write_whole

_DESCRIPTORS = Path("/proc/self/fd")
"""Where Linux lets a program name what it has opened."""


def write_result(path: Path, data: bytes, roots: Sequence[Path] = ()) -> None:
    """Write a file whole; its folder is made if it is not there.

    Parameters
    ----------
    path, data
        The file and its content.
    roots
        Folders, without links in their paths, that it must lie in; none of them allows all.

    Raises
    ------
    OSError
        As from :func:`write_whole`; ``ELOOP`` if the folder leads elsewhere.
    """
    write = _write_below(roots) if roots else write_whole
    try:
        write(path, data)
    except FileNotFoundError:
        _check(Path(os.path.realpath(path.parent)), roots)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, data)


def _write_below(roots: Sequence[Path]) -> Callable[[Path, bytes], None]:
    def write(path: Path, data: bytes) -> None:
        if not _DESCRIPTORS.is_dir():
            _check(Path(os.path.realpath(path.parent)), roots)
            write_whole(path, data)
            return
        # What is opened stays what was checked, whatever becomes of its name.
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            _check(place_of(folder, path.parent), roots)
            write_whole(_DESCRIPTORS / str(folder) / path.name, data)
        finally:
            os.close(folder)

    return write


def _check(place: Path, roots: Sequence[Path]) -> None:
    if roots and not any(place.is_relative_to(root) for root in roots):
        raise OSError(errno.ELOOP, "a link on its way leads elsewhere", str(place))
