"""Workers that die while a feeder announces one image after the other."""

import os
import signal
import threading

import pytest

from saxsfeeder import Feeder
from tests.helpers.served import (
    Expected,
    check_sums,
    frame_of,
    serving,
    times_integrated,
    until,
    write_frame,
)

N_FRAMES = 2000
KILL_EVERY = 0.25  # s; a worker is replaced in half of that

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills by signal")


class Repeatedly:
    """Does something again and again in a thread, with a client of its own."""

    def __init__(self, server, interval, action):
        self._server, self._interval, self._action = server, interval, action
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.returned = []
        self.error = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self):
        try:
            with self._server.client() as client:
                while not self._stop.wait(self._interval):
                    self.returned.append(self._action(client))
        except Exception as error:
            self.error = error


def kill_a_worker(client):
    workers = client.stat().workers
    if workers:
        os.kill(workers[0], signal.SIGKILL)
    return len(workers)


def sums_are_right(client):
    stat = client.stat()
    check_sums(stat.counters)
    return stat.counters


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
        assert len(samples.returned) > 10
        expected = Expected(served.calibration())
        for seed in range(N_FRAMES):
            curve = served.root / "work" / f"{seed:04d}.chi"
            if seed % 20 == 0:
                expected.check(curve, frame_of(seed))
            assert curve.stat().st_size > 0


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One server for the tests below: a new queue forgets what was."""
    with serving(tmp_path_factory.mktemp("workers"), workers=2) as served:
        yield served


def test_images_survive_that_all_workers_die_at_once_again_and_again(served):
    served.new()
    for burst in range(3):
        for seed in range(50):
            write_frame(served.images / f"{burst}-{seed}.tif", seed)
        stat = served.until(lambda stat, n=50 * burst: stat.counters.integrated > n)
        for worker in stat.workers:
            os.kill(worker, signal.SIGKILL)
        served.until_ended(50 * (burst + 1))
    stat = served.until(lambda stat: stat.counters.worker_deaths == 6)
    assert stat.counters.integrated == stat.counters.known == 150
    assert stat.trouble == ()


def test_an_idle_worker_that_dies_is_replaced_within_seconds(served):
    served.new("idle/in")
    before = served.until(lambda stat: len(stat.workers) == 2)
    os.kill(before.workers[0], signal.SIGKILL)
    after = until(
        served.client,
        lambda stat: len(stat.workers) == 2 and before.workers[0] not in stat.workers,
    )
    assert after.time - before.time < 5
    assert after.counters.worker_deaths == 1
    assert after.counters.failed == 0
