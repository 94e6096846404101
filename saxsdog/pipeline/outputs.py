"""Which files the curves of an image go to, so that no image ever overwrites another's.

Images of different folders may have the same name and, by the usual rule ``../work``, the same
folder of results. Who owns a name is written down in that folder: the first image keeps the plain
name, later ones get a folder of their own below.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from saxsdog.errors import OutputError
from saxsdog.pipeline.sources import Source

OWNERS_FILE = ".saxsdog-owners.jsonl"
DEFAULT_RELATIVE = "../work"


@dataclass(frozen=True)
class OutputRule:
    """Where curves go: below ``folder``, or at ``relative`` to the folder of each image."""

    relative: str = DEFAULT_RELATIVE
    folder: Path | None = None

    def folder_of(self, source: Source) -> Path:
        """Folder of the curves of an image, without links or dots in its path."""
        parent = source.image.parent
        if self.folder is not None:
            return Path(os.path.normpath(self.folder.absolute() / parent.relative_to(source.root)))
        return Path(os.path.normpath(parent / self.relative))


def curve_names(stem: str, channels: Sequence[str]) -> list[str]:
    """File names of the curves of one image: the first channel gets the plain name."""
    first, *others = channels
    del first
    return [f"{stem}.chi", *(f"{stem}_c{channel}.chi" for channel in others)]


class Owners:
    """Which image owns which curve file in one folder of results.

    Parameters
    ----------
    folder
        Need not exist yet.

    Raises
    ------
    OutputError
        If the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner_of: dict[str, str] = {}
        self._new: list[tuple[str, str]] = []
        try:
            lines = (folder / OWNERS_FILE).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(f"{folder}: cannot be used: {error.strerror}") from error
        for line in lines:
            try:
                name, image = json.loads(line)
            except ValueError:  # the end of a line that was cut off by a crash
                continue
            self._owner_of[str(name)] = str(image)

    def claim(self, names: Sequence[str], image: Path) -> bool:
        """Reserve names for the curves of an image; false if another image has one of them."""
        owner = self._relative(image)
        if any(self._owner_of.get(name, owner) != owner for name in names):
            return False
        for name in names:
            if name not in self._owner_of:
                self._owner_of[name] = owner
                self._new.append((name, owner))
        return True

    def save(self) -> None:
        """Append what is new to the file of owners.

        Raises
        ------
        OutputError
            If the folder cannot be made or written.
        """
        if not self._new:
            return
        text = "".join(json.dumps(entry) + "\n" for entry in self._new)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / OWNERS_FILE).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise OutputError(f"{self._folder}: cannot write results: {error.strerror}") from error
        self._new.clear()

    def _relative(self, image: Path) -> str:
        """Path from this folder, so that a tree may be moved with its results."""
        try:
            return Path(os.path.relpath(image, self._folder)).as_posix()
        except ValueError:  # another drive on Windows
            return image.as_posix()


def assign(
    sources: Iterable[Source], rule: OutputRule, channels: Sequence[str]
) -> dict[Path, Path]:
    """Folder and stem of the curves of each image, ``<folder>/<stem>``; owners are written down.

    Raises
    ------
    OutputError
        If a folder of results cannot be made or written.
    """
    folders: dict[Path, Owners] = {}
    targets: dict[Path, Path] = {}
    for source in sources:
        image, folder = source.image, rule.folder_of(source)
        below = folder / image.parent.name
        for candidate in (folder / image.stem, below / image.stem, below / image.name):
            owners = folders.get(candidate.parent)
            if owners is None:
                owners = folders[candidate.parent] = Owners(candidate.parent)
            if owners.claim(curve_names(candidate.name, channels), image):
                targets[image] = candidate
                break
        else:
            raise OutputError(f"{image}: no free name for its curves in {below}")
    for owners in folders.values():
        owners.save()
    return targets
