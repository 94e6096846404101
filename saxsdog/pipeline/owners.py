"""Who owns which curve file in a folder of results, written down beside the curves."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from saxsdog.errors import OutputError

OWNERS_FILE = ".saxsdog-owners.jsonl"


class Owners:
    """Which image owns which curve file in one folder.

    Parameters
    ----------
    folder
        Without links in its path; need not exist yet.

    Raises
    ------
    OutputError
        If the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner_of: dict[str, str] = {}
        self._new: list[tuple[str, str]] = []
        self._torn = False
        try:
            text = (folder / OWNERS_FILE).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(f"{folder}: cannot be used: {error.strerror}") from error
        self._torn = not text.endswith("\n")  # a full disk, or a crash, cut the last line off
        for line in text.splitlines():
            self._read(line)

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
                file.write("\n" + text if self._torn else text)
        except OSError as error:
            raise OutputError(f"{self._folder}: cannot write results: {error.strerror}") from error
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
        try:
            return Path(os.path.relpath(image, self._folder)).as_posix()
        except ValueError:  # another drive on Windows
            return image.as_posix()
