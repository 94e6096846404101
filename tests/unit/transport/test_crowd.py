import socket
import sys
from itertools import count

import pytest

from saxsdog.protocol.envelope import MEBIBYTE
from saxsdog.transport.crowd import (
    LOOK_EVERY,
    MOST_NOISE,
    MOST_STRANGERS,
    Connection,
    Crowd,
    excess,
)
from tests.helpers.clocks import Clock


def crowd(*hoards, is_friend=False, numbers=None):
    """Connections that hold so many MiB of messages without an end."""
    numbers = numbers or count()
    return [
        Connection(next(numbers), 1 << 40, (1 << 40) - int(hoard * MEBIBYTE), is_friend)
        for hoard in hoards
    ]


@pytest.mark.parametrize(
    ("hoards", "chosen"),
    [
        ([], set()),
        ([0, 1, 2], set()),
        ([0, 2.1, 1], {1}),
        ([1] * 17, {0}),
        ([1.9, 1, 1.8] + [1] * 12, {0}),
        ([64, 1, 64], {0, 2}),
    ],
)
def test_strangers_may_not_hoard(hoards, chosen):
    assert excess(crowd(*hoards)) == chosen


@pytest.mark.parametrize(
    ("hoards", "chosen"),
    [([128], set()), ([130, 5], {0}), ([100, 100], set()), ([80, 90, 80, 60], {1})],
)
def test_friends_may_send_the_largest_messages(hoards, chosen):
    assert excess(crowd(*hoards, is_friend=True)) == chosen


def test_strangers_do_not_drive_friends_away():
    numbers = count()
    friends = crowd(120, 0, is_friend=True, numbers=numbers)
    strangers = crowd(*[1.0] * MOST_STRANGERS, 0, 0, numbers=numbers)
    chosen = excess(strangers + friends)
    assert chosen.isdisjoint(friend.inode for friend in friends)
    assert {strangers[0].inode, strangers[1].inode} <= chosen


def test_the_oldest_of_too_many_strangers_go():
    assert excess(crowd(*[0] * (MOST_STRANGERS + 3))) == {0, 1, 2}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much came")
@pytest.mark.parametrize("allowed", [True, False])
def test_a_first_message_may_be_large_where_that_is_allowed(allowed):
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        crowd = Crowd(address[1], clock, lambda peer: allowed and peer == "127.0.0.1")
        with socket.create_connection(address) as wire, listening.accept()[0] as taken:
            for _ in range(3 * MEBIBYTE // 1024):
                wire.sendall(bytes(1024))
                assert taken.recv(1024, socket.MSG_WAITALL)
            clock.now += LOOK_EVERY
            crowd.look()
            assert _can_send(taken) == allowed


@pytest.fixture
def watched():
    """A crowd with its clock, and both ends of a connection to its port."""
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address) as wire, listening.accept()[0] as taken:
            yield Crowd(address[1], clock), clock, wire, taken


def _pass(wire, taken, size):
    for _ in range(size // 1024):
        wire.sendall(bytes(1024))
        assert taken.recv(1024, socket.MSG_WAITALL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much came")
@pytest.mark.parametrize(
    ("size", "is_behind", "stays"),
    [(1024, True, False), (1024, False, True), (2 * MEBIBYTE, True, True)],
)
def test_messages_that_wait_are_hoarded_as_well(watched, size, is_behind, stays):
    crowd, clock, wire, taken = watched
    _pass(wire, taken, 3 * MEBIBYTE)
    crowd.note(taken.fileno(), size, is_friend=False)
    crowd.note_turn(is_behind=is_behind)
    clock.now += LOOK_EVERY
    crowd.look()
    assert _can_send(taken) == stays


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is there")
@pytest.mark.parametrize("is_friend", [True, False])
def test_a_stranger_who_makes_noise_is_hung_up_on_before_the_next_look(watched, is_friend):
    crowd, _, _, taken = watched
    for _ in range(MOST_NOISE):
        crowd.note(taken.fileno(), 3, is_friend=is_friend)
    crowd.look()  # who has just come is not known ahead of it
    assert _can_send(taken)
    crowd.note(taken.fileno(), 3, is_friend=False)
    assert _can_send(taken) == is_friend


def _can_send(wire):
    try:
        wire.sendall(b"x")
    except OSError:
        return False
    return True


def test_connections_of_allowed_addresses_share_the_limit_of_friends():
    numbers = count()
    strangers = crowd(64, 1, numbers=numbers)
    for one in strangers:
        one.is_guest = True
    friends = crowd(100, 100, is_friend=True, numbers=numbers)
    assert excess(strangers) == set()
    assert excess(strangers + friends) == {friends[0].inode}
