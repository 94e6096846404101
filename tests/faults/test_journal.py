"""A journal that somebody, or a disk, has damaged, while the server stands and while it runs."""

import os
import random

import pytest

from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.served import check_results, processes_of, serving, write_frame

PAGE = 4096


def noise_of(seed, size):
    return random.Random(seed).randbytes(size)  # noqa: S311 - no secret


def overwritten(state):
    """A page in the middle has become noise."""
    journal = state / "journal.sqlite"
    middle = journal.stat().st_size // PAGE // 2 * PAGE
    with journal.open("r+b") as file:
        file.seek(middle)
        file.write(noise_of(1, PAGE))


def noise(state):
    """All of it has become noise, to the last page."""
    journal = state / "journal.sqlite"
    with journal.open("r+b") as file:
        file.write(noise_of(2, journal.stat().st_size))


def truncated(state):
    os.truncate(state / "journal.sqlite", PAGE)


def emptied(state):
    os.truncate(state / "journal.sqlite", 0)


def without_log(state):
    (state / "journal.sqlite-wal").unlink(missing_ok=True)


def log_emptied(state):
    if (state / "journal.sqlite-wal").exists():
        os.truncate(state / "journal.sqlite-wal", 0)


def log_noise(state):
    log = state / "journal.sqlite-wal"
    if log.exists():
        with log.open("r+b") as file:
            file.write(noise_of(3, log.stat().st_size))


def removed(state):
    for file in state.glob("journal.sqlite*"):
        file.unlink()


WHILE_IT_STANDS = [overwritten, truncated, emptied, without_log, log_noise, removed]
WHILE_IT_WORKS = [overwritten, noise, truncated, log_emptied, removed]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for the tests below: a new queue forgets what was."""
    with serving(
        tmp_path_factory.mktemp("journal"), settings="[walk]\nclock_slack = 0\n"
    ) as served:
        yield served


@pytest.fixture
def served(shared, request):
    """The server, with a folder named after the test, of which half of the images are done."""
    served = shared
    served.name = f"{request.node.name}/in"
    served.images = served.folder(served.name)
    write(served, range(100))
    served.new(served.name)
    served.client.readdir()
    served.until_ended(100)
    return served


def write(served, numbers):
    for seed in numbers:
        write_frame(served.images / f"{seed:04d}.tif", seed)


def curves_of(served):
    return len(list((served.images.parent / "work").glob("*.chi")))


def check_all(served, number):
    """All images are known and integrated, and the calibration is that of before."""
    stat = served.until_ended(number)
    assert stat.counters.integrated == number
    assert stat.title == "a small detector"
    assert check_results(served, served.name, every=7) > 10
    assert not stat.trouble


def start_again(served):
    served.server.kill()
    wait_until(lambda: not processes_of(served.server.process.pid))
    served.server.restart()


@pytest.mark.parametrize("damage", WHILE_IT_STANDS)
@promise(
    "G7",
    fault="the server is killed, and its journal is damaged: a page overwritten, cut off, emptied, "
    "its log deleted or overwritten, all removed",
    kept="it starts with the calibration that it had, and every image is integrated; a damaged "
    "journal is kept beside the new one",
)
def test_a_journal_damaged_while_the_server_stands_costs_no_image(served, damage):
    served.server.kill()
    damage(served.server.state)
    write(served, range(100, 120))
    served.server.restart()
    check_all(served, 120)


@pytest.mark.parametrize("damage", WHILE_IT_WORKS)
@promise(
    "G7",
    fault="the journal is damaged in these ways while the server works",
    kept="control stays alive; a damage that is met is set aside and said in the log, and the work "
    "goes on within 10 s; every image is integrated, also after the server is killed",
)
def test_a_journal_damaged_while_the_server_works_costs_no_image(served, damage):
    served.server.restart()  # now nothing of it is in memory
    damage(served.server.state)
    write(served, range(100, 120))
    wait_until(lambda: curves_of(served) == 120)
    served.until(lambda stat: not stat.trouble)
    start_again(served)
    check_all(served, 120)
