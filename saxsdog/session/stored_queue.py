"""The queue that is open, written down so that a server that starts again goes on with it."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from saxsdog.errors import OutputError
from saxsdog.protocol.messages import Attachment, QueueState
from saxsdog.whole_file import write_whole

_FOLDER = "queue-"
_BACKUP = "queue.json"
_PRIVATE = 0o600
_ODD = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class StoredQueue:
    """A calibration and what is done with it.

    Attributes
    ----------
    id
        Of this queue, never used twice.
    opened
        Seconds since the epoch; older images are only integrated on request.
    everything
        Whether there was such a request.
    document
        The calibration as it was sent.
    files
        For each file that the document names the one in the folder of the queue.
    """

    id: str
    state: QueueState
    opened: float
    document: dict[str, Any] = field(repr=False)
    files: Mapping[str, str]
    everything: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields = json.loads(text)
        return cls(**fields | {"state": QueueState(fields["state"])})

    def folder(self, state_folder: Path) -> Path:
        return state_folder / f"{_FOLDER}{self.id}"

    def places(self, state_folder: Path) -> dict[str, Path]:
        """Return where the bytes of each file are."""
        folder = self.folder(state_folder)
        return {name: folder / file for name, file in self.files.items()}

    def attachments(self, state_folder: Path) -> tuple[Attachment, ...]:
        """Read the files, to send them.

        Raises
        ------
        OutputError
            If the folder of the server's state has been damaged.
        """
        try:
            return tuple(
                Attachment(name, path.read_bytes())
                for name, path in self.places(state_folder).items()
            )
        except OSError as error:
            raise OutputError(f"a file of the calibration cannot be read: {error}") from error


def store_files(folder: Path, attachments: tuple[Attachment, ...]) -> dict[str, str]:
    """Write files into a new folder and return what each of their names became.

    Raises
    ------
    OutputError
        If there is no room.
    """
    files = {
        each.name: f"{i}-{_ODD.sub('_', each.name)[-_LONGEST_NAME:]}"
        for i, each in enumerate(attachments)
    }
    try:
        folder.mkdir(mode=0o700)
        for each in attachments:
            write_whole(folder / files[each.name], each.data)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error
    return files


def write_backup(state_folder: Path, text: str) -> None:
    """Keep a copy of a stored queue outside of the journal.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = state_folder / _BACKUP
    try:
        write_whole(path, text.encode(), mode=_PRIVATE)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def read_backup(state_folder: Path) -> str | None:
    """Return the copy, or ``None`` if there is none."""
    try:
        return (state_folder / _BACKUP).read_text(encoding="utf-8")
    except OSError:
        return None


def remove_other_queues(state_folder: Path, keep: StoredQueue | None) -> None:
    """Remove the folders of former queues."""
    for folder in state_folder.glob(f"{_FOLDER}*"):
        if keep is None or folder != keep.folder(state_folder):
            shutil.rmtree(folder, ignore_errors=True)
