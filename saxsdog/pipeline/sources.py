"""Find the images that a command line means."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from saxsdog.errors import UsageError
from saxsdog.io.images import IMAGE_SUFFIXES


@dataclass(frozen=True)
class Source:
    """An image and the folder that was asked for when it was found."""

    image: Path
    root: Path


def find_images(paths: Sequence[str], suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> list[Source]:
    """Images behind files, folders (searched recursively) and glob patterns, sorted in each.

    A file that is named is taken whatever its suffix; in folders and patterns only the known
    suffixes are. An image that is found twice is taken once.

    Raises
    ------
    UsageError
        If a path does not exist or a pattern matches nothing.
    """
    found: dict[Path, Source] = {}
    for path in paths:
        for source in _expand(path, suffixes):
            found.setdefault(source.image, source)
    return list(found.values())


def _expand(path: str, suffixes: tuple[str, ...]) -> Iterator[Source]:
    where = Path(path)
    if where.is_dir():
        yield from _walk(where.absolute(), suffixes)
    elif where.exists():
        yield Source(where.absolute(), where.absolute().parent)
    else:
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        if not matches:
            raise UsageError(f"{path}: expected an image, a folder or a pattern, found nothing")
        for match in map(Path, matches):
            if match.is_dir():
                yield from _walk(match.absolute(), suffixes)
            elif match.suffix.lower() in suffixes:
                yield Source(match.absolute(), match.absolute().parent)


def _walk(root: Path, suffixes: tuple[str, ...]) -> Iterator[Source]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(suffixes) and not name.startswith("."):
                yield Source(Path(folder, name), root)
