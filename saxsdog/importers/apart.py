"""Read a foreign calibration in a process of its own, if it is a file that can end one.

The HDF5 library dies of some damaged files. Neither a window with unsaved work nor a command that
owes its user a sentence shall go with it.
"""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from saxsdog.errors import CalibrationError
from saxsdog.importers import nexus
from saxsdog.importers.choose import Imported, file_format_of, import_calibration
from saxsdog.importers.findings import NOTHING, Facts

PATIENCE = 20.0
"""s; a process starts in one, a disk that sleeps takes some."""


def import_apart(
    path: Path,
    template: dict[str, Any] | None = None,
    *,
    asked: Facts = NOTHING,
    file_format: str | None = None,
) -> Imported:
    """Do as :func:`saxsdog.importers.choose.import_calibration`, whatever is in the file.

    Raises
    ------
    CalibrationError
        Also if the process that reads the file dies, or does not end.
    """
    if (file_format or _format_of(path)) != nexus.NAME:
        return import_calibration(path, template, asked=asked, file_format=file_format)
    question = {"path": str(path), "template": template, "asked": asdict(asked)}
    try:
        ended = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", __name__],
            input=json.dumps(question).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CalibrationError(f"{path}: not read within {PATIENCE:g} s") from error
    if ended.returncode:
        raise CalibrationError(
            f"{path}: expected an HDF5 file, the process that read it has died: it is damaged"
        )
    answer = json.loads(ended.stdout)
    if "error" in answer:
        raise CalibrationError(answer["error"])
    return Imported(
        answer["document"], answer["format"], tuple(answer["remarks"]), tuple(answer["missing"])
    )


def _format_of(path: Path) -> str | None:
    try:
        return file_format_of(path)
    except CalibrationError:
        return None  # it is said again, with the name of the file


def main() -> None:
    """Answer the question on standard input on standard output."""
    question = json.load(sys.stdin)
    try:
        imported = import_calibration(
            question["path"],
            question["template"],
            asked=_facts(**question["asked"]),
            file_format=nexus.NAME,
        )
    except CalibrationError as error:
        answer: dict[str, Any] = {"error": str(error)}
    else:
        answer = asdict(imported)
    sys.stdout.write(json.dumps(answer))


def _facts(
    image_size: list[int] | None, pixel_size: list[float] | None, wavelength: float | None
) -> Facts:
    return Facts(
        (image_size[0], image_size[1]) if image_size else None,
        (pixel_size[0], pixel_size[1]) if pixel_size else None,
        wavelength,
    )


if __name__ == "__main__":
    main()
