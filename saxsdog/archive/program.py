"""The process that keeps the archives of a server: ``python -m saxsdog.archive.program FOLDER``.

A disk that hangs stops this process, and nobody else. It ends when its standard input does, and
says in lines of JSON what it cannot do, an empty list when all is well again.
"""

import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.archive.archive import Archive
from saxsdog.archive.archivist import FOLDERS, LAST_RECORDS
from saxsdog.archive.description import Description
from saxsdog.archive.records import CLOSED, DESCRIPTION, waiting
from saxsdog.errors import SaxsdogError

PAUSE = 0.5
"""s between two looks for records."""

TRY_AGAIN = 5.0


class Keeper:
    """The archives of all queues of a server; a context manager.

    Parameters
    ----------
    state_folder
        Of the server.
    """

    def __init__(self, state_folder: Path) -> None:
        self._state_folder = state_folder
        self._archives: dict[Path, Archive] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        for folder in list(self._archives):
            self._forget(folder)

    def turn(self, stop: Callable[[], bool] = lambda: False) -> list[str]:
        """Bring every record that waits to its archive, and return what is wrong."""
        trouble = []
        folders = sorted(self._state_folder.glob(FOLDERS))
        # Those that are closed first: the next queue may go on with their files.
        for folder in sorted(folders, key=lambda each: not (each / CLOSED).exists()):
            try:
                self._take_from(folder, stop)
            except SaxsdogError as error:
                trouble.append(str(error))
                # What is on the disk may be another file by now.
                self._forget(folder)
            except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
                trouble.append(f"{folder}: cannot be archived: {error}")
                self._forget(folder)
        return trouble

    def _take_from(self, folder: Path, stop: Callable[[], bool]) -> None:
        closed = (folder / CLOSED).exists()
        archive = self._archives.get(folder)
        if archive is None:
            description = folder / DESCRIPTION
            if not description.exists():  # it is just being made
                return
            text = description.read_text(encoding="utf-8")
            archive = self._archives[folder] = Archive(Description.from_json(text), folder)
        if waiting(folder):
            self._let_go(archive, folder)
            archive.drain(stop)
        if closed and not stop():
            archive.finish()
            self._forget(folder)
            if (folder / CLOSED).exists():  # else a new server goes on with it
                shutil.rmtree(folder, ignore_errors=True)

    def _let_go(self, archive: Archive, folder: Path) -> None:
        """Close the same files where they are open for another queue: it must read them anew."""
        for other, held in list(self._archives.items()):
            if other != folder and held.targets & archive.targets:
                self._forget(other)

    def _forget(self, folder: Path) -> None:
        archive = self._archives.pop(folder, None)
        if archive is not None:
            archive.close()


def main() -> None:
    """Keep archives until the standard input ends."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # they belong to the server
    ended = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    with Keeper(Path(sys.argv[1])) as keeper:
        said: list[str] = []
        while not ended.is_set():
            trouble = keeper.turn(ended.is_set)
            if trouble != said:
                said = trouble
                print(json.dumps(said), flush=True)  # noqa: T201 - to the server
            ended.wait(TRY_AGAIN if trouble else PAUSE)
        last = time.monotonic() + LAST_RECORDS
        keeper.turn(lambda: time.monotonic() > last)


if __name__ == "__main__":
    main()
