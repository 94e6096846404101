"""Who owns which curve file in a folder of results, written down beside the curves."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from saxsdog.errors import OutputError
from saxsdog.regular_file import read_regular
from saxsdog.whole_file import append_to

OWNERS_FILE = ".saxsdog-owners.jsonl"

MOST_OWNERS = 1 << 29
"""Bytes of the file of owners; five million curves take less."""


class Owners:
    """Which image owns which curve file in one folder.

    Parameters
    ----------
    folder
        Without links in its path; need not exist yet.
    known_size
        Bytes of the file of owners when somebody else has learnt it; if it still has them, it is
        not read again.

    Raises
    ------
    OutputError
        If the folder cannot be used.
    """

    def __init__(self, folder: Path, known_size: int | None = None) -> None:
        self._folder = folder
        self._owner_of: dict[str, str] = {}
        self._new: list[tuple[str, str]] = []
        self._ways: dict[Path, str] = {}
        self._torn = False
        try:
            if known_size is not None and self.size() == known_size:
                return
            text = read_regular(folder / OWNERS_FILE, MOST_OWNERS).decode("utf-8", "replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(f"{folder}: cannot be used: {error.strerror}") from error
        self._torn = not text.endswith("\n")  # a full disk, or a crash, cut the last line off
        for line in text.splitlines():
            self._read(line)

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return bool(self._new)

    def size(self) -> int | None:
        """Return the bytes of the file of owners, or ``None`` if there is none.

        Raises
        ------
        OutputError
            If the folder cannot be used.
        """
        try:
            return (self._folder / OWNERS_FILE).lstat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutputError(f"{self._folder}: cannot be used: {error.strerror}") from error

    def claim(self, names: Sequence[str], image: Path) -> bool:
        """Reserve names for the curves of an image; false if one of them is not free.

        A name belongs to another image if that has claimed it, or if it is an image itself.
        """
        owner = self._relative(image)
        if any(self._owner_of.get(name, owner) != owner for name in names):
            return False
        if any(self._folder / name == image for name in names):
            return False
        for name in names:
            if name not in self._owner_of:
                self._owner_of[name] = owner
                self._new.append((name, owner))
        return True

    def drain(self) -> dict[str, str]:
        """Hand the owners over, image by name of its curve, to somebody with a better memory."""
        owners, self._owner_of = self._owner_of, {}
        return owners

    def note(self, names: Sequence[str], image: Path) -> None:
        """Take down who owns names that were given away by somebody else."""
        owner = self._relative(image)
        self._new += [(name, owner) for name in names]

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
            data = ("\n" + text if self._torn else text).encode()
            append_to(self._folder / OWNERS_FILE, data, parents=True)
        except OSError as error:
            self._torn = True
            raise OutputError(f"{self._folder}: cannot write results: {error.strerror}") from error
        self._torn = False
        self._new.clear()

    def _read(self, line: str) -> None:
        """Note the owner that a line names; what is no such line was cut off."""
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if isinstance(entry, list) and len(entry) == len(("name", "image")):
            self._owner_of[str(entry[0])] = str(entry[1])

    def _relative(self, image: Path) -> str:
        """Path from this folder, so that a tree may be moved with its results."""
        start = self._ways.get(image.parent)
        if start is None:
            start = self._ways[image.parent] = self._way_to(image.parent)
        return f"{start}{image.name}"

    def _way_to(self, folder: Path) -> str:
        """Return how the paths of the images of a folder begin, seen from this one."""
        try:
            way = Path(os.path.relpath(folder, self._folder)).as_posix()
        except ValueError:  # another drive on Windows
            way = folder.as_posix()
        return "" if way == "." else f"{way.rstrip('/')}/"
