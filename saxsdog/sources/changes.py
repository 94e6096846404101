"""What an operating system tells of a folder."""

import errno
from typing import NamedTuple, Protocol

LIMITS = (errno.ENOSPC, errno.EMFILE, errno.ENFILE)
"""Errors that say that no further folder can be watched."""


class Change(NamedTuple):
    """Something came, or was written. ``opened``: by a program that may still write to it."""

    path: str
    is_folder: bool
    opened: bool


class FolderEvents(Protocol):
    """What changes in a folder from now on."""

    @property
    def lost(self) -> str | None:
        """Why what was read is not all, or will not be from now on."""

    def read(self, timeout: float) -> list[Change]:
        """Wait for changes, not longer than a time (s)."""

    def wake(self) -> None:
        """End a ``read`` that waits in another thread."""

    def close(self) -> None:
        """Watch no more."""
