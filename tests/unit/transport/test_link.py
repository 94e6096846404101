import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from saxsdog.errors import (
    AuthenticationError,
    ProtocolError,
    RequestError,
    ServerUnreachableError,
    SettingsError,
)
from saxsdog.protocol.codec import Answer, decode_call, encode_answer
from saxsdog.protocol.envelope import DENIED, Kind, open_request, seal_reply
from saxsdog.protocol.messages import (
    Abort,
    Attachment,
    Hello,
    History,
    HistoryColumns,
    New,
    Requeue,
    Requeued,
    Stat,
)
from saxsdog.transport import client as module
from saxsdog.transport.client import Link
from saxsdog.transport.endpoint import Endpoint
from tests.helpers.promises import promise
from tests.helpers.wires import EPOCH, Between, CountingServer, flipped, keys_of, welcome

ANYWHERE = "tcp://127.0.0.1:*"
DISCARD = "tcp://127.0.0.1:9"
OTHERS = keys_of("the secret of somebody else")


@pytest.fixture
def server():
    return CountingServer()


@pytest.fixture
def endpoint(server):
    with Endpoint(ANYWHERE, keys_of(), server) as running:
        yield running


@pytest.fixture
def _impatient(monkeypatch):
    """Make tries as short as a test may be."""
    monkeypatch.setattr(module, "FIRST_TRY", 0.15)
    monkeypatch.setattr(module, "PATIENCE", 1.0)


def link_to(address):
    return Link(address, keys_of(), name="Pilatus1M")


def silent():
    return Between(DISCARD, on_request=lambda frames: None)


def impostor(*bodies):
    """A server with the right secret and the wrong words; one body for each request."""
    remaining = list(bodies)

    def on_request(frames):
        opened = open_request(keys_of(), frames)
        if isinstance(decode_call(opened.parts).request, Hello):
            parts = encode_answer(Answer(welcome(), EPOCH, time.time()))
        else:
            parts = [remaining.pop(0)]
        return seal_reply(keys_of(), parts, opened.context)

    return Mirror(on_request)


class Mirror(Between):
    """Answers by itself, with what a hook makes of the request."""

    def __init__(self, on_request):
        super().__init__(DISCARD)
        self._answer = on_request

    def _take(self, poller):
        route, *frames = self._front.recv_multipart()
        self._front.send_multipart([route, *self._answer(frames)])


def test_a_link_says_hello_by_itself(endpoint, server):
    with link_to(endpoint.address) as link:
        assert link.ask(Requeue("poison")) == Requeued(1)
        assert link.ask(Hello()) == welcome()
    assert server.requests == [Requeue("poison")]


def test_a_link_with_another_secret_is_told_so(endpoint, server):
    link = Link(endpoint.address, OTHERS, name="Pilatus1M")
    with link, pytest.raises(AuthenticationError, match=r"Pilatus1M at .*wrong secret or version"):
        link.ask(Abort())
    assert server.requests == []


def test_a_server_that_says_nothing_is_named_within_five_seconds():
    with silent() as nobody, link_to(nobody.address) as link:
        began = time.monotonic()
        with pytest.raises(ServerUnreachableError, match=f"Pilatus1M at {nobody.address}"):
            link.ask(New({}), 60.0)
        assert time.monotonic() - began < 5.0


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("url", [DISCARD, "tcp://no-such-host.invalid:5555"])
def test_a_server_that_is_not_there_is_not_reachable(url):
    with link_to(url) as link, pytest.raises(ServerUnreachableError):
        link.ask(Stat())


@pytest.mark.parametrize("url", ["nonsense", "tcp://host", "smtp://host:25"])
def test_an_address_that_is_none_is_refused(url):
    with link_to(url) as link, pytest.raises(SettingsError, match="expected tcp://host:port"):
        link.ask(Stat())


@pytest.mark.usefixtures("_impatient")
def test_a_lost_reply_is_asked_for_again_and_the_request_carried_out_once(endpoint, server):
    seen, lost = [], []

    def on_request(frames):
        seen.append(frames)
        return frames

    def on_reply(frames):
        if server.requests and len(lost) < 2:
            lost.append(frames)
            return None
        return frames

    with (
        Between(endpoint.address, on_request, on_reply) as between,
        link_to(between.address) as link,
    ):
        assert link.ask(Abort(), 5.0) == Requeued(1)
    assert seen[-1] == seen[-2] == seen[-3]
    assert lost[0] == lost[1]
    assert server.requests == [Abort()]


@pytest.mark.usefixtures("_impatient")
def test_a_slow_request_is_carried_out_once_however_often_it_is_sent():
    slow, begun = Future(), []
    sent = []

    def answer(request):
        if isinstance(request, Hello):
            return welcome()
        begun.append(request)
        return slow

    def on_request(frames):
        sent.append(frames)
        if len(sent) == 4:
            slow.set_result(Requeued(1))
        return frames

    new = New({"Title": "slow"}, (Attachment("a.msk", b"\x01"),))
    with (
        Endpoint(ANYWHERE, keys_of(), answer) as endpoint,
        Between(endpoint.address, on_request) as between,
        link_to(between.address) as link,
    ):
        assert link.ask(new, 20.0) == Requeued(1)
    assert begun == [new]


def test_a_restart_of_the_server_does_not_disturb(server):
    with Endpoint(ANYWHERE, keys_of(), server) as first:
        link = link_to(first.address)
        assert link.ask(Requeue()) == Requeued(1)
        address = first.address
    with link, Endpoint(address, keys_of(), server) as second:
        assert link.ask(Requeue()) == Requeued(2)
        assert second.counts.replayed == 1


