"""Which files the curves of an image go to, so that no image ever overwrites another's.

Images of different folders may have the same name and, by the usual rule ``../work``, the same
folder of results. The first keeps the plain name; later ones go to folders below, named like those
of the image.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from saxsdog.errors import OutputError
from saxsdog.pipeline.owners import Owners
from saxsdog.sources.find import Source, link_follower

DEFAULT_RELATIVE = "../work"


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


def assign(
    sources: Iterable[Source], rule: OutputRule, channels: Sequence[str]
) -> dict[Path, Path]:
    """Folder and stem of the curves of each image, ``<folder>/<stem>``; owners are written down.

    Folders and images are told apart by where they really are, behind links.

    Raises
    ------
    OutputError
        If a folder of results cannot be made or written, or no name is free.
    """
    really = link_follower()
    folders: dict[Path, Owners] = {}
    targets: dict[Path, Path] = {}
    for source in sources:
        real_image = really(source.image.parent) / source.image.name
        for candidate in candidates(rule.folder_of(source), source.image):
            real_folder = really(candidate.parent)
            owners = folders.get(real_folder)
            if owners is None:
                owners = folders[real_folder] = Owners(real_folder)
            if owners.claim(curve_names(candidate.name, channels), real_image):
                targets[source.image] = candidate
                break
        else:
            raise OutputError(f"{source.image}: no name is free for its curves")
    for owners in folders.values():
        owners.save()
    return targets


def candidates(folder: Path, image: Path) -> Iterator[Path]:
    """Folder and stem for the curves of an image, best first.

    The plain name; the same below folders named like more and more of those above the image; and
    then with the suffix of the image, for those that differ in nothing else.
    """
    yield folder / image.stem
    above = image.parent.parts[1:]
    for depth in range(1, len(above) + 1):
        yield folder.joinpath(*above[-depth:], image.stem)
    for depth in range(1, len(above) + 1):
        yield folder.joinpath(*above[-depth:], image.name)
