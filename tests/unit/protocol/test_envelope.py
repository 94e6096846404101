import hashlib
import hmac
import json
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import AuthenticationError, ProtocolError, SettingsError
from saxsdog.protocol import envelope
from saxsdog.protocol.envelope import (
    DENIED,
    Keys,
    Kind,
    open_reply,
    open_request,
    seal_reply,
    seal_request,
)
from tests.helpers.promises import promise
from tests.helpers.wires import SECRET, flipped, keys_of

KEYS = keys_of()
OTHERS = keys_of("the secret of somebody else")
PARTS = [b'{"command": "new"}', b"first mask" * 9, b"second mask" * 9]
REQUEST = seal_request(KEYS, PARTS)
REPLY = seal_reply(KEYS, PARTS, REQUEST.context)
RECORDED = json.loads(
    (Path(__file__).parents[2] / "data" / "wire" / "close.json").read_text(encoding="utf-8")
)


def refused(frames):
    with pytest.raises(AuthenticationError):
        open_request(KEYS, frames)
    return True


def expanded(key, info, length):
    """HKDF-Expand of RFC 5869, from the standard library alone."""
    block, output = b"", b""
    for number in range(1, length // 32 + 2):
        block = hmac.digest(key, block + info + bytes([number]), "sha256")
        output += block
    return output[:length]


def test_keys_are_those_of_an_independent_derivation():
    master = hashlib.scrypt(
        SECRET.encode(), salt=b"saxsdog/v3/kdf", n=2**15, r=8, p=1, dklen=32, maxmem=2**26
    )
    assert KEYS.identity == expanded(master, b"saxsdog/v3/id", 4)
    assert KEYS.to_server == expanded(master, b"saxsdog/v3/c2s", 32)
    assert KEYS.to_client == expanded(master, b"saxsdog/v3/s2c", 32)


@pytest.mark.parametrize(
    ("key", "kind", "frames", "context"),
    [
        (KEYS.to_server, 1, REQUEST.frames, b""),
        (KEYS.to_client, 2, REPLY, REQUEST.context),
    ],
    ids=["request", "reply"],
)
def test_a_message_is_that_of_an_independent_implementation(key, kind, frames, context):
    header, *sealed = frames
    salt, commitment = header[12:36], header[36:]
    derived = expanded(hmac.digest(salt, key, "sha256"), b"msg" + context, 64)
    assert header[:12] == struct.pack(">4sBBH4s", b"SXD3", 3, kind, 4, KEYS.identity)
    assert commitment == derived[32:]
    assert sealed == [
        AESGCM(derived[:32]).encrypt(struct.pack(">IQ", 0, i), part, header + context)
        for i, part in enumerate(PARTS)
    ]


def test_a_recorded_request_opens():
    frames = [bytes.fromhex(frame) for frame in RECORDED["request"]["frames"]]
    opened = open_request(Keys.from_secret(RECORDED["secret"]), frames)
    assert [part.decode() for part in opened.parts] == RECORDED["request"]["parts"]
    assert opened.kind is Kind.REQUEST
    assert opened.context.hex() == RECORDED["reply"]["context"]


def test_a_recorded_reply_opens():
    frames = [bytes.fromhex(frame) for frame in RECORDED["reply"]["frames"]]
    context = bytes.fromhex(RECORDED["reply"]["context"])
    parts = open_reply(Keys.from_secret(RECORDED["secret"]), frames, context)
    assert [part.decode() for part in parts] == RECORDED["reply"]["parts"]


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=33))
def test_what_was_sealed_opens(parts):
    request = seal_request(KEYS, parts)
    assert open_request(KEYS, request.frames).parts == parts
    reply = seal_reply(KEYS, parts, request.context)
    assert open_reply(KEYS, reply, request.context) == parts


def test_both_sides_know_a_request_by_the_same_context():
    request = seal_request(KEYS, PARTS)
    assert open_request(KEYS, request.frames).context == request.context


