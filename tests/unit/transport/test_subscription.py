import socket
import threading

import pytest

from saxsdog.errors import SettingsError
from saxsdog.transport.subscription import LARGEST_FRAME, LONGEST_TURN_MS, RENEW_AFTER
from saxsfeeder import Feeder
from tests.helpers.clocks import Clock
from tests.helpers.feeds import Listener, RawPublisher, heartbeat, new_file, wait_until

GARBAGE = {
    "no JSON": [b"hello"],
    "a number": [b"7"],
    "a list": [b'["new file", "/data/x.tif"]'],
    "a missing key": [b'{"command": "new file"}'],
    "ten megabytes": [new_file("/data/x.tif") + b" " * 10_000_000],
    "binary": [bytes(range(256))],
    "three frames": [new_file("/data/x.tif")] * 3,
    "many frames": [b""] * 5000,
    "nothing": [b""],
    "deep": [b"[" * 60_000],
}


@pytest.fixture
def publisher():
    with RawPublisher() as publisher:
        yield publisher


@pytest.fixture
def listener(publisher):
    """One that hears the publisher."""
    with Listener(publisher.address) as listener:
        publisher.greet(listener)
        yield listener


def test_a_plain_event_arrives(publisher, listener):
    publisher.send(new_file("/data/x.tif"))
    listener.wait_for_paths(1)
    assert listener.paths == ["/data/x.tif"]
    assert listener.subscription.state == "up"
    assert listener.subscription.missed == 0


@pytest.mark.parametrize("frames", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_counted_and_the_next_event_arrives(publisher, listener, frames):
    publisher.send(*frames)
    publisher.send(*frames)
    publisher.send(new_file("/data/x.tif"))
    listener.wait_for_paths(1)
    assert listener.paths == ["/data/x.tif"]
    assert listener.subscription.rejected == 2
    assert listener.gaps == ["connected to the feeder"]


def test_the_time_of_the_last_announcement_is_known(publisher):
    clock = Clock(50.0)
    with Listener(publisher.address, clock=clock) as listener:
        assert listener.subscription.last_event is None
        publisher.greet(listener)
        assert listener.subscription.last_event == 50.0


def test_a_gap_is_told_once_and_counted(publisher, listener):
    for seq in (1, 2, 6, 7, 7, 6):
        publisher.send(new_file(f"/{seq}", stream="a", seq=seq))
    listener.wait_for_paths(6)
    listener.wait_for_gap("missed")
    publisher.send(heartbeat("a", 7))
    publisher.send(heartbeat("a", 9))
    listener.wait_for_gap("2 announcements")
    assert listener.subscription.missed == 5
    assert listener.paths == ["/1", "/2", "/6", "/7", "/7", "/6"]
    assert sum("missed" in gap for gap in listener.gaps) == 2


def test_a_late_heartbeat_is_told_once_until_it_is_back(publisher):
    clock = Clock()
    with Listener(publisher.address, clock=clock, heartbeat_timeout=3.0) as listener:
        publisher.greet(listener)
        publisher.send(heartbeat("a", 0))
        listener.wait_for_gap("first time")
        clock.now += 2.9
        turn_of(listener)
        assert listener.subscription.state == "up"
        clock.now += 0.2
        listener.wait_for_gap("heartbeat")
        assert listener.subscription.state == "down"
        turn_of(listener, clock)
        publisher.send(heartbeat("a", 0))
        wait_until(lambda: listener.subscription.state == "up")
        assert sum("heartbeat" in gap for gap in listener.gaps) == 1
        clock.now += 3.1
        listener.wait_for_gap("heartbeat", 2)


def turn_of(listener, clock=None):
    """Wait until the loop has turned, which it does while nothing is said."""
    subscription = listener.subscription
    clock = clock or subscription._clock
    clock.now += 0.001
    wait_until(lambda: subscription.last_turn == clock.now)
    clock.now += 0.001
    wait_until(lambda: subscription.last_turn == clock.now)


def test_a_feeder_without_heartbeat_is_up_while_it_is_connected(publisher):
    clock = Clock()
    with Listener(publisher.address, clock=clock) as listener:
        publisher.greet(listener)
        clock.now += 3600.0
        turn_of(listener)
        assert listener.subscription.state == "up"
        publisher.close()
        wait_until(lambda: listener.subscription.state == "down")
        assert listener.gaps == ["connected to the feeder"]


def test_a_feeder_may_be_restarted():
    first = Feeder("tcp://127.0.0.1:*", heartbeat_interval=0.02)
    with Listener(first.address) as listener:
        listener.wait_for_gap("first time")
        first.announce("/data/1.tif")
        listener.wait_for_paths(1)
        first.close()
        wait_until(lambda: listener.subscription.state == "down")
        with Feeder(first.address, heartbeat_interval=0.02) as second:
            listener.wait_for_gap("connected", 2)
            listener.wait_for_gap("a feeder has started")
            second.announce("/data/2.tif")
            listener.wait_for_paths(2)
            assert listener.subscription.state == "up"
    assert listener.paths == ["/data/1.tif", "/data/2.tif"]
    assert listener.subscription.missed == 0


def test_what_a_restarted_feeder_says_to_nobody_is_missed():
    with Feeder("tcp://127.0.0.1:*", heartbeat_interval=0.02) as first:
        listener = Listener(first.address)
        with listener:
            listener.wait_for_gap("first time")
        with listener:  # stopped and started: the subscription remembers what it heard
            listener.wait_for_gap("connected", 2)
    with Feeder(first.address, heartbeat_interval=0.02) as second:
        for number in range(3):
            second.announce(f"/data/{number}.tif")
        with listener:
            listener.wait_for_gap("3 announcements were missed")
    assert listener.subscription.missed == 3


def test_a_burst_of_20000_arrives_complete_and_in_order():
    paths = [f"/data/{number:05}.tif" for number in range(20_000)]
    with (
        Feeder("tcp://127.0.0.1:*", heartbeat_interval=0.05) as feeder,
        Listener(feeder.address) as listener,
    ):
        listener.wait_for_gap("first time")
        for path in paths:
            feeder.announce(path)
        listener.wait_for_paths(len(paths))
    assert listener.paths == paths
    assert listener.subscription.missed == 0
    assert listener.subscription.events == len(paths)


def test_the_subscription_may_come_before_the_feeder():
    with RawPublisher() as publisher:
        address = publisher.address
    with Listener(address) as listener:
        assert listener.subscription.state == "waiting"
        with RawPublisher(address) as publisher:
            publisher.greet(listener)
            assert listener.gaps == ["connected to the feeder"]


@pytest.mark.parametrize("url", ["tcp://no.such.host.invalid:5555", "tcp://127.0.0.1:1"])
def test_a_feeder_that_is_not_there_is_waited_for(url):
    with Listener(url) as listener:
        turn = listener.subscription.last_turn
        wait_until(lambda: listener.subscription.last_turn > turn + LONGEST_TURN_MS / 2000)
        assert listener.subscription.state == "waiting"
        assert listener.subscription.is_alive()
    assert listener.gaps == []


def test_a_port_of_somebody_else_is_no_feeder():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        Listener(f"tcp://127.0.0.1:{server.getsockname()[1]}") as listener,
    ):
        for _ in range(2):
            connection, _ = server.accept()
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 10)
            connection.close()
        assert listener.subscription.state == "waiting"
        assert listener.gaps == []


