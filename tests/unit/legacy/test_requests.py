import json

import pytest

from saxsdog.errors import AuthenticationError, ProtocolError
from saxsdog.legacy.requests import read_request, tag_of
from tests.helpers.legacy import frames_of, signature, signed

SECRET = "a secret of old clients"  # noqa: S105


def read(message, secret=SECRET):
    (frame,) = frames_of(message)
    return read_request(frame, secret.encode())


def test_a_signed_request_is_read():
    request = read(signed("listdir", {"directory": ["a"]}, SECRET, at=1000.25))
    assert (request.command, request.argument) == ("listdir", {"directory": ["a"]})
    assert request.time == 1000.25


def test_the_tag_is_the_one_that_can_be_computed_by_hand():
    # printf '{"argument": "", "command": "stat", "sign": "", "time": 1}xyz' | sha512sum
    tag = tag_of({"command": "stat", "argument": "", "time": 1, "sign": "?"}, b"xyz").hex()
    assert tag.startswith("f7d30edb293591327487bf342614ac62")
    assert tag == signature({"command": "stat", "argument": "", "time": 1}, "xyz")


@pytest.mark.parametrize("secret", ["Sécret of the old clients ✓", SECRET + "\n"])
def test_every_byte_of_the_secret_counts(secret):
    message = signed("stat", None, secret)
    assert read(message, secret).command == "stat"
    with pytest.raises(AuthenticationError):
        read(message, SECRET)


def test_another_way_to_write_the_same_has_the_same_tag():
    message = signed("listdir", {"directory": ["ä"], "n": 1.5}, SECRET, at=1e9)
    other = json.dumps(dict(reversed(message.items())), ensure_ascii=False, indent=3)
    assert read_request(other.encode(), SECRET.encode()).tag == read(message).tag


def test_whole_seconds_are_a_time():
    assert read(signed("stat", "", SECRET, at=1000)).time == 1000.0


def test_an_argument_may_be_missing():
    message = {"command": "stat", "time": 1.0, "sign": ""}
    assert read(message | {"sign": signature(message, SECRET)}).argument is None


@pytest.mark.parametrize(
    "change",
    [
        {"command": "abort"},
        {"argument": {"directory": []}},
        {"time": 1001.0},
        {"sign": ""},
        {"sign": "0" * 128},
        {"sign": None},
        {"sign": ["a"]},
        {"sign": "\N{CYRILLIC SMALL LETTER A}" * 128},
    ],
    ids=str,
)
def test_a_request_that_was_changed_is_not_genuine(change):
    message = signed("stat", {}, SECRET, at=1000.0)
    with pytest.raises(AuthenticationError):
        read(message | change)


def test_a_sign_in_capitals_is_not_genuine():
    message = signed("stat", {}, SECRET)
    with pytest.raises(AuthenticationError):
        read(message | {"sign": message["sign"].upper()})


@pytest.mark.parametrize(
    "fields",
    [
        {"command": 5},
        {"command": None},
        {"command": ["stat"]},
        {"time": "1000"},
        {"time": True},
        {"time": None},
        {"time": [1]},
        {"extra": 1},
    ],
    ids=str,
)
def test_wrong_types_and_unknown_keys_are_refused_even_with_a_signature(fields):
    message = {"command": "stat", "argument": {}, "time": 1000.0, "sign": ""} | fields
    with pytest.raises(ProtocolError):
        read(message | {"sign": signature(message, SECRET)})


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"5",
        b'{"command": "stat", "time": 1}',
        b'{"command": "stat", "command": "stat", "time": 1, "sign": ""}',
        b'{"command": "stat", "time": NaN, "sign": ""}',
        b'{"command": "stat", "time": 1e999, "sign": ""}',
        b'{"command": "stat", "time": 1' + b"0" * 5000 + b', "sign": ""}',
        b'{"command": "\\ud800", "time": 1, "sign": ""}',
        b'\xef\xbb\xbf{"command": "stat", "time": 1, "sign": ""}',
        b'{"command": "\xff", "time": 1, "sign": ""}',
        b'{"command": "stat", "time": 1, "sign": "", "argument": ' + b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{" + bytes(1000),
    ],
    ids=range(16),
)
def test_what_is_no_request_is_refused(frame):
    with pytest.raises(ProtocolError):
        read_request(frame, SECRET.encode())
