"""What the server works with, compared with what lies here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from saxsdog.protocol.messages import CalibrationOf


@dataclass(frozen=True)
class Comparison:
    """The server's calibration, and whether its files are ours.

    Attributes
    ----------
    reply
        The calibration, with the files that it names.
    same_files
        Whether each of these files is the same here.
    """

    reply: CalibrationOf
    same_files: bool


def compare(reply: CalibrationOf, files: Mapping[str, bytes | Path]) -> Comparison:
    """Compare the files of a server with ours; reads files, so do not call it where it blocks.

    Parameters
    ----------
    reply
        What the server has.
    files
        Content or path of ours, by the text that stands in the calibration; one that cannot be read
        is another one.
    """
    same = all(_content(files.get(file.name, b"")) == file.data for file in reply.attachments)
    return Comparison(reply, same)


def _content(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except (OSError, ValueError):  # the latter for a name with NUL
        return b""
