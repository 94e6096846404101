"""Folders whose images wait, on a clock that the test turns."""

import pytest

from saxsdog.queue.holds import GO_ON, MOST_TOLD, Holds
from saxsdog.queue.picture_queue import Item
from saxsdog.queue.records import State, Version


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def holds(clock):
    return Holds(lambda: clock[0], try_again=5.0)


def item(folder, number):
    path = f"{folder}/{number}.tif"
    return Item(Version(number, path, 1, None, State.PENDING, 0, 0.0))


def held(holds, folder, numbers, message="no room"):
    holds.hold(folder, message)
    items = [item(folder, number) for number in numbers]
    for each in items:
        holds.wait(folder, each)
    return items


def test_one_image_is_tried_when_it_is_time_and_no_second_one(holds, clock):
    first, second = held(holds, "/a", (1, 2))
    assert holds.next_trial() is None
    clock[0] = holds.due
    assert holds.next_trial() is first
    assert holds.due is None
    assert holds.next_trial() is None
    assert holds.hold("/a", "still no room") is False
    holds.wait("/a", first, first=True)
    assert holds.due == clock[0] + 5.0
    assert holds.free("/a") == [first, second]
    assert not holds


def test_folders_take_turns_and_the_next_is_tried_at_once_when_one_is_free(holds, clock):
    (a,) = held(holds, "/a", (1,))
    (b,) = held(holds, "/b", (2,))
    clock[0] = holds.due
    assert holds.next_trial() is a
    holds.hold("/a", "no room")
    holds.wait("/a", a, first=True)
    assert holds.due == clock[0] + 2.5  # each of two is tried every 5 s
    clock[0] = holds.due
    assert holds.next_trial() is b
    assert holds.free("/b") == []
    assert holds.due == clock[0]
    assert holds.next_trial() is a


def test_an_image_that_says_nothing_of_its_folder_lets_the_next_be_tried(holds, clock):
    held(holds, "/a", (1, 2))
    clock[0] += 5
    holds.next_trial()
    holds.end_trial("/elsewhere")
    assert holds.due is None
    holds.end_trial("/a")
    assert holds.due <= clock[0]


def test_a_folder_without_images_is_tried_when_one_comes(holds, clock):
    holds.hold("/a", "no room")
    assert holds.due is None
    clock[0] += 60
    late = item("/a", 1)
    holds.wait("/a", late)
    assert holds.next_trial() is late


def test_some_folders_are_named_and_the_others_counted(holds):
    for number in range(MOST_TOLD + 2):
        held(holds, f"/{number}", (number,), f"/{number}/work: cannot be written")
    *named, rest = holds.told
    assert named[0] == (f"/0/work: cannot be written; the images of /0 wait, {GO_ON}")
    assert "the images of 2 more folders wait because results cannot be written" in rest
    assert len(holds.free_all()) == MOST_TOLD + 2
    assert not list(holds.told)


def test_folders_that_wait_for_the_same_are_named_in_one_sentence(holds):
    for number in range(2):
        held(holds, f"/{number}", (number,), "the disk is away")
    (told,) = holds.told
    assert told == f"the disk is away; the images of /0 and /1 wait, {GO_ON}"
    for number in range(2, MOST_TOLD + 2):
        held(holds, f"/{number}", (number,), "the disk is away")
    (told,) = holds.told
    assert "the images of /0, /1, /2 and 2 more folders wait" in told


def test_too_many_images_are_not_kept_in_memory(holds, monkeypatch):
    monkeypatch.setattr("saxsdog.queue.holds.MOST_WAITING", 3)
    held(holds, "/a", range(2))
    assert not holds.are_full
    held(holds, "/b", (2,))
    assert holds.are_full
