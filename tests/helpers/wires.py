"""Both ends of a control socket without the manners: raw frames, and somebody in between."""

import threading
from functools import cache

import zmq

from saxsdog.protocol.codec import Call, decode_answer, encode_call
from saxsdog.protocol.envelope import Keys, Kind, open_reply, seal_request
from saxsdog.protocol.messages import REQUESTS, Hello, QueueState, Requeued, Welcome

SECRET = "a secret for tests only"  # noqa: S105 - it guards nothing
PATIENCE_MS = 10_000
EPOCH = "e" * 32
ID = "0123456789abcdef" * 2


@cache
def keys_of(secret=SECRET):
    return Keys.from_secret(secret)


def sealed(request, *, epoch=EPOCH, time=0.0, identity=ID, kind=None, keys=None):
    """A request as an honest client would seal it."""
    is_hello = isinstance(request, Hello)
    call = Call(request, identity, time, "a test", None if is_hello else epoch)
    kind = kind or (Kind.HELLO if is_hello else Kind.REQUEST)
    return seal_request(keys or keys_of(), encode_call(call), kind)


def opened(frames, context):
    """The reply in these frames, with epoch and time."""
    return decode_answer(open_reply(keys_of(), frames, context))


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def welcome():
    return Welcome("test", "0", 3, QueueState.IDLE, tuple(REQUESTS))


class CountingServer:
    """Answers hello, and everything else with how often it was asked."""

    def __init__(self):
        self.requests = []

    def __call__(self, request):
        if isinstance(request, Hello):
            return welcome()
        self.requests.append(request)
        return Requeued(len(self.requests))


class RawClient:
    """Sends frames as they are, and receives what comes."""

    def __init__(self, address):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._context.destroy(linger=0)

    def send(self, frames):
        self._socket.send_multipart(frames)

    def receive(self, patience_ms=PATIENCE_MS):
        """The next message, or None."""
        if self._socket.poll(patience_ms):
            return self._socket.recv_multipart()
        return None

    def exchange(self, frames):
        self.send(frames)
        return self.receive()

    def ask(self, request, **how):
        """Seal, send, receive and open."""
        message = sealed(request, **how)
        return opened(self.exchange(message.frames), message.context)

    def hello(self):
        """Epoch and time of the server."""
        answer = self.ask(Hello())
        return answer.epoch, answer.time


class Between:
    """Passes messages on between clients and a server; may change or drop them.

    Both hooks get the frames of a message and return frames, or None to drop it.
    """

    def __init__(self, target, on_request=None, on_reply=None):
        self._target = target
        self._on_request = on_request or (lambda frames: frames)
        self._on_reply = on_reply or (lambda frames: frames)
        self._context = zmq.Context()
        self._front = self._context.socket(zmq.ROUTER)
        self._front.bind("tcp://127.0.0.1:*")
        self.address = self._front.getsockopt_string(zmq.LAST_ENDPOINT)
        self._stop, self._stopped = (self._context.socket(zmq.PAIR) for _ in range(2))
        self._stop.bind("inproc://stop")
        self._stopped.connect("inproc://stop")
        self._backs = {}
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.send(b"")
        self._thread.join()
        self._context.destroy(linger=0)

    def _run(self):
        poller = zmq.Poller()
        for one in (self._front, self._stopped):
            poller.register(one, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self._stopped in ready:
                return
            if self._front in ready:
                self._take(poller)
            for route, back in self._backs.items():
                if back in ready:
                    frames = self._on_reply(back.recv_multipart())
                    self._pass(self._front, frames and [route, *frames])

    def _take(self, poller):
        route, *frames = self._front.recv_multipart()
        if route not in self._backs:
            self._backs[route] = self._context.socket(zmq.DEALER)
            self._backs[route].connect(self._target)
            poller.register(self._backs[route], zmq.POLLIN)
        self._pass(self._backs[route], self._on_request(frames))

    def _pass(self, wire, frames):
        if frames is not None:
            wire.send_multipart(frames)
