"""A calibration with all that belongs to it in one zip: who has it gets the same numbers."""

import hashlib
import io
import json
import lzma
import platform
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from saxsdog.calibration import Calibration, text_of
from saxsdog.calibration_files import names_below, with_names
from saxsdog.errors import BundleError, DocumentError
from saxsdog.integrator import Integrator
from saxsdog.named_files import named_files
from saxsdog.regular_file import read_regular
from saxsdog.schema import parse_json
from saxsdog.whole_file import write_whole

SUFFIX = ".zip"

CONTENTS = "bundle.json"
"""What the zip holds: the calibration, where its files are, versions."""

CALIBRATION = "calibration.saxsconf"
"""For those who unpack the zip: the calibration with the names that its files have there."""

GENERATION = 1
"""Of the layout; a later one would be another number."""

PROGRAMS = ("saxsdog", "numpy", "numba", "fabio", "h5py", "hdf5plugin", "tifffile")
"""On which numbers may depend."""

LARGEST = 1 << 30
"""Bytes of a bundle, and of all files in it; a zip may claim to hold any number."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same for all files, so that the same content makes the same zip."""

_FAST = 1
"""Level of compression: who starts a queue with a large flat field waits for it."""

_LONGEST_ENDING = 16

_DIGITS = 16
_ID = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")


@dataclass(frozen=True)
class Bundle:
    """What curves are made of, but for the image.

    Attributes
    ----------
    document
        The calibration as it was given.
    files
        Content of each file that it names, by the text that stands there.
    versions
        Of the programs that made the results.
    """

    document: Mapping[str, Any]
    files: Mapping[str, bytes]
    versions: Mapping[str, str]

    @classmethod
    def of(cls, calibration: Calibration, places: Mapping[str, Path]) -> Self:
        """Pack a calibration as this program uses it.

        Parameters
        ----------
        calibration
            Whose document is packed.
        places
            Where each file is that it names.

        Raises
        ------
        OSError
            If one cannot be read.
        """
        files = {name: path.read_bytes() for name, path in places.items()}
        return cls(calibration.document, files, versions())

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """SHA-256 of each file."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}

    @cached_property
    def id(self) -> str:
        """The same for results of the same calibration, files and programs."""
        text = json.dumps([self.document, self.digests, self.versions])
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

    def to_bytes(self) -> bytes:
        """Return the zip; the same for equal bundles."""
        names = names_below(list(self.files), reserved=(CONTENTS, CALIBRATION))
        contents = {
            "generation": GENERATION,
            "versions": self.versions,
            "calibration": self.document,
            "files": {
                name: {"path": names[name], "sha256": digest}
                for name, digest in self.digests.items()
            },
        }
        named = text_of(with_names(self.document, names))
        stored = io.BytesIO()
        with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, CONTENTS, json.dumps(contents, indent=2).encode())
            _add(archive, CALIBRATION, named.encode("utf-8", "backslashreplace"))
            for name, data in self.files.items():
                _add(archive, names[name], data)
        return stored.getvalue()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a bundle: a zip, or the folder that somebody unpacked it to.

        Raises
        ------
        BundleError
            If it is none, is damaged, or a file in it is not what it was.
        """
        try:
            read = _FolderReader(path) if path.is_dir() else _ZipReader(path)
            contents = parse_json(read.bytes_of(CONTENTS).decode())
            _check_generation(contents.get("generation", GENERATION))
            files = {
                name: _checked(read.bytes_of(each["path"]), each, path)
                for name, each in contents["files"].items()
            }
            versions_then = {str(name): str(text) for name, text in contents["versions"].items()}
            bundle = cls(dict(contents["calibration"]), files, versions_then)
        except OSError as error:
            raise BundleError(f"{path}: expected a bundle: {error.strerror or error}") from error
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            struct.error,
            DocumentError,
            EOFError,
            RuntimeError,  # it is encrypted
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            raise BundleError(f"{path}: expected a bundle of saxsdog: {error}") from error
        missing = {file.name for file in named_files(bundle.document)} - bundle.files.keys()
        if missing:
            raise BundleError(f"{path}: expected {', '.join(sorted(missing))} in the bundle")
        return bundle

    def calibration(self) -> Calibration:
        """Return the calibration.

        Raises
        ------
        CalibrationError
            If this version of saxsdog cannot use it.
        """
        return Calibration.from_document(self.document)

    def integrator(self) -> Integrator:
        """Return what integrates images as the bundle says.

        Raises
        ------
        CalibrationError
            If this version of saxsdog cannot use the calibration or its files.
        """
        with self.unpacked() as places:
            return Integrator(self.calibration(), files=places)

    @contextmanager
    def unpacked(self) -> Iterator[dict[str, Path]]:
        """Yield where the files are for now: in a temporary folder."""
        with tempfile.TemporaryDirectory(prefix="saxsdog-bundle-") as folder:
            places = {}
            for number, (name, data) in enumerate(self.files.items()):
                # Readers of masks look at endings; nothing else of a foreign name is used.
                ending = re.sub(r"[^A-Za-z0-9.]", "", Path(name).suffix)
                places[name] = Path(folder) / f"{number}{ending[-_LONGEST_ENDING:]}"
                places[name].write_bytes(data)
            yield places

    @property
    def other_versions(self) -> tuple[str, ...]:
        """What is different here: ``saxsdog 0.1.0 (here 0.2.0)``, one for each program."""
        here = versions()
        return tuple(
            f"{name} {text} (here {here.get(name, 'none')})"
            for name, text in self.versions.items()
            if here.get(name) != text
        )


@dataclass(frozen=True)
class Packed:
    """A bundle in a file; small enough to pass around."""

    path: Path
    id: str

    @classmethod
    def write(cls, bundle: Bundle, path: Path) -> Self:
        """Write a bundle.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        write_whole(path, bundle.to_bytes())
        return cls(path, bundle.id)


def is_id(text: str) -> bool:
    """Whether this may be the identity of a bundle."""
    return _ID.fullmatch(text) is not None


def sha256_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a calibration as it stands in curve files."""
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of the programs here that numbers may depend on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in PROGRAMS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16  # else nobody may read what somebody unpacks
    archive.writestr(entry, data, compresslevel=_FAST)


def _check_generation(generation: Any) -> None:
    if generation != GENERATION:
        raise ValueError(f"expected the layout {GENERATION}, got {generation}, a later one")


def _checked(data: bytes, described: Mapping[str, str], path: Path) -> bytes:
    digest = hashlib.sha256(data).hexdigest()
    if digest != described["sha256"]:
        raise BundleError(
            f"{path}: {described['path']}: expected the SHA-256 {described['sha256']}, got {digest}"
        )
    return data


class _ZipReader:
    """Files of a zip, as long as they are not too large together."""

    def __init__(self, path: Path) -> None:
        data = read_regular(path, LARGEST, follow=True)
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._left = LARGEST

    def bytes_of(self, name: str) -> bytes:
        entry = self._archive.getinfo(name)
        self._left -= entry.file_size
        if self._left < 0:
            raise ValueError(f"more than {LARGEST} bytes are packed in it")
        with self._archive.open(entry) as file:
            return file.read(entry.file_size)


class _FolderReader:
    """Files of a folder that a zip was unpacked to."""

    def __init__(self, path: Path) -> None:
        self._folder = path

    def bytes_of(self, name: str) -> bytes:
        return read_regular(self._folder / name, LARGEST, follow=True)
