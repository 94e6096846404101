"""The thread that owns the journal, with real workers and a journal that breaks."""

import functools

import pytest

from saxsdog import Calibration, Integrator
from saxsdog.curves.jobs import ReuseRule
from saxsdog.curves.outputs import OutputRule
from saxsdog.io.status import fingerprint_of
from saxsdog.pipeline.crew import Crew
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.worker import WorkerTask
from saxsdog.queue import dispatcher, foreman
from saxsdog.queue.claims import Claims
from saxsdog.queue.dispatcher import Work
from saxsdog.queue.foreman import Foreman
from saxsdog.queue.journal import JournalError
from saxsdog.queue.settling import Patience
from saxsdog.sources.sightings import Sighting, SourceKind
from tests.helpers.experiments import write_calibration, write_images
from tests.helpers.feeds import wait_until


@pytest.fixture
def work(tmp_path):
    integrator = Integrator(Calibration.load(write_calibration(tmp_path)), tmp_path)
    with SharedPlan.write(integrator.plan, tmp_path) as plan:
        task = WorkerTask(plan, integrator.calibration.document, ReuseRule())
        claims = functools.partial(
            Claims,
            rule=OutputRule(),
            root=tmp_path,
            channels=integrator.channels,
            allowed=lambda folder: folder.is_relative_to(tmp_path),
        )
        yield Work(functools.partial(Crew, 1, task), claims, None, 60.0)


@pytest.fixture
def losses():
    return []


@pytest.fixture
def running(tmp_path, work, losses, monkeypatch):
    monkeypatch.setattr(foreman, "TRY_AGAIN", 0.1)
    monkeypatch.setattr(dispatcher, "TRY_AGAIN", 0.1)
    with Foreman(
        tmp_path / "journal.sqlite",
        Patience(),
        look=lambda _: None,
        on_results=lambda: None,
        on_loss=losses.append,
    ) as running:
        running.call(lambda: running.open(work)).result(30)
        yield running


def sightings(images):
    return [Sighting(i, fingerprint_of(i.stat()), SourceKind.WALKER) for i in images]


def full_disk(running):
    """Let the journal grow no more; return how to give it room again."""
    db = running.journal._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    return lambda: db.execute("PRAGMA max_page_count = 1000000").fetchone()


def test_what_is_delivered_is_integrated(tmp_path, running):
    running.deliver(sightings(write_images(tmp_path / "in", 10)))
    wait_until(lambda: running.counters.integrated == 10)
    assert running.history.last_cursor == 10
    assert running.trouble == ()


def test_a_full_journal_stops_the_work_and_an_empty_one_lets_it_go_on(tmp_path, running, losses):
    images = sightings(write_images(tmp_path / "in", 300))
    running.deliver(images[:5])
    wait_until(lambda: running.counters.integrated == 5)
    make_room = running.call(lambda: full_disk(running)).result(30)
    running.deliver(images)
    wait_until(lambda: running.trouble != ())
    assert "journal cannot be written" in running.trouble[0]
    counters = running.counters
    assert counters.known == counters.pending + counters.integrated
    assert running.is_alive()

    running.call(make_room).result(30)
    wait_until(lambda: losses)  # now somebody walks
    assert running.trouble == ()
    running.deliver(images)
    wait_until(lambda: running.counters.integrated == 300)
    cursors = [result.cursor for result in running.history.since(0, 1000)[0]]
    assert cursors == sorted(set(cursors))


def test_a_change_that_the_journal_refuses_fails_for_who_asked_for_it(tmp_path, running, losses):
    make_room = running.call(lambda: full_disk(running)).result(30)
    with pytest.raises(JournalError, match="full"):
        running.call(lambda: running.journal.set_fact("long", "x" * 10**6)).result(30)
    running.call(make_room).result(30)
    wait_until(lambda: losses)
    running.deliver(sightings(write_images(tmp_path / "in", 3)))
    wait_until(lambda: running.counters.integrated == 3)
