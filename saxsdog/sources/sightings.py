"""A path that somebody mentions becomes a sighting of an image, or is none of ours."""

import os
import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from saxsdog.errors import PathError
from saxsdog.image_names import join, split
from saxsdog.io.images import IMAGE_SUFFIXES
from saxsdog.io.status import Fingerprint, fingerprint_of
from saxsdog.paths import Roots
from saxsdog.reasons import Reason
from saxsdog.sources.announced import AnnouncedPaths
from saxsdog.sources.mounts import device_of, mount_point_of
from saxsdog.sources.names import is_image_file

_MOST_REMEMBERED = 4096


class SourceKind(StrEnum):
    """Who saw an image."""

    FEEDER = "feeder"
    WATCHER = "watcher"
    WALKER = "walker"
    READDIR = "readdir"


@dataclass(frozen=True, slots=True)
class Sighting:
    """An image that was seen or announced.

    Attributes
    ----------
    path
        Its real folder and its name, ``x.h5::17`` if it is one of several in a file.
    fingerprint
        Of the file; ``None`` if it is not there yet, or if there is a problem.
    source
        Who saw it.
    problem
        Why it can never be integrated.
    mount
        Where the disk of its folder was mounted when it was seen; ``None`` if nobody knows.
    """

    path: Path
    fingerprint: Fingerprint | None
    source: SourceKind
    problem: Reason | None = None
    mount: Path | None = field(default=None, compare=False)

    @property
    def is_there(self) -> bool:
        """Whether something of this name was seen."""
        return self.fingerprint is not None or self.problem is not None


class Scout:
    """Looks at paths from outside, for one queue; safe to use from several threads.

    A path is ours if it lies in the directory as it is written, or behind all links. So images
    behind a link from the directory to another root are ours, under their real path.

    Parameters
    ----------
    roots
        No image is taken from outside of them.
    directory
        Whose images are ours, those in its sub-folders included. It need not exist yet.
    suffixes
        Of images, in lower case, with their dot.
    mapping
        Pairs of folders: what the machine of the feeder calls a folder, and what we call it.
    """

    def __init__(
        self,
        roots: Roots,
        directory: Path,
        suffixes: Sequence[str] = IMAGE_SUFFIXES,
        mapping: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.directory = directory
        self._roots = roots
        self._prefix = os.path.join(directory, "")  # noqa: PTH118 - its end keeps user10 from user1
        self._suffixes = tuple(suffixes)
        self._announced = AnnouncedPaths(roots.folders[0], mapping)
        self._lock = threading.Lock()
        self._not_ours = 0
        self._device: int | None = None  # of the file that was seen last
        self._mounts: dict[Path, tuple[int, Path]] = {}

    @property
    def not_ours(self) -> int:
        """How many paths were none of ours."""
        return self._not_ours

    def wants(self, name: str) -> bool:
        """Whether a file of this name may hold images."""
        return is_image_file(name, self._suffixes)

    def look(self, path: str, source: SourceKind) -> Sighting | None:
        """Return the sighting of an image; ``None``, which is counted, if it is none of ours."""
        file, page = split(path)
        is_announced = source is SourceKind.FEEDER
        sighting = self._hear_of(file) if is_announced else self._see(file, source)
        if sighting is not None:
            return sighting if page is None else _of_image(sighting, page)
        with self._lock:
            self._not_ours += 1
        return None

    def why_away(self) -> str:
        """Say why no image can be seen at present, wherever it is: the directory cannot be read.

        A folder that is empty may be the place of a disk that is not mounted: it is one unless its
        files were seen on the same disk. Empty text if all is well.
        """
        try:
            with os.scandir(self.directory) as entries:
                if next(entries, None) is not None:
                    return ""
            if os.stat(self.directory).st_dev == self._device:  # noqa: PTH116 - as above
                return ""
        except OSError as error:
            return f"the folder {self.directory} cannot be read: {error.strerror}"
        return f"the folder {self.directory} is empty, as if its disk were not mounted"

    def leads_inside(self, folder: str) -> bool:
        """Whether a real path lies in one of the roots."""
        return self._roots.hold(Path(folder))

    def _hear_of(self, path: str) -> Sighting | None:
        """Look for what a path of a feeder may mean; nothing may be there yet."""
        sighting = None
        for reading in self._announced.readings(path):
            sighting = self._see(reading, SourceKind.FEEDER)
            if sighting is not None and sighting.is_there:
                break
        return sighting

    def _see(self, path: str, source: SourceKind) -> Sighting | None:
        if not self.wants(os.path.basename(path)):  # noqa: PTH119 - hot
            return None
        try:
            place, status = self._roots.locate(path)
        except PathError:
            return self._refused_link(path, source)
        if not self._is_ours(path, str(place)):
            return None
        if status is None:
            return Sighting(place, None, source)
        self._device = status.st_dev
        if not stat.S_ISREG(status.st_mode):
            return Sighting(place, None, source, Reason.NOT_REGULAR)
        mount = self._mount_of(place.parent, status.st_dev)
        return Sighting(place, fingerprint_of(status), source, mount=mount)

    def _mount_of(self, folder: Path, device: int) -> Path | None:
        """Where a disk is mounted that a file of a folder was seen on.

        While files are seen on the same disk it is where it was.
        """
        known = self._mounts.get(folder)
        if known is None or known[0] != device:
            if len(self._mounts) >= _MOST_REMEMBERED:
                self._mounts.clear()
            mount = mount_point_of(folder)
            try:
                known = self._mounts[folder] = (device_of(mount), mount)
            except OSError:
                return None
        return known[1] if known[0] == device else None

    def _refused_link(self, path: str, source: SourceKind) -> Sighting | None:
        """Tell an image of ours that is a link to nowhere good from a path outside of the roots."""
        if not os.path.islink(path):  # noqa: PTH114 - the path may be none
            return None
        folder, name = os.path.split(path)
        place = Path(os.path.realpath(folder), name)
        if not self._roots.hold(place.parent) or not self._is_ours(path, str(place)):
            return None
        in_a_circle = self._roots.hold(Path(os.path.realpath(path)))
        problem = Reason.NOT_REGULAR if in_a_circle else Reason.OUTSIDE_ROOT
        return Sighting(place, None, source, problem)

    def _is_ours(self, *names: str) -> bool:
        """Whether a file lies in the directory by one of its names, with nothing hidden between."""
        start = len(self._prefix) - 1
        return any(
            name.startswith(self._prefix) and f"{os.sep}." not in name[start:] for name in names
        )


def _of_image(sighting: Sighting, page: int) -> Sighting:
    """Return what was seen of a file as that of one of its images."""
    return replace(sighting, path=Path(join(str(sighting.path), page)))
