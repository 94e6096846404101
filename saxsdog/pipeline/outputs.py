"""Which files the curves of an image go to, so that no image ever overwrites another's.

Images of different folders may have the same name and, by the usual rule ``../work``, the same
folder of results. Who owns a name is written down in that folder: the first image keeps the plain
name, later ones get a folder of their own below.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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


@dataclass
class Owners:
    """Who owns which name in one folder of results."""

    folder: Path
    channels: Sequence[str]
    _image_of_stem: dict[str, str] = field(default_factory=dict)
    _owner_of_file: dict[str, str] = field(default_factory=dict)
    _new: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            lines = (self.folder / OWNERS_FILE).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be used: {error.strerror}") from error
        for line in lines:
            try:
                stem, image = json.loads(line)
            except ValueError:  # the end of a line that was cut off by a crash
                continue
            self._note(str(stem), str(image))

    def claim(self, stem: str, image: Path) -> bool:
        """Reserve the names that follow from a stem; false if another image has one of them."""
        owner = self._relative(image)
        if self._image_of_stem.get(stem) == owner:
            return True
        if any(
            self._owner_of_file.get(n, owner) != owner for n in curve_names(stem, self.channels)
        ):
            return False
        self._note(stem, owner)
        self._new.append((stem, owner))
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
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / OWNERS_FILE).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot write results: {error.strerror}") from error
        self._new.clear()

    def _note(self, stem: str, owner: str) -> None:
        self._image_of_stem[stem] = owner
        for name in curve_names(stem, self.channels):
            self._owner_of_file.setdefault(name, owner)

    def _relative(self, image: Path) -> str:
        """Path from this folder, so that a tree may be moved with its results."""
        try:
            return Path(os.path.relpath(image, self.folder)).as_posix()
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

    def owners(folder: Path) -> Owners:
        if folder not in folders:
            folders[folder] = Owners(folder, channels)
        return folders[folder]

    for source in sources:
        image, folder = source.image, rule.folder_of(source)
        below = folder / image.parent.name
        for candidate in (folder / image.stem, below / image.stem, below / image.name):
            if owners(candidate.parent).claim(candidate.name, image):
                targets[image] = candidate
                break
        else:
            raise OutputError(f"{image}: no free name for its curves in {below}")
    for known in folders.values():
        known.save()
    return targets
