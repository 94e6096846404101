"""Commands that fetch the calibration and list what is on the server."""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import zip_longest
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from saxsdog.calibration import Calibration
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.connection import connect
from saxsdog.cli.leash.documents import document_of, print_document
from saxsdog.cli.leash.pages import pages_of
from saxsdog.cli.leash.tables import show_table
from saxsdog.cli.leash.words import count, printable
from saxsdog.errors import UsageError
from saxsdog.protocol.messages import CalibrationOf, CurveFiles
from saxsdog.whole_file import write_whole


def get(options: argparse.Namespace) -> int:
    """Fetch the calibration: to the standard output, or to a file with its masks beside it."""
    with connect(options) as client:
        reply = client.get()
    if options.output is not None:
        _store(reply, options.output)
    if options.json:
        print_document(document_of(reply))
    elif options.output is None:
        print(_text(reply.calibration), end="")
    else:
        print(f"wrote {options.output} and {count(len(reply.attachments), 'mask')}")
    return ExitStatus.WELL


def listdir(options: argparse.Namespace) -> int:
    """List a folder of the server."""
    parts = [part for part in options.path.split("/") if part not in ("", ".")]
    with connect(options) as client:
        reply = client.listdir(*parts)
    if options.json:
        print_document(document_of(reply))
        return ExitStatus.WELL
    for entry in reply.dircontent:
        print(printable(entry.name) + ("/" if entry.isdir else ""))
    if not reply.complete:
        print("... and more")
    return ExitStatus.WELL


def fileslist(options: argparse.Namespace) -> int:
    """List the curve files of every image."""
    files: dict[str, list[str]] = {}
    page = None
    with connect(options) as client:
        for page in pages_of(client.fileslist):
            for kind, names in page.fileslist.items():
                files.setdefault(kind, []).extend(names)
            if not options.json:
                _show_files(page)
    if options.json and page is not None:
        print_document(document_of(page) | {"fileslist": files})
    return ExitStatus.WELL


def _show_files(page: CurveFiles) -> None:
    rows = list(zip_longest(*page.fileslist.values(), fillvalue=""))
    if rows:
        show_table(list(page.fileslist), rows)
    else:
        print("no image was integrated")


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=4, ensure_ascii=False) + "\n"


def _store(reply: CalibrationOf, path: Path) -> None:
    """Write a calibration and its masks; nothing if a mask would replace another file."""
    Calibration.from_document(reply.calibration)  # what comes from outside is checked
    names = _names_below([mask.name for mask in reply.attachments])
    contents = {path.parent / names[mask.name]: mask.data for mask in reply.attachments}
    try:
        for file, data in contents.items():
            if file == path or (file.exists() and file.read_bytes() != data):
                raise UsageError(f"{file}: expected no file, or the mask that the server has")
        for file, data in contents.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, data)
        write_whole(path, _text(_with_names(reply.calibration, names)).encode())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written with its masks: {error.strerror}") from error


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
    for mask in changed.get("Masks", []):
        if mask.get("MaskFile") in names:
            mask["MaskFile"] = names[mask["MaskFile"]]
    return changed
