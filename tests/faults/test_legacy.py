"""Strangers who speak as a client of the original does, to servers that serve such or not."""

import json
import random
import sys
from contextlib import ExitStack

import numpy as np
import pytest

from saxsdog.protocol.envelope import DENIED, MEBIBYTE
from tests.helpers.experiments import DOCUMENT, SHAPE
from tests.helpers.legacy import OldLeash, attachment, frames_of, signature, signed
from tests.helpers.promises import promise
from tests.helpers.served import is_idle, serving, tiff_of, write_frame
from tests.helpers.servers import SECRET
from tests.helpers.wires import RawClient

OLD_SECRET = "the secret of all old clients"  # noqa: S105
SETTINGS = f"""
[legacy]
enabled = true
secret = "{OLD_SECRET}"
allow = ["stat", "plot", "get", "fileslist", "listdir", "new", "readdir"]
"""
FLOOD = 4000
MOST_GROWTH = 16 * MEBIBYTE
A, B = ((name, tiff_of(np.eye(*SHAPE, k=k, dtype=np.int32))) for k, name in enumerate("ab"))
TWO_MASKS = DOCUMENT | {
    "Directory": ["in"],
    "Masks": [DOCUMENT["Masks"][0] | {"MaskFile": name} for name in "ab"],
}


