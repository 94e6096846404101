"""Search a folder for images again and again, and remember enough to make it quick."""

import contextlib
import logging
import os
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import NamedTuple

from saxsdog.io.hdf5 import SUFFIXES
from saxsdog.io.status import Fingerprint
from saxsdog.sources.names import is_hidden
from saxsdog.sources.sightings import Scout, Sighting, SourceKind

logger = logging.getLogger(__name__)

BATCH = 256
"""Images that are looked at before those that are new among them are handed over."""

YOUNG = 10 * 10**9
"""Nanoseconds; a folder that changed so shortly before it was listed may have changed again within
the same tick of its file system (2 s on some), or behind the cache of a network file system."""


class Depth(Enum):
    """How much a search tells."""

    QUICK = "quick"
    """Names and files that have come since the last search; asks the disk for folders only."""

    FULL = "full"
    """Every image that has changed since the horizon, also those that were written in place."""

    EVERYTHING = "everything"


FILLING = 10 * 10**9
"""Nanoseconds; a file that was written so shortly before it was seen may be written on: a detector
may make room for all its pixels first."""


class _Subfolder(NamedTuple):
    name: str
    is_link: bool


class _Folder(NamedTuple):
    """What is remembered of a folder; times in nanoseconds since the epoch.

    ``marks`` tell the images that it held, in 8 bytes each: they are kept for every image there
    ever was, and a set takes eight times that. ``None`` if it was not readable.
    ``filling`` are those that may be written on, with what was seen of them.
    """

    modified: int = 0
    listed: int = 0
    subfolders: list[_Subfolder] = []  # noqa: RUF012 - never changed
    marks: "array[int] | None" = None
    filling: dict[str, Fingerprint] = {}  # noqa: RUF012 - never changed

    def is_quiet(self, modified: int) -> bool:
        """Whether a folder, by its last change that is seen now, must hold what it did."""
        return modified == self.modified and self.listed - modified > YOUNG


@dataclass
class Met:
    """What a search met beside images: folders that it could not read, links out of the roots."""

    unreadable: int = 0
    links_outside: int = 0