def test_a_message_with_all_its_attachments_opens():
    parts = [bytes([number]) for number in range(33)]
    assert open_request(KEYS, seal_request(KEYS, parts).frames).parts == parts


def test_the_same_message_is_never_sealed_in_the_same_way():
    assert len({b"".join(seal_request(KEYS, PARTS).frames) for _ in range(100)}) == 100


@promise(
    "A17",
    fault="the secret is empty or has 15 characters",
    kept="it is refused with a sentence",
)
@pytest.mark.parametrize("secret", ["", "   ", "fifteen letters", f"  {'x' * 15}\n"])
def test_a_short_secret_is_refused(secret):
    with pytest.raises(SettingsError, match="at least 16 characters"):
        Keys.from_secret(secret)


def test_white_space_around_a_secret_does_not_count():
    assert Keys.from_secret(f"\t{SECRET}\n") == KEYS


@pytest.mark.parametrize("secret", ["sixteen letters!", "bytes of no text \udcff"])
def test_a_secret_of_sixteen_characters_is_taken(secret):
    assert Keys.from_secret(secret) != KEYS


def test_a_secret_may_have_any_characters():
    keys = Keys.from_secret("Schlüssel für Grüße 秘密")
    assert open_request(keys, seal_request(keys, PARTS).frames).parts == PARTS
    assert keys != KEYS


def test_keys_are_not_shown():
    assert KEYS.to_server.hex() not in repr(KEYS)
    assert repr(KEYS.to_server) not in repr(KEYS)


def test_a_message_with_any_bit_of_the_header_flipped_is_refused():
    header, *rest = REQUEST.frames
    for bit in range(8 * len(header)):
        assert refused([flipped(header, bit), *rest])


@pytest.mark.parametrize("frame", range(1, len(REQUEST.frames)))
def test_a_message_with_any_bit_of_a_part_flipped_is_refused(frame):
    for bit in range(8 * len(REQUEST.frames[frame])):
        frames = list(REQUEST.frames)
        frames[frame] = flipped(frames[frame], bit)
        assert refused(frames)


@promise(
    "A4",
    fault="any bit of a reply is flipped on the way",
    kept="the client refuses it",
)
def test_a_reply_with_any_bit_flipped_is_refused():
    for number, frame in enumerate(REPLY):
        for bit in range(8 * len(frame)):
            frames = [*REPLY[:number], flipped(frame, bit), *REPLY[number + 1 :]]
            with pytest.raises(AuthenticationError):
                open_reply(KEYS, frames, REQUEST.context)


def renumbered(frames):
    """Correct the number of frames in the header, as an attacker would."""
    header = frames[0]
    return [header[:6] + struct.pack(">H", len(frames)) + header[8:], *frames[1:]]


@promise(
    "A10",
    fault="attachments are swapped, left out, repeated or added",
    kept="the message is refused",
)
def test_frames_cannot_be_swapped_dropped_duplicated_or_added():
    header, body, first, second = REQUEST.frames
    other = seal_request(KEYS, PARTS).frames
    for frames in (
        [header, body, second, first],
        [header, first, body, second],
        [header, body, first],
        [header, body],
        [header, body, first, first],
        [header, body, first, second, second],
        [header, body, first, other[3]],
        [header, *other[1:]],
        [other[0], body, first, second],
        [body, header, first, second],
        [header, header, body, first, second],
    ):
        assert refused(frames)
        assert refused(renumbered(frames))


@pytest.mark.parametrize("number", [0, 1, 35, 10_000])
def test_too_few_or_too_many_frames_are_refused(number):
    assert refused((REQUEST.frames * 2500)[:number])


@given(st.lists(st.binary(max_size=100), max_size=40))
def test_garbage_is_refused(frames):
    assert refused(frames)
    assert refused([REQUEST.frames[0], *frames])


