"""Write curves, and only to where they may lie: what is on their way may have become another.

A folder may be a link by now, or the bare place of a disk that was mounted there.
"""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from saxsdog.regular_file import place_of
from saxsdog.sources.mounts import nearest
from saxsdog.whole_file import write_whole

Put = Callable[[Path, bytes], None]

_DESCRIPTORS = Path("/proc/self/fd")
"""Where Linux lets a program name what it has opened."""


class ImageFolderGoneError(FileNotFoundError):
    """The folder of an image is gone, and with it that of its curves."""


def write_result(
    path: Path,
    data: bytes,
    roots: Sequence[Path] = (),
    disk: int | None = None,
    images: Path | None = None,
    put: Put | None = None,
) -> None:
    """Write a file; its folder is made if it is not there.

    Parameters
    ----------
    path, data
        The file and its content.
    roots
        Folders, without links in their paths, that it must lie in; none of them allows all.
    disk
        Number of the disk that it must lie on; ``None`` allows all.
    images
        Folder of its image: while that is not there, no other is made.
    put
        Writes the file whole, or appends to it; ``None``: whole.

    Raises
    ------
    ImageFolderGoneError
        If it would have to be.
    OSError
        As from ``put``; ``ELOOP`` if the folder leads elsewhere, ``ENODEV`` if it lies
        on another disk.
    """
    put = put or write_whole
    limited = roots or disk is not None
    write = _write_below(roots, disk, put) if limited else put
    try:
        write(path, data)
    except FileNotFoundError as error:
        if images is not None and not os.path.lexists(images):
            raise ImageFolderGoneError from error
        _check(Path(os.path.realpath(path.parent)), roots)
        _check_disk(nearest(path.parent).stat(), disk)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, data)


def _write_below(roots: Sequence[Path], disk: int | None, put: Put) -> Put:
    def write(path: Path, data: bytes) -> None:
        if not _DESCRIPTORS.is_dir():
            _check(Path(os.path.realpath(path.parent)), roots)
            _check_disk(path.parent.stat(), disk)
            put(path, data)
            return
        # What is opened stays what was checked, whatever becomes of its name.
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            _check(place_of(folder, path.parent), roots)
            _check_disk(os.fstat(folder), disk)
            put(_DESCRIPTORS / str(folder) / path.name, data)
        finally:
            os.close(folder)

    return write


def _check(place: Path, roots: Sequence[Path]) -> None:
    if roots and not any(place.is_relative_to(root) for root in roots):
        raise OSError(errno.ELOOP, "a link on its way leads elsewhere", str(place))


def _check_disk(status: os.stat_result, disk: int | None) -> None:
    if disk is not None and status.st_dev != disk:
        raise OSError(errno.ENODEV, "its disk is not mounted any more")