class ImageTree:
    """The images of a directory and of its sub-folders; belongs to one thread.

    Folders come in order of their names, and so do the images in each. Hidden folders are left out.
    Links to folders are followed as long as they lead to a root, and each folder is entered once.

    An image is new if it changed after the horizon, or if it, or its folder, was not there in the
    search before: a move keeps times of change, and other clocks may differ from ours.

    Parameters
    ----------
    scout
        Looks at the images of its directory.
    horizon
        When the queue was opened, seconds since the epoch; older images are told on demand.
    clock_slack
        Seconds by which the clock of the file system may be behind.
    wall
        Seconds since the epoch.
    """

    def __init__(
        self, scout: Scout, horizon: float, clock_slack: float, wall: Callable[[], float]
    ) -> None:
        self.met = Met()
        self._scout = scout
        self._horizon = int((horizon - clock_slack) * 1e9)
        self._wall = wall
        # Nothing is ever forgotten: a disk that is gone for a while must not come back as new.
        self._known: dict[str, _Folder] = {}
        self._complained: set[str] = set()
        self._device: int | None = None  # of the directory, once a search was complete

    def search(self, depth: Depth, source: SourceKind) -> Iterator[list[Sighting]]:
        """Search while iterated over; ``met`` tells then what else is there.

        Returns
        -------
        Iterator
            Of batches of sightings; empty ones come where there is nothing new.

        Raises
        ------
        OSError
            If the directory is not there, before anything is returned.
        """
        device = self._check(str(self._scout.directory))
        return self._search(depth, source, device)

    def _search(
        self, depth: Depth, source: SourceKind, device: int
    ) -> Generator[list[Sighting], None, None]:
        self.met = Met()
        top = str(self._scout.directory)
        pending = [(top, os.path.realpath(top))]
        seen = {pending[0][1]}
        while pending:
            folder, real = pending.pop()
            subfolders = yield from self._visit(folder, real, depth, source)
            for name, is_link in reversed(subfolders):
                below = os.path.join(folder, name)  # noqa: PTH118 - hot
                real_below = self._resolve(below) if is_link else os.path.join(real, name)  # noqa: PTH118
                if real_below is not None and real_below not in seen:
                    pending.append((below, real_below))
                    seen.add(real_below)
        self._forget_filling(self._known.keys() - seen)
        self._device = device

    def _forget_filling(self, gone: Iterable[str]) -> None:
        """Folders that are gone would keep in mind for ever what was written in them last."""
        for real in gone:
            if self._known[real].filling:
                self._known[real] = self._known[real]._replace(filling={})

    def _check(self, top: str) -> int:
        """Return the device of the directory.

        Raises
        ------
        OSError
            If it is not there, or seems to be a place where a disk is not mounted any more.
        """
        with os.scandir(top) as entries:
            empty = next(entries, None) is None
        device = os.stat(top).st_dev  # noqa: PTH116 - as below
        if empty and self._device not in (None, device):
            raise OSError(0, "it is empty and not on the disk where it was: is that mounted?")
        return device

    def _resolve(self, link: str) -> str | None:
        real = os.path.realpath(link)
        if self._scout.leads_inside(real):
            return real
        self.met.links_outside += 1
        return None

    def _visit(
        self, folder: str, real: str, depth: Depth, source: SourceKind
    ) -> Generator[list[Sighting], None, list[_Subfolder]]:
        """Yield the images of one folder; return its sub-folders."""
        known = self._known.get(real)
        listed = int(self._wall() * 1e9)
        try:
            modified = os.stat(folder).st_mtime_ns  # noqa: PTH116 - hot
            if depth is Depth.QUICK and known is not None and known.is_quiet(modified):
                changed, filling = self._look_again(known.filling, listed, source)
                if known.filling:
                    self._known[real] = known._replace(filling=filling)
                yield changed
                return known.subfolders
            images, subfolders = self._list(folder)
        except OSError as error:
            self._complain(folder, error)
            self._known.setdefault(real, _Folder())  # it is not new when it can be read again
            return []
        self._complained.discard(folder)
        changed, filling = self._look_again({} if known is None else known.filling, listed, source)
        if depth is Depth.QUICK:
            yield changed
        for start in range(0, max(len(images), 1), BATCH):
            some = images[start : start + BATCH]
            new = some if depth is Depth.EVERYTHING else self._new(some, depth, known)
            seen = self._look(new, source)
            filling |= _those_filling(seen, listed)
            yield seen
        marks = array("q", map(_mark, images))
        self._known[real] = _Folder(modified, listed, subfolders, marks, filling)
        return subfolders

    def _list(self, folder: str) -> tuple[list[os.DirEntry[str]], list[_Subfolder]]:
        """Return what may be an image, and the sub-folders."""
        images, subfolders = [], []
        with os.scandir(folder) as entries:
            for entry in entries:
                if self._scout.wants(entry.name):
                    images.append(entry)
                if not is_hidden(entry.name) and _is_folder(entry):
                    subfolders.append(_Subfolder(entry.name, entry.is_symlink()))
        return sorted(images, key=attrgetter("name")), sorted(subfolders)

    def _new(
        self, images: list[os.DirEntry[str]], depth: Depth, known: _Folder | None
    ) -> list[os.DirEntry[str]]:
        if known is None and self._device is not None:  # the folder has come since
            return images
        if depth is Depth.QUICK and known is not None and known.marks is not None:
            marks = set(known.marks)
            return [entry for entry in images if _mark(entry) not in marks]
        return [entry for entry in images if _last_change(entry) >= self._horizon]

    def _look(self, images: list[os.DirEntry[str]], source: SourceKind) -> list[Sighting]:
        """Sight images; those that have gone meanwhile, and links to nowhere, are none."""
        seen = (self._scout.look(entry.path, source) for entry in images)
        return [each for each in seen if each and (each.fingerprint or each.problem)]

    def _look_again(
        self, filling: dict[str, Fingerprint], now: int, source: SourceKind
    ) -> tuple[list[Sighting], dict[str, Fingerprint]]:
        """Return which images were written on, and those that may still be."""
        if not filling:
            return [], {}
        seen = [each for each in (self._scout.look(path, source) for path in filling) if each]
        changed = [each for each in seen if _was_filled(each, filling.get(str(each.path)))]
        return changed, _those_filling(seen, now)

    def _complain(self, folder: str, error: OSError) -> None:
        self.met.unreadable += 1
        if folder not in self._complained:
            self._complained.add(folder)
            logger.warning("cannot look for images in %s: %s", folder, error.strerror)


def _was_filled(now: Sighting, before: Fingerprint | None) -> bool:
    """Whether a file has another content of the same size; one that grows gets further images."""
    seen = now.fingerprint
    return seen is not None and before is not None and seen != before and seen.size == before.size


def _those_filling(seen: list[Sighting], now: int) -> dict[str, Fingerprint]:
    return {
        str(each.path): each.fingerprint
        for each in seen
        if each.fingerprint is not None
        and abs(now - each.fingerprint.mtime_ns) < FILLING
        and each.path.suffix.lower() not in SUFFIXES  # of these each change would bring all images
    }


def _mark(entry: os.DirEntry[str]) -> int:
    """Return what differs for another name, and for another file that took the name."""
    return hash((entry.name, entry.inode()))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle, or to where we may not look
        return False


def _last_change(entry: os.DirEntry[str]) -> int:
    """Return when an image, or the link to it, changed last, ns since the epoch."""
    change = 0
    for follow in {False, entry.is_symlink()}:
        with contextlib.suppress(OSError):  # it has gone, or is a link to nowhere
            change = max(change, _change_of(entry.stat(follow_symlinks=follow)))
    return change


def _change_of(status: os.stat_result) -> int:
    """Return the last change of content or name; what Windows calls ``ctime`` is another thing."""
    return status.st_mtime_ns if os.name == "nt" else max(status.st_mtime_ns, status.st_ctime_ns)
