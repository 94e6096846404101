"""Find the images that a command line means."""

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from saxsdog.errors import UsageError
from saxsdog.image_names import join, split
from saxsdog.io.images import IMAGE_SUFFIXES
from saxsdog.sources.names import is_hidden, is_image_file

Complain = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """An image and the folder that was asked for when it was found."""

    image: Path
    root: Path


def link_follower() -> Callable[[Path], Path]:
    """Return a function that tells where a folder really is, and asks the disk once for each.

    Images are told apart by it: a link to a folder leads to the same images, while a link to an
    image keeps a name of its own.
    """
    return cache(lambda folder: Path(os.path.realpath(folder)))


def find_images(
    paths: Sequence[str],
    complain: Complain = lambda _: None,
    suffixes: tuple[str, ...] = IMAGE_SUFFIXES,
) -> list[Source]:
    """Images behind files, folders (searched recursively) and glob patterns, sorted in each.

    A file that is named is taken whatever its suffix; in folders and patterns only the known
    suffixes are. ``x.h5::17`` is one image of a file that holds several, and ``*.h5::17`` that of
    each of them. Links to folders are followed. An image that is found twice is taken once.

    Parameters
    ----------
    paths
        As a user writes them.
    complain
        Told of every folder below that cannot be read; the others are searched.
    suffixes
        In lower case, with their dot.

    Raises
    ------
    UsageError
        If a path does not exist or cannot be read, or a pattern matches nothing.
    """
    really = link_follower()
    found: dict[Path, Source] = {}
    for path in paths:
        for source in _expand(path, complain, suffixes):
            found.setdefault(really(source.image.parent) / source.image.name, source)
    return list(found.values())


def _expand(path: str, complain: Complain, suffixes: tuple[str, ...]) -> Iterator[Source]:
    pattern, page = split(path)
    where = Path(os.path.abspath(pattern))  # noqa: PTH100 - resolve() would follow links
    try:
        if page is None and where.is_dir():
            os.scandir(where).close()
            yield from _walk(where, complain, suffixes)
            return
        if where.exists():
            yield _source(where, page)
            return
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - it may be absolute
    if not matches:
        raise UsageError(f"{path}: expected an image, a folder or a pattern, found nothing")
    for match in (Path(os.path.abspath(match)) for match in matches):  # noqa: PTH100
        if page is None and match.is_dir():
            yield from _walk(match, complain, suffixes)
        elif match.suffix.lower() in suffixes:
            yield _source(match, page)


def _source(file: Path, page: int | None) -> Source:
    return Source(file if page is None else Path(join(str(file), page)), file.parent)


def _walk(root: Path, complain: Complain, suffixes: tuple[str, ...]) -> Iterator[Source]:
    def note(error: OSError) -> None:
        complain(f"{error.filename}: cannot be read: {error.strerror}")

    seen: set[str] = set()
    for folder, folders, files in os.walk(root, onerror=note, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # links may run in a circle
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(files):
            if is_image_file(name, suffixes):
                yield Source(Path(folder, name), root)
