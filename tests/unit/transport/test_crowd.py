from itertools import count

import pytest

from saxsdog.protocol.envelope import MEBIBYTE
from saxsdog.transport.crowd import MOST_STRANGERS, Connection, excess


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
