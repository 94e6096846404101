"""Find the newest image of a folder, without a queue that knows them."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from saxsdog.sources.names import is_hidden, is_image_file

LONGEST_SEARCH = 2.0
"""s; somebody waits for the answer."""


def newest_image(
    folder: Path, suffixes: tuple[str, ...], longest: float = LONGEST_SEARCH
) -> Path | None:
    """Return the image that was written last in a folder and those below; ``None`` without one.

    Folders that changed last are searched first, so that what is found in time is new. Links are
    not followed, and folders that cannot be read are left out.
    """
    end = time.monotonic() + longest
    newest: os.DirEntry[str] | None = None
    written = -1
    for entry in _files(folder, end):
        if is_image_file(entry.name, suffixes):
            changed = entry.stat(follow_symlinks=False).st_mtime_ns
            if changed > written:
                newest, written = entry, changed
    return None if newest is None else Path(newest.path)


def _files(folder: Path, end: float) -> Iterator[os.DirEntry[str]]:
    folders = [str(folder)]
    while folders:
        below: list[tuple[int, str]] = []
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if time.monotonic() > end:
                        return
                    if entry.is_file(follow_symlinks=False):
                        yield entry
                    elif entry.is_dir(follow_symlinks=False) and not is_hidden(entry.name):
                        below.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
        except OSError:
            continue
        folders += [path for _, path in sorted(below)]
