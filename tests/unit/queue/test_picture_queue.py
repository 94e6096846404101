from dataclasses import replace

import pytest

from saxsdog.curves.jobs import Outcome, Status
from saxsdog.io.status import Fingerprint
from saxsdog.queue import picture_queue
from saxsdog.queue.journal import Journal
from saxsdog.queue.picture_queue import MAX_DEATHS, PictureQueue, Stage
from saxsdog.queue.settling import FIRST_LOOK, RAREST_LOOK, SHARE_OF_WAIT
from saxsdog.reasons import Reason
from tests.helpers.clocks import Clock
from tests.helpers.queue_models import EPOCH, PATIENCE, outcome_of

A, B, C = (Fingerprint(size, int(EPOCH * 1e9), 7) for size in (1, 2, 3))
OLD = Fingerprint(1, int((EPOCH - 1e6) * 1e9), 7)


@pytest.fixture
def clock():
    return Clock(0.0)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


@pytest.fixture
def queue(journal, clock):
    return PictureQueue(journal, PATIENCE, lambda: EPOCH + clock.now)


def lease(queue, path="/data/a.tif", fingerprint=A):
    queue.sight(path, fingerprint)
    return queue.next()


def test_images_come_in_the_order_in_which_they_were_sighted(queue):
    names = [f"/data/{i}.tif" for i in (3, 1, 2)]
    for name in names:
        queue.sight(name, A)
    assert [queue.next().path for _ in names] == names
    assert queue.next() is None


def test_an_image_announced_five_times_and_walked_over_is_integrated_once(queue):
    for path in ("/data/a.tif", "/data/b.tif"):
        assert queue.sight(path, A)
        for fingerprint in (A, None, A, A):
            assert not queue.sight(path, fingerprint)
    while (item := queue.next()) is not None:
        queue.finish(item, outcome_of(item, fingerprint=A), 0.0)
    for path in ("/data/a.tif", "/data/b.tif"):
        assert not queue.sight(path, A)
    counters = queue.counters()
    assert (counters.known, counters.integrated, counters.duplicates) == (2, 2, 10)


def test_an_image_may_be_announced_before_it_exists(queue):
    item = lease(queue, fingerprint=None)
    assert queue.finish(item, outcome_of(item, Reason.VANISHED), 0.0) is None
    assert queue.counters().settling == 1
    now = 0.0
    while now < 2.0:
        now = queue.next_look
        ((number, _),) = queue.to_look_at(now)
        queue.looked(number, A if now >= 2.0 else None, now)
    item = queue.next()
    queue.finish(item, outcome_of(item, fingerprint=A), now)
    assert queue.counters().integrated == queue.counters().known == 1


def test_an_image_that_never_comes_has_vanished(queue):
    item = lease(queue, fingerprint=None)
    queue.finish(item, outcome_of(item, Reason.VANISHED), 0.0)
    looks = wait_for_the_end(queue, None)
    assert queue.counters().failed_because == {Reason.VANISHED: 1}
    assert PATIENCE.vanished <= looks[-1] <= PATIENCE.vanished + RAREST_LOOK


def wait_for_the_end(queue, fingerprint):
    """Look as often as the queue asks for it, and return when that was."""
    looks = []
    while queue.next_look is not None:
        now = queue.next_look
        looks.append(now)
        for number, _ in list(queue.to_look_at(now)):
            queue.looked(number, fingerprint, now)
    return looks


def test_an_image_that_is_back_is_read_though_it_looks_as_before(queue):
    item = lease(queue)
    queue.finish(item, outcome_of(item, Reason.VANISHED), 0.0)
    ((number, _),) = queue.to_look_at(1.0)
    queue.looked(number, A, 1.0)
    assert queue.next() is item


def test_a_disk_that_does_not_answer_has_not_lost_its_images(queue):
    item = lease(queue)
    queue.finish(item, outcome_of(item, Reason.IO_ERROR), 0.0)
    looks = wait_for_the_end(queue, None)
    assert queue.counters().failed_because == {Reason.IO_ERROR: 1}
    assert looks[-1] == pytest.approx(PATIENCE.longest, rel=SHARE_OF_WAIT)


