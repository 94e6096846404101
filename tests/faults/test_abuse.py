"""Strangers who send a server what it must not take, and what others notice of it."""

import ast
import bz2
import io
import json
import pickle
import secrets
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import tifffile

import saxsdog
from saxsdog.protocol.codec import decode_answer
from saxsdog.protocol.envelope import MEBIBYTE, open_reply, seal_request
from saxsdog.protocol.messages import Attachment, New
from tests.helpers.abuse import Stranger, flood, hello, part_of_a_message
from tests.helpers.experiments import DOCUMENT, SHAPE
from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.served import serving, write_frame
from tests.helpers.servers import SECRET
from tests.helpers.wires import ID, RawClient, keys_of, sealed

MESSAGES = 20_000
MOST_GROWTH = 16 * MEBIBYTE
SLICE = {"Direction": "x", "Plane": "InPlane", "CutPosition": 12, "CutMargin": 2}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server with three integrated images."""
    with serving(tmp_path_factory.mktemp("abuse")) as served:
        served.new()
        for seed in range(3):
            write_frame(served.images / f"{seed}.tif", seed)
        served.until_ended(3)
        yield served


@promise(
    "B13",
    fault="20,000 malformed, truncated, forged, changed, replayed and oversized messages from "
    "eight connections of the address of an honest client",
    kept="nothing is carried out, all memory but 16 MiB comes back, the honest client is answered",
)
def test_a_flood_of_hostile_messages_changes_nothing(served):
    with flood(served.server.entry.server, 2_000) as warm_up:
        warm_up.result()
    before, memory = served.client.stat(), served.server.memory
    with flood(served.server.entry.server, MESSAGES) as strangers:
        while strangers.goes_on:
            assert served.client.stat().state == "running"
        sent = strangers.result()
    after = served.client.stat()
    assert sum(sent.values()) == MESSAGES
    assert after.denied - before.denied > sent["malformed"] + sent["truncated"]
    assert after.replayed > before.replayed
    assert after.counters == before.counters
    assert (after.state, after.cursor) == (before.state, before.cursor)
    wait_until(lambda: served.server.memory - memory < MOST_GROWTH)


@promise(
    "B3",
    fault="2000 strangers send more messages than are taken at once and a ping behind them, and "
    "break off",
    kept="the server lives on (libzmq 4.3.5 would end it if its queues had limits)",
)
def test_a_connection_that_breaks_while_its_messages_wait_ends_nothing(served):
    message, ping = b"\1\0" + b"\0\1x", b"\4\7\4PING\0\0"
    for number in range(2000):
        with Stranger(served.server.entry.server) as stranger:
            stranger.shake_hands()
            stranger.say(message * (100 + number % 5 * 25) + ping * 50)
            stranger.break_off()
    assert served.client.stat().state == "running"


@promise(
    "B3",
    fault="a stranger sends messages of a few bytes without end",
    kept="he is hung up on, the memory of the server comes back, others are answered",
)
def test_messages_without_end_are_hung_up_on(served):
    memory = served.server.memory
    with Stranger(served.server.entry.server) as stranger:
        stranger.shake_hands()
        assert stranger.is_hung_up_on((b"\1\0" + b"\0\1x") * 10_000)
    assert served.client.stat().state == "running"
    wait_until(lambda: served.server.memory - memory < MOST_GROWTH)


@promise(
    "B3",
    fault="strangers send a message that never ends, a frame beyond all limits, and messages of "
    "100,000 frames",
    kept="they are hung up on, the memory of the server comes back, others are answered",
)
@pytest.mark.parametrize("frame", [bytes(MEBIBYTE), b"x"], ids=["large", "tiny"])
def test_a_message_that_never_ends_is_hung_up_on(served, frame):
    memory = served.server.memory
    with Stranger(served.server.entry.server) as stranger:
        stranger.shake_hands()
        assert stranger.is_hung_up_on(part_of_a_message(frame) * max(1, 30_000 // len(frame)))
        assert served.client.stat().state == "running"
    wait_until(lambda: served.server.memory - memory < MOST_GROWTH)


@promise(
    "B3",
    fault="strangers send a message that never ends, a frame beyond all limits, and messages of "
    "100,000 frames",
    kept="they are hung up on, the memory of the server comes back, others are answered",
)
@pytest.mark.parametrize(
    "frames", [[b"x" * 68, bytes(65 * MEBIBYTE)], [b"x"] * 100_000], ids=["large", "many"]
)
def test_a_message_beyond_all_limits_is_dropped(served, frames):
    memory = served.server.memory
    with RawClient(served.server.entry.server) as stranger:
        stranger.send(frames)
        assert served.client.stat().state == "running"
        hello(stranger)  # over a new connection
    wait_until(lambda: served.server.memory - memory < MOST_GROWTH)


@promise(
    "B2",
    fault="500 strangers connect and say something else than the protocol, or nothing",
    kept="others are answered, and no file stays open",
)
def test_strangers_who_say_nothing_or_something_else_are_hung_up_on(served):
    before = served.server.descriptors
    words = (b"", b"\xff", b"\xff" + bytes(9) + b"\x7f", b"GET / HTTP/1.1\r\n\r\n", b"\x16\3\1" * 9)
    with ExitStack() as stack:
        for i in range(500):
            stranger = stack.enter_context(Stranger(served.server.entry.server))
            stranger.say(words[i % len(words)])
        with served.server.client() as newcomer:
            assert newcomer.stat().state == "running"
        # The oldest go when there are more than 256, the others when they do not shake hands.
        wait_until(lambda: served.server.descriptors <= before + 300)
    wait_until(lambda: served.server.descriptors <= before + 5)


@promise(
    "B8",
    fault="2,000 connections are opened and closed",
    kept="no file stays open",
)
def test_connections_that_come_and_go_leave_nothing(served):
    before = served.server.descriptors
    for _ in range(2000):
        with Stranger(served.server.entry.server) as stranger:
            stranger.say(b"\xff")
    wait_until(lambda: served.server.descriptors <= before + 5)
    assert served.client.stat().state == "running"


BODIES = {
    "depth": b"[" * 100_000,
    "key twice": b'{"id": 1, "id": 2}',
    "NaN": b'{"time": NaN}',
    "half a pair": b'{"client": "\\ud800"}',
    "integer of a million digits": b'{"time": ' + b"9" * 1_000_000 + b"}",
    "key of a MiB": b'{"' + b"k" * (MEBIBYTE - 10) + b'": 1}',
    "mark of the byte order": b"\xef\xbb\xbf{}",
    "no UTF-8": b'{"\xff": 1}',
    "nothing": b"",
    "pickle": pickle.dumps({"command": "stat"}),
}


@promise(
    "B4",
    fault="a holder of the secret sends bodies that are no JSON, too deep, too long or ambiguous",
    kept="each is refused as `bad-request`, with a sentence and no traceback",
)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_sealed_body_that_is_none_is_refused(served, body):
    refusal = refusal_of(served, seal_request(keys_of(SECRET), [body]))
    assert refusal.code == "bad-request"
    assert "Traceback" not in refusal.message
    assert len(refusal.message) < 500


@promise(
    "B5",
    fault="commands that do not exist, also names inside Python and letters that look alike",
    kept="each is refused as `unknown-command`",
)
@pytest.mark.parametrize(
    "command", ["start", "__class__", "NEW", "st\N{CYRILLIC SMALL LETTER A}t", "stat\0", "", "_new"]
)
def test_a_command_that_does_not_exist_is_refused(served, command):
    body = {"id": ID, "epoch": "0" * 32, "time": 1, "client": "x", "command": command}
    message = seal_request(keys_of(SECRET), [json.dumps(body).encode()])
    assert refusal_of(served, message).code == "unknown-command"


SENSELESS = {
    "Threads": {"Threads": 1_000_000},
    "pixels": {"Geometry": DOCUMENT["Geometry"] | {"Imagesize": [1_000_000, 1_000_000]}},
    "largest": {
        "Geometry": DOCUMENT["Geometry"] | {"Imagesize": [16384, 16384]},
        "Masks": [{"Oversampling": 8, "qStart": 0.1, "qStop": 0.4}],
    },
    "Oversampling": {"Masks": [{"Oversampling": 1000, "qStart": 0.1, "qStop": 0.4}]},
    "MaskRef": {"Slices": [SLICE | {"MaskRef": 99}]},
    "MaskRef below 0": {"Slices": [SLICE | {"MaskRef": -2}]},
    "no wavelength": {"Wavelength": 0},
    "wavelength below 0": {"Wavelength": -1},
    "many masks": {"Masks": DOCUMENT["Masks"] * 33},
    "pickle": {"Title": pickle.dumps(1).decode("latin-1"), "Wavelength": "!!python/object:x"},
}


@promise(
    "B6",
    fault="a calibration with a million threads or pixels, no wavelength, masks that are not there",
    kept="it is refused at once, and the queue goes on",
)
@pytest.mark.parametrize("changes", SENSELESS.values(), ids=SENSELESS.keys())
def test_a_calibration_without_sense_is_refused(served, changes):
    before, memory = served.client.stat(), served.server.memory
    message = sealed_new(served, DOCUMENT | changes)
    assert refusal_of(served, message).code in ("bad-calibration", "limit", "bad-request")
    assert served.client.stat().workers == before.workers
    assert served.server.memory - memory < MOST_GROWTH


def deflated(shape):
    """A TIFF of zeros, a thousandth of what it unpacks to."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros(shape, np.uint8), compression="zlib")
    return buffer.getvalue()