def test_a_feeder_with_an_old_library_is_heard():
    """ZMTP 2.0, the protocol of libzmq 3: no handshake, no heartbeat."""
    greeting = b"\xff" + bytes(8) + b"\x7f" + b"\x01" + b"\x01" + b"\x00\x00"
    event = new_file("/data/x.tif")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        Listener(f"tcp://127.0.0.1:{server.getsockname()[1]}") as listener,
    ):
        connection, _ = server.accept()
        with connection:
            connection.sendall(greeting + bytes([0, len(event)]) + event)
            listener.wait_for_paths(1)
            listener.wait_for_gap("connected")
            assert listener.subscription.state == "up"
        wait_until(lambda: listener.subscription.state == "down")


def test_a_frame_beyond_all_measure_does_not_end_the_subscription(publisher):
    clock = Clock()
    with Listener(publisher.address, clock=clock) as listener:
        publisher.greet(listener)
        publisher.send(bytes(LARGEST_FRAME + 1))
        wait_until(lambda: listener.subscription.state == "down")
        clock.now += RENEW_AFTER
        publisher.greet(listener)
        assert listener.subscription.state == "up"
        assert listener.gaps == ["connected to the feeder"] * 2


@pytest.mark.parametrize("url", ["", "nonsense", "tcp://", "tcp://host", "gopher://host:70"])
def test_a_url_that_is_none_is_refused(url):
    listener = Listener(url)
    with pytest.raises(SettingsError, match="expected a URL"):
        listener.subscription.start()
    listener.subscription.stop()


def test_start_and_stop_are_safe_twice(publisher):
    listener = Listener(publisher.address)
    subscription = listener.subscription
    subscription.stop()
    threads = threading.active_count()
    subscription.start()
    subscription.start()
    assert threading.active_count() == threads + 1
    publisher.greet(listener)
    subscription.stop()
    subscription.stop()
    assert threading.active_count() == threads
    assert subscription.state == "down"
