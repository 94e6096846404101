"""Files that a worker finds to hold several images, in the picture queue."""

import shutil

import pytest

from saxsdog.image_names import join
from saxsdog.io.status import Fingerprint
from saxsdog.queue.journal import Journal
from saxsdog.queue.picture_queue import WINDOW, PictureQueue
from saxsdog.queue.records import State
from saxsdog.reasons import Reason
from tests.helpers.clocks import Clock
from tests.helpers.queue_models import EPOCH, PATIENCE, outcome_of, several

FILE = "/data/x.h5"
A, B = (Fingerprint(size, int(EPOCH * 1e9), 7) for size in (1, 2))


@pytest.fixture
def clock():
    return Clock(0.0)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def queue_of(journal, clock):
    return PictureQueue(journal, PATIENCE, lambda: EPOCH + clock.now)


@pytest.fixture
def queue(journal, clock):
    return queue_of(journal, clock)


def find_several(queue, n_images, fingerprint=A):
    """Let a worker read the file, which must be the next one."""
    item = queue.next()
    assert item.path == FILE
    assert queue.finish(item, several(item, n_images, fingerprint), 0.0) is None


def expand(queue):
    while queue.expanding:
        queue.expand(100)


def integrate_all(queue, fingerprint=A):
    """Integrate what is ready, and return the names."""
    done = []
    while (item := queue.next()) is not None:
        done.append(item.path)
        queue.finish(item, outcome_of(item, fingerprint=fingerprint), 0.0)
    return done


def images(number, start=0):
    return [join(FILE, page) for page in range(start, number)]


def test_each_image_of_a_file_is_integrated_and_the_file_is_skipped(queue, journal):
    queue.sight(FILE, A)
    find_several(queue, 3)
    expand(queue)
    assert integrate_all(queue) == images(3)
    counters = queue.counters()
    assert (counters.known, counters.integrated, counters.skipped) == (4, 3, 1)
    assert counters.skipped_because == {Reason.SEVERAL_IMAGES: 1}
    (ending,) = journal.endings(0, 10)
    assert (ending.path, ending.reason) == (FILE, Reason.SEVERAL_IMAGES)


