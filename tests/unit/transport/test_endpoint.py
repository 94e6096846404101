import logging
import socket
import struct
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
import zmq

from saxsdog.errors import CalibrationError, SettingsError
from saxsdog.protocol.envelope import DENIED, Kind, seal_request
from saxsdog.protocol.messages import (
    Abort,
    Attachment,
    Close,
    Hello,
    History,
    New,
    QueueClosed,
    Refusal,
    Requeue,
    Requeued,
    Stat,
)
from saxsdog.transport.endpoint import Endpoint
from tests.helpers.promises import promise
from tests.helpers.wires import (
    CountingServer,
    RawClient,
    flipped,
    keys_of,
    opened,
    sealed,
    welcome,
)

ANYWHERE = "tcp://127.0.0.1:*"
OTHERS = keys_of("the secret of somebody else")
PATIENCE_MS = 10_000


class Echo:
    """Guests who get back what they say, sooner or later; noise is whatever holds an ``x``."""

    def __init__(self):
        self.waiting = []
        self.heard = []

    def admit(self, frames, route, address):
        self.heard.append((*frames, address))
        if b"x" in frames[0]:
            return None
        if b"bug" in frames[0]:
            raise ZeroDivisionError
        future = Future()
        if b"wait" in frames[0]:
            self.waiting.append(future)
        elif b"error" in frames[0]:
            future.set_exception(CalibrationError("wrong"))
        else:
            future.set_result(b"".join(frames))
        return future

    def excuse(self, refusal):
        return refusal.code.encode()

    def may_send_much(self, address):
        return False


class Guest:
    """A REQ socket."""

    def __init__(self, address):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.linger = 0
        self._socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._context.destroy(linger=0)

    def ask(self, *frames):
        self._socket.send_multipart(frames)
        return self.receive()

    def send(self, *frames):
        self._socket.send_multipart(frames)

    def receive(self):
        assert self._socket.poll(PATIENCE_MS)
        return self._socket.recv_multipart()


@pytest.fixture
def server():
    return CountingServer()


@pytest.fixture
def endpoint(server):
    with Endpoint(ANYWHERE, keys_of(), server) as running:
        yield running


@pytest.fixture
def client(endpoint):
    with RawClient(endpoint.address) as connected:
        yield connected


def eventually(condition, client):
    """Wait for what must happen soon, and keep the server busy meanwhile."""
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        assert client.hello()
        client.receive(patience_ms=20)
    return condition()


def port_of(endpoint):
    return int(endpoint.address.rpartition(":")[2])


def test_a_request_is_answered(client, server):
    epoch, moment = client.hello()
    answer = client.ask(Requeue("poison"), epoch=epoch, time=moment)
    assert answer.reply == Requeued(1)
    assert answer.epoch == epoch
    assert server.requests == [Requeue("poison")]


def test_attachments_arrive(client, server):
    epoch, moment = client.hello()
    masks = (Attachment("a.msk", bytes(5_000_000)), Attachment("b.msk", b"\x01"))
    client.ask(New({"Title": "x"}, masks), epoch=epoch, time=moment)
    assert server.requests == [New({"Title": "x"}, masks)]


def test_a_captured_request_is_carried_out_once(endpoint, client, server):
    epoch, moment = client.hello()
    message = sealed(Abort(), epoch=epoch, time=moment)
    with RawClient(endpoint.address) as attacker:
        assert opened(client.exchange(message.frames), message.context).reply == Requeued(1)
        for _ in range(50):
            client.send(message.frames)
            attacker.send(message.frames)
        replies = [one.receive() for one in (client, attacker) for _ in range(50)]
    assert {opened(frames, message.context).reply for frames in replies} == {Requeued(1)}
    assert server.requests == [Abort()]


def test_a_captured_request_is_refused_after_a_restart(server):
    with Endpoint(ANYWHERE, keys_of(), server) as first, RawClient(first.address) as client:
        epoch, moment = client.hello()
        message = sealed(Abort(), epoch=epoch, time=moment)
    with Endpoint(ANYWHERE, keys_of(), server) as second, RawClient(second.address) as client:
        reply = opened(client.exchange(message.frames), message.context).reply
        assert (reply.code, second.counts.replayed) == ("stale-epoch", 1)
    assert server.requests == []


