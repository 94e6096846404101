"""Which curve files an image may write, so that no two images ever write the same one.

The journal knows the owners. They are written down beside the curves as well, where ``saxsdog
integrate`` and a server with another journal find them.
"""

import os
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from saxsdog.curves.outputs import OutputRule, candidates, curve_names
from saxsdog.curves.owners import Owners
from saxsdog.errors import OutputError
from saxsdog.queue.image_disks import is_gone
from saxsdog.queue.journal import Journal
from saxsdog.queue.result_disks import ResultDisks, disk_of
from saxsdog.sources.find import Source

MEMORY = 1.0
"""s for which it is remembered where a folder leads."""


class Claims:
    """Gives each image of a queue the names of its curves.

    Parameters
    ----------
    journal
        Who owns what.
    rule
        Where curves go.
    root
        Folder of the images.
    channels
        Names of the curves of each image.
    allowed
        Whether curves may be written to a folder.
    """

    def __init__(
        self,
        journal: Journal,
        rule: OutputRule,
        root: Path,
        channels: Sequence[str],
        allowed: Callable[[Path], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._rule = rule
        self._root = root
        self._channels = channels
        self._allowed = allowed
        self._clock = clock
        self._learnt = clock()
        self._folder_of = cache(self._result_folder)  # what follows is asked for every image
        self._place_of = cache(self._real_place)
        self._owners: dict[Path, Owners] = {}
        self._disks = ResultDisks(journal)
        self._disk_of: dict[Path, int] = {}
        self._images_of: dict[Path, Path] = {}  # a folder whose curves go to each
        self._met: set[Path] = set()  # of these it was asked lately whether their file is there

    def target_of(self, image: Path) -> Path | None:
        """Folder and stem of the curves of an image, or ``None`` if no name is free.

        Raises
        ------
        OutputError
            If a folder of results cannot be used, or its disk is not mounted any more.
        """
        if self._clock() - self._learnt > MEMORY:  # a folder may have become a link to elsewhere
            self._folder_of.cache_clear()
            self._place_of.cache_clear()
            self._met.clear()
            self._learnt = self._clock()
        folder = self._folder_of(image.parent)
        for candidate in candidates(folder, image):
            place = self._place_of(candidate.parent)
            if place is None:
                return None
            if self._claim(place, candidate.name, image):
                return candidate
        return None

    def disk_of(self, target: Path) -> int | None:
        """Return the number of the disk that a target was given for."""
        place = self._place_of(target.parent)
        return None if place is None else self._disk_of.get(place)

    def _result_folder(self, parent: Path) -> Path:
        """Folder of the curves of the images in a folder: below the root if the rule leaves it."""
        folder = self._rule.folder_of(Source(parent / "image", self._root))
        return folder if self._allowed(folder) else self._root / folder.name

    def _real_place(self, folder: Path) -> Path | None:
        """Where a folder really is, or ``None`` if that is out of bounds."""
        place = Path(os.path.realpath(folder))
        return place if self._allowed(place) else None

    def _claim(self, place: Path, stem: str, image: Path) -> bool:
        names = curve_names(stem, self._channels)
        if place not in self._met:
            self._disk_of[place] = self._present_disk_of(place)
            self._met.add(place)
            if place not in self._owners or self._file_is_gone(place):
                self._owners[place] = self._import(place)
        new = self._journal.claim(str(place), names, str(image))
        if new:
            self._images_of[place] = image.parent
            self._owners[place].note(new, image)
        return new is not None

    def _present_disk_of(self, place: Path) -> int:
        """Return the number of the disk of a folder of results, which must be mounted."""
        all_results = self._rule.folder
        self._disks.check(place if all_results is None else Path(os.path.realpath(all_results)))
        return disk_of(place)

    def _import(self, place: Path) -> Owners:
        """Take over the owners that are written down in a folder.

        If they were, and somebody has removed them, they are written down once more.
        """
        known = self._journal.fact(_size_of(place))
        owners = Owners(place, None if known is None else int(known))
        for name, image in owners.drain().items():
            self._journal.claim(str(place), [name], os.path.normpath(place / image))
        if known is not None and owners.size() is None:
            for name, image in self._journal.owners_in(str(place)):
                owners.note([name], Path(image))
        return owners

    def _file_is_gone(self, place: Path) -> bool:
        owners = self._owners[place]
        return (
            not owners.changed
            and self._journal.fact(_size_of(place)) is not None
            and owners.size() is None
        )

    def _is_gone_with_images(self, place: Path) -> bool:
        images = self._images_of.get(place)
        return images is not None and not os.path.lexists(images) and is_gone(place)

    def save(self) -> None:
        """Write down what was claimed since the last time.

        Raises
        ------
        OutputError
            If a folder cannot be written; what is not yet written down is kept for the next time.
        """
        problems = []
        for place, owners in self._owners.items():
            if owners.changed:
                try:
                    if self._present_disk_of(place) != self._disk_of[place]:
                        continue  # it is only just there; the next image tells what is on it
                    if self._is_gone_with_images(place):
                        continue  # what went with its images is not made again
                    owners.save()
                    self._journal.set_fact(_size_of(place), str(owners.size() or 0))
                except OutputError as error:
                    problems.append(error)
        if problems:
            raise problems[0]


def _size_of(place: Path) -> str:
    """Name the fact that tells how much of the owners in a folder the journal has learnt."""
    return f"owners in {place}"