def test_images_are_entered_a_few_at_a_time_and_the_file_ends_with_the_last(queue):
    n_images = 2 * WINDOW + 10
    queue.sight(FILE, A)
    find_several(queue, n_images)
    turns = 0
    while queue.expanding:
        counters = queue.counters()
        assert (counters.pending, counters.leased, counters.skipped) == (1 + 256 * turns, 0, 0)
        queue.expand(256)
        turns += 1
    assert turns == -(-n_images // 256)
    assert queue.counters().pending == n_images
    assert integrate_all(queue) == images(n_images)


def test_nobody_gets_a_file_while_its_images_are_entered(queue):
    queue.sight(FILE, A)
    find_several(queue, 100)
    assert queue.next() is None
    queue.expand(1)
    assert integrate_all(queue) == images(1)
    expand(queue)
    assert integrate_all(queue) == images(100, start=1)


def killed(tmp_path, journal):
    """Return the journal as another process finds it that comes after a SIGKILL."""
    for suffix in ("", "-wal"):
        shutil.copy(f"{tmp_path}/journal.sqlite{suffix}", f"{tmp_path}/copy.sqlite{suffix}")
    return Journal(tmp_path / "copy.sqlite")


def test_a_kill_while_images_are_entered_loses_none_and_repeats_none(
    tmp_path, queue, journal, clock
):
    queue.sight(FILE, A)
    find_several(queue, 10)
    queue.expand(4)
    done = integrate_all(queue)
    journal.commit()
    queue.expand(4)
    journal = killed(tmp_path, journal)
    queue = queue_of(journal, clock)
    assert queue.counters().pending == 1
    find_several(queue, 10)
    expand(queue)
    done += integrate_all(queue)
    assert done == images(10)
    assert journal.counts() == {
        State.PENDING: 0,
        State.INTEGRATED: 10,
        State.FAILED: 0,
        State.SKIPPED: 1,
    }
    journal.close()


def test_the_end_of_a_file_and_its_last_images_are_written_down_together(
    tmp_path, queue, journal, clock
):
    queue.sight(FILE, A)
    journal.commit()
    find_several(queue, 3)
    expand(queue)
    former = killed(tmp_path, journal)
    assert former.counts()[State.PENDING] == 1
    assert former.counts()[State.SKIPPED] == 0
    former.close()
    journal.commit()
    now = killed(tmp_path, journal)
    assert (now.counts()[State.PENDING], now.counts()[State.SKIPPED]) == (3, 1)
    now.close()


def test_a_file_that_is_to_be_integrated_again_brings_all_its_images_again(queue):
    queue.sight(FILE, A)
    find_several(queue, 3)
    expand(queue)
    integrate_all(queue)
    queue.sight(FILE, A, again=True)
    find_several(queue, 3)
    expand(queue)
    assert integrate_all(queue) == images(3)
    assert queue.counters().known == 4


def test_a_file_with_another_content_brings_newer_versions_of_its_images(queue, journal):
    queue.sight(FILE, A)
    find_several(queue, 3)
    expand(queue)
    integrate_all(queue)
    queue.sight(FILE, B)
    find_several(queue, 4, B)
    expand(queue)
    assert integrate_all(queue, B) == images(4)
    assert [journal.newest(image).version for image in images(4)] == [2, 2, 2, 1]
    counters = queue.counters()
    assert (counters.known, counters.integrated, counters.skipped) == (9, 7, 2)


def test_images_that_a_shorter_file_holds_no_more_fail_as_their_worker_says(queue):
    queue.sight(FILE, A)
    find_several(queue, 3)
    expand(queue)
    queue.sight(FILE, B)
    done = []
    while (item := queue.next()) is not None:
        if item.path == FILE:
            queue.finish(item, several(item, 2, B), 0.0)
            expand(queue)
        elif item.path == join(FILE, 2):
            queue.finish(item, outcome_of(item, Reason.WRONG_SHAPE, B), 0.0)
        else:
            done.append(item.path)
            queue.finish(item, outcome_of(item, fingerprint=B), 0.0)
    assert set(done) == set(images(2))
    assert queue.counters().failed_because == {Reason.WRONG_SHAPE: 1}
    assert queue.counters().pending == 0


def test_a_content_that_is_replaced_before_it_was_read_brings_no_images(queue):
    queue.sight(FILE, A)
    item = queue.next()
    queue.sight(FILE, B)
    queue.finish(item, several(item, 100, A), 0.0)
    assert not queue.expanding
    assert queue.counters().skipped_because == {Reason.SUPERSEDED: 1}
    find_several(queue, 2, B)
    expand(queue)
    assert integrate_all(queue, B) == images(2)


def test_a_content_that_comes_while_images_are_entered_has_its_turn_after_them(queue):
    queue.sight(FILE, A)
    find_several(queue, 4)
    queue.expand(2)
    queue.sight(FILE, B)
    expand(queue)
    assert integrate_until(queue, FILE) == images(4)


def integrate_until(queue, path):
    done = []
    while (item := queue.next()).path != path:
        done.append(item.path)
        queue.finish(item, outcome_of(item, fingerprint=A), 0.0)
    assert item.version.fingerprint == B
    assert item.version.version == 2
    return done


def test_an_image_that_was_announced_by_its_name_is_integrated_once(queue):
    queue.sight(FILE, A)
    queue.sight(join(FILE, 1), A)
    find_several(queue, 3)
    integrated = integrate_all(queue)
    expand(queue)
    assert integrated + integrate_all(queue) == [join(FILE, page) for page in (1, 0, 2)]


def test_images_that_were_integrated_before_the_file_was_known_are_not_integrated_again(queue):
    for image in images(3):
        queue.sight(image, A)
    assert integrate_all(queue) == images(3)
    queue.sight(FILE, A)
    find_several(queue, 4)
    expand(queue)
    assert integrate_all(queue) == images(4, start=3)


def test_a_kill_while_images_are_entered_again_repeats_none(tmp_path, queue, journal, clock):
    queue.sight(FILE, A)
    find_several(queue, 10)
    expand(queue)
    integrate_all(queue)
    queue.sight(FILE, A, again=True)
    find_several(queue, 10)
    queue.expand(4)
    done = integrate_all(queue)
    journal.commit()
    journal = killed(tmp_path, journal)
    queue = queue_of(journal, clock)
    find_several(queue, 10)
    expand(queue)
    assert done + integrate_all(queue) == images(10)
    journal.close()


def test_failed_images_of_a_file_are_requeued_without_the_others(queue):
    queue.sight(FILE, A)
    find_several(queue, 3)
    expand(queue)
    for reason in ("", Reason.WRONG_SHAPE, ""):
        item = queue.next()
        queue.finish(item, outcome_of(item, reason, A), 0.0)
    assert queue.requeue(None) == 1
    assert integrate_all(queue) == [join(FILE, 1)]


def test_a_queue_that_is_aborted_forgets_the_file_and_its_images(queue):
    queue.sight(FILE, A)
    find_several(queue, 10)
    queue.expand(5)
    assert queue.forget_pending() == 6
    assert not queue.expanding
    assert queue.next() is None
    assert queue.counters().known == 0
