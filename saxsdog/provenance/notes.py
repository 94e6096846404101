"""Notes beside results: of which image, and by which calibration, each of them was made.

They lie in the folder ``.saxsdog`` of a folder of results: a line for each image, and the bundles
that the lines name. So they move with the results.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from saxsdog.provenance.bundle import SUFFIX, Packed, is_id
from saxsdog.regular_file import read_regular
from saxsdog.whole_file import append_to, write_whole

FOLDER = ".saxsdog"
IMAGES = "images.jsonl"

MOST_NOTES = 1 << 30
"""Bytes of a file of notes; five million images take less."""

Put = Callable[[Path, bytes], None]
"""Writes to a file whose folder may have to be made."""


def write_in_folder(path: Path, data: bytes) -> None:
    """Write a file whole; its folder is made if it is not there."""
    path.parent.mkdir(exist_ok=True)
    write_whole(path, data)


@dataclass(frozen=True)
class Note:
    """What one result was made of.

    Attributes
    ----------
    result
        How the names of its curves begin, or that of its archive, without the folder.
    image
        Its path, seen from the folder of the results.
    counts
        What :func:`~saxsdog.provenance.counts.digest_of` says of the image.
    bundle
        Identity of the :class:`~saxsdog.provenance.bundle.Bundle`.
    """

    result: str
    image: str
    counts: str
    bundle: str

    def to_line(self) -> bytes:
        return (json.dumps(self.__dict__) + "\n").encode()

    def image_path(self, folder: Path) -> Path:
        """Return where the image was, for results in this folder now."""
        return Path(os.path.normpath(folder / self.image))


def image_seen_from(folder: Path, image: Path) -> str:
    """Return the path of an image for its note, with slashes.

    It is right for whoever comes to the folder by another name, through a link or behind one.
    """
    try:
        way = os.path.relpath(image, folder)
        real = os.path.realpath(image)
        if os.path.realpath(os.path.join(os.path.realpath(folder), way)) != real:  # noqa: PTH118
            way = os.path.relpath(real, os.path.realpath(folder))
    except ValueError:  # another drive on Windows
        return image.as_posix()
    return Path(way).as_posix()


def bundle_file(folder: Path, bundle: str) -> Path:
    """Return where a bundle lies beside the results of a folder."""
    return folder / FOLDER / f"{bundle}{SUFFIX}"


def keep_bundle(folder: Path, packed: Packed, put_whole: Put = write_in_folder) -> None:
    """Put a bundle beside the results of a folder, if it is not there.

    Raises
    ------
    OSError
        If it cannot be read or written.
    """
    kept = bundle_file(folder, packed.id)
    if not kept.exists():
        put_whole(kept, packed.path.read_bytes())


def write_down(folder: Path, note: Note, put_more: Put = append_to) -> None:
    """Append a note to those of a folder of results.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    put_more(folder / FOLDER / IMAGES, note.to_line())


class Notebook:
    """The notes of one folder of results, for somebody who writes many of them.

    Parameters
    ----------
    folder
        Of the results.
    packed
        What all of them are made of.
    """

    def __init__(self, folder: Path, packed: Packed) -> None:
        self.folder = folder
        self._packed = packed
        self._kept = str(bundle_file(folder, packed.id))
        self._images = folder / FOLDER / IMAGES
        self._ways: dict[Path, str] = {}

    def write(self, result: str, image: Path, counts: str, put_whole: Put, put_more: Put) -> None:
        """Note what a result was made of, and keep the bundle if it is not there.

        Raises
        ------
        OSError
            If something cannot be read or written.
        """
        if not os.path.exists(self._kept):  # noqa: PTH110 - hot
            keep_bundle(self.folder, self._packed, put_whole)
        note = Note(result, f"{self._way_to(image.parent)}/{image.name}", counts, self._packed.id)
        put_more(self._images, note.to_line())

    def _way_to(self, folder: Path) -> str:
        way = self._ways.get(folder)
        if way is None:
            way = self._ways[folder] = image_seen_from(self.folder, folder)
        return way


def read_notes(folder: Path) -> Iterator[Note]:
    """Yield the notes of a folder of results, the newest first; none if there are none.

    Raises
    ------
    OSError
        If they are there and cannot be read.
    """
    try:
        data = read_regular(folder / FOLDER / IMAGES, MOST_NOTES)
    except FileNotFoundError:
        return
    for line in reversed(data.splitlines()):
        note = _note(line)
        if note is not None:
            yield note


def _note(line: bytes) -> Note | None:
    """Read a line; one that a crash has cut off says nothing."""
    try:
        note = Note(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (note.result, note.image, note.counts, note.bundle)
    return note if all(isinstance(text, str) for text in texts) and is_id(note.bundle) else None
