"""What a client of the original says, read strictly, and whether it has signed that."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from saxsdog.errors import AuthenticationError, ProtocolError
from saxsdog.protocol.strict_json import REQUEST_LIMITS, parse

_KEYS = {"command", "argument", "time", "sign"}
_NEEDED = _KEYS - {"argument"}


@dataclass(frozen=True)
class OldRequest:
    """A request that is signed with the secret.

    Attributes
    ----------
    command, argument
        What to do, and with what; nobody has looked into the latter yet.
    time
        When it was signed, on the clock of the client (s since the epoch).
    tag
        Another one for every other request.
    """

    command: str
    argument: Any
    time: float
    tag: bytes


def tag_of(document: dict[str, Any], secret: bytes) -> bytes:
    """Return what an object is signed with: whatever stands under ``sign`` counts as empty.

    The object is written again as Python's ``json`` does by itself, so that every way to write the
    same object has the same tag: a copy that only looks different counts as repeated.
    """
    text = json.dumps(document | {"sign": ""}, sort_keys=True)
    return hashlib.sha512(text.encode() + secret).digest()


def read_request(frame: bytes, secret: bytes) -> OldRequest:
    """Read the first frame of a message.

    Raises
    ------
    ProtocolError
        If it is not what a client of the original sends.
    AuthenticationError
        If it was not signed with this secret.
    """
    document = parse(frame, REQUEST_LIMITS)
    if not isinstance(document, dict) or not _NEEDED <= document.keys() <= _KEYS:
        raise ProtocolError(f"expected an object with the keys {', '.join(sorted(_KEYS))}")
    tag = tag_of(document, secret)
    if not hmac.compare_digest(str(document["sign"]).encode(), tag.hex().encode()):
        raise AuthenticationError("expected a request that is signed with the secret")
    command, time = document["command"], document["time"]
    if not isinstance(command, str) or type(time) not in (int, float):  # true is no time
        raise ProtocolError("expected a command, and a time in seconds")
    return OldRequest(command, document.get("argument"), float(time), tag)
