"""Masks and other files are read when a calibration names them, and when they change."""

import re
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QFileSystemWatcher, QObject

from saxsdog.errors import SaxsdogError
from saxsdog.io.chi import read_chi
from saxsdog.io.correction_files import read_correction
from saxsdog.io.mask_files import read_mask
from saxsdog.named_files import FileRole
from saxsdog.reduction.channels import Mask
from saxsleash.background import Background
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.mask_store import MaskStore
from saxsleash.places import is_file

LONGEST_NAME = 50
"""Characters of a name that are kept; each may take 4 bytes of the 255 that a disk has for it."""


class NamedFiles(QObject):
    """Keeps what is known of files in step with the calibration that is edited."""

    def __init__(
        self,
        calibration: CalibrationModel,
        store: MaskStore,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._calibration = calibration
        self._store = store
        self._background = background
        self._sources: dict[str, Path | bytes] = {}
        self._path = calibration.path
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._on_file_changed)
        calibration.changed.connect(self._look)
        calibration.file_changed.connect(self._on_file_of_calibration_changed)
        self._look()

    def take(self, contents: Mapping[str, bytes]) -> None:
        """Use files that came from a server, with the calibration that is shown now."""
        for name, data in contents.items():
            self._sources[name] = data
            self._load(name, data)

    def in_memory(self) -> dict[str, bytes]:
        """Return the files that came from a server and lie nowhere here."""
        attachments = self.attachments().items()
        return {name: source for name, source in attachments if isinstance(source, bytes)}

    def attachments(self) -> dict[str, bytes | Path]:
        """Return content or path of each file, by the text that stands in the calibration."""
        return {
            name: self._sources[name] for name in self._calibration.files if name in self._sources
        }

    def _on_file_of_calibration_changed(self) -> None:
        if self._calibration.path != self._path:  # another file: what it names lies beside it
            self._path = self._calibration.path
            self._sources.clear()
        self._look()

    def _look(self) -> None:
        names = self._calibration.files
        for gone in set(self._sources) - set(names):
            del self._sources[gone]
        self._store.forget(names)
        for name in names:
            before = self._sources.get(name)
            source = self._source(name)
            if source is None:
                self._store.set_problem(name, "save the calibration first: its folder is unknown")
                self._sources.pop(name, None)
            elif source != before:
                self._sources[name] = source
                self._load(name, source)

    def _source(self, name: str) -> Path | bytes | None:
        """Say where a file is: in memory from a server, or on a disk."""
        known = self._sources.get(name)
        if isinstance(known, bytes):
            return known
        if Path(name).is_absolute():
            return Path(name)
        path = self._calibration.path
        return None if path is None else path.parent / name

    def _load(self, name: str, source: Path | bytes) -> None:
        if isinstance(source, Path) and is_file(source):
            self._watcher.addPath(str(source))
        self._background.run(
            partial(_read, name, source, self._calibration.files.get(name, FileRole.MASK)),
            partial(self._on_read, name, source),
            partial(self._on_failed, name, source),
        )

    def _on_read(self, name: str, source: Path | bytes, mask: Mask | None) -> None:
        if self._sources.get(name) != source:
            return
        if mask is None:
            self._store.set_fine(name)
        else:
            contents = source if isinstance(source, bytes) else None
            self._store.set_mask(name, mask, contents)

    def _on_failed(self, name: str, source: Path | bytes, error: SaxsdogError) -> None:
        if self._sources.get(name) == source:
            self._store.set_problem(name, str(error))

    def _on_file_changed(self, path: str) -> None:
        for name, source in self._sources.items():
            if source == Path(path):
                self._load(name, source)


def _read(name: str, source: Path | bytes, role: FileRole) -> Mask | None:
    """Read a file, and return what is a mask.

    One from memory is read by way of a disk, because that is what readers take.
    """
    if isinstance(source, Path):
        return _read_file(source, role)
    with tempfile.TemporaryDirectory(prefix="saxsleash-") as folder:
        path = Path(folder, _file_name(name))
        path.write_bytes(source)
        return _read_file(path, role)


def _read_file(path: Path, role: FileRole) -> Mask | None:
    match role:
        case FileRole.MASK:
            return read_mask(path)
        case FileRole.IMAGE:
            read_correction(path)
        case FileRole.CURVE:
            read_chi(path)
    return None


def _file_name(name: str) -> str:
    """Return a name that every file system takes for what a server calls a file."""
    last = re.split(r"[\\/]", name)[-1]
    kept = "".join(one if one.isalnum() or one in "-_." else "_" for one in last)
    return f"file-{kept[-LONGEST_NAME:]}"
