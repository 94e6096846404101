r"""A path as a feeder writes it becomes one of this machine.

A feeder may run elsewhere: with other names for the same folders, and on Windows, where ``\``
separates them. Feeders of the original may also say where an image lies below the root.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from saxsdog.paths import unusable_on_windows


class AnnouncedPaths:
    """Reads paths of feeders; what they lead to is for others to check.

    Parameters
    ----------
    root
        Where paths start that are not absolute.
    mapping
        Pairs of folders: what the machine of the feeder calls a folder, and what we call it. The
        longest that fits is applied.
    """

    def __init__(self, root: Path, mapping: Sequence[tuple[str, str]] = ()) -> None:
        self._root = root
        pairs = [(_folder(theirs), Path(ours)) for theirs, ours in mapping]
        self._mapping = sorted(pairs, key=lambda pair: len(pair[0].parts), reverse=True)

    def readings(self, path: str) -> Iterable[str]:
        r"""Return what a path may mean here, which may be nothing.

        Where ``\`` is a letter as others are, a path that holds some comes as it is written first;
        the second reading holds if nothing is there.
        """
        if "\\" not in path and path[1:2] != ":":  # nearly always
            return self._read(path) if self._mapping or path[:1] != "/" else (path,)
        return self._read_windows(path)

    def _read_windows(self, path: str) -> Iterator[str]:
        """Read a path that may have been written on Windows."""
        seen = PureWindowsPath(path)
        if not seen.drive and os.name != "nt":
            yield from self._read(path)
        if not any(map(unusable_on_windows, seen.parts[bool(seen.anchor) :])):
            yield from self._read(path if seen.drive else seen.as_posix())

    def _read(self, path: str) -> Iterator[str]:
        for theirs, ours in self._mapping:
            seen = type(theirs)(path)
            if seen.is_relative_to(theirs):
                yield from _below(ours, seen.relative_to(theirs))
                return
        if os.path.isabs(path):  # noqa: PTH117 - only a look at the text
            yield path
        elif not PureWindowsPath(path).drive:
            yield from _below(self._root, PurePath(path))


def _below(folder: Path, rest: PurePath) -> Iterator[str]:
    if ".." not in rest.parts:
        yield str(folder.joinpath(*rest.parts))


def _folder(theirs: str) -> PurePath:
    r"""Read a folder as the machine does that it is of; ``Z:`` is the whole drive."""
    windows = PureWindowsPath(theirs)
    if windows.drive:
        return windows if windows.root else windows / "\\"
    return PurePosixPath(theirs if theirs.startswith("/") else windows.as_posix())
