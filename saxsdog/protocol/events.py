"""What a feeder says: plain JSON from anywhere, trusted to name files and nothing more."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from saxsdog.errors import ProtocolError

LARGEST_EVENT = 1 << 16
LONGEST_PATH = 4096
"""Bytes; Linux takes no longer one."""

LONGEST_STREAM = 64
"""Characters; our feeder takes 32."""

_INT64 = 1 << 63


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file is said to be there and whole.

    Attributes
    ----------
    path
        As the feeder wrote it; undecodable bytes are lone surrogates as in :func:`os.fsdecode`.
    stream, seq
        Which start of a feeder said so, and as its how manyth, counted from 1.
    size, mtime_ns
        Of the file when it was announced.
    """

    path: str
    stream: str | None = None
    seq: int | None = None
    size: int | None = None
    mtime_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A feeder lives, and ``seq`` was the number of its last announcement (0: none so far)."""

    stream: str
    seq: int


def parse_event(frames: Sequence[bytes]) -> NewFile | Heartbeat:
    """Understand what came from a feeder.

    Raises
    ------
    ProtocolError
        If it is anything but one of our two events.
    """
    if len(frames) != 1:
        raise ProtocolError(f"expected an event of one frame, got {len(frames)}")
    if len(frames[0]) > LARGEST_EVENT:
        raise ProtocolError(f"expected at most {LARGEST_EVENT} bytes, got {len(frames[0])}")
    try:
        event = json.loads(frames[0].decode())
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"expected an event in JSON: {error}") from error
    if not isinstance(event, dict):
        raise ProtocolError(f"expected a JSON object, got {type(event).__name__}")
    command = event.get("command")
    if command == "new file":
        return _new_file(event)
    if command == "heartbeat":
        return _heartbeat(event)
    raise ProtocolError(f"expected the command 'new file' or 'heartbeat', got {_shown(command)}")


def _new_file(event: dict[str, Any]) -> NewFile:
    get = event.get
    path, stream = get("argument"), get("stream")
    seq, size, mtime_ns = get("seq"), get("size"), get("mtime_ns")
    if not _is_path(path):
        raise ProtocolError(f"argument: expected the path of a file, got {_shown(path)}")
    if stream is not None and not _is_stream(stream):
        raise ProtocolError(f"stream: expected a short text, got {_shown(stream)}")
    if seq is not None and not _is_integer(seq, 1):
        raise ProtocolError(f"seq: expected a count from 1, got {_shown(seq)}")
    if size is not None and not _is_integer(size, 0):
        raise ProtocolError(f"size: expected a number of bytes, got {_shown(size)}")
    if mtime_ns is not None and not _is_integer(mtime_ns, -_INT64):
        raise ProtocolError(f"mtime_ns: expected nanoseconds as an integer, got {_shown(mtime_ns)}")
    return NewFile(path, stream, seq, size, mtime_ns)


def _heartbeat(event: dict[str, Any]) -> Heartbeat:
    stream, seq = event.get("stream"), event.get("seq")
    if not _is_stream(stream) or not _is_integer(seq, 0):
        raise ProtocolError(
            "expected a heartbeat with a text as stream and a count as seq, "
            f"got {_shown(stream)} and {_shown(seq)}"
        )
    return Heartbeat(stream, seq)


def _is_path(value: object) -> TypeGuard[str]:
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    try:
        return len(value.encode(errors="surrogateescape")) <= LONGEST_PATH
    except UnicodeEncodeError:  # a lone surrogate that no file name decodes to
        return False


def _is_stream(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_STREAM


def _is_integer(value: object, least: int) -> TypeGuard[int]:
    return type(value) is int and least <= value < _INT64


def _shown(value: object) -> str:
    """Show a value, shortened; of what has parts only the kind, for they may be many or deep."""
    return type(value).__name__ if isinstance(value, list | dict) else f"{value!r:.60}"