@promise(
    "A12",
    fault="the clock of a client is wrong by days",
    kept="its requests are carried out",
)
@pytest.mark.parametrize("off", [-3 * 86_400.0, 3 * 86_400.0])
def test_the_clock_of_the_client_does_not_matter(endpoint, off, monkeypatch):
    monkeypatch.setattr(module.time, "time", lambda now=time.time: now() + off)
    with link_to(endpoint.address) as link:
        assert link.ask(Abort()) == Requeued(1)


def test_a_clock_that_stood_still_is_set_by_another_hello(endpoint):
    moment = [0.0]
    link = Link(endpoint.address, keys_of(), clock=lambda: time.monotonic() + moment[0])
    with link:
        assert link.ask(Requeue()) == Requeued(1)
        moment[0] = 3600.0
        assert link.ask(Requeue()) == Requeued(2)


def test_a_refusal_says_code_and_reason():
    def answer(request):
        if isinstance(request, Hello):
            return welcome()
        raise RequestError("no-queue", "expected a queue, there is none")

    with (
        Endpoint(ANYWHERE, keys_of(), answer) as endpoint,
        link_to(endpoint.address) as link,
        pytest.raises(RequestError, match="expected a queue") as caught,
    ):
        link.ask(Abort())
    assert caught.value.code == "no-queue"


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    "change",
    [
        lambda frames: [flipped(frames[0], 300), *frames[1:]],
        lambda frames: [frames[0], flipped(frames[1], 7)],
        lambda frames: [*frames, b"more"],
        lambda frames: frames[:1],
        lambda frames: [b'{"result": "stat", "data": {}}'],
        lambda frames: [b""] * 1000,
        lambda frames: [DENIED, DENIED],
    ],
)
def test_a_reply_that_was_changed_on_the_way_is_none(endpoint, change):
    with (
        Between(endpoint.address, on_reply=change) as between,
        link_to(between.address) as link,
        pytest.raises(ServerUnreachableError),
    ):
        link.ask(Stat())


@pytest.mark.usefixtures("_impatient")
def test_a_request_that_comes_back_is_no_reply():
    with (
        Mirror(lambda frames: frames) as mirror,
        link_to(mirror.address) as link,
        pytest.raises(ServerUnreachableError),
    ):
        link.ask(Stat())


@promise(
    "A1",
    fault="the reply to another genuine request comes",
    kept="it does not open; the right one is waited for",
)
def test_the_reply_to_another_request_is_none(endpoint, server):
    old = []

    def on_reply(frames):
        old.append(frames)
        return old[1] if len(old) == 3 else frames

    with Between(endpoint.address, on_reply=on_reply) as between, link_to(between.address) as link:
        assert link.ask(Requeue()) == Requeued(1)
        assert link.ask(Requeue()) == Requeued(2)
    assert len(old) == 4
    assert len(server.requests) == 2


@promise(
    "A19",
    fault="somebody on the way forges a denial or a plain reply",
    kept="the client gives up; it sends and reads nothing that is not sealed",
)
def test_a_denial_is_final_and_nothing_plain_is_tried():
    seen = []

    def on_request(frames):
        seen.append(frames)
        return [DENIED]

    with (
        Mirror(on_request) as mirror,
        link_to(mirror.address) as link,
        pytest.raises(AuthenticationError),
    ):
        link.ask(Stat())
    assert [open_request(keys_of(), frames).kind for frames in seen] == [Kind.HELLO]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"result": "stat", "data": NaN}',
        b'{"result": "requeued", "data": {"images": "<b>1</b>"}, "epoch": "e", "time": 1}',
        b'{"result": "__class__", "data": {}}',
        b"\x80\x04\x95",
    ],
)
def test_a_server_that_talks_nonsense_is_named(body):
    with (
        impostor(body) as hostile,
        link_to(hostile.address) as link,
        pytest.raises(ProtocolError, match=r"Pilatus1M at .*got a reply that is none"),
    ):
        link.ask(Stat())


@pytest.mark.parametrize("request_", [History(wait=10.0), HistoryColumns(wait=10.0)])
def test_a_long_poll_is_sent_once(request_):
    sent = []

    def on_request(frames):
        sent.append(frames)
        return frames

    slow = Future()

    def answer(request):
        return slow if request == request_ else welcome()

    timer = threading.Timer(2.0, slow.set_result, [Requeued(1)])
    with (
        Endpoint(ANYWHERE, keys_of(), answer) as endpoint,
        Between(endpoint.address, on_request) as between,
        link_to(between.address) as link,
    ):
        timer.start()
        assert link.ask(request_, 15.0) == Requeued(1)
        timer.join()
    assert len(sent) == 2


def test_threads_share_a_link(endpoint, server):
    with link_to(endpoint.address) as link, ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: link.ask(Requeue()), range(100)))
    assert sorted(reply.images for reply in replies) == list(range(1, 101))


def test_a_closed_link_may_be_closed_again(endpoint):
    link = link_to(endpoint.address)
    link.ask(Stat())
    link.close()
    link.close()


def test_too_large_a_request_is_not_sent(endpoint, server):
    with link_to(endpoint.address) as link, pytest.raises(ProtocolError, match="at most 1048576"):
        link.ask(New({"Title": "x" * 2_000_000}))
    assert server.requests == []
