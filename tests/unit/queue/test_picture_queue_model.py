import copy
import itertools
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from saxsdog.curves.jobs import Status
from saxsdog.image_names import join, split
from saxsdog.io.status import Fingerprint
from saxsdog.queue import picture_queue
from saxsdog.queue.journal import Journal
from saxsdog.queue.picture_queue import MAX_DEATHS, PictureQueue
from saxsdog.queue.records import State
from saxsdog.reasons import Reason
from tests.helpers.queue_models import EPOCH, PATIENCE, QueueModel, outcome_of, several

EVER = 1_000_000
PATHS = ["/data/a/1.tif", "/data/a/2.tif", "/data/b/1.tif"]
paths = st.sampled_from([*PATHS, f"{PATHS[0]}::0", f"{PATHS[0]}::2"])
OF_CONTENT = (Reason.TRUNCATED, Reason.NOT_AN_IMAGE, Reason.DECODE_ERROR)
AT_ONCE = (Reason.WRONG_SHAPE, Reason.TOO_LARGE)
TO_WAIT = (*OF_CONTENT, Reason.VANISHED, Reason.IO_ERROR, Reason.CHANGED_WHILE_READING)
reasons = st.sampled_from(["", *AT_ONCE, *TO_WAIT])


class Disk(dict):
    """Something of each file, also by the names of the images in it."""

    def __getitem__(self, path):
        return super().__getitem__(split(path)[0])

    def __setitem__(self, path, value):
        super().__setitem__(split(path)[0], value)


