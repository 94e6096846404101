"""A calibration and its masks go to files, and replace nothing that is not theirs."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from saxsdog.calibration import text_of
from saxsdog.errors import UsageError
from saxsdog.whole_file import write_whole


def store(document: Mapping[str, Any], masks: Mapping[str, bytes], path: Path) -> dict[str, Any]:
    """Write a calibration, and its masks beside it.

    Parameters
    ----------
    document
        The calibration, as it stands in a file; it need not be valid.
    masks
        Content of mask files, by the text that stands in ``MaskFile``.
    path
        File of the calibration; one that is there is replaced.

    Returns
    -------
    dict
        The document as it was written: a mask whose name leads elsewhere has got another one.

    Raises
    ------
    UsageError
        If a file cannot be written, or a mask would replace another file; nothing was written
        then.
    """
    names = _names_below(list(masks))
    contents = {path.parent / names[name]: data for name, data in masks.items()}
    written = _with_names(document, names)
    try:
        for file, data in contents.items():
            if file == path or (file.exists() and file.read_bytes() != data):
                raise UsageError(f"{file}: expected no file, or the mask that the server has")
        for file, data in contents.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, data)
        write_whole(path, text_of(written).encode())
    except OSError as error:
        what = "written with its masks" if masks else "written"
        raise UsageError(f"{path}: cannot be {what}: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise UsageError(f"{path}: expected text, got half a character in it") from error
    return written


def _names_below(names: Sequence[str]) -> dict[str, str]:
    """Choose the file for each mask: that of its name, if this leads nowhere else.

    A mask at ``/data/a.msk`` or ``../a.msk`` becomes ``a.msk``, or ``a-1.msk`` if there is one.
    """
    chosen = {name: name for name in names if _lies_below(name)}
    for name in names:
        if name in chosen:
            continue
        last = re.split(r"[\\/:]", name)[-1].lstrip(".") or "mask"
        last = "".join(c if c.isprintable() else "_" for c in last)
        plain, number = PurePosixPath(last), 0
        while last in chosen.values():
            number += 1
            last = f"{plain.stem}-{number}{plain.suffix}"
        chosen[name] = last
    return chosen


def _lies_below(name: str) -> bool:
    """Whether a name leads to a file below a folder, on any system, and not to a hidden one."""
    parts = PureWindowsPath(name).parts  # takes / and \\ for separators
    plain = not PureWindowsPath(name).anchor and ":" not in name and name.isprintable()
    return bool(parts) and plain and not any(part.startswith(".") for part in parts)


def _with_names(document: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Copy a calibration with the names of the files that its masks were written to."""
    changed = deepcopy(dict(document))
    masks = changed.get("Masks")
    for mask in masks if isinstance(masks, list) else ():
        match mask:
            case {"MaskFile": str(name)} if name in names:
                mask["MaskFile"] = names[name]
    return changed
