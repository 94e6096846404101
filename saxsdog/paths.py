"""A path from outside becomes one below a root, or is refused.

Clients name folders by lists of parts, feeders and file systems name images by absolute paths. Both
count as what they lead to behind all links, and that must lie in one of the roots. Paths are
compared part by part: ``/data/user1`` does not hold ``/data/user10``.
"""

import errno
import heapq
import os
import re
import stat
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from saxsdog.errors import PathError, SettingsError

LONGEST_PART = 255
"""Bytes; what the usual file systems take."""

LONGEST_PATH = 4096
"""Bytes; what Linux takes."""

MEMORY = 2.0
"""Seconds for which it is remembered where a folder leads."""

_MOST_REMEMBERED = 4096
_RESERVED_ON_WINDOWS = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE
)
_FORBIDDEN_ON_WINDOWS = frozenset('<>:"|?*')
_CONTROL_OR_SURROGATE = ("Cc", "Cs")


class FolderEntry(NamedTuple):
    """A file or folder in a folder; characters that cannot be printed are escaped in its name."""

    name: str
    isdir: bool


@dataclass(frozen=True)
class FolderContent:
    """What is in a folder; ``complete`` is false if there was more."""

    entries: tuple[FolderEntry, ...]
    complete: bool


class _Destination(NamedTuple):
    """Where a folder leads."""

    folder: Path
    valid_until: float


class Roots:
    """The folders below which a server works, and what may be named in them.

    Safe to use from several threads.

    Parameters
    ----------
    folders
        The first is the one that parts of a path start from; links may lead to the others too.
    clock
        Seconds, never going back.

    Raises
    ------
    SettingsError
        If there is no folder, or one of them does not exist.
    """

    def __init__(
        self, folders: Sequence[Path], clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not folders:
            raise SettingsError("roots: expected at least one folder to work in, got none")
        self.folders = tuple(map(_real_root, folders))
        self._prefixes = [f"{folder.as_posix().rstrip('/')}/" for folder in self.folders]
        begins = "|".join(
            re.escape(f"{str(folder).rstrip(os.sep)}{os.sep}") for folder in self.folders
        )
        # Not in the middle of another path, and no lone slash where a root is the file system.
        self._begin_of_path = re.compile(rf"(?<![\w./\\-])(?:{begins})(?![\s/])")
        self._clock = clock
        self._destinations: dict[str, _Destination] = {}

    @staticmethod
    def is_below(path: Path, folder: Path) -> bool:
        """Whether a path is that of a folder or of something in it, as it is written."""
        return path.is_relative_to(folder)

    def hold(self, real: Path) -> bool:
        """Whether a path without links lies in one of the roots."""
        return any(self.is_below(real, folder) for folder in self.folders)

    def directory(self, parts: Sequence[str], *, must_exist: bool = True) -> Path:
        """Return where the folder with these parts below the first root really is.

        Parts that are ``.`` say nothing, as in calibrations of the original.

        Raises
        ------
        PathError
            Naming the part that no path may have or that leads out of the roots; and if there is no
            such folder, unless it need not exist (yet).
        """
        names = [part for part in parts if part != "."]
        _check_parts(names)
        path = self.folders[0].joinpath(*names)
        real = Path(os.path.realpath(path))
        if not self.hold(real):
            way_out = self._first_outside(names)
            raise PathError(f"{way_out!r} leads out of the folders that this server works in")
        try:
            is_folder = stat.S_ISDIR(real.stat().st_mode)
        except FileNotFoundError:
            is_folder = not must_exist
        except OSError as error:
            raise PathError(f"{'/'.join(names)}: cannot be used: {error.strerror}") from error
        if not is_folder:
            raise PathError(f"{'/'.join(names)}: expected a folder, there is none of this name")
        return real

    def locate(self, path: str) -> tuple[Path, os.stat_result | None]:
        """Return the real folder with the name of an image, and the status of what it leads to.

        A link to an image keeps its own name. The status is ``None`` if it cannot be had, mostly
        because there is no such file yet. It takes some microseconds, because where a folder leads
        is remembered for ``MEMORY``.

        Raises
        ------
        PathError
            If the path is none, or leads out of the roots.
        """
        folder, name = os.path.split(path)
        try:
            destination = self._destination(folder)
            if destination is None:
                raise PathError(f"{printable(path)}: expected a path below a root")
            if name in ("", ".", "..") or (os.name == "nt" and unusable_on_windows(name)):
                raise PathError(f"{printable(path)}: expected the path of a file")
            image = destination / name
            return image, self._status(image)
        except ValueError as error:  # a character that no system knows
            raise PathError(f"{printable(path)}: expected a path: {error}") from error

    def relative(self, path: Path | str) -> str:
        """Return a path for people: seen from its root, with ``/``, odd characters escaped."""
        text = str(path).replace(os.sep, "/")
        for prefix in self._prefixes:
            if f"{text}/".startswith(prefix):
                return printable(text[len(prefix) :] or ".")
        return printable(text)

    def shorten(self, text: str) -> str:
        """Return a sentence for people outside: paths in it start at their root."""
        return printable(self._begin_of_path.sub("", text))

    def list_folder(self, parts: Sequence[str], most: int = 10_000) -> FolderContent:
        """Return what is in a folder, folders first; nothing hidden, no link to the outside.

        Raises
        ------
        PathError
            As from :meth:`directory`, and if the folder cannot be read.
        """
        folder = self.directory(parts)
        try:
            with os.scandir(folder) as entries:
                first = heapq.nsmallest(
                    most + 1, self._visible(entries), key=lambda entry: (not entry.isdir, entry)
                )
        except OSError as error:
            where = "/".join(parts)
            raise PathError(f"{where or '.'}: cannot be read: {error.strerror}") from error
        return FolderContent(tuple(first[:most]), complete=len(first) <= most)

    def _visible(self, entries: Iterator[os.DirEntry[str]]) -> Iterator[FolderEntry]:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_symlink() and not self._leads_inside(entry.path):
                continue
            yield FolderEntry(printable(entry.name), entry.is_dir())

    def _leads_inside(self, link: str) -> bool:
        return self.hold(Path(os.path.realpath(link))) and os.path.exists(link)  # noqa: PTH110

    def _first_outside(self, names: Sequence[str]) -> str:
        """Name the part at which a path that ends outside of the roots leaves them."""
        path = self.folders[0]
        for name in (".", *names):  # the root itself may have become a link
            path /= name
            if not self.hold(Path(os.path.realpath(path))):
                break
        return name

    def _destination(self, folder: str) -> Path | None:
        """Return where a folder really is, ``None`` outside of the roots."""
        now = self._clock()
        known = self._destinations.get(folder)
        if known is not None and now < known.valid_until:
            return known.folder
        if len(folder) > LONGEST_PATH or not Path(folder).is_absolute():
            return None
        real = Path(os.path.realpath(folder))
        if not self.hold(real):
            return None
        # One that is not there may come as a link to anywhere. Path.is_dir would raise for some.
        if os.path.isdir(real):  # noqa: PTH112
            if len(self._destinations) >= _MOST_REMEMBERED:
                self._destinations.clear()
            self._destinations[folder] = _Destination(real, now + MEMORY)
        return real

    def _status(self, image: Path) -> os.stat_result | None:
        try:
            status = os.lstat(image)
            if stat.S_ISLNK(status.st_mode):
                real = Path(os.path.realpath(image))
                if not self.hold(real):
                    raise PathError(f"{printable(str(image))}: is a link that leads elsewhere")
                status = real.stat()
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENAMETOOLONG):
                raise PathError(f"{printable(str(image))}: {error.strerror}") from error
            return None
        return status