class QueueMachine(RuleBasedStateMachine):
    """The queue over a real journal, files that come and go, workers that do anything."""

    def __init__(self):
        super().__init__()
        self.window, picture_queue.WINDOW = picture_queue.WINDOW, 2
        self.folder = Path(tempfile.mkdtemp())
        self.files = (self.folder / f"{i}.sqlite" for i in itertools.count())
        self.numbers = itertools.count(1)
        self.now = 0.0
        self.disk = Disk.fromkeys(PATHS)
        self.former = Disk((path, []) for path in PATHS)
        self.owed = {}  # the present content of these was the last that was sighted
        self.leased = {}  # path: what it may contain when its worker reads it
        self.expanding = []  # path of a file, and those of its images that are not entered
        self.looking = []
        self.waits = {}  # path of a settling image: number, reason, first time
        self.firsts = {}
        self.cursor = self.since = 0
        self.model = QueueModel()
        self.file = next(self.files)
        self.open()
        self.remember()

    def open(self):
        self.journal = Journal(self.file)
        assert not self.journal.was_damaged
        self.queue = PictureQueue(self.journal, PATIENCE, lambda: EPOCH + self.now)
        self.empty_hands()

    def empty_hands(self):
        self.items = {}
        self.leased.clear()
        self.expanding.clear()
        self.looking.clear()
        self.waits.clear()
        self.firsts.clear()

    def remember(self):
        self.journal.commit()
        self.saved = copy.deepcopy((self.model, self.owed))
        self.published = self.cursor

    # ------------------------------------------------------------------- files

    @rule(path=paths)
    def write(self, path):
        content = Fingerprint(
            next(self.numbers), int((EPOCH + self.now) * 1e9), 2**64 - next(self.numbers)
        )
        self.disk[path] = content
        self.former[path].append(content)
        for each, contents in self.leased.items():
            if split(each)[0] == split(path)[0]:
                contents.append(content)

    @rule(path=paths)
    def remove(self, path):
        self.disk[path] = None

    @rule(seconds=st.sampled_from([0.01, 0.1, 1.0, 3.0, 6.0, 40.0]))
    def time_passes(self, seconds):
        self.now += seconds

    # ------------------------------------------------------------------- what comes in

    @rule(written=st.lists(paths, min_size=1, max_size=3, unique=True))
    def shoot(self, written):
        """Write images and announce them at once."""
        for path in written:
            self.write(path)
            self.sight(path, again=False)

    @rule(path=paths, again=st.booleans())
    def sight(self, path, again):
        self.owed[path] = self.disk[path]
        self.take(path, self.disk[path], again=again)

    @rule(path=paths, data=st.data())
    def sight_late(self, path, data):
        if self.former[path]:
            self.owed.pop(path, None)
            self.take(path, data.draw(st.sampled_from(self.former[path])))

    @rule(path=paths)
    def announce(self, path):
        self.take(path, None)

    def take(self, path, fingerprint, *, again=False):
        self.stop_to_wait(path, fingerprint)
        expected = self.model.sight(path, fingerprint, again=again, leased=self.is_held(path))
        assert self.queue.sight(path, fingerprint, again=again) == expected

    def stop_to_wait(self, path, fingerprint):
        known = self.model.versions.get(path)
        if path in self.waits and fingerprint not in (None, known[-1].fingerprint):
            del self.waits[path]

    def is_held(self, path):
        return path in self.leased or path in [each for each, _ in self.expanding]

    def n_busy(self):
        return len(self.leased) + len(self.waits) + len(self.expanding)

    @rule(path=paths)
    def refuse(self, path):
        self.queue.refuse(path, Reason.NOT_REGULAR, "no file")
        self.model.refuse(path, Reason.NOT_REGULAR)

    @precondition(lambda self: self.model.counts()[State.FAILED])
    @rule(reason=st.sampled_from([None, None, Reason.WRONG_SHAPE, Reason.VANISHED]))
    def requeue(self, reason):
        assert self.queue.requeue(reason) == self.model.requeue(reason)

    def forget(self):
        for path in self.model.pending():
            self.owed.pop(path, None)
        assert self.queue.forget_pending() == self.model.forget_pending()
        self.empty_hands()

    # ------------------------------------------------------------------- workers

    @rule(path=paths)
    def start_work(self, path):
        self.lease_one(path)

    @rule()
    def lease(self):
        item = self.queue.next()
        if item is None:
            assert self.n_busy() == len(self.model.pending())
            return
        assert item.path in self.model.pending()
        assert item.path not in self.leased
        assert item.path not in self.waits
        assert item.suspect == (self.model.newest(item.path).deaths == MAX_DEATHS - 1)
        assert item.version.fingerprint == self.model.newest(item.path).fingerprint
        self.items[item.path] = item
        self.leased[item.path] = [self.disk[item.path]] if self.disk[item.path] else []

    def hold(self, data):
        path = data.draw(st.sampled_from(sorted(self.leased)))
        return self.items.pop(path), self.leased.pop(path)

    @precondition(lambda self: self.leased)
    @rule(data=st.data(), reason=reasons, sure=st.booleans())
    def finish(self, data, reason, sure):
        item, contents = self.hold(data)
        if reason in (Reason.VANISHED, Reason.PERMISSION, Reason.IO_ERROR):
            read = None
        elif not contents:
            reason, read = Reason.VANISHED, None
        else:
            read = contents[-1] if sure else data.draw(st.sampled_from(contents))
        self.report(item, reason, read)

    def lease_one(self, path):
        """Lease an image; if none waits, a new one."""
        if len(self.model.pending()) == self.n_busy():
            self.write(path)
            self.sight(path, again=False)
        self.lease()

    @rule(data=st.data(), jobs=st.lists(st.tuples(paths, reasons), min_size=1, max_size=4))
    def work(self, data, jobs):
        for path, reason in jobs:
            self.lease_one(path)
            if self.leased:
                self.finish(data, reason, sure=True)

    @precondition(lambda self: self.leased)
    @rule(data=st.data())
    def skip(self, data):
        item, _ = self.hold(data)
        reason = Reason.OUTPUT_EXISTS
        assert self.queue.finish(item, outcome_of(item, reason, status=Status.SKIPPED), 0) is None
        self.model.end(item.path, State.SKIPPED, reason)

    # ------------------------------------------------------------------- files with several images

    @rule(data=st.data(), path=st.sampled_from(PATHS), n_images=st.integers(2, 5))
    def find_several(self, data, path, n_images):
        if path not in self.leased:
            self.lease_one(path)
        if not self.leased.get(path):
            return
        item, contents = self.items.pop(path), self.leased.pop(path)
        read = data.draw(st.sampled_from(contents))
        assert self.queue.finish(item, several(item, n_images, read), self.now) is None
        self.model.read(path, read)
        if self.model.newest(path).newer is not None:
            self.model.end(path, State.SKIPPED, Reason.SUPERSEDED)
        else:
            self.expanding.append((path, [join(path, page) for page in range(n_images)]))

    @precondition(lambda self: self.expanding)
    @rule(most=st.integers(1, 5))
    def expand(self, most):
        path, images = self.expanding[0]
        read = self.model.newest(path).fingerprint
        for image in images[:most]:
            if read != self.disk[path]:  # as sighted late
                self.owed.pop(image, None)
            self.stop_to_wait(image, read)
            self.model.sight_in(path, image, leased=self.is_held(image))
        del images[:most]
        self.queue.expand(most)
        if not images:
            del self.expanding[0]
            self.model.end(path, State.SKIPPED, Reason.SEVERAL_IMAGES)
        assert self.queue.expanding == bool(self.expanding)

    def report(self, item, reason, read):
        path = item.path
        result = self.queue.finish(item, outcome_of(item, reason, read), self.now)
        self.model.read(path, read)
        if reason in TO_WAIT:
            self.wait(item, reason)
        elif reason and self.model.newest(path).newer is not None:
            self.model.end(path, State.SKIPPED, Reason.SUPERSEDED)
        elif reason:
            self.model.end(path, State.FAILED, reason)
        else:
            assert result.cursor > self.cursor
            self.cursor = result.cursor
            self.model.end(path, State.INTEGRATED)

    def wait(self, item, reason):
        path = item.path
        first = self.firsts.setdefault(item.version.id, self.now)
        if self.model.newest(path).newer is not None:
            self.model.give_back(path)
        else:
            self.waits[path] = (item.version.id, reason, first)
            self.see_whether_it_failed(path)

    def see_whether_it_failed(self, path):
        _, reason, first = self.waits[path]
        if self.journal.newest(path).state is State.PENDING:
            return
        content, begin = self.model.newest(path).fingerprint, first
        if reason in OF_CONTENT:
            begin = content.mtime_ns * 1e-9 - EPOCH
        quiet, waited = self.now - begin, self.now - first
        assert quiet >= PATIENCE.with_reason(reason) - 1e-3 or waited >= PATIENCE.longest
        del self.waits[path]
        self.model.end(path, State.FAILED, reason)

    @rule(data=st.data(), path=paths, timeout=st.booleans())
    def die(self, data, path, timeout):
        if not self.leased:
            self.lease_one(path)
        if not self.leased:  # the file is about to give its place to its images
            return
        item, _ = self.hold(data)
        known = self.model.newest(item.path)
        self.queue.died(item, timeout=timeout)
        known.deaths += 1
        if known.deaths == MAX_DEATHS:
            self.model.end(item.path, State.FAILED, Reason.TIMEOUT if timeout else Reason.POISON)
        else:
            self.model.give_back(item.path)

    @precondition(lambda self: self.leased)
    @rule(data=st.data())
    def give_back(self, data):
        item, _ = self.hold(data)
        self.queue.give_back(item)
        self.model.give_back(item.path)
        assert self.queue.next() is item  # it is the next one
        self.queue.give_back(item)

    # ------------------------------------------------------------------- looks

    @rule(patient=st.booleans())
    def look(self, patient):
        """Note who wants to be looked at, perhaps after a wait for the first of them."""
        if patient and self.queue.next_look is not None:
            self.now = max(self.now, self.queue.next_look)
        for number, path in self.queue.to_look_at(self.now):
            assert self.waits[path][0] == number
            self.looking.append((number, path))

    @precondition(lambda self: self.looking)
    @rule(data=st.data())
    def answer(self, data):
        number, path = self.looking.pop(data.draw(st.integers(0, len(self.looking) - 1)))
        self.tell(number, path)

    @precondition(lambda self: self.waits)
    @rule(times=st.integers(1, 12))
    def look_and_answer(self, times):
        for _ in range(times):
            self.look(patient=True)
            while self.looking:
                self.tell(*self.looking.pop())

    def tell(self, number, path):
        seen = self.disk[path]
        self.queue.looked(number, seen, self.now)
        if path not in self.waits or self.waits[path][0] != number:
            return
        known = self.model.newest(path)
        worth_a_try = self.waits[path][1] not in OF_CONTENT
        if seen is not None and (worth_a_try or seen != known.fingerprint):
            known.fingerprint = seen
            del self.waits[path]
        else:
            _, reason, first = self.waits[path]
            if seen is None and reason in OF_CONTENT:
                self.waits[path] = (number, Reason.VANISHED, first)
            self.see_whether_it_failed(path)

    # ------------------------------------------------------------------- the server

    @rule()
    def commit(self):
        self.remember()
        endings = self.journal.endings(self.since, EVER)
        assert [each.path for each in endings] == [path for path, _ in self.model.unread]
        assert all(each.number > self.since for each in endings)
        self.since = max([self.since, *(each.number for each in endings)])
        self.model.unread.clear()
        self.saved[0].unread.clear()

    @rule(kill=st.booleans())
    def start_again(self, kill):
        self.crash() if kill else self.stop_and_start()

    def crash(self):
        """Go on with the files as they are while the last changes are not committed."""
        copied = next(self.files)
        for suffix in ("", "-wal"):
            shutil.copy(f"{self.file}{suffix}", f"{copied}{suffix}")
        self.journal.close()
        self.file = copied
        model, owed = copy.deepcopy(self.saved)
        self.owed = {
            path: content
            for path, content in owed.items()
            if path not in model.pending() or model.newest(path).newer is None
        }
        self.model = model
        self.model.start_again()
        self.cursor = self.published
        self.open()

    def stop_and_start(self):
        self.lay_down()
        self.remember()
        self.journal.close()
        self.open()
        self.model.start_again()

    @rule(abort=st.booleans())
    def end_the_queue(self, abort):
        self.forget() if abort else self.replace()

    def replace(self):
        self.lay_down()
        carried = self.journal.pending_after(0, -1)
        self.journal.clear()
        self.queue.reload()
        for version in carried:
            self.queue.sight(version.path, version.fingerprint)
        self.owed = {path: self.owed[path] for path in self.model.pending() if path in self.owed}
        self.model.carry_over()
        self.empty_hands()

    def lay_down(self):
        for path in list(self.leased):
            self.queue.give_back(self.items.pop(path))
            self.model.give_back(path)
            del self.leased[path]

    # ------------------------------------------------------------------- what always holds

    @invariant()
    def the_counters_add_up(self):
        counters, counts = self.queue.counters(), self.model.counts()
        assert self.journal.counts() == counts
        assert counters.known == sum(counts.values())
        assert counters.known == (
            counters.integrated + counters.failed + counters.skipped + counters.pending
        )
        assert counters.pending == counts[State.PENDING]
        assert counters.integrated == counts[State.INTEGRATED]
        assert counters.failed == counts[State.FAILED]
        assert counters.skipped == counts[State.SKIPPED]
        assert counters.failed_because == self.model.because(State.FAILED)
        assert counters.skipped_because == self.model.because(State.SKIPPED)
        assert counters.duplicates == self.model.duplicates
        assert counters.leased == len(self.leased)
        assert counters.settling == len(self.waits)
        assert counters.leased + counters.settling <= counters.pending

    @invariant()
    def each_path_has_one_pending_version_at_most(self):
        pending = self.journal.pending_after(0, -1)
        assert {each.path: each.fingerprint for each in pending} == {
            path: known.fingerprint for path, known in self.model.pending().items()
        }
        assert len(pending) == len(self.model.pending())

    @invariant()
    def cursors_increase(self):
        cursors = [result.cursor for result in self.journal.results(0, EVER)]
        assert cursors == sorted(set(cursors))
        assert self.journal.last_cursor == self.cursor

    # ------------------------------------------------------------------- the end

    def teardown(self):
        try:
            self.drain()
        finally:
            self.journal.close()
            shutil.rmtree(self.folder)
            picture_queue.WINDOW = self.window

    def drain(self):
        """Let workers succeed until nothing is pending."""
        self.lay_down()
        while self.expanding:
            self.expand(most=5)
        for number, path in self.looking:
            self.tell(number, path)
        waiting = [path for path in self.model.pending() if not self.is_bad(path)]
        for _ in range(1000):
            while (item := self.queue.next()) is not None:
                content = self.disk[item.path]
                self.report(item, "" if content else Reason.VANISHED, content)
            if not self.model.pending():
                break
            assert self.queue.next_look is not None, "images wait, and nobody looks at them"
            self.now = max(self.now, self.queue.next_look)
            for number, path in list(self.queue.to_look_at(self.now)):
                self.tell(number, path)
        self.the_counters_add_up()
        assert self.queue.counters().pending == 0
        self.nothing_is_missing(waiting)

    def is_bad(self, path):
        """Whether a worker has said that the present content is none of an image."""
        bad = path in self.waits and self.waits[path][1] in OF_CONTENT
        return bad and self.model.newest(path).fingerprint == self.disk[path]

    def nothing_is_missing(self, waiting):
        for path in waiting:
            if self.disk[path] is not None:
                assert self.model.newest(path).state is State.INTEGRATED
                assert self.model.newest(path).fingerprint == self.disk[path]
        for path, content in self.owed.items():
            if content is not None and content == self.disk[path]:
                contents = [known.fingerprint for known in self.model.versions[path]]
                assert content in contents


TestQueueAgainstItsModel = QueueMachine.TestCase
TestQueueAgainstItsModel.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestQueueAgainstItsModel.pytestmark = pytest.mark.timeout(300)
