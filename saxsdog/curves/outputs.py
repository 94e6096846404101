"""Which files the curves of an image go to, so that no image ever overwrites another's.

Images of different folders may have the same name and, by the usual rule ``../work``, the same
folder of results. The first keeps the plain name; later ones go to folders below, named like those
of the image.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from saxsdog.curves.owners import Owners
from saxsdog.errors import OutputError
from saxsdog.image_names import full_stem_of, join, stem_of
from saxsdog.reasons import Reason
from saxsdog.sources.find import Source, link_follower

DEFAULT_RELATIVE = "../work"

_TAKEN_ANYWHERE = 128
"""Bytes of a file name; no file system in use takes less, and to ask for each image costs time."""


@dataclass(frozen=True)
class OutputRule:
    """Where curves go: below ``folder``, or at ``relative`` to the folder of each image."""

    relative: str = DEFAULT_RELATIVE
    folder: Path | None = None

    def folder_of(self, source: Source) -> Path:
        """Folder of the curves of an image, without dots in its path."""
        parent = source.image.parent
        if self.folder is not None:
            return Path(os.path.normpath(self.folder.absolute() / parent.relative_to(source.root)))
        return Path(os.path.normpath(parent / self.relative))


def curve_names(stem: str, channels: Sequence[str]) -> list[str]:
    """File names of the curves of one image: the first channel gets the plain name."""
    return [f"{stem}.chi", *(f"{stem}_c{channel}.chi" for channel in channels[1:])]


def check_names(paths: Sequence[Path]) -> None:
    """Refuse names that the file system does not take, before any curve of the image is there.

    Parameters
    ----------
    paths
        Where the curves of an image go: files of one folder, which need not exist yet.

    Raises
    ------
    OutputError
        If a name is too long.
    """
    if not paths:
        return
    path = max(paths, key=_name_length)
    length = _name_length(path)
    if length <= _TAKEN_ANYWHERE:
        return
    most = _longest_name(path.parent)
    if most is not None and length > most:
        message = f"{path}: file name too long: {length} bytes, at most {most}"
        raise OutputError(message, Reason.OUTPUT_COLLISION)


def _name_length(path: Path) -> int:
    return len(os.fsencode(path.name))


def _longest_name(folder: Path) -> int | None:
    """Ask how many bytes a name in a folder may have; ``None`` where nobody says."""
    if not hasattr(os, "pathconf"):  # Windows, which counts otherwise
        return None
    for there in (folder, *folder.parents):
        try:
            most = os.pathconf(there, "PC_NAME_MAX")
        except FileNotFoundError:
            continue
        except (OSError, ValueError):  # writing will say what is wrong with it
            return None
        return most if most > 0 else None
    return None


class Targets(Mapping[Path, Path]):
    """Folder and stem of the curves of each image, ``<folder>/<stem>``.

    They grow: a file turns out to hold several images when it is read, and gives its place to them.
    Folders and images are told apart by where they really are, behind links.

    Parameters
    ----------
    rule
        Where curves go.
    channels
        Names of the curves of each image.
    reserved
        Folders and stems that are for others, such as an archive.
    """

    def __init__(
        self, rule: OutputRule, channels: Sequence[str], reserved: Collection[Path] = ()
    ) -> None:
        self._rule = rule
        self._reserved = frozenset(reserved)
        self._channels = channels
        self._really = link_follower()
        self._owners: dict[Path, Owners] = {}
        self._roots: dict[Path, Path] = {}
        self._targets: dict[Path, Path] = {}

    def __getitem__(self, image: Path) -> Path:
        return self._targets[image]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)

    def add(self, source: Source) -> None:
        """Give an image the first names that are free.

        Raises
        ------
        OutputError
            If there are none, or the folder of results cannot be used.
        """
        real_image = self._really(source.image.parent) / source.image.name
        for candidate in candidates(self._rule.folder_of(source), source.image):
            if candidate in self._reserved:
                continue
            real_folder = self._really(candidate.parent)
            owners = self._owners.get(real_folder)
            if owners is None:
                owners = self._owners[real_folder] = Owners(real_folder)
            if owners.claim(curve_names(candidate.name, self._channels), real_image):
                self._targets[source.image] = candidate
                self._roots[source.image] = source.root
                return
        raise OutputError(f"{source.image}: no name is free for its curves")

    def expand(self, file: Path, n_images: int) -> dict[Path, Path]:
        """Put the images of a file in its place, and return those that were not known.

        Raises
        ------
        OutputError
            As from :meth:`add` and :meth:`save`.
        """
        del self._targets[file]
        root = self._roots.pop(file)
        images = [Path(join(str(file), page)) for page in range(n_images)]
        new = [image for image in images if image not in self._targets]  # one may have been named
        for image in new:
            self.add(Source(image, root))
        self.save()
        return {image: self._targets[image] for image in new}

    def save(self) -> None:
        """Write down who owns which names.

        Raises
        ------
        OutputError
            If a folder of results cannot be made or written.
        """
        for owners in self._owners.values():
            owners.save()


def assign(
    sources: Iterable[Source],
    rule: OutputRule,
    channels: Sequence[str],
    reserved: Collection[Path] = (),
) -> Targets:
    """Give each image the names of its curves; owners are written down.

    Raises
    ------
    OutputError
        If a folder of results cannot be made or written, or no name is free.
    """
    targets = Targets(rule, channels, reserved)
    for source in sources:
        targets.add(source)
    targets.save()
    return targets


def candidates(folder: Path, image: Path) -> Iterator[Path]:
    """Folder and stem for the curves of an image, best first.

    The plain name; the same below folders named like more and more of those above the image; and
    then with the suffix of the image, for those that differ in nothing else. An image of a file
    that holds several has its number behind each of them.
    """
    stem = stem_of(image)
    yield folder / stem
    above = image.parent.parts[1:]
    for depth in range(1, len(above) + 1):
        yield folder.joinpath(*above[-depth:], stem)
    for depth in range(1, len(above) + 1):
        yield folder.joinpath(*above[-depth:], full_stem_of(image))