def test_an_old_image_is_read_again_after_an_error_of_the_disk(queue):
    item = lease(queue, fingerprint=OLD)
    queue.finish(item, outcome_of(item, Reason.IO_ERROR), 0.0)
    ((number, _),) = queue.to_look_at(queue.next_look)
    queue.looked(number, OLD, 0.1)
    assert queue.next() is item


def test_a_disk_that_never_answers_is_asked_ever_more_rarely_and_not_for_ever(queue):
    item, now, tries = lease(queue), 0.0, 0
    while item is not None:
        queue.finish(item, outcome_of(item, Reason.IO_ERROR), now)
        tries += 1
        if queue.next_look is not None:
            now = queue.next_look
            for number, _ in list(queue.to_look_at(now)):
                queue.looked(number, A, now)
        item = queue.next()
    assert queue.counters().failed_because == {Reason.IO_ERROR: 1}
    assert now == pytest.approx(PATIENCE.longest, rel=SHARE_OF_WAIT)
    assert tries < 60


def test_a_truncated_image_is_opened_once_and_then_looked_at_from_outside(queue):
    item = lease(queue)
    queue.finish(item, outcome_of(item, Reason.TRUNCATED, A), 0.0)
    looks = wait_for_the_end(queue, A)
    assert queue.counters().failed_because == {Reason.TRUNCATED: 1}
    assert queue.next() is None
    assert looks[0] == pytest.approx(FIRST_LOOK)
    assert looks[-1] == pytest.approx(PATIENCE.truncated, abs=RAREST_LOOK)
    assert len(looks) <= 30


def test_an_image_truncated_long_ago_fails_at_once(queue):
    item = lease(queue, fingerprint=OLD)
    queue.finish(item, outcome_of(item, Reason.TRUNCATED, OLD), 0.0)
    assert queue.counters().failed_because == {Reason.TRUNCATED: 1}


@pytest.mark.parametrize("seen_by", ["look", "sight"])
def test_an_image_that_grows_is_waited_for(queue, seen_by):
    item = lease(queue)
    for second in range(0, 80, 20):
        content = Fingerprint(second, int((EPOCH + second) * 1e9), 7)
        queue.finish(item, outcome_of(item, Reason.TRUNCATED, content), float(second))
        grown = Fingerprint(second + 20, int((EPOCH + second + 20) * 1e9), 7)
        if seen_by == "sight":
            queue.sight(item.path, grown)
        else:
            ((number, _),) = queue.to_look_at(second + 19.0)
            queue.looked(number, grown, second + 20.0)
        assert queue.next() is item
    assert queue.finish(item, outcome_of(item, fingerprint=grown), 80.0)


def test_an_image_that_changes_for_ever_fails_in_the_end(queue, clock):
    item = lease(queue)
    while item is not None:
        content = Fingerprint(int(clock.now), int((EPOCH + clock.now) * 1e9), 7)
        queue.finish(item, outcome_of(item, Reason.CHANGED_WHILE_READING, content), clock.now)
        clock.now += 1.0
        for number, _ in list(queue.to_look_at(clock.now)):
            queue.looked(number, content, clock.now)
        item = queue.next()
    assert queue.counters().failed_because == {Reason.CHANGED_WHILE_READING: 1}
    assert PATIENCE.longest <= clock.now <= PATIENCE.longest + 5.0


def test_an_image_overwritten_ten_times_ends_with_its_last_content(queue):
    item = lease(queue)
    contents = [Fingerprint(size, 0, 7) for size in range(10, 20)]
    for content in contents:
        queue.sight(item.path, content)
    queue.finish(item, outcome_of(item, fingerprint=A), 0.0)
    assert queue.counters().pending == 1
    item = queue.next()
    assert item.version.fingerprint == contents[-1]
    queue.finish(item, outcome_of(item, fingerprint=contents[-1]), 0.0)
    counters = queue.counters()
    assert (counters.known, counters.integrated, counters.pending) == (2, 2, 0)


