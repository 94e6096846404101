"""The folder where one server keeps what must survive it, and that no second one may use."""

import logging
import os
import sys
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.errors import OutputError, SettingsError

logger = logging.getLogger(__name__)

LOCK = "lock"
PRIVATE = 0o700


class StateFolder:
    """A private folder, held as long as this object is entered.

    The lock is the operating system's: it ends with the process, however that ends.

    Attributes
    ----------
    path
        The folder.
    trouble
        What was wrong with it when :meth:`look` looked last, a sentence or none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble: tuple[str, ...] = ()
        self._lock: FileIO | None = None

    def __enter__(self) -> Self:
        """Make the folder if it is not there, and take it.

        Raises
        ------
        SettingsError
            If it cannot be made, or another server holds it.
        """
        try:
            self.path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            self._lock = FileIO(self.path / LOCK, "a")
        except OSError as error:
            raise SettingsError(
                f"{self.path}: cannot keep state there: {error.strerror}"
            ) from error
        try:
            take_lock(self._lock)
        except OSError as error:
            self._lock.close()
            raise SettingsError(
                f"{self.path}: another server keeps its state there; stop it, or choose another "
                "folder with --state"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            self._lock.close()

    def look(self) -> None:
        """Take notice of a folder that was removed, or whose disk was taken away, and came back."""
        before, problem = self.trouble, self._problem()
        self.trouble = () if problem is None else (problem,)
        if problem is not None and not before:
            logger.error("%s", problem)
        elif before and problem is None:
            logger.info("%s: the state of the server is there again", self.path)

    def expect(self) -> None:
        """Look, and raise :exc:`OutputError` if nothing can be remembered there now."""
        self.look()
        if self.trouble:
            raise OutputError(self.trouble[0])

    def _problem(self) -> str | None:
        if self._lock is None:
            return None
        try:
            # An inode is given to no other file as long as we have it open.
            same = os.path.samestat(os.stat(self.path / LOCK), os.fstat(self._lock.fileno()))  # noqa: PTH116
            why = "" if same else "another folder has taken its place"
        except (FileNotFoundError, NotADirectoryError):
            why = "it was removed, or its disk taken away"
        except OSError as error:
            why = error.strerror or str(error)
        if not why:
            return None
        return (
            f"{self.path}: the state of the server is gone: {why}; bring it back or start the "
            "server again: until then no queue can be opened or closed"
        )


def take_lock(file: FileIO) -> None:
    """Take the lock of a file until it is closed; errors of the system if somebody else has it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
