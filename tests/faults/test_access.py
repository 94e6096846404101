"""Who may ask a server, and what becomes of messages that were heard on the wire."""

import secrets
import subprocess
from dataclasses import replace

import pytest

from saxsdog import Client
from saxsdog.errors import AuthenticationError, PathError, RequestError
from saxsdog.protocol.codec import decode_answer
from saxsdog.protocol.envelope import DENIED, open_reply, seal_request
from saxsdog.protocol.messages import Abort, QueueRestarted, ReadDir, Refusal
from tests.helpers.experiments import DOCUMENT
from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.proxy import Proxy
from tests.helpers.served import serving, until, write_frame
from tests.helpers.servers import SECRET
from tests.helpers.wires import Between, RawClient, keys_of, sealed

TIMES = 300


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server with three integrated images."""
    with serving(tmp_path_factory.mktemp("access")) as served:
        served.new()
        for seed in range(3):
            write_frame(served.images / f"{seed}.tif", seed)
        served.until_ended(3)
        yield served


def epoch_and_time(served):
    """What a genuine hello tells."""
    with served.server.client() as client:
        client.hello()
        session = client._link._session
        return session.epoch, served.client.stat().time


def asked(served, request, **how):
    epoch, time = epoch_and_time(served)
    return sealed(request, keys=keys_of(SECRET), **{"epoch": epoch, "time": time} | how)


def strange_call(served, **changes):
    """A genuine request to abort, whose body says something else in some places, as JSON."""
    epoch, now = epoch_and_time(served)
    fields = {
        "id": f'"{secrets.token_hex(16)}"',
        "epoch": f'"{epoch}"',
        "time": f"{now}",
        "client": '"a test"',
        "command": '"abort"',
    }
    body = ",".join(f'"{key}":{value}' for key, value in (fields | changes).items())
    return seal_request(keys_of(SECRET), [f"{{{body}}}".encode("utf-8", "surrogatepass")])


def reply_of(frames, message):
    return decode_answer(open_reply(keys_of(SECRET), frames, message.context)).reply


@promise(
    "A2",
    fault="a client has another secret",
    kept="it is told `wrong secret or version`, nothing is carried out, and `stat` counts it",
)
def test_a_client_with_another_secret_is_denied_and_counted(served):
    before = served.client.stat()
    stranger = replace(served.server.entry, secret="another secret that is long enough")  # noqa: S106
    with Client(stranger) as client:
        for command in (client.stat, client.abort, client.hello):
            with pytest.raises(AuthenticationError, match="wrong secret or version"):
                command()
    after = served.client.stat()
    assert after.denied >= before.denied + 3
    assert after.state == "running"
    wait_until(lambda: "not sealed with our secret" in served.server.log_text())
    assert SECRET not in served.server.log_text()


@promise(
    "A5",
    fault="a request that was recorded is sent 300 times within a minute",
    kept="it is carried out once; the same reply comes each time",
)
def test_a_request_that_is_sent_again_and_again_is_carried_out_once(served):
    before = served.client.stat()
    message = asked(served, ReadDir(), identity="ab" * 16)
    with RawClient(served.server.entry.server) as wire:
        replies = [reply_of(wire.exchange(message.frames), message) for _ in range(TIMES)]
    assert replies == [QueueRestarted()] * TIMES
    served.until(lambda stat: stat.cursor == before.cursor + 3)
    served.client.wait(10)
    assert served.client.stat().cursor == before.cursor + 3


@promise(
    "A23",
    fault="all that somebody in between has recorded is sent again after a restart of the server",
    kept="nothing of it is carried out",
)
def test_what_somebody_in_between_has_heard_is_of_no_use_after_a_restart(served):
    heard = []

    def listen(frames):
        heard.append(frames)
        return frames

    with Between(served.server.entry.server, on_request=listen) as between:
        entry = replace(served.server.entry, server=between.address)
        with Client(entry) as client:
            client.readdir()
    served.client.wait(10)
    served.server.restart()
    before = until(served.client, lambda stat: not stat.sources.walking)
    with RawClient(served.server.entry.server) as wire:
        for frames in heard * 10:
            wire.send(frames)
            assert wire.receive()
    after = served.client.wait(10)
    assert after.cursor == before.cursor
    assert after.replayed >= before.replayed + 10
    assert after.denied == 0


@promise(
    "A13",
    fault="the id of a request comes again with another request",
    kept="the second one is refused as `conflict` and not carried out",
)
def test_the_same_id_with_another_request_is_refused(served):
    identity = "cd" * 16
    first = asked(served, ReadDir(), identity=identity)
    second = asked(served, Abort(), identity=identity)
    with RawClient(served.server.entry.server) as wire:
        assert reply_of(wire.exchange(first.frames), first) == QueueRestarted()
        refusal = reply_of(wire.exchange(second.frames), second)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "conflict"
    assert served.client.stat().state == "running"


@promise(
    "A11",
    fault="a request was sealed 61 s ago, or will be in 61 s, or at no time at all",
    kept="it is refused and not carried out",
)
def test_a_request_of_another_time_is_refused(served):
    _, now = epoch_and_time(served)
    for off in (-61, 61):
        message = asked(served, Abort(), time=now + off, identity=f"{off + 100:032x}")
        with RawClient(served.server.entry.server) as wire:
            refusal = reply_of(wire.exchange(message.frames), message)
        assert (refusal.code, refusal.retry) == ("stale-epoch", True)
    for strange in ("NaN", "1e999", '"now"', "1e308", "-1", "null", "[1]"):
        message = strange_call(served, time=strange)
        with RawClient(served.server.entry.server) as wire:
            refusal = reply_of(wire.exchange(message.frames), message)
        assert refusal.code in ("bad-request", "stale-epoch")
    assert served.client.stat().state == "running"


@promise(
    "A10",
    fault="frames of genuine requests are changed, exchanged, left out, repeated or mixed",
    kept="all of it is denied, nothing is carried out",
)
def test_changed_or_mixed_messages_are_denied(served):
    message = asked(served, Abort(), identity="ef" * 16)
    header, *rest = message.frames
    other = asked(served, ReadDir(), identity="ee" * 16)
    before = served.client.stat().denied
    wrong = (
        [header, bytes(rest[0][:-1]) + bytes([rest[0][-1] ^ 1])],
        [header, *other.frames[1:]],
        [other.frames[0], *rest],
        [header],
        [header, *rest, *rest],
        [*rest, header],
        [header, *other.frames[1:], *rest],
    )
    with RawClient(served.server.entry.server) as wire:
        for frames in wrong:
            wire.send(frames)
        assert wire.receive() == [DENIED]
        served.until(lambda stat: stat.denied == before + len(wrong))
    assert served.client.stat().state == "running"


def test_a_folder_whose_name_only_begins_like_the_root_is_outside(served):
    neighbour = served.root.with_name(served.root.name + "0")
    neighbour.mkdir()
    write_frame(neighbour / "theirs.tif", 1)
    (served.root / "next door").symlink_to(neighbour)
    for parts in (["..", neighbour.name], ["next door"]):
        with pytest.raises((PathError, RequestError)):
            served.client.listdir(*parts)
        with pytest.raises((PathError, RequestError)):
            served.client.new(DOCUMENT | {"Directory": parts})
    assert served.client.stat().directory == ("in",)


@promise(
    "A14",
    fault="the reply to `new` is lost on the way",
    kept="the client asks again by itself, and one queue was opened",
)
def test_a_queue_is_opened_once_though_the_reply_is_lost(served):
    replies = []

    def lose_the_second(frames):  # the first answers the hello
        replies.append(frames)
        return None if len(replies) == 2 else frames

    before = served.server.log_text().count("new queue")
    with Between(served.server.entry.server, on_reply=lose_the_second) as between:
        entry = replace(served.server.entry, server=between.address)
        with Client(entry) as client:
            assert client.new(served.calibration()).directory == ("in",)
    assert replies[1] == replies[2]
    wait_until(lambda: served.server.log_text().count("new queue") > before)
    assert served.server.log_text().count("new queue") == before + 1


@promise(
    "H8",
    fault="the line passes single bytes, or a few with pauses",
    kept="requests are answered, and carried out once",
)
@pytest.mark.parametrize("line", [{"piece": 1}, {"piece": 64, "delay": 0.005}])
def test_a_bad_line_is_good_enough(served, line):
    with (
        Proxy(served.server.entry.server, **line) as proxy,
        Client(replace(served.server.entry, server=proxy.address)) as client,
    ):
        assert client.stat().state == "running"
        assert client.failed().rows == ()


@promise(
    "H9",
    fault="the line is reset again and again between questions",
    kept="each question is answered, over a new connection",
)
def test_a_line_that_is_reset_costs_no_answer(served):
    with (
        Proxy(served.server.entry.server) as proxy,
        Client(replace(served.server.entry, server=proxy.address)) as client,
    ):
        for _ in range(3):
            assert client.stat().state == "running"
            proxy.cut()
        assert client.stat().state == "running"
        assert proxy.connections > 1


@promise(
    "A21",
    fault="the file with the secret can be read by others",
    kept="the server refuses to start, and says which command mends it",
)
def test_a_network_file_that_others_can_read_is_not_used(served):
    served.server.network.chmod(0o644)
    try:
        ended = subprocess.run(  # noqa: S603 - our own program
            served.server._command, capture_output=True, text=True, timeout=20, check=False
        )
    finally:
        served.server.network.chmod(0o600)
    assert ended.returncode == 2
    assert "netconf --fix" in ended.stderr