def test_a_content_that_the_worker_has_read_already_is_not_read_again(queue):
    item = lease(queue)
    queue.sight(item.path, B)
    queue.finish(item, outcome_of(item, fingerprint=B), 0.0)
    assert queue.next() is None
    assert not queue.sight(item.path, B)


def test_an_image_that_failed_with_a_former_content_is_superseded(queue):
    item = lease(queue)
    queue.sight(item.path, B)
    queue.finish(item, outcome_of(item, Reason.WRONG_SHAPE, A), 0.0)
    assert queue.counters().skipped_because == {Reason.SUPERSEDED: 1}
    assert queue.next().version.fingerprint == B


@pytest.mark.parametrize("meanwhile", [True, False])
def test_a_superseded_image_says_so_and_not_what_was_wrong_with_its_former_content(
    queue, journal, meanwhile
):
    item = lease(queue)
    if meanwhile:
        queue.sight(item.path, B)
    queue.finish(item, replace(outcome_of(item, Reason.WRONG_SHAPE, A), message="too large"), 0.0)
    queue.sight(item.path, B)
    [ended] = journal.endings(0, 10)
    assert (ended.reason, ended.message) == (Reason.SUPERSEDED, picture_queue.OVERWRITTEN)


def test_a_content_seen_before_an_image_was_given_back_is_no_second_version(queue):
    item = lease(queue)
    queue.sight(item.path, B)
    queue.give_back(item)
    queue.sight(item.path, C)
    item = queue.next()
    queue.finish(item, outcome_of(item, fingerprint=C), 0.0)
    assert queue.next() is None
    assert queue.counters().known == 1


def test_an_image_that_kills_three_workers_is_poison(queue):
    lease(queue)
    queue.give_back(queue_item := queue._items["/data/a.tif"])
    for suspect in (False, False, True):
        item = queue.next()
        assert item is queue_item
        assert item.suspect == suspect
        queue.died(item)
    counters = queue.counters()
    assert counters.failed_because == {Reason.POISON: 1}
    assert (counters.worker_deaths, counters.retries, counters.leased) == (3, 2, 0)
    assert queue.next() is None


def test_a_content_seen_while_the_former_killed_its_last_worker_is_a_new_version(queue):
    queue.died(lease(queue))
    queue.died(queue.next())
    item = queue.next()
    queue.sight(item.path, B)
    queue.died(item)
    assert queue.counters().failed_because == {}
    assert queue.counters().skipped_because == {Reason.SUPERSEDED: 1}
    successor = queue.next()
    assert (successor.version.version, successor.version.fingerprint) == (2, B)
    assert not successor.suspect


def test_deaths_are_remembered_over_a_restart(queue, journal):
    queue.died(lease(queue))
    queue.died(queue.next())
    queue.reload()
    item = queue.next()
    assert item.suspect
    queue.died(item, timeout=True)
    assert queue.counters().failed_because == {Reason.TIMEOUT: 1}
    assert queue.counters().timeouts == 1


def test_workers_that_die_without_an_image_blame_none(queue):
    for _ in range(5):
        item = lease(queue)
        queue.note_death()
        queue.give_back(item)
    assert queue.counters().worker_deaths == 5
    assert not queue.next().suspect


def test_an_image_that_waits_again_may_kill_three_workers_more(queue):
    lease(queue)
    queue.give_back(queue._items["/data/a.tif"])
    for _ in range(MAX_DEATHS):
        queue.died(queue.next())
    assert queue.requeue(Reason.POISON) == 1
    assert not queue.next().suspect
    assert queue.counters().failed_because == {}


def test_an_image_without_a_free_name_fails(queue):
    queue.fail(lease(queue), Reason.OUTPUT_COLLISION, "no name")
    assert queue.counters().failed_because == {Reason.OUTPUT_COLLISION: 1}
    assert queue.counters().leased == 0