def printable(text: str) -> str:
    r"""Escape what cannot be printed: bytes that are no UTF-8 as ``\xff``, control characters."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    """Escape a character; Python holds an undecodable byte 0x80 to 0xff as U+DC80 to U+DCFF."""
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def _real_root(folder: Path) -> Path:
    try:
        real = folder.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # links in a circle are no OSError for pathlib
        raise SettingsError(f"roots: expected a folder that exists, got {folder}") from error
    if not real.is_dir():
        raise SettingsError(f"roots: expected a folder, got the file {folder}")
    return real


def _check_parts(names: Sequence[str]) -> None:
    for position, name in enumerate(names, start=1):
        problem = _problem_of(name)
        if problem:
            shown = printable(name[:LONGEST_PART])
            raise PathError(f"part {position} of the path, '{shown}', {problem}")
    size = len("/".join(names).encode())
    if size > LONGEST_PATH:
        raise PathError(f"expected a path of at most {LONGEST_PATH} bytes, got {size}")


def _problem_of(name: str) -> str | None:
    if not name:
        return "is empty"
    if name == "..":
        return "would lead upwards"
    if "/" in name or "\\" in name:
        return "holds a separator: expected one part for each folder"
    if any(unicodedata.category(character) in _CONTROL_OR_SURROGATE for character in name):
        return "holds a character that cannot be printed"
    if len(name.encode()) > LONGEST_PART:
        return f"is longer than {LONGEST_PART} bytes"
    if os.name == "nt" and unusable_on_windows(name):
        return "is no name of a folder on Windows"
    return None


def unusable_on_windows(name: str) -> bool:
    """Whether Windows takes a name for a device, a drive or a stream, or as another name."""
    return (
        bool(_RESERVED_ON_WINDOWS.fullmatch(name))
        or not _FORBIDDEN_ON_WINDOWS.isdisjoint(name)
        or name.endswith((" ", "."))
    )