MASKS = {
    "nothing": b"",
    "noise": bytes(range(256)) * 20,
    "cut off": deflated(SHAPE)[:-20],
    "another shape": deflated((39, 50)),
    "bomb": deflated((16384, 16384)),
    "bomb of bzip2": bz2.compress(bytes(1 << 28)),
    "FIT2D of 2**31 rows": b"M\0\0\0A\0\0\0S\0\0\0K\0\0\0" + b"\0\0\0\x80" * 300,
    "zip": b"PK\3\4" + bytes(100),
    "pickle": pickle.dumps(np.zeros(SHAPE)),
}


@promise(
    "B7",
    fault="masks that are empty, cut off, noise, of another shape, or small files that unpack to "
    "very much",
    kept="they are refused as `bad-calibration`, memory stays, and the queue goes on",
)
@pytest.mark.parametrize("name", ["m.tif", "m.edf.bz2"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
def test_a_mask_that_is_none_is_refused(served, mask, name):
    before, memory = served.client.stat(), served.server.memory
    masks = [DOCUMENT["Masks"][0] | {"MaskFile": name}]
    message = sealed_new(served, DOCUMENT | {"Masks": masks}, Attachment(name, mask))
    assert refusal_of(served, message).code == "bad-calibration"
    assert served.client.stat().workers == before.workers
    assert served.server.memory - memory < 4 * MOST_GROWTH  # libraries are imported for the first


@promise(
    "B12",
    fault="pickles, and texts that other readers would execute, in every field and on every socket",
    kept="nothing in the product unpickles, evaluates or loads what comes from outside",
)
def test_nothing_that_comes_from_outside_can_be_executed():
    found = set()
    for path in sorted(Path(saxsdog.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", None) or ""
                names = {module, *(alias.name for alias in node.names)}
                found |= {(path.name, name) for name in names & DANGEROUS_MODULES}
            elif isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                found |= {(path.name, name)} if name in DANGEROUS_CALLS else set()
            elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert node.value.value is False
    assert found <= ALLOWED, found - ALLOWED


DANGEROUS_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "code"}
DANGEROUS_CALLS = {"eval", "exec", "recv_pyobj", "recv_json", "__import__"}
ALLOWED = {("shared_plan.py", "pickle")}
"""The server writes its plan for its own workers, into a folder that nobody else can write to."""


def sealed_new(served, calibration, *attachments):
    with RawClient(served.server.entry.server) as wire:
        epoch, now = hello(wire)
    request = New(calibration, attachments)
    keys = keys_of(SECRET)
    return sealed(request, epoch=epoch, time=now, identity=secrets.token_hex(16), keys=keys)


def refusal_of(served, message):
    with RawClient(served.server.entry.server) as wire:
        frames = wire.exchange(message.frames)
    return decode_answer(open_reply(keys_of(SECRET), frames, message.context)).reply
