"""Workers that are killed, stopped, hang, lie, or need ever more memory."""

import os
import signal
from pathlib import Path

import pytest

from saxsfeeder import Feeder
from tests.helpers.feeds import wait_until
from tests.helpers.fragile import BROKEN
from tests.helpers.fragile_server import FRAGILE_SERVER
from tests.helpers.promises import promise
from tests.helpers.repeating import Repeatedly, kill_a_worker
from tests.helpers.served import (
    Expected,
    check_results,
    check_sums,
    frame_of,
    processes_of,
    reasons_of,
    serving,
    temporary_files,
    times_integrated,
    until,
    write_frame,
)

N_FRAMES = 1200
KILL_EVERY = 0.25  # s; a worker is replaced in half of that
IMPATIENT = "[workers]\nimage_timeout = 1\n"
MEBIBYTE = 1 << 20

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills by signal")


def sums_are_right(client):
    stat = client.stat()
    check_sums(stat.counters)
    return stat.counters


@promise(
    "E2",
    fault="a worker is killed four times a second while 1200 images are announced",
    kept="each is integrated once, and the sums are right at every moment",
)
def test_no_frame_is_lost_while_workers_are_killed(tmp_path):
    with (
        Feeder("tcp://127.0.0.1:*") as feeder,
        serving(tmp_path, workers=2, feeder=feeder.address) as served,
    ):
        served.new()
        served.greet(feeder)
        with (
            Repeatedly(served.server, KILL_EVERY, kill_a_worker),
            Repeatedly(served.server, 0.05, sums_are_right) as samples,
        ):
            for seed in range(N_FRAMES):
                feeder.announce(write_frame(served.images / f"{seed:04d}.tif", seed))
            served.until_ended(N_FRAMES)
            stat = served.until(lambda stat: stat.counters.worker_deaths > 2)
        assert stat.counters.integrated == stat.counters.known == N_FRAMES
        assert set(times_integrated(served.client).values()) == {1}
        assert samples.returned
        expected = Expected(served.calibration())
        for seed in range(N_FRAMES):
            curve = served.root / "work" / f"{seed:04d}.chi"
            if seed % 20 == 0:
                expected.check(curve, frame_of(seed))
            assert curve.stat().st_size > 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for the tests below: a new queue forgets what was."""
    folder = tmp_path_factory.mktemp("workers")
    with serving(folder, workers=2, settings=IMPATIENT, program=FRAGILE_SERVER) as served:
        yield served


@pytest.fixture
def served(shared, request):
    """The server with a queue, and a folder that is named after the test."""
    shared.name = f"{request.node.name}/in"
    shared.images = shared.folder(shared.name)
    shared.new(shared.name)
    until(shared.client, lambda stat: len(stat.workers) == 2)
    return shared


def write_frames(served, *names, start=0):
    for seed, name in enumerate(names, start):
        write_frame(served.images / f"{name}.tif", seed)


def numbered(number, start=0):
    return [f"{seed:03d}" for seed in range(start, start + number)]


def check_all(served, number):
    """So many images were integrated, each once, and rightly."""
    counted = times_integrated(served.client)
    ours = [counted[path.name] for path in served.images.glob("*.tif") if path.name in counted]
    assert ours == [1] * number
    assert check_results(served, served.name) >= number
    assert not temporary_files(served.root)


@promise(
    "E1",
    fault="an idle worker is killed, then 200 images arrive",
    kept="it is replaced at once, and all images are integrated",
)
def test_an_idle_worker_that_dies_is_replaced(served):
    before = served.client.stat()
    os.kill(before.workers[0], signal.SIGKILL)
    after = until(
        served.client,
        lambda stat: len(stat.workers) == 2 and before.workers[0] not in stat.workers,
    )
    assert after.time - before.time < 5
    write_frames(served, *numbered(200))
    stat = served.until_ended(200)
    assert stat.counters.integrated == 200
    assert stat.counters.worker_deaths - before.counters.worker_deaths == 1
    assert stat.counters.retries == before.counters.retries
    check_all(served, 200)


@promise(
    "E3",
    fault="all workers are killed at once, five times",
    kept="all images are integrated, none is blamed",
)
def test_images_survive_that_all_workers_die_at_once_again_and_again(served):
    deaths = served.client.stat().counters.worker_deaths
    for burst in range(5):
        write_frames(served, *numbered(50, 50 * burst), start=50 * burst)
        stat = served.until(lambda stat, n=50 * burst: stat.counters.integrated > n)
        for worker in stat.workers:
            os.kill(worker, signal.SIGKILL)
        served.until_ended(50 * (burst + 1))
    stat = served.until(lambda stat: stat.counters.worker_deaths == deaths + 10)
    assert stat.counters.integrated == stat.counters.known == 250
    assert stat.trouble == ()
    check_all(served, 250)


@promise(
    "E4",
    fault="images that crash the worker that reads them: by a signal, a segmentation fault, a "
    "sudden end, too much memory",
    kept="each fails as `poison` after three tries; all others are integrated",
)
def test_images_that_crash_workers_fail_and_others_do_not(served):
    culprits = ["poison", "segfault", "exit", "glutton"]
    write_frames(served, *culprits, *numbered(50))
    stat = served.until_ended(54)
    assert stat.counters.integrated == 50
    assert reasons_of(served.client) == {f"{name}.tif": "poison" for name in culprits}
    check_all(served, 50)


@promise(
    "E5",
    fault="an image over which workers hang, deaf to every signal but the last",
    kept="it fails as `timeout` after three tries; others are integrated meanwhile",
)
def test_an_image_over_which_workers_hang_fails_by_its_time(served):
    write_frames(served, "endless", *numbered(50))
    served.until(lambda stat: stat.counters.integrated == 50)
    stat = served.until_ended(51)
    assert reasons_of(served.client) == {"endless.tif": "timeout"}
    assert stat.counters.timeouts >= 3
    check_all(served, 50)


@promise(
    "E6",
    fault="all workers are stopped (SIGSTOP) while they read images",
    kept="they are replaced when their time is up, and the images are integrated by others",
)
def test_stopped_workers_are_replaced(served):
    before = served.client.stat()
    write_frames(served, "stuck1", "stuck2")
    for name in ("stuck1", "stuck2"):
        wait_until((served.images / f"{name}.tif.seen").exists)
    for worker in before.workers:
        os.kill(worker, signal.SIGSTOP)
    write_frames(served, *numbered(20))
    stat = served.until_ended(22)
    assert stat.counters.integrated == 22
    assert stat.counters.timeouts - before.counters.timeouts == 2
    assert not set(stat.workers) & set(before.workers)
    wait_until(lambda: not set(before.workers) & set(processes_of(served.server.process.pid)))
    check_all(served, 22)


@promise(
    "E14",
    fault="the process that starts the workers is killed while a worker hangs",
    kept="the worker is ended all the same, and its image is integrated by another",
)
def test_a_hung_worker_is_ended_although_who_started_it_is_dead(served):
    before = served.client.stat()
    write_frames(served, "stuck")
    wait_until((served.images / "stuck.tif.seen").exists)
    os.kill(starter_of(before.workers[0]), signal.SIGKILL)
    stat = served.until_ended(1)
    assert stat.counters.integrated == 1
    assert stat.counters.timeouts - before.counters.timeouts == 1
    write_frames(served, *numbered(20))
    assert served.until_ended(21).counters.integrated == 21
    for worker in set(before.workers) - set(served.client.stat().workers):
        wait_until(lambda worker=worker: worker not in processes_of(served.server.process.pid))
    check_all(served, 21)


@promise(
    "E14",
    fault="the process that starts the workers is killed, a worker hangs, and a new queue is "
    "opened",
    kept="the new queue works, and the worker of the old one is gone",
)
def test_a_new_queue_leaves_no_hung_worker_behind(served):
    before = served.client.stat()
    write_frames(served, "endless")
    served.until(lambda stat: stat.counters.leased == 1)
    os.kill(starter_of(before.workers[0]), signal.SIGKILL)
    served.client.abort()
    served.new(served.name)
    write_frames(served, *numbered(5))
    served.until(lambda stat: stat.counters.integrated == 5)
    wait_until(lambda: not set(before.workers) & set(processes_of(served.server.process.pid)))


def starter_of(worker):
    """The process that a worker was forked from."""
    return int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])


@promise(
    "E8",
    fault="a worker is killed when a curve is written and has not got its name",
    kept="the half-made file is removed, and the image is integrated by another worker",
)
def test_a_death_between_a_curve_and_its_name_leaves_nothing(served):
    write_frames(served, "half", *numbered(20))
    stat = served.until_ended(21)
    assert stat.counters.integrated == 21
    assert (served.images / "half.tif.seen").exists()
    check_all(served, 21)


@promise(
    "E9",
    fault="workers cannot start: a library is missing",
    kept="`stat` says so, no image is blamed, and all goes on by itself when it is there again",
)
def test_workers_that_cannot_start_cost_no_image(served):
    broken = served.server.state / BROKEN
    broken.touch()
    workers = served.client.stat().workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    write_frames(served, *numbered(20))
    stat = served.until(lambda stat: any("before they are ready" in t for t in stat.trouble))
    assert stat.counters.failed == stat.counters.integrated == 0
    broken.unlink()
    stat = served.until_ended(20)
    assert stat.counters.integrated == 20
    assert stat.trouble == ()
    check_all(served, 20)


@promise(
    "E10",
    fault="workers that answer for another image, in bytes that mean nothing, or with 64 MiB",
    kept="each is replaced, its image is integrated by another, and the server takes no harm",
)
def test_workers_that_talk_nonsense_are_replaced(served):
    memory = served.server.memory
    write_frames(served, "confused", "babble", "shout", *numbered(50))
    stat = served.until_ended(53)
    assert stat.counters.integrated == 53
    assert served.server.memory - memory < 32 * MEBIBYTE
    check_all(served, 53)


@promise(
    "E11",
    fault="each image costs the worker 8 MiB that it never gives back",
    kept="it is replaced between two images; no image is blamed, no death is counted",
)
def test_a_worker_that_needs_ever_more_memory_is_replaced(served):
    before = served.client.stat()
    write_frames(served, *(f"leak-{seed:03d}" for seed in range(130)))
    stat = served.until_ended(130)
    assert stat.counters.integrated == 130
    assert set(stat.workers) != set(before.workers)
    assert stat.counters.worker_deaths == before.counters.worker_deaths
    assert stat.counters.retries == before.counters.retries
    check_all(served, 130)


@promise(
    "E13",
    fault="ten images that crash workers among 500, while workers are killed at random",
    kept="exactly those ten fail as `poison`",
)
def test_only_the_guilty_are_blamed(served):
    guilty = [f"poison-{number}" for number in range(10)]
    names = numbered(500)
    for number, name in enumerate(guilty):
        names.insert(50 * number, name)
    with Repeatedly(served.server, 0.5, kill_a_worker):
        write_frames(served, *names)
        stat = served.until_ended(510)
    assert stat.counters.integrated == 500
    assert reasons_of(served.client) == {f"{name}.tif": "poison" for name in guilty}
    check_all(served, 500)
