"""The masks that a client of the original sends beside a calibration.

Its signature covers the calibration only. So the masks must at least be those that it names, in its
order; and what they hold goes into the log as a SHA-256, which can be compared with the files.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from typing import Any

from saxsdog.errors import CalibrationError, ProtocolError
from saxsdog.named_files import FileRole, named_files
from saxsdog.paths import printable
from saxsdog.protocol.envelope import LARGEST_FRAME
from saxsdog.protocol.messages import Attachment
from saxsdog.protocol.strict_json import Limits, parse

logger = logging.getLogger(__name__)

_LIMITS = Limits(depth=1, values=8, text=LARGEST_FRAME)
_KEYS = {"filename", "data"}
_ENCODING = "latin-1"


def mask_names(document: Any) -> tuple[str, ...]:
    """Return the mask file of each mask of a calibration that has one, in their order."""
    files = (file for file in named_files(document) if file.role is FileRole.MASK)
    return tuple(file.name for file in files if file.path[0] == "Masks")


def masks_of(document: Any, frames: Sequence[bytes]) -> tuple[Attachment, ...]:
    """Return the masks of a calibration, each once, under the names that stand there.

    Parameters
    ----------
    document
        The calibration.
    frames
        One for each of its mask files.

    Raises
    ------
    CalibrationError
        If they are not as many, one of them is none, or has the name of another file.
    """
    names = mask_names(document)
    if len(frames) != len(names):
        raise CalibrationError(
            f"Masks: expected {len(names)} mask files with the calibration, got {len(frames)}"
        )
    masks: dict[str, bytes] = {}
    for i, (name, frame) in enumerate(zip(names, frames, strict=True)):
        data = _content_of(frame, name, i)
        if masks.setdefault(name, data) != data:
            raise CalibrationError(f"mask file {i}, {name!r}: expected what the one before holds")
    return tuple(Attachment(name, data) for name, data in masks.items())


def frame_of(mask: Attachment) -> dict[str, str]:
    """Return a mask as such a client reads it."""
    return {"filename": mask.name, "data": mask.data.decode(_ENCODING)}


def log_masks(masks: Sequence[Attachment], address: str) -> None:
    """Write down which masks a queue is opened with: somebody on the way may have changed them."""
    logger.warning("a client of the original at %s asks for a new queue", address)
    for mask in masks:
        digest = hashlib.sha256(mask.data).hexdigest()
        logger.warning("its mask %r has the SHA-256 %s", printable(mask.name), digest)


def _content_of(frame: bytes, name: str, index: int) -> bytes:
    try:
        filename, data = _texts_of(frame)
        content = data.encode(_ENCODING)
    except (ProtocolError, UnicodeEncodeError) as error:
        raise CalibrationError(
            f"mask file {index}: expected an object with the keys filename and data, the latter "
            "the bytes of a file as Latin-1 text, got something else"
        ) from error
    if _last_part(filename) != _last_part(name):
        raise CalibrationError(
            f"mask file {index}: expected {printable(name)!r}, got {printable(filename)!r}"
        )
    return content


def _texts_of(frame: bytes) -> tuple[str, str]:
    document = parse(frame, _LIMITS)
    if isinstance(document, dict) and document.keys() == _KEYS:
        filename, data = document["filename"], document["data"]
        if isinstance(filename, str) and isinstance(data, str):
            return filename, data
    raise ProtocolError("expected an object with two texts")


def _last_part(name: str) -> str:
    """Return the name without folders: a client on Windows may name them differently."""
    return re.split(r"[\\/]", name)[-1]
