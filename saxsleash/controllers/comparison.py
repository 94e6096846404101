"""What the server works with, compared with what lies here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from saxsdog.protocol.messages import CalibrationOf


@dataclass(frozen=True)
class Comparison:
    """The server's calibration, and whether its masks are ours.

    Attributes
    ----------
    reply
        The calibration, with the files of its masks.
    same_masks
        Whether each of these files is the same here.
    """

    reply: CalibrationOf
    same_masks: bool


def compare(reply: CalibrationOf, masks: Mapping[str, bytes | Path]) -> Comparison:
    """Compare the masks of a server with ours; reads files, so do not call it where it blocks.

    Parameters
    ----------
    reply
        What the server has.
    masks
        Content or path of ours, by the text that stands in ``MaskFile``; one that cannot be read is
        another one.
    """
    same = all(_content(masks.get(mask.name, b"")) == mask.data for mask in reply.attachments)
    return Comparison(reply, same)


def _content(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except (OSError, ValueError):  # the latter for a name with NUL
        return b""
