"""A calibration and the files that it names are written, and replace nothing that is not theirs."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from saxsdog.calibration import text_of
from saxsdog.errors import UsageError
from saxsdog.named_files import named_files
from saxsdog.whole_file import write_whole


def store(document: Mapping[str, Any], files: Mapping[str, bytes], path: Path) -> dict[str, Any]:
    """Write a calibration, and the files that it names beside it.

    Parameters
    ----------
    document
        The calibration, as it stands in a file; it need not be valid.
    files
        Content of these files, by the text that stands in the calibration.
    path
        File of the calibration; one that is there is replaced.

    Returns
    -------
    dict
        The document as it was written: a file whose name leads elsewhere has got another one.

    Raises
    ------
    UsageError
        If a file cannot be written, or would replace another one; nothing was written
        then.
    """
    names = names_below(list(files))
    contents = {path.parent / names[name]: data for name, data in files.items()}
    written = with_names(document, names)
    try:
        for file, data in contents.items():
            if file == path or (file.exists() and file.read_bytes() != data):
                raise UsageError(f"{file}: expected no file, or the one that the server has")
        for file, data in contents.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, data)
        write_whole(path, text_of(written).encode())
    except OSError as error:
        what = "written with its files" if files else "written"
        raise UsageError(f"{path}: cannot be {what}: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise UsageError(f"{path}: expected text, got half a character in it") from error
    return written


def names_below(names: Sequence[str], reserved: Sequence[str] = ()) -> dict[str, str]:
    """Choose the place of each file: that of its name, if this leads nowhere else.

    A file at ``/data/a.msk`` or ``../a.msk`` becomes ``a.msk``, or ``a-1.msk`` if there is one.

    Parameters
    ----------
    names
        As they stand in a calibration.
    reserved
        Names that belong to others.
    """
    chosen = {name: name for name in names if _lies_below(name) and name not in reserved}
    for name in names:
        if name in chosen:
            continue
        last = re.split(r"[\\/:]", name)[-1].lstrip(".") or "file"
        last = "".join(c if c.isprintable() else "_" for c in last)
        plain, number = PurePosixPath(last), 0
        while last in chosen.values() or last in reserved:
            number += 1
            last = f"{plain.stem}-{number}{plain.suffix}"
        chosen[name] = last
    return chosen


def _lies_below(name: str) -> bool:
    """Whether a name leads to a file below a folder, on any system, and not to a hidden one."""
    parts = PureWindowsPath(name).parts  # takes / and \\ for separators
    plain = not PureWindowsPath(name).anchor and ":" not in name and name.isprintable()
    return bool(parts) and plain and not any(part.startswith(".") for part in parts)


def with_names(document: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Copy a calibration with the names that its files were written to."""
    changed = deepcopy(dict(document))
    for file in named_files(document):
        if file.name in names:
            *around, key = file.path
            place: Any = changed
            for part in around:
                place = place[part]
            place[key] = names[file.name]
    return changed
