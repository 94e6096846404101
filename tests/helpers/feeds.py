"""Both ends of a feed: a publisher without manners, and somebody who listens."""

import json
import threading
import time

import zmq

from saxsdog.transport.subscription import Subscription

PATIENCE = 20.0
GREETING = "/greeting"


def wait_until(condition):
    """Wait for what nobody reports."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def new_file(path, **rest):
    return json.dumps({"command": "new file", "argument": path, **rest}).encode()


def heartbeat(stream, seq):
    return json.dumps({"command": "heartbeat", "stream": stream, "seq": seq}).encode()


class Listener:
    """A subscription that notes all it is told."""

    def __init__(self, url, **options):
        self.files = []
        self.gaps = []
        self._told = threading.Condition()
        self.subscription = Subscription(url, self._on_events, self._on_gap, **options)

    def __enter__(self):
        self.subscription.start()
        return self

    def __exit__(self, *exception):
        self.subscription.stop()

    @property
    def paths(self):
        return [file.path for file in self.files if file.path != GREETING]

    def wait_for_paths(self, count):
        self._wait(lambda: len(self.paths) >= count)

    def wait_for_gap(self, part, count=1):
        self._wait(lambda: sum(part in gap for gap in self.gaps) >= count)

    def _wait(self, condition):
        with self._told:
            assert self._told.wait_for(condition, PATIENCE), (self.paths[-3:], self.gaps)

    def _on_events(self, files):
        with self._told:
            self.files += files
            self._told.notify_all()

    def _on_gap(self, reason):
        with self._told:
            self.gaps.append(reason)
            self._told.notify_all()


class RawPublisher:
    """Publishes frames as they are."""

    def __init__(self, bind="tcp://127.0.0.1:*"):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUB)
        self._socket.set_hwm(0)
        self._socket.bind(bind)
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self._context.destroy(linger=0)

    def send(self, *frames):
        self._socket.send_multipart(frames)

    def greet(self, listener):
        """Return when what is sent arrives: a publisher drops everything before."""
        before = listener.subscription.events
        end = time.monotonic() + PATIENCE
        while listener.subscription.events == before:
            assert time.monotonic() < end, "nobody listens"
            self.send(new_file(GREETING))
            time.sleep(0.01)


class RawSubscriber:
    """Receives what a feeder sends, as it is."""

    def __init__(self, address):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.set_hwm(0)
        self._socket.subscribe(b"")
        self._socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._context.destroy(linger=0)

    def has_something(self):
        return self._socket.poll(0)

    def receive_bytes(self):
        assert self._socket.poll(PATIENCE * 1000), "nothing comes"
        (frame,) = self._socket.recv_multipart()
        return frame

    def receive(self):
        return json.loads(self.receive_bytes())

    def next_of(self, command):
        while True:
            event = self.receive()
            if event["command"] == command:
                return event
