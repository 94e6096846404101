from saxsdog.transport.seen import (
    LARGEST_KEPT,
    LARGEST_TOTAL,
    LIFETIME,
    MOST_IDS,
    MOST_ROUTES,
    Entry,
    Seen,
)
from tests.helpers.clocks import Clock


def test_an_id_is_known_for_two_minutes():
    clock = Clock()
    seen = Seen(clock)
    entry = Entry(b"mark")
    seen.remember("a", entry)
    clock.now += LIFETIME - 0.1
    assert seen.find("a") is entry
    clock.now += 0.1
    assert seen.find("a") is None


def test_a_full_memory_forgets_by_time_only():
    clock = Clock()
    seen = Seen(clock)
    for number in range(MOST_IDS):
        assert not seen.is_full
        seen.remember(str(number), Entry(b""))
    assert seen.is_full
    assert seen.find("0") is not None
    clock.now += LIFETIME
    assert not seen.is_full
    assert seen.find("0") is None


def test_a_reply_is_kept_unless_it_is_too_large():
    seen = Seen(Clock())
    entries = [Entry(b""), Entry(b"")]
    replies = [[b"header", bytes(LARGEST_KEPT - 6)], [b"header", bytes(LARGEST_KEPT - 5)]]
    for entry, reply in zip(entries, replies, strict=True):
        seen.keep(entry, reply)
    assert [entry.reply for entry in entries] == [replies[0], None]


def test_old_replies_make_room_but_their_ids_stay():
    clock = Clock()
    seen = Seen(clock)
    number = LARGEST_TOTAL // LARGEST_KEPT
    entries = [Entry(b"") for _ in range(number + 2)]
    for i, entry in enumerate(entries):
        seen.remember(str(i), entry)
        seen.keep(entry, [bytes(LARGEST_KEPT)])
        assert seen.find(str(i)) is entry
    assert [entry.reply is None for entry in entries] == [True] * 2 + [False] * number
    assert seen.find("0") is entries[0]
    clock.now += LIFETIME
    assert seen.find("5") is None
    assert all(entry.reply is None for entry in entries)
    assert seen._kept_bytes == 0


def test_a_reply_that_comes_after_its_id_was_forgotten_is_not_kept():
    clock = Clock()
    seen = Seen(clock)
    slow = Entry(b"")
    seen.remember("slow", slow)
    clock.now += LIFETIME
    assert seen.find("slow") is None
    seen.keep(slow, [b"reply"])
    assert slow.reply is None
    assert seen._kept_bytes == len(seen._kept) == 0


def test_a_reply_goes_to_a_few_routes_once_each():
    entry = Entry(b"")
    for number in (1, 1, *range(20)):
        entry.also_to(bytes([number]))
    assert entry.routes[:2] == [b"\x01", b"\x00"]
    assert len(entry.routes) == len(set(entry.routes)) == MOST_ROUTES
