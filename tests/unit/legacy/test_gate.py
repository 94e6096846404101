from ipaddress import ip_network

import pytest

from saxsdog.legacy.gate import LARGEST_FIRST, LIFETIME, MOST_TAGS, WINDOW, Gate
from saxsdog.protocol.envelope import LARGEST_MESSAGE, MOST_FRAMES
from saxsdog.settings import LegacySettings
from saxsdog.transport.rates import BURST
from tests.helpers.clocks import Clock
from tests.helpers.legacy import attachment, frames_of, signed

SECRET = "a secret of old clients"  # noqa: S105
ROUTE = b"\0abcd"
HERE = "127.0.0.1"
STARTED = 1.8e9
"""What the clock of the server shows at the start, s since the epoch."""


def settings(*peers):
    networks = tuple(map(ip_network, peers or (HERE,)))
    return LegacySettings(enabled=True, secret=SECRET, allow=("stat",), peers=networks)


class Watched:
    """A gate an hour after its start, and its clock."""

    def __init__(self, *peers):
        self.clock = Clock(0.0)
        self.gate = Gate(settings(*peers), self.clock, lambda: STARTED)
        self.clock.now = 3600.0

    def admits(self, *frames, address=HERE, route=ROUTE):
        return self.gate.admit(frames, route, address) is not None

    def stat(self, off=0.0, argument=None):
        """A request whose time is so many seconds off."""
        (frame,) = frames_of(signed("stat", argument, SECRET, STARTED + self.clock.now + off))
        return frame


@pytest.fixture
def watched():
    return Watched()


def test_a_request_is_admitted_once(watched):
    frame = watched.stat()
    assert watched.admits(frame)
    assert not watched.admits(frame)
    assert watched.admits(watched.stat(off=0.001))


@pytest.mark.parametrize("off", [-WINDOW, WINDOW, -1, 119.9])
def test_a_time_within_two_minutes_is_fresh(watched, off):
    assert watched.admits(watched.stat(off))


@pytest.mark.parametrize("off", [-WINDOW - 0.01, WINDOW + 0.01, -3600, 1e9])
def test_a_time_further_off_is_refused(watched, off, caplog):
    assert not watched.admits(watched.stat(off))
    assert "its clock is" in caplog.text


@pytest.mark.parametrize("off", [-WINDOW, 0, WINDOW])
def test_a_copy_is_refused_at_any_later_time(watched, off):
    frame = watched.stat(off)
    assert watched.admits(frame)
    for _ in range(100):
        watched.clock.now += 5
        assert not watched.admits(frame)


def test_what_was_signed_before_the_start_is_refused():
    watched = Watched()
    watched.clock.now = 10.0
    assert not watched.admits(watched.stat(off=-11))
    assert watched.admits(watched.stat(off=-9))


@pytest.mark.parametrize(
    ("command", "admitted"), [("abort", False), ("new", False), ("stat", True)]
)
def test_a_change_of_a_clock_that_is_ahead_is_not_repeated_after_a_restart(command, admitted):
    signed_at = STARTED + 60
    clock = Clock(0.0)
    gate = Gate(settings(), clock, lambda: STARTED, last_change=signed_at)
    clock.now = 30.0
    assert (
        bool(gate.admit(frames_of(signed(command, {}, SECRET, signed_at)), ROUTE, HERE)) == admitted
    )
    clock.now = 61.0
    assert gate.admit(frames_of(signed(command, {}, SECRET, signed_at + 1)), ROUTE, HERE)


def test_what_is_remembered_is_forgotten_when_it_is_too_old_anyway(watched):
    for _ in range(1000):
        assert watched.admits(watched.stat())
        watched.clock.now += 1
    assert len(watched.gate._tags) == len(watched.gate._order) <= LIFETIME + 1


def test_nothing_is_pushed_out_of_the_memory(watched):
    for i in range(MOST_TAGS):
        watched.gate._remember(i.to_bytes(4), watched.clock.now)
    assert not watched.admits(watched.stat())
    watched.clock.now += LIFETIME
    assert watched.admits(watched.stat())


@pytest.mark.parametrize(
    ("peers", "address", "known"),
    [
        (["127.0.0.1"], "127.0.0.1", True),
        (["127.0.0.1"], "127.0.0.2", False),
        (["127.0.0.1"], "::ffff:127.0.0.1", True),
        (["192.0.2.0/24"], "192.0.2.200", True),
        (["192.0.2.0/24"], "192.0.3.1", False),
        (["2001:db8::/64", "127.0.0.1"], "2001:db8::5", True),
        (["fe80::1"], "fe80::1%eth0", True),
        (["127.0.0.1"], "", False),
        (["127.0.0.1"], "localhost", False),
    ],
)
def test_requests_come_from_listed_addresses_only(peers, address, known):
    watched = Watched(*peers)
    assert watched.gate.knows(address) == known
    assert watched.admits(watched.stat(), address=address) == known


def test_a_message_has_limits(watched):
    frame, mask = watched.stat(), attachment("a.msk", b"")
    assert not watched.admits()
    assert not watched.admits(frame + b" " * (LARGEST_FIRST + 1 - len(frame)))
    assert not watched.admits(frame, *[mask] * (MOST_FRAMES - 1))
    assert not watched.admits(frame, bytes(LARGEST_MESSAGE))
    assert watched.admits(frame + b" " * (LARGEST_FIRST - len(frame)))


def test_masks_come_with_a_new_queue_only(watched):
    assert not watched.admits(watched.stat(), attachment("a.msk", b""))
    message = signed("new", {}, SECRET, STARTED + watched.clock.now)
    assert watched.admits(*frames_of(message, [("a.msk", b"")]))


def test_a_connection_that_sends_too_many_is_held_back(watched):
    admitted = [watched.admits(watched.stat(i / 1000)) for i in range(int(BURST) + 50)]
    assert sum(admitted) == BURST
    assert watched.admits(watched.stat(-1), route=b"another")


def test_the_log_tells_of_genuine_requests_that_come_too_often_and_not_for_ever(watched, caplog):
    frame = watched.stat()
    watched.admits(frame)
    for _ in range(100):
        watched.admits(frame)
    assert 0 < len(caplog.records) < 20
    assert SECRET not in caplog.text
