"""Seal messages with a shared secret.

Pure functions over bytes; ``docs/reference/protocol.md`` describes every byte. A message is a
header and one frame for each part. Its key is derived from the secret, the direction and a random
salt, so it serves for this message only, and the number of a part can be its nonce. The header is
authenticated with each part, so parts cannot be reordered, dropped or moved to another message. A
reply opens only for the request that it answers.
"""

import hmac
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from saxsdog.errors import AuthenticationError, ProtocolError, SettingsError

MAGIC = b"SXD3"
VERSION = 3
DENIED = b"SXD3\x00DENIED\x00"
"""The one answer to everything that was not sealed with our secret."""

SHORTEST_SECRET = 16
"""Characters: scrypt slows the guessing of a secret down, it does not save a short one."""

MEBIBYTE = 1 << 20
TAG_BYTES = 16
MOST_FRAMES = 34
"""Header, body and 32 attachments."""

LARGEST_FRAME = 64 * MEBIBYTE
LARGEST_MESSAGE = 128 * MEBIBYTE

_HEADER = struct.Struct(">4sBBH4s24s32s")
_SALT_BYTES = 24
_KEY_BYTES = 32
_SCRYPT_SALT = b"saxsdog/v3/kdf"
_SCRYPT_COST = {"n": 1 << 15, "r": 8, "p": 1}  # 32 MiB, about 0.1 s; paid once for each process
_NOT_OURS = "expected a message sealed with our secret for this occasion, got something else"


class Kind(IntEnum):
    """What a header announces; 4 is kept for events."""

    REQUEST = 1
    REPLY = 2
    HELLO = 3


LARGEST_BODY: Mapping[Kind, int] = {
    Kind.REQUEST: MEBIBYTE,
    Kind.REPLY: 32 * MEBIBYTE,
    Kind.HELLO: MEBIBYTE,
}


@dataclass(frozen=True)
class Keys:
    """What both sides derive from the secret.

    Attributes
    ----------
    identity
        Tells which secret a message was sealed with, without a trial; not confidential.
    to_server, to_client
        Keys of the two directions.
    """

    identity: bytes
    to_server: bytes = field(repr=False)
    to_client: bytes = field(repr=False)

    @classmethod
    def from_secret(cls, secret: str) -> Self:
        """Derive the keys; white space at both ends of the secret does not count.

        Raises
        ------
        SettingsError
            If the secret is too short.
        """
        secret = secret.strip()
        if len(secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"Secret: expected at least {SHORTEST_SECRET} characters, got {len(secret)}"
            )
        master = Scrypt(salt=_SCRYPT_SALT, length=_KEY_BYTES, **_SCRYPT_COST).derive(
            secret.encode("utf-8", "surrogatepass")
        )
        return cls(
            identity=_expand(master, b"saxsdog/v3/id", 4),
            to_server=_expand(master, b"saxsdog/v3/c2s", _KEY_BYTES),
            to_client=_expand(master, b"saxsdog/v3/s2c", _KEY_BYTES),
        )


@dataclass(frozen=True)
class Sealed:
    """A request on its way, and the context in which its reply will open."""

    frames: list[bytes]
    context: bytes


@dataclass(frozen=True)
class Opened:
    """A genuine request, and the context in which its reply must be sealed."""

    kind: Kind
    parts: list[bytes]
    context: bytes


def seal_request(keys: Keys, parts: Sequence[bytes], kind: Kind = Kind.REQUEST) -> Sealed:
    """Seal a request.

    Raises
    ------
    ProtocolError
        If there are too many parts, or one is too large.
    """
    frames = _seal(keys.identity, keys.to_server, kind, parts, context=b"")
    return Sealed(frames, _context_of(frames[0]))


def open_request(keys: Keys, frames: Sequence[bytes]) -> Opened:
    """Open a request.

    Raises
    ------
    AuthenticationError
        On any doubt.
    """
    kind = check_form(frames, Kind.REQUEST, Kind.HELLO)
    parts = _open(keys.identity, keys.to_server, frames, context=b"")
    return Opened(kind, parts, _context_of(frames[0]))


