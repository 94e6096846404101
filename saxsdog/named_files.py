"""The files that a calibration names: masks, and images and curves that correct others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from saxsdog.explanations import KeyPath, path_text
from saxsdog.schema import load_schema


class FileRole(StrEnum):
    """What a file is for; the word that the schema has under ``file``."""

    MASK = "mask"
    IMAGE = "image"
    CURVE = "curve"


@dataclass(frozen=True)
class NamedFile:
    """A file as it stands in a calibration.

    Attributes
    ----------
    path
        Where in the document, for example ``("Masks", 0, "MaskFile")``.
    name
        The text that stands there.
    """

    path: KeyPath
    name: str
    role: FileRole

    @property
    def key(self) -> str:
        """The place in words: ``Masks[0].MaskFile``."""
        return path_text(self.path)


def named_files(document: Any) -> tuple[NamedFile, ...]:
    """Find every file that a calibration document names, in its order; it need not be valid."""
    return tuple(_walk(document, load_schema("calibration"), ()))


def _walk(value: Any, schema: Mapping[str, Any], path: KeyPath) -> Iterator[NamedFile]:
    if isinstance(value, str) and "file" in schema:
        yield NamedFile(path, value, FileRole(schema["file"]))
    elif isinstance(value, dict):
        for key, sub in value.items():
            yield from _walk(sub, schema.get("properties", {}).get(key, {}), (*path, key))
    elif isinstance(value, list):
        for i, sub in enumerate(value):
            yield from _walk(sub, schema.get("items", {}), (*path, i))
