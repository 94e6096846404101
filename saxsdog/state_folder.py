"""The folder where one server keeps what must survive it, and that no second one may use."""

import sys
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.errors import SettingsError

LOCK = "lock"
PRIVATE = 0o700


class StateFolder:
    """A private folder, held as long as this object is entered.

    The lock is the operating system's: it ends with the process, however that ends.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
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


def take_lock(file: FileIO) -> None:
    """Lock a file for this process, or raise ``OSError`` if another one holds it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
