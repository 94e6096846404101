"""Disks that are full, read-only or away, and folders that somebody removes."""

import json
import os
import shutil
import signal
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest

from saxsdog.curves.owners import OWNERS_FILE
from saxsdog.errors import RequestError
from tests.helpers.disks import filled, mounted, read_only, small_disk
from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.served import (
    Expected,
    frame_of,
    reasons_of,
    serving,
    times_integrated,
    write_frame,
)
from tests.helpers.servers import PROGRAM
from tests.helpers.users import NOBODY

ONLY_NEW = "[walk]\nclock_slack = 0\n"
RESUMED_WITHIN = 10.0
ANSWERED_WITHIN = 1.0


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for the tests below: a new queue forgets what was."""
    with serving(tmp_path_factory.mktemp("storage"), settings=ONLY_NEW) as served:
        yield served


@pytest.fixture
def served(shared, request):
    """The server, with a folder that is named after the test."""
    shared.name = request.node.name
    shared.top = shared.folder(shared.name)
    return shared


@pytest.fixture
def disk(tmp_path):
    """A disk that can be shown anywhere, and be taken away from there."""
    with small_disk(tmp_path / "disk", "32m") as disk:
        yield disk


def write_frames(folder, number, start=0):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(start, start + number):
        write_frame(folder / f"{seed:04d}.tif", seed)


@contextmanager
def queued(served, name, number):
    """Put images of a folder into the queue, and have nobody work on them meanwhile."""
    served.new(name)
    workers = served.until(lambda stat: stat.workers).workers
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        served.client.readdir()
        served.until(lambda stat: stat.counters.known == number)
        yield
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)


def answers_at_once(served):
    """Control stays alive, whatever else does not."""
    before = time.monotonic()
    stat = served.client.stat()
    assert time.monotonic() - before < ANSWERED_WITHIN
    return stat


def resumes(served, condition):
    """The work goes on by itself, and soon."""
    before = time.monotonic()
    stat = served.until(condition)
    assert time.monotonic() - before < RESUMED_WITHIN
    return stat


def check_curves(served, folder, number):
    expected = Expected(served.calibration(served.name))
    for seed in range(number):
        expected.check(folder / f"{seed:04d}.chi", frame_of(seed))


@promise(
    "G6",
    fault="the disk of some results is full, and that of others can only be read",
    kept="no image fails; images whose results can be written go on; the others wait, `stat` names "
    "their folders, and they are integrated within 10 s of the end of the fault",
)
def test_only_the_images_of_a_folder_that_takes_no_results_wait(served):
    folders = {name: served.top / name for name in ("full", "readonly", "fine")}
    with (
        small_disk(folders["full"] / "work"),
        small_disk(folders["readonly"] / "work"),
        ExitStack() as faults,
    ):
        faults.enter_context(filled(folders["full"] / "work"))
        faults.enter_context(read_only(folders["readonly"] / "work"))
        served.new(served.name)
        for folder in folders.values():
            write_frames(folder / "in", 20)
        served.until(lambda stat: stat.counters.integrated == 20 and stat.counters.known == 60)
        stat = answers_at_once(served)
        assert (stat.counters.pending, stat.counters.failed) == (40, 0)
        for folder, sentence in (
            ("full", "No space left on device"),
            ("readonly", "Read-only file system"),
        ):
            told = [text for text in stat.trouble if sentence in text]
            assert f"the images of {served.name}/{folder}/in wait" in " ".join(told)
            wait_until(lambda told=sentence: told in served.server.log_text())
        faults.close()
        resumes(served, lambda stat: stat.counters.integrated == 60 and not stat.trouble)
        assert sum(times_integrated(served.client).values()) == 60
        for folder in folders.values():
            check_curves(served, folder / "work", 20)
        served.client.abort()


@promise(
    "G6",
    fault="the folder of the results is removed while the server works",
    kept="it is made again; who owns which name is written down there as before",
)
def test_a_folder_of_results_that_is_removed_comes_back_with_its_owners(served):
    served.new(served.name)
    work = served.top / "work"
    write_frames(served.top / "in", 3)
    served.until_ended(3)
    work.rename(served.top / "taken away")
    served.until(lambda stat: stat.time > stat.newest_time + 1.1)
    write_frames(served.top / "in", 3, start=3)
    served.until_ended(6)
    assert served.client.stat().counters.integrated == 6
    served.until(lambda _: (work / OWNERS_FILE).is_file())
    lines = (work / OWNERS_FILE).read_text().splitlines()
    owners = dict(json.loads(line) for line in lines)
    assert owners == {f"{n:04d}.chi": f"../in/{n:04d}.tif" for n in range(6)}


@promise(
    "G6",
    fault="the disk of the images is unmounted with images in the queue, and mounted again",
    kept="none of them fails as vanished: they wait, `stat` says which folder is away, and they "
    "are integrated within 10 s after it is back, with those that came meanwhile",
)
def test_images_wait_for_their_disk(served, disk):
    place = served.top / "exp" / "in"
    write_frames(disk, 600)
    with mounted(disk, place), queued(served, f"{served.name}/exp/in", 600):
        pass
    stat = served.until(lambda stat: stat.trouble and not stat.counters.leased)
    assert stat.counters.pending > 0
    told = " ".join(stat.trouble)
    assert f"{served.name}/exp/in" in told
    assert f"the disk of the images is not mounted at {served.name}/exp/in; the images" in told
    before = stat.counters.integrated
    served.until(lambda now: now.time > stat.time + 5.5)  # a vanished image fails after 5 s
    stat = answers_at_once(served)
    assert stat.counters.failed == 0
    assert stat.counters.integrated - before < 10
    write_frames(disk, 1, start=600)
    with mounted(disk, place):
        resumes(
            served,
            lambda stat: stat.counters.integrated == 601 and not stat.trouble,
        )
        assert set(times_integrated(served.client).values()) == {1}
        check_curves(served, served.top / "exp" / "work", 601)
        served.client.abort()


@promise(
    "G6",
    fault="the server starts before the disk of its images is mounted",
    kept="pending images wait for it, and none of them fails",
)
def test_a_server_that_starts_before_its_disk_is_mounted_waits(served, disk):
    place = served.top / "exp" / "in"
    write_frames(disk, 600)
    with mounted(disk, place), queued(served, f"{served.name}/exp/in", 600):
        served.server.kill()
    served.server.restart()
    stat = served.until(lambda stat: "not mounted" in " ".join(stat.trouble))
    assert stat.counters.pending > 0
    with mounted(disk, place):
        resumes(served, lambda stat: stat.counters.integrated == 600 and not stat.trouble)
        assert reasons_of(served.client) == {}
        served.client.abort()


@pytest.mark.parametrize(("below", "placeholder"), [("", ".not_mounted"), ("sub", None)])
@promise(
    "G18",
    fault="the disk of the images is unmounted as soon as they were seen in many new folders; it "
    "is that of the whole queue or of a folder in it, and its bare place may hold a file",
    kept="none of them fails, also if the server is killed meanwhile; one sentence says which disk "
    "is missing where; nothing is written to the bare place; images elsewhere go on; all are "
    "integrated within 10 s after it is mounted",
)
def test_images_of_new_folders_wait_for_their_disk(tmp_path, disk, below, placeholder):
    with serving(tmp_path, settings=ONLY_NEW) as served:
        served.name = "in"
        place = served.images / below
        place.mkdir(exist_ok=True)
        if placeholder:
            (place / placeholder).touch()
        bare = [place / placeholder] if placeholder else []
        for number in range(6):
            write_frames(disk / f"s{number}" / "frames", 40)
        with mounted(disk, place), queued(served, "in", 240):
            pass
        for restart in (False, True):
            if restart:
                served.server.kill()
                served.server.restart()
            stat = served.until(lambda stat: "not mounted" in " ".join(stat.trouble))
            stat = served.until(lambda now, seen=stat: now.time > seen.time + 5.5)
            (told,) = stat.trouble
            assert f"the disk of the images is not mounted at in{below and '/sub'}" in told
            assert stat.counters.failed == 0
            assert list(place.rglob("*")) == bare
        if below:
            write_frames(served.images / "beside" / "frames", 5)
            served.client.readdir()
            seen = stat.counters.integrated
            resumes(served, lambda stat: stat.counters.integrated >= seen + 5)
        with mounted(disk, place):
            number = 245 if below else 240
            resumes(served, lambda stat: stat.counters.integrated >= number and not stat.trouble)
            assert reasons_of(served.client) == {}
            check_curves(served, place / "s5" / "work", 40)
            listed = (served.root / "results" / "filelist_in.log").read_text().splitlines()
            assert len(set(listed)) == number
            served.client.abort()
        assert list(place.rglob("*")) == bare


@promise(
    "G18",
    fault="the disk of a folder of images is unmounted while one of them is still being written",
    kept="the image waits, and `stat` says for which disk; it is integrated when it is whole",
)
def test_an_image_that_is_not_whole_waits_for_its_disk(served, disk):
    place, beside = served.top / "sub", served.top / "in"
    whole = write_frame(disk / "0000.tif", 0).read_bytes()
    (disk / "0000.tif").write_bytes(whole[:-100])
    with mounted(disk, place):
        served.new(served.name)
        write_frames(beside, 1)
        served.client.readdir()
        served.until(lambda stat: (stat.counters.integrated, stat.counters.settling) == (1, 1))
    stat = served.until(lambda stat: stat.trouble)
    stat = served.until(lambda now: now.time > stat.time + 5.5)
    assert f"the images of {served.name}/sub wait" in " ".join(stat.trouble)
    assert stat.counters.pending == 1
    write_frames(beside, 1, start=1)
    served.client.readdir()
    resumes(served, lambda stat: stat.counters.integrated == 2)
    (disk / "0000.tif").write_bytes(whole)
    with mounted(disk, place):
        resumes(served, lambda stat: stat.counters.integrated == 3 and not stat.trouble)
        served.client.abort()


@promise(
    "G18",
    fault="the folder of all images is moved away while they are integrated, and comes back",
    kept="no folder of its name is made; the images wait, one sentence says so, and they are "
    "integrated within 10 s after it is back",
)
def test_a_folder_of_images_that_was_moved_is_not_made_again(tmp_path):
    with serving(tmp_path, workers=2, settings=ONLY_NEW) as served:
        served.name = "in"
        served.new()
        write_frames(served.images / "a" / "frames", 20)
        workers = served.until_ended(20).workers
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        write_frames(served.images / "a" / "frames", 1480, start=20)
        served.until(lambda stat: stat.counters.known > 20)
        away = served.images.rename(tmp_path / "away")
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
        stat = served.until(lambda stat: "its images wait" in " ".join(stat.trouble))
        stat = served.until(lambda now: now.time > stat.time + 5.5)
        assert not served.images.exists()
        assert len(stat.trouble) == 1
        assert "its images wait" in stat.trouble[0]
        assert stat.counters.failed == 0
        assert stat.counters.pending > 0
        away.rename(served.images)
        resumes(served, lambda stat: stat.counters.integrated == 1500 and not stat.trouble)
        check_curves(served, served.images / "a" / "work", 1500)


@promise(
    "G16",
    fault="the disk of all results is unmounted while images come, and the server is started anew "
    "before it is back",
    kept="the images wait and one sentence says where the disk is missing; nothing is written to "
    "its bare place; they are integrated within 10 s after it is mounted",
)
def test_images_wait_for_the_disk_of_their_results(tmp_path, disk):
    place = tmp_path / "saxs"
    settings = f'[output]\nfolder = "{place / "curves"}"\n'
    with serving(tmp_path, workers=2, settings=settings) as served:
        served.name = "in"
        with mounted(disk, place):
            served.new()
            write_frames(served.images, 3)
            write_frames(served.images / "a", 3)
            served.until_ended(6)
        served.until(lambda stat: stat.time > stat.newest_time + 1.1)
        for folder in ("", "a", "b"):
            write_frames(served.images / folder, 10, start=3)
        for restart in (False, True):
            if restart:
                served.server.restart()
            stat = served.until(lambda stat: "in, in/a and in/b wait" in " ".join(stat.trouble))
            assert stat.trouble
            assert f"the disk of the results is not mounted at {place}" in stat.trouble[0]
            stat = served.until(lambda stat: stat.counters.pending == 30)
            assert (stat.counters.integrated, stat.counters.failed) == (6, 0)
            assert list(place.rglob("*")) == []
        sentence = f"the disk of the results is not mounted at {place}"
        wait_until(lambda: sentence in served.server.log_text())
        with mounted(disk, place):
            resumes(served, lambda stat: stat.counters.integrated == 36 and not stat.trouble)
            check_curves(served, place / "curves", 13)
            assert len(list(place.rglob("*.chi"))) == 36


@promise(
    "G16",
    fault="the disk of results is unmounted when workers have their jobs already",
    kept="not one curve is written to its bare place",
)
def test_a_worker_writes_to_no_other_disk_than_it_was_told(served, disk):
    work, images = served.top / "work", served.top / "in"
    with mounted(disk, work):
        served.new(served.name)
        write_frames(images, 1)
        served.until_ended(1)
        (worker,) = served.client.stat().workers
        os.kill(worker, signal.SIGSTOP)
        write_frames(images, 200, start=1)
        served.until(lambda stat: stat.counters.known == 201)
    os.kill(worker, signal.SIGCONT)
    stat = served.until(lambda stat: stat.trouble)
    assert "not mounted" in stat.trouble[0]
    assert list(work.iterdir()) == []
    with mounted(disk, work):
        resumes(served, lambda stat: stat.counters.integrated == 201 and not stat.trouble)
        check_curves(served, work, 201)
        served.client.abort()


@pytest.fixture(scope="module")
def on_a_small_disk(tmp_path_factory):
    """A server whose state is on a disk of its own."""
    folder = tmp_path_factory.mktemp("state")
    with (
        small_disk(folder / "server" / "state", "8m"),
        serving(folder, settings=ONLY_NEW) as served,
    ):
        yield served


@promise(
    "G6",
    fault="the disk of the server's own state is full",
    kept="control goes on, a new queue is refused in a sentence, images wait, and all goes on "
    "within 10 s of the end of the fault",
)
def test_images_wait_for_the_disk_of_the_journal(on_a_small_disk):
    served = on_a_small_disk
    served.new()
    write_frames(served.images, 10)
    served.until_ended(10)
    with filled(served.server.state):
        write_frames(served.images, 700, start=10)
        stat = served.until(lambda stat: stat.trouble)
        (told,) = stat.trouble
        assert "the journal cannot be written: database or disk is full" in told
        assert f"{served.server.state}; all images wait" in told
        with pytest.raises(RequestError, match=r"cannot be|no room"):
            served.new()
        assert answers_at_once(served).counters.failed == 0
    stat = resumes(served, lambda stat: stat.counters.integrated == 710 and not stat.trouble)
    assert set(times_integrated(served.client).values()) == {1}
    assert stat.counters.known == 710


NO_MORE_THAN_ITS_RIGHTS = "-dac_override,-dac_read_search"
"""Without these even root may only write where the rights of a folder let it."""


def without_rights_of_root():
    """A server that is no more than any user."""
    limits = [f"--bounding-set={NO_MORE_THAN_ITS_RIGHTS}", f"--inh-caps={NO_MORE_THAN_ITS_RIGHTS}"]
    return ("setpriv", *limits, *PROGRAM) if os.getuid() == 0 else PROGRAM


@promise(
    "C8",
    fault="the server may not write to a folder of results",
    kept="no image fails: those of its folder wait, others go on, and the rights are all it needs",
)
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="takes rights away from a process")
def test_images_wait_for_the_right_to_write_their_results(tmp_path):
    with serving(tmp_path, program=without_rights_of_root()) as served:
        served.new("exp")
        work = served.folder("exp/closed/work")
        work.chmod(0o500)
        try:
            write_frames(served.root / "exp" / "closed" / "in", 5)
            write_frames(served.root / "exp" / "open" / "in", 5)
            stat = served.until(lambda stat: stat.counters.integrated == 5 and stat.trouble)
            assert (stat.counters.known, stat.counters.pending) == (10, 5)
            assert "exp/closed/in wait" in " ".join(stat.trouble)
        finally:
            work.chmod(0o700)
        resumes(served, lambda stat: stat.counters.integrated == 10 and not stat.trouble)
        assert reasons_of(served.client) == {}


@promise(
    "G19",
    fault="a user takes the server the right to come into a folder, with images of it in the queue",
    kept="the server goes on with all others; these images wait, and are integrated within 10 s "
    "after it may come in again",
)
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="takes rights away from a process")
def test_a_folder_that_the_server_may_not_enter_any_more_stops_nothing_else(tmp_path):
    with serving(tmp_path, program=without_rights_of_root(), settings=ONLY_NEW) as served:
        served.name = "exp"
        closed = served.folder("exp/closed")
        write_frames(closed / "in", 100)
        with queued(served, "exp", 100):
            give_to_another_user(closed)
        try:
            write_frames(served.root / "exp" / "open" / "in", 5)
            stat = served.until(
                lambda stat: (served.root / "exp/open/work/0004.chi").is_file() and stat.trouble
            )
            stat = answers_at_once(served)
            assert served.server.process.poll() is None
            assert "the images of exp/closed/in wait" in " ".join(stat.trouble)
        finally:
            closed.chmod(0o777)
        resumes(served, lambda stat: stat.counters.pending == 0 and not stat.trouble)
        assert reasons_of(served.client) == {}


def give_to_another_user(folder):
    """Let nobody but its owner come in, who is somebody else where that is possible."""
    folder.chmod(0o700 if os.getuid() == 0 else 0o000)
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