def seal_reply(keys: Keys, parts: Sequence[bytes], context: bytes) -> list[bytes]:
    """Seal the reply to the request of this context; errors as of :func:`seal_request`."""
    return _seal(keys.identity, keys.to_client, Kind.REPLY, parts, context)


def open_reply(keys: Keys, frames: Sequence[bytes], context: bytes) -> list[bytes]:
    """Open the reply to the request of this context; errors as of :func:`open_request`."""
    check_form(frames, Kind.REPLY)
    return _open(keys.identity, keys.to_client, frames, context)


def check_form(frames: Sequence[bytes], *kinds: Kind) -> Kind:
    """Check what can be seen without a key: number, header and sizes of the frames.

    Raises
    ------
    AuthenticationError
        If this cannot be a message of one of these kinds.
    """
    if not 2 <= len(frames) <= MOST_FRAMES or len(frames[0]) != _HEADER.size:
        raise AuthenticationError(_NOT_OURS)
    magic, version, number, n_frames, _, _, _ = _HEADER.unpack(frames[0])
    if (magic, version, n_frames) != (MAGIC, VERSION, len(frames)) or number not in kinds:
        raise AuthenticationError(_NOT_OURS)
    kind = Kind(number)
    if too_large([len(frame) - TAG_BYTES for frame in frames[1:]], kind):
        raise AuthenticationError(_NOT_OURS)
    return kind


def too_large(sizes: Sequence[int], kind: Kind) -> bool:
    """Whether parts of these sizes are more than a message of this kind may hold."""
    return (
        not 0 <= sizes[0] <= LARGEST_BODY[kind]
        or not all(0 <= size <= LARGEST_FRAME - TAG_BYTES for size in sizes)
        or sum(sizes) > LARGEST_MESSAGE
    )


def _seal(
    identity: bytes, key: bytes, kind: Kind, parts: Sequence[bytes], context: bytes
) -> list[bytes]:
    if not 1 <= len(parts) < MOST_FRAMES or too_large([len(part) for part in parts], kind):
        raise ProtocolError(
            f"expected a body of at most {LARGEST_BODY[kind]} bytes and at most {MOST_FRAMES - 2} "
            f"attachments, each below {LARGEST_FRAME} bytes, {LARGEST_MESSAGE} together; got parts "
            f"of {', '.join(str(len(part)) for part in parts)} bytes"
        )
    salt = os.urandom(_SALT_BYTES)
    message_key, commitment = _message_key(key, salt, context)
    n_frames = len(parts) + 1
    header = _HEADER.pack(MAGIC, VERSION, kind, n_frames, identity, salt, commitment)
    cipher = AESGCM(message_key)
    sealed = [cipher.encrypt(_nonce(i), part, header + context) for i, part in enumerate(parts)]
    return [header, *sealed]


def _open(identity: bytes, key: bytes, frames: Sequence[bytes], context: bytes) -> list[bytes]:
    """Open frames whose form was checked."""
    header = bytes(frames[0])
    *_, sealed_for, salt, commitment = _HEADER.unpack(header)
    message_key, expected = _message_key(key, salt, context)
    # Without the commitment, one ciphertext could be made to open under several keys, and a server
    # would be an oracle for the guessing of secrets.
    if sealed_for != identity or not hmac.compare_digest(commitment, expected):
        raise AuthenticationError(_NOT_OURS)
    cipher = AESGCM(message_key)
    try:
        return [
            cipher.decrypt(_nonce(i), frame, header + context) for i, frame in enumerate(frames[1:])
        ]
    except InvalidTag as error:
        raise AuthenticationError(_NOT_OURS) from error


def _message_key(key: bytes, salt: bytes, context: bytes) -> tuple[bytes, bytes]:
    """Key of one message, and the commitment to it."""
    derived = HKDF(SHA256(), 2 * _KEY_BYTES, salt=salt, info=b"msg" + context).derive(key)
    return derived[:_KEY_BYTES], derived[_KEY_BYTES:]


def _context_of(header: bytes) -> bytes:
    """Salt and commitment: nobody can make a second request that has both."""
    return bytes(header[-_SALT_BYTES - _KEY_BYTES :])


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _expand(master: bytes, label: bytes, length: int) -> bytes:
    return HKDFExpand(SHA256(), length, info=label).derive(master)