def test_a_readdir_repeats_what_has_ended(queue):
    for reason in ("", Reason.WRONG_SHAPE, Reason.TRUNCATED):
        item = lease(queue, f"/data/{reason}.tif", OLD)
        queue.finish(item, outcome_of(item, reason, OLD), 0.0)
    for reason in ("", Reason.WRONG_SHAPE, Reason.TRUNCATED):
        assert not queue.sight(f"/data/{reason}.tif", OLD, again=True)
    counters = queue.counters()
    assert (counters.known, counters.pending, counters.failed_because) == (3, 3, {})


def test_a_readdir_that_finds_a_new_content_finds_a_new_version(queue):
    item = lease(queue)
    queue.finish(item, outcome_of(item, fingerprint=A), 0.0)
    assert queue.sight(item.path, B, again=True)
    counters = queue.counters()
    assert (counters.known, counters.integrated, counters.pending) == (2, 1, 1)


def test_a_failed_version_with_a_successor_is_not_tried_again(queue):
    for content in (A, B):
        item = lease(queue, fingerprint=content)
        queue.finish(item, outcome_of(item, Reason.WRONG_SHAPE, content), 0.0)
    assert queue.requeue(None) == 1
    assert queue.next().version.fingerprint == B
    assert queue.next() is None


def test_a_result_tells_what_the_worker_found(queue, clock, journal):
    clock.now = 5.0
    item = lease(queue)
    clock.now = 8.0
    outcome = Outcome(
        item.path,
        Status.INTEGRATED,
        curves=["/work/a.chi"],
        time=3.0,
        time_source="header",
        exposure=0.5,
        parameters={"M": {"I0": 1.0}},
        fingerprint=A,
    )
    result = queue.finish(item, outcome, 0.0)
    assert (result.path, result.time, result.time_source, result.exposure) == (
        item.path,
        3.0,
        "header",
        0.5,
    )
    assert (result.announced, result.done) == (EPOCH + 5.0, EPOCH + 8.0)
    assert journal.results(0, 10) == [result]


def test_an_answer_about_an_image_that_has_ended_is_ignored(queue):
    item = lease(queue)
    queue.finish(item, outcome_of(item, Reason.TRUNCATED, A), 0.0)
    ((number, _),) = queue.to_look_at(1.0)
    queue.sight(item.path, B)
    queue.finish(queue.next(), outcome_of(item, fingerprint=B), 1.0)
    queue.looked(number, C, 2.0)
    assert queue.counters().pending == 0


def test_nobody_looks_twice_at_the_same_time(queue):
    item = lease(queue)
    queue.finish(item, outcome_of(item, Reason.TRUNCATED, A), 0.0)
    assert len(list(queue.to_look_at(1.0))) == 1
    assert list(queue.to_look_at(1.0)) == []
    assert item.stage is Stage.SETTLING


def test_a_backlog_longer_than_the_window_comes_in_order(queue, monkeypatch):
    monkeypatch.setattr(picture_queue, "WINDOW", 8)
    names = [f"/data/{i}.tif" for i in range(50)]
    came = []
    for name in names:
        queue.sight(name, A)
        if name.endswith("5.tif"):
            came.append(queue.next().path)
        assert len(queue._ready) <= 8
    while (item := queue.next()) is not None:
        came.append(item.path)
    assert came == names


def test_the_history_tells_when_the_worker_was_done_not_when_that_was_heard(queue):
    item = lease(queue)
    outcome = replace(outcome_of(item, fingerprint=A), done=EPOCH + 7.5)
    assert queue.finish(item, outcome, 8.0).done == EPOCH + 7.5


def test_an_image_whose_disk_was_away_is_ready_again_and_all_its_patience_is_left(queue):
    item = lease(queue)
    queue.finish(item, outcome_of(item, Reason.TRUNCATED), 0.0)
    number, late = item.version.id, PATIENCE.longest + 1.0
    assert queue.path_of(number) == item.path
    assert queue.path_of(number + 1) is None
    queue.try_again(number, late)
    queue.try_again(number + 1, late)
    queue.try_again(number, late)  # it does not wait any more
    assert queue.counters().settling == 0
    assert queue.next() is item
    assert queue.next() is None
    queue.finish(item, outcome_of(item, Reason.TRUNCATED), late)
    assert queue.counters().settling == 1
