"""How long somebody waits who asks a server that has very much to do."""

import os
import time

import numpy as np
import pytest

from tests.helpers.feeds import wait_until
from tests.helpers.pollers import polling
from tests.helpers.promises import promise
from tests.helpers.served import processes_of, serving, write_frame

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

MOST_BACKLOG = 100_000
A_FOLDER = 5000
LINKS_PER_SECOND = 3000
"""That a slow disk makes, roughly, and a server enters."""

CLIENTS, HALF_A_SECOND = 50, 0.5
LONGEST_WAIT = 0.05
FIRST_RESULT_WITHIN = 3.0


def tell(capsys, text):
    with capsys.disabled():
        print(f"\n{text}")  # noqa: T201 - the figures are what one runs this for


def told(waits):
    p50, p99 = np.percentile(waits, 50), np.percentile(waits, 99)
    return (
        f"{len(waits)} questions, half of them answered within {1000 * p50:.1f} ms, 99 % within "
        f"{1000 * p99:.1f} ms, the slowest in {1000 * max(waits):.0f} ms"
    )


@promise(
    "L4",
    fault="100,000 images wait, and somebody asks twenty times a second; then the server is killed",
    kept="99 in 100 answers come within 50 ms, and the first result 3 s after the start",
)
def test_a_backlog_keeps_nobody_waiting(tmp_path, budget, capsys):
    number = min(MOST_BACKLOG, int(LINKS_PER_SECOND * budget / 4) // A_FOLDER * A_FOLDER)
    with serving(tmp_path, workers=1) as served:
        for start in range(0, number, A_FOLDER):
            folder = served.folder(f"in/{start:06d}/frames")
            # A source of its own: no file may have more than 65,000 names.
            source = write_frame(served.root / f"source{start}.tif", 1)
            for seed in range(A_FOLDER):
                os.link(source, folder / f"{start + seed:06d}.tif")
        served.new()
        served.client.readdir()
        waits, end = [], time.monotonic() + budget / 2
        entered = None
        while time.monotonic() < end:
            before = time.monotonic()
            stat = served.client.stat()
            waits.append(time.monotonic() - before)
            if entered is None and stat.counters.known >= number:
                entered = len(waits)
            time.sleep(max(0.0, 0.05 - waits[-1]))
        assert entered is not None, "the images were not entered in time"
        assert stat.counters.pending > number / 4
        served.server.kill()
        wait_until(lambda: not processes_of(served.server.process.pid))
        cursor, before = stat.cursor, time.monotonic()
        served.server.restart()
        first = served.client.history(cursor, wait=10).rows
        seconds = time.monotonic() - before
        tell(
            capsys,
            f"{stat.counters.pending} of {number} images wait; while they were entered: "
            f"{told(waits[:entered])}; afterwards: {told(waits[entered:])}; first result "
            f"{seconds:.2f} s after the start of the server that follows",
        )
        assert first
        assert np.percentile(waits, 99) < LONGEST_WAIT
        assert seconds < FIRST_RESULT_WITHIN
        served.client.abort()


@promise(
    "H3",
    fault="50 clients ask for the statistics twice a second, while images are integrated",
    kept="99 in 100 answers come within 50 ms",
)
def test_many_windows_keep_nobody_waiting(tmp_path, budget, capsys):
    with serving(tmp_path, workers=1) as served:
        served.new()
        seconds = budget / 2
        with polling(served.server.entry.server, CLIENTS, HALF_A_SECOND, seconds) as result:
            end, seed = time.monotonic() + seconds, 0
            while time.monotonic() < end:
                write_frame(served.images / f"{seed:06d}.tif", seed)
                seed += 1
                time.sleep(0.04)
            waits = result()
        tell(capsys, f"{CLIENTS} clients, {seed} images meanwhile: {told(waits)}")
        assert len(waits) > CLIENTS * seconds
        assert np.percentile(waits, 99) < LONGEST_WAIT
        served.until_ended(seed)