class Neighbour(RawClient):
    """An old client that others speak for as well: what is sent over it is looked at in order."""

    def is_still_served(self):
        """Ask something honest, and wait for the answer behind denials of what came before."""
        self.send_old(*frames_of(signed("stat", None, OLD_SECRET)))
        while (reply := self.receive()) == [DENIED]:
            continue
        assert reply is not None
        empty, frame = reply
        return empty == b"" and json.loads(frame)["result"] in {"stat", "no queue"}

    def send_old(self, *frames):
        """Send frames as a REQ socket does."""
        self.send([b"", *frames])


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server of old clients, with one integrated image."""
    with serving(tmp_path_factory.mktemp("legacy"), settings=SETTINGS) as served:
        served.new()
        write_frame(served.images / "0.tif", 0)
        served.until_ended(1)
        yield served


@pytest.fixture
def neighbour(served):
    with Neighbour(served.server.entry.server) as neighbour:
        yield neighbour


def what_is_done(stat):
    return stat.opened, stat.state, stat.cursor, stat.counters


def changed(message, **fields):
    """A message that somebody on the way has changed."""
    return json.dumps(message | fields).encode()


def honest(**how):
    return signed("readdir", {}, OLD_SECRET, **how)


def off_by(seconds):
    message = honest()
    return frames_of(honest(at=message["time"] + seconds))


def wrong_type(**fields):
    """A message of the wrong form that is signed all the same."""
    message = honest() | fields
    return frames_of(message | {"sign": signature(message, OLD_SECRET)})


HOSTILE = {
    "another command": lambda: [changed(signed("stat", {}, OLD_SECRET), command="readdir")],
    "another argument": lambda: [changed(honest(), argument={"directory": ["x"]})],
    "another time": lambda: [changed(honest(), time=honest()["time"])],
    "no sign": lambda: [json.dumps({"command": "readdir", "argument": {}, "time": 1e9}).encode()],
    "empty sign": lambda: [changed(honest(), sign="")],
    "sign of nothing": lambda: [changed(honest(), sign="0" * 128)],
    "sign is a list": lambda: [changed(honest(), sign=[])],
    "another secret": lambda: frames_of(signed("readdir", {}, "the secret of somebody else")),
    "our own secret": lambda: frames_of(signed("readdir", {}, SECRET)),
    "late": lambda: off_by(-121),
    "early": lambda: off_by(121),
    "of tomorrow": lambda: off_by(86400),
    "time is text": lambda: wrong_type(time="now"),
    "time is true": lambda: wrong_type(time=True),
    "command is a number": lambda: wrong_type(command=1),
    "unknown key": lambda: wrong_type(epoch="x"),
    "time is NaN": lambda: wrong_type(time=float("nan")),
    "time is infinite": lambda: wrong_type(time=float("inf")),
    "deep": lambda: [b'{"argument":' * 100_000],
    "key twice": lambda: [frames_of(honest())[0][:-1] + b', "command": "readdir"}'],
    "mark of the byte order": lambda: [b"{\xef\xbb\xbf", *frames_of(honest())],
    "noise": lambda: [b"{" + random.Random(1).randbytes(10_000)],  # noqa: S311 - the same each time
    "too large": lambda: [frames_of(honest())[0] + b" " * MEBIBYTE],
    "many frames": lambda: frames_of(honest(), [("a", b"")] * 40),
    "masks where none belong": lambda: frames_of(honest(), [("a", b"")]),
    "only a brace": lambda: [b"{" + b" " * 20],
}


@promise(
    "H6",
    fault="strangers send requests of the original that were changed, forged, unsigned, recorded, "
    "early, late, too large or are none, and they send them from elsewhere",
    kept="nothing is carried out, the answer is that to noise, and an honest old client is served",
)
@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_old_request_that_is_not_genuine_is_noise(served, neighbour, make):
    before = served.until(is_idle)
    neighbour.send_old(*make())
    assert neighbour.is_still_served()
    after = served.client.stat()
    assert what_is_done(after) == what_is_done(before)
    assert after.legacy.refused == before.legacy.refused + 1
    assert after.denied == before.denied + 1
    assert after.legacy.requests == before.legacy.requests + 1


@promise(
    "H6",
    fault="strangers send requests of the original that were changed, forged, unsigned, recorded, "
    "early, late, too large or are none, and they send them from elsewhere",
    kept="nothing is carried out, the answer is that to noise, and an honest old client is served",
)
def test_a_recorded_old_request_is_carried_out_once(served, neighbour):
    before = served.client.stat()
    frames = frames_of(honest())
    for _ in range(20):
        neighbour.send_old(*frames)
    document = json.loads(frames[0])
    neighbour.send_old(json.dumps(dict(reversed(document.items())), indent=1).encode())
    while (reply := neighbour.receive()) == [DENIED]:
        continue
    assert json.loads(reply[1])["result"] == "queue restarted with all files"
    assert neighbour.is_still_served()
    after = served.until_ended(1)
    assert after.legacy.refused == before.legacy.refused + 20
    assert after.cursor == before.cursor + 1


@promise(
    "H6",
    fault="strangers send requests of the original that were changed, forged, unsigned, recorded, "
    "early, late, too large or are none, and they send them from elsewhere",
    kept="nothing is carried out, the answer is that to noise, and an honest old client is served",
)
@pytest.mark.skipif(sys.platform != "linux", reason="only there a machine has so many addresses")
def test_an_old_client_elsewhere_is_not_served(served, neighbour):
    before = served.until(is_idle)
    here = served.server.entry.server.removeprefix("tcp://")
    with Neighbour(f"tcp://127.0.0.2:0;{here}") as elsewhere:
        elsewhere.send_old(*frames_of(honest()))
        after = served.until(lambda stat: stat.legacy.refused > before.legacy.refused)
    assert neighbour.is_still_served()
    assert what_is_done(after) == what_is_done(before)
    assert after.legacy.refused == before.legacy.refused + 1


MASKS = {
    "swapped": [attachment("a", B[1]), attachment("b", A[1])][::-1],
    "dropped": [attachment(*A)],
    "added": [attachment(*A), attachment(*B), attachment(*B)],
    "one twice": [attachment(*A), attachment(*A)],
    "of another name": [attachment(*A), attachment("../b/c", B[1])],
    "no mask": [attachment(*A), attachment("b", b"no mask")],
    "of another size": [attachment(*A), attachment("b", tiff_of(np.ones(3, np.int32)))],
    "no Latin-1": [attachment(*A), b'{"filename": "b", "data": "\\u20ac"}'],
    "no JSON": [attachment(*A), B[1]],
    "wrong types": [attachment(*A), b'{"filename": "b", "data": [1, 2]}'],
    "deep": [attachment(*A), b'{"filename":' * 100_000],
}


@promise(
    "H7",
    fault="somebody on the way swaps, drops, adds or renames the masks of an old client, sends "
    "what is none, or its calibration once more with others",
    kept="the former queue goes on, and the log says by SHA-256 which masks were taken",
)
@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
def test_masks_that_are_not_those_of_the_calibration_are_refused(served, neighbour, masks):
    before = served.until(is_idle)
    neighbour.send_old(*frames_of(signed("new", TWO_MASKS, OLD_SECRET)), *masks)
    _, reply = neighbour.receive()
    assert json.loads(reply)["result"] == "ValueError"
    assert b"Traceback" not in reply
    assert str(served.root).encode() not in reply
    assert what_is_done(served.client.stat()) == what_is_done(before)
    assert neighbour.is_still_served()


@promise(
    "H7",
    fault="somebody on the way swaps, drops, adds or renames the masks of an old client, sends "
    "what is none, or its calibration once more with others",
    kept="the former queue goes on, and the log says by SHA-256 which masks were taken",
)
def test_a_calibration_is_not_taken_again_with_other_masks(served, neighbour):
    message = signed("new", TWO_MASKS, OLD_SECRET)
    neighbour.send_old(*frames_of(message, [A, B]))
    _, reply = neighbour.receive()
    assert json.loads(reply)["result"] == "new queue"
    opened = served.client.stat().opened
    neighbour.send_old(*frames_of(message, [("a", B[1]), ("b", A[1])]))
    assert neighbour.is_still_served()
    assert served.client.stat().opened == opened


@promise(
    "H6",
    fault="strangers send requests of the original that were changed, forged, unsigned, recorded, "
    "early, late, too large or are none, and they send them from elsewhere",
    kept="nothing is carried out, the answer is that to noise, and an honest old client is served",
)
@pytest.mark.parametrize("command", ["abort", "close", "mergedata"])
def test_what_the_site_has_not_named_is_not_carried_out(served, command):
    before = served.until(is_idle)
    with OldLeash(served.server.entry.server, OLD_SECRET) as leash:
        assert leash.ask(command)["result"] == "AuthenticationError"
    after = served.client.stat()
    assert what_is_done(after) == what_is_done(before)
    assert after.legacy.refused == before.legacy.refused + 1


@promise(
    "H6",
    fault="strangers send requests of the original that were changed, forged, unsigned, recorded, "
    "early, late, too large or are none, and they send them from elsewhere",
    kept="nothing is carried out, the answer is that to noise, and an honest old client is served",
)
def test_a_flood_of_old_requests_harms_nobody(served):
    with ExitStack() as stack:
        flooders = [stack.enter_context(Neighbour(served.server.entry.server)) for _ in range(4)]
        leash = stack.enter_context(OldLeash(served.server.entry.server, OLD_SECRET))
        assert leash.ask("stat")["result"] == "stat"
        before, memory = served.client.stat(), served.server.memory
        hostile = [make() for make in HOSTILE.values()]
        small = [each for each in hostile if len(each) < 10 and sum(map(len, each)) < 20_000]
        for i in range(FLOOD):
            flooders[i % 4].send_old(*small[i % len(small)])
            if i % 1000 == 0:
                assert leash.ask("stat")["result"] == "stat"
                assert served.client.stat().state == "running"
        served.until(lambda stat: stat.legacy.refused == before.legacy.refused + FLOOD)
        assert leash.ask("plot")["result"] in {"plot", "Empty"}
    assert served.server.memory - memory < MOST_GROWTH


@promise(
    "H4",
    fault="a genuine client of the original asks a server that serves none",
    kept="it gets the answer to noise, byte for byte; nothing of it is read",
)
def test_without_the_setting_an_old_request_is_noise(tmp_path):
    settings = SETTINGS.replace("true", "false")
    with serving(tmp_path, settings=settings) as served:
        with RawClient(served.server.entry.server) as stranger:
            answers = [
                stranger.exchange([b"", *frames_of(signed("stat", {}, OLD_SECRET))]),
                stranger.exchange([b"", b"[" + bytes(100)]),
                stranger.exchange([bytes(68), bytes(40)]),
            ]
        assert answers == [[DENIED]] * 3
        stat = served.client.stat()
        assert (stat.legacy, stat.denied) == (None, 3)
        assert "original" not in served.server.log_text()