def test_without_the_secret_nothing_happens_and_every_denial_is_the_same(endpoint, client, server):
    epoch, moment = client.hello()
    header, body = sealed(Abort(), epoch=epoch, time=moment).frames
    forged = [
        sealed(Abort(), epoch=epoch, time=moment, keys=OTHERS).frames,
        [flipped(header, 300), body],
        [header, flipped(body, 0)],
        [header, body, body],
    ]
    assert [client.exchange(frames) for frames in forged] == [[DENIED]] * len(forged)
    assert endpoint.counts.denied == len(forged)
    assert server.requests == []


def test_a_reply_that_is_sent_back_is_denied(endpoint, client):
    reply = client.exchange(sealed(Hello()).frames)
    assert client.exchange(reply) == [DENIED]


def test_a_flood_of_garbage_gets_few_answers_and_others_are_served(endpoint, client):
    with RawClient(endpoint.address) as flooder:
        for _ in range(2000):
            flooder.send([b"x" * 68, b"y" * 100])
        client.hello()
        denials = 0
        while flooder.receive(patience_ms=300):
            denials += 1
    assert 1 <= denials <= 25
    assert eventually(lambda: endpoint.counts.denied == 2000, client)


@pytest.mark.parametrize(
    "frames",
    [[b""], [b"\0"] * 2, [b""] * 100_000, [b"x" * 68] * 33, [b"", b'{"command": "stat"}']],
    ids=["empty", "two", "100000", "33", "first_generation"],
)
def test_a_message_of_a_strange_shape_does_no_harm(endpoint, client, frames):
    client.send(frames)
    with RawClient(endpoint.address) as other:
        assert eventually(lambda: endpoint.counts.denied == 1, other)


def test_a_frame_that_is_too_large_ends_that_connection_only(endpoint, client):
    with RawClient(endpoint.address) as hostile:
        hostile.send([b"x" * 68, bytes(65 * 2**20)])
        assert hostile.receive(patience_ms=300) is None
        assert client.hello()
    assert endpoint.counts.denied == 0


def test_whoever_speaks_another_protocol_does_no_harm(endpoint, client):
    words = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01" * 100,
        b"\xff" + bytes(8) + b"\x7f",  # half a greeting of ZeroMQ
        b"\0" * 1000,
        struct.pack(">Q", 2**63),
        b"",
    ]
    for word in words:
        with socket.create_connection(("127.0.0.1", port_of(endpoint))) as wire:
            wire.sendall(word)
            client.hello()
    assert client.hello()


def test_connections_that_come_and_go_leave_nothing_open(endpoint, client):
    count = len(open_files())
    for _ in range(300):
        with socket.create_connection(("127.0.0.1", port_of(endpoint))) as wire:
            wire.sendall(b"\xff")
    assert eventually(lambda: len(open_files()) <= count + 5, client)


def open_files():
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("there is no list of open files here")
    return list(folder.iterdir())


def test_a_slow_answer_holds_up_nobody():
    slow = Future()
    server = CountingServer()

    def answer(request):
        return slow if isinstance(request, History) else server(request)

    with (
        Endpoint(ANYWHERE, keys_of(), answer) as endpoint,
        RawClient(endpoint.address) as patient,
        RawClient(endpoint.address) as busy,
    ):
        epoch, moment = patient.hello()
        message = sealed(History(wait=10.0), epoch=epoch, time=moment)
        patient.send(message.frames)
        asked = [
            busy.ask(Stat(), epoch=epoch, time=moment, identity=f"{i:032x}").reply.images
            for i in range(20)
        ]
        assert asked == list(range(1, 21))
        slow.set_result(Requeued(99))
        assert opened(patient.receive(), message.context).reply == Requeued(99)


def test_a_retry_of_a_slow_request_waits_for_the_same_answer():
    slow, begun = Future(), []

    def answer(request):
        if isinstance(request, Hello):
            return welcome()
        begun.append(request)
        return slow

    with (
        Endpoint(ANYWHERE, keys_of(), answer) as endpoint,
        RawClient(endpoint.address) as first,
        RawClient(endpoint.address) as second,
    ):
        epoch, moment = first.hello()
        message = sealed(Close(), epoch=epoch, time=moment)
        first.send(message.frames)
        while not begun:
            first.ask(Hello())
        second.send(message.frames)
        second.ask(Hello())
        slow.set_result(QueueClosed(4))
        replies = {opened(one.receive(), message.context).reply for one in (first, second)}
    assert replies == {QueueClosed(4)}
    assert begun == [Close()]