def test_a_refusal_never_says_why():
    """Who guesses learns nothing: neither from the form, nor the secret, nor a part."""
    header, *rest = REQUEST.frames
    sentences = set()
    for keys, frames in (
        (KEYS, [header]),
        (KEYS, [b"other" + header[5:], *rest]),
        (KEYS, [header, b"shorter than a tag", *rest[1:]]),
        (KEYS, [header, b"no tag", *rest[1:]]),
        (KEYS, [header, flipped(rest[0], 0), *rest[1:]]),
        (OTHERS, REQUEST.frames),
    ):
        with pytest.raises(AuthenticationError) as caught:
            open_request(keys, frames)
        sentences.add(str(caught.value))
    assert len(sentences) == 1
    assert "sealed with our secret" in sentences.pop()


def test_another_secret_does_not_open_a_message():
    with pytest.raises(AuthenticationError):
        open_request(OTHERS, REQUEST.frames)
    with pytest.raises(AuthenticationError):
        open_reply(OTHERS, REPLY, REQUEST.context)


def test_a_reply_opens_for_no_other_request():
    same_again = seal_request(KEYS, PARTS)
    for context in (same_again.context, b"", REQUEST.context[:-1]):
        with pytest.raises(AuthenticationError):
            open_reply(KEYS, REPLY, context)


@promise(
    "A8",
    fault="a reply is sent back to the server, or a request to the client",
    kept="it is refused",
)
def test_a_message_cannot_be_sent_back_to_where_it_came_from():
    assert refused(REPLY)
    for context in (REQUEST.context, b""):
        with pytest.raises(AuthenticationError):
            open_reply(KEYS, REQUEST.frames, context)


@pytest.mark.parametrize("kind", [0, 2, 3, 4, 255])
def test_the_kind_of_a_message_cannot_be_changed(kind):
    header, *rest = REQUEST.frames
    assert refused([header[:5] + bytes([kind]) + header[6:], *rest])


def test_a_hello_is_told_from_a_request():
    assert open_request(KEYS, seal_request(KEYS, PARTS, Kind.HELLO).frames).kind is Kind.HELLO


@promise(
    "A22",
    fault="a message is made that opens under several secrets",
    kept="it is refused before anything is opened",
)
def test_a_part_that_opens_is_refused_without_the_commitment_to_its_key():
    """With several keys for one ciphertext, a server would tell which of many secrets is ours."""
    header, *_ = REQUEST.frames
    key, _ = envelope._message_key(KEYS.to_server, header[12:36], b"")
    forged = header[:36] + bytes(32)
    cipher = AESGCM(key)
    frames = [cipher.encrypt(bytes(11) + bytes([i]), PARTS[i], forged) for i in range(3)]
    assert cipher.decrypt(bytes(12), frames[0], forged) == PARTS[0]
    assert refused([forged, *frames])


def test_too_large_a_message_is_not_sealed():
    with pytest.raises(ProtocolError, match=r"body of at most 1048576 bytes.*of 1048577 bytes"):
        seal_request(KEYS, [bytes(envelope.MEBIBYTE + 1)])
    with pytest.raises(ProtocolError, match="at most 32 attachments"):
        seal_request(KEYS, [b""] * 34)
    with pytest.raises(ProtocolError):
        seal_request(KEYS, [])


def test_the_largest_body_is_sealed():
    body = bytes(envelope.MEBIBYTE)
    assert open_request(KEYS, seal_request(KEYS, [body]).frames).parts == [body]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([2**20, 2**26 - 16, 2**25], False),
        ([2**20, 2**26 - 16, 2**26 - 2**20 + 16], False),
        ([2**20, 2**26 - 16, 2**26 - 2**20 + 17], True),
        ([2**20, 2**26 - 15], True),
        ([2**20, 2**26 - 16, 2**26 - 16], True),
        ([2**20 + 1], True),
        ([-1], True),
        ([5, -1], True),
    ],
)
def test_the_limits_of_a_message_are_those_of_the_manual(sizes, expected):
    assert envelope.too_large(sizes, Kind.REQUEST) is expected


def test_a_denial_is_one_short_frame_without_a_reason():
    assert DENIED == b"SXD3\x00DENIED\x00"
    assert len(DENIED) == 12
