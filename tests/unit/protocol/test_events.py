import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import ProtocolError
from saxsdog.protocol.events import (
    LARGEST_EVENT,
    LONGEST_PATH,
    Heartbeat,
    NewFile,
    parse_event,
)

PLAIN = {"command": "new file", "argument": "/data/x.tif"}
NUMBERED = {**PLAIN, "stream": "a" * 32, "seq": 7, "size": 4096, "mtime_ns": 1_700_000_000_000}
HEARTBEAT = {"command": "heartbeat", "stream": "a" * 32, "seq": 0}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def parse(event):
    return parse_event([json.dumps(event).encode()])


def test_the_event_of_the_paper_names_a_file():
    assert parse(PLAIN) == NewFile("/data/x.tif")


def test_an_event_of_our_feeder_says_more():
    assert parse(NUMBERED) == NewFile("/data/x.tif", "a" * 32, 7, 4096, 1_700_000_000_000)


def test_a_heartbeat_may_come_before_the_first_announcement():
    assert parse(HEARTBEAT) == Heartbeat("a" * 32, 0)


def test_unknown_keys_are_ignored():
    assert parse({**PLAIN, "detector": "Pilatus 1M"}) == NewFile("/data/x.tif")


def test_the_longest_path_is_taken():
    path = "/" + "x" * (LONGEST_PATH - 1)
    assert parse({**PLAIN, "argument": path}) == NewFile(path)


def test_undecodable_bytes_of_a_name_survive():
    name = b"/data/\xff\xfe.tif"
    event = parse({**PLAIN, "argument": os.fsdecode(name)})
    assert os.fsencode(event.path) == name


@pytest.mark.parametrize(
    "change",
    [
        {"argument": ""},
        {"argument": None},
        {"argument": 7},
        {"argument": ["/data/x.tif"]},
        {"argument": "/data/\0.tif"},
        {"argument": "/data/\ud800.tif"},
        {"argument": "/" + "x" * LONGEST_PATH},
        {"argument": "/" + "\u00e4" * (LONGEST_PATH // 2)},
        {"stream": 7},
        {"stream": ""},
        {"stream": "a" * 65},
        {"seq": 0},
        {"seq": "7"},
        {"seq": 7.0},
        {"seq": True},
        {"seq": 1 << 63},
        {"size": -1},
        {"size": float("nan")},
        {"mtime_ns": 1 << 70},
        {"command": "new files"},
        {"command": None},
        {"command": ["new file"]},
    ],
)
def test_a_wrong_value_is_refused(change):
    with pytest.raises(ProtocolError, match="expected"):
        parse({**NUMBERED, **change})


@pytest.mark.parametrize("change", [{"stream": None}, {"seq": None}, {"seq": -1}, {"seq": "0"}])
def test_a_heartbeat_without_stream_or_count_is_refused(change):
    with pytest.raises(ProtocolError, match="heartbeat"):
        parse({**HEARTBEAT, **change})


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [b""],
        [b"{}"],
        [b"7"],
        [b"null"],
        [b'"new file"'],
        [b"not JSON"],
        [b"\xff\xfe\x00"],
        [b"[" * 60_000],
        [b'{"command":' + b"[" * 400 + b"]" * 400 + b"}"],
        [b'{"command": "new file", "argument":' + b"[" * 400 + b"]" * 400 + b"}"],
        [b"9" * 60_000],
        [json.dumps(["new file", "/data/x.tif"]).encode()],
        [json.dumps({"command": "new file"}).encode()],
        [json.dumps(PLAIN).encode(), b""],
        [json.dumps(PLAIN).encode()] * 3,
        [json.dumps(PLAIN).encode() + b" " * LARGEST_EVENT],
    ],
    ids=lambda frames: b" ".join(frames)[:20].decode(errors="replace"),
)
def test_what_is_no_event_is_refused(frames):
    with pytest.raises(ProtocolError, match="expected"):
        parse_event(frames)


def parse_or_refuse(frames):
    try:
        return parse_event(frames)
    except ProtocolError:
        return None


@given(st.lists(st.binary(max_size=200), max_size=3))
def test_bytes_are_understood_or_refused(frames):
    assert isinstance(parse_or_refuse(frames), NewFile | Heartbeat | None)


keys = st.sampled_from(["command", "argument", "stream", "seq", "size", "mtime_ns"])
commands = st.sampled_from(["new file", "heartbeat"])


@given(commands, st.dictionaries(keys, values))
def test_objects_are_understood_or_refused(command, rest):
    event = parse_or_refuse([json.dumps({"command": command, **rest}).encode()])
    if isinstance(event, NewFile):
        assert event.path == rest["argument"]
    elif isinstance(event, Heartbeat):
        assert event.seq == rest["seq"]


@given(st.binary(min_size=1, max_size=100).filter(lambda name: b"\0" not in name))
def test_every_name_of_a_file_survives(name):
    event = parse({**PLAIN, "argument": os.fsdecode(name)})
    assert os.fsencode(event.path) == name