class Failing:
    """Answers hello; everything else fails, at once or later."""

    def __init__(self, error, *, later):
        self.error, self.later = error, later

    def __call__(self, request):
        if isinstance(request, Hello):
            return welcome()
        if not self.later:
            raise self.error
        future = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize("later", [False, True])
def test_an_error_that_we_can_explain_becomes_a_refusal(later):
    failing = Failing(CalibrationError("Wavelength: expected more than 0"), later=later)
    with Endpoint(ANYWHERE, keys_of(), failing) as endpoint, RawClient(endpoint.address) as client:
        epoch, moment = client.hello()
        reply = client.ask(Close(), epoch=epoch, time=moment).reply
    assert reply == Refusal("bad-calibration", "Wavelength: expected more than 0", retry=False)


@pytest.mark.parametrize("later", [False, True])
def test_a_bug_is_logged_and_its_details_stay_here(later, caplog):
    failing = Failing(ZeroDivisionError("in line 17"), later=later)
    with Endpoint(ANYWHERE, keys_of(), failing) as endpoint, RawClient(endpoint.address) as client:
        epoch, moment = client.hello()
        reply = client.ask(Close(), epoch=epoch, time=moment).reply
        assert client.hello()
    assert reply.code == "internal"
    assert "17" not in reply.message
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.exc_info[0] is ZeroDivisionError


def test_a_reply_that_cannot_be_written_is_refused():
    def answer(request):
        return welcome() if isinstance(request, Hello) else Refusal("x", "\udcff")

    with Endpoint(ANYWHERE, keys_of(), answer) as endpoint, RawClient(endpoint.address) as client:
        epoch, moment = client.hello()
        reply = client.ask(Close(), epoch=epoch, time=moment).reply
    assert "expected finite numbers and texts of Unicode" in reply.message


def test_an_answer_that_was_called_off_may_come_later():
    future = Future()
    future.cancel()

    def answer(request):
        return welcome() if isinstance(request, Hello) else future

    with Endpoint(ANYWHERE, keys_of(), answer) as endpoint, RawClient(endpoint.address) as client:
        epoch, moment = client.hello()
        reply = client.ask(Close(), epoch=epoch, time=moment).reply
    assert (reply.code, reply.retry) == ("busy", True)


def test_a_client_that_is_gone_is_no_trouble(endpoint):
    slow, begun = Future(), threading.Event()

    def answer(request):
        if isinstance(request, Hello):
            return welcome()
        begun.set()
        return slow

    with Endpoint(ANYWHERE, keys_of(), answer) as endpoint, RawClient(endpoint.address) as other:
        with RawClient(endpoint.address) as client:
            epoch, moment = client.hello()
            client.send(sealed(Close(), epoch=epoch, time=moment).frames)
            assert begun.wait(10)
        other.hello()
        slow.set_result(QueueClosed(1))
        for _ in range(5):
            assert other.hello()


@promise(
    "B9",
    fault="a client asks for much and never reads",
    kept="its replies are dropped, and memory stays",
)
def test_a_client_that_never_reads_takes_no_memory_without_bound(server):
    big = Refusal("x", "y" * 60_000)

    def answer(request):
        return welcome() if isinstance(request, Hello) else big

    with (
        Endpoint(ANYWHERE, keys_of(), answer) as endpoint,
        RawClient(endpoint.address) as other,
        zmq.Context() as context,
        context.socket(zmq.DEALER) as deaf,
    ):
        deaf.linger = 0
        deaf.rcvhwm = 1
        deaf.rcvbuf = 4096
        deaf.connect(endpoint.address)
        epoch, moment = other.hello()
        for i in range(300):
            message = sealed(Stat(), epoch=epoch, time=moment, identity=f"{i:032x}")
            deaf.send_multipart(message.frames)
        assert eventually(lambda: endpoint.undelivered > 0, other)


def test_four_clients_at_once_each_get_their_own_replies(endpoint):
    wrong = []

    def work(number):
        with RawClient(endpoint.address) as client:
            epoch, moment = client.hello()
            for i in range(60):
                identity = f"{number:016x}{i:016x}"
                message = sealed(Requeue(), epoch=epoch, time=moment, identity=identity)
                try:
                    opened(client.exchange(message.frames), message.context)
                except Exception as error:
                    wrong.append(error)
                    raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_starting_and_stopping_twice_is_fine(server):
    endpoint = Endpoint(ANYWHERE, keys_of(), server)
    endpoint.stop()
    endpoint.start()
    address = endpoint.address
    endpoint.start()
    assert endpoint.address == address
    endpoint.stop()
    endpoint.stop()
    with endpoint, RawClient(endpoint.address) as client:
        assert client.hello()


def test_an_answer_that_comes_after_the_end_is_no_trouble():
    slow, begun = Future(), threading.Event()

    def answer(request):
        begun.set()
        return slow

    with Endpoint(ANYWHERE, keys_of(), answer) as endpoint, RawClient(endpoint.address) as client:
        client.send(sealed(Hello()).frames)
        assert begun.wait(10)
    slow.set_result(welcome())


@pytest.mark.parametrize("bind", ["tcp://nonsense", "udp://127.0.0.1:1", "tcp://192.0.2.1:1234"])
def test_an_address_where_nobody_can_listen_is_refused(bind, server):
    with pytest.raises(SettingsError, match=f"{bind}: expected an address to listen at"):
        Endpoint(bind, keys_of(), server).start()


def test_an_address_that_is_taken_is_refused(endpoint, server):
    with pytest.raises(SettingsError, match="expected an address to listen at"):
        Endpoint(endpoint.address, keys_of(), server).start()


def test_the_loop_turns_though_nothing_happens(endpoint):
    before = endpoint.last_turn
    deadline = time.monotonic() + 10
    while endpoint.last_turn == before and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert 0 < endpoint.last_turn - before < 5


def test_an_endpoint_may_listen_on_ipv6(server):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no IPv6 here")
    with Endpoint("tcp://[::1]:*", keys_of(), server) as endpoint:
        assert endpoint.address.startswith("tcp://[::1]:")


def test_a_sealed_message_that_says_nothing_is_refused_with_a_sentence(client):
    message = seal_request(keys_of(), [b"[]"], Kind.HELLO)
    reply = opened(client.exchange(message.frames), message.context).reply
    assert reply == Refusal("bad-request", "expected a JSON object, got a list")


# ------------------------------------------------------------------ guests


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def shared(server, echo):
    """An endpoint with guests."""
    with Endpoint(ANYWHERE, keys_of(), server, guests=echo) as running:
        yield running


def test_guests_are_served_beside_clients(shared, echo, server):
    with Guest(shared.address) as guest, RawClient(shared.address) as client:
        assert guest.ask(b"{1", b"2") == [b"{12"]
        epoch, moment = client.hello()
        assert client.ask(Requeue("poison"), epoch=epoch, time=moment).reply == Requeued(1)
        assert guest.ask(b"{3") == [b"{3"]
    assert echo.heard == [(b"{1", b"2", "127.0.0.1"), (b"{3", "127.0.0.1")]
    assert shared.counts.denied == 0


def test_a_guest_who_waits_holds_up_nobody(shared, echo):
    with Guest(shared.address) as slow, Guest(shared.address) as quick:
        slow.send(b"{wait")
        assert quick.ask(b"{1") == [b"{1"]
        with RawClient(shared.address) as client:
            assert client.hello()
        assert eventually_waits(echo)
        echo.waiting[0].set_result(b"at last")
        assert slow.receive() == [b"at last"]


def eventually_waits(echo):
    deadline = time.monotonic() + 20
    while not echo.waiting and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return bool(echo.waiting)


def test_a_guest_is_told_what_went_wrong_in_its_own_words(shared):
    with Guest(shared.address) as guest:
        assert guest.ask(b"{error") == [b"bad-calibration"]


@pytest.mark.parametrize(
    "frames",
    [
        [b"", b"{x 34567890 and more"],
        [b"{1 34567890 and more"],
        [b"", b"[1 34567890 and more"],
        [b"", b"", b"{12345678 and more"],
    ],
)
def test_what_no_guest_has_said_is_noise(shared, echo, frames):
    with RawClient(shared.address) as client:
        assert client.exchange(frames) == [DENIED]
        assert shared.counts.denied == 1
        assert client.hello()
    assert all(b"x" in heard[0] for heard in echo.heard)


def test_a_bug_with_a_guest_is_logged_and_is_noise(shared, caplog):
    with RawClient(shared.address) as client:
        assert client.exchange([b"", b"{bug 67890123"]) == [DENIED]
        assert client.hello()
    assert "ZeroDivisionError" in caplog.text
