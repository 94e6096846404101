"""The server as a user meets it: real processes, files, sockets and a leash, on this machine."""

import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from saxsdog.benchmark.processes import cpu_seconds_of, memory_of
from saxsdog.benchmark.tables import Grid
from saxsdog.client import Client
from saxsdog.local_server import LocalServer
from saxsdog.protocol.messages import Row
from saxsdog.simulation.documents import write_calibration
from saxsdog.simulation.experiment import Experiment
from saxsdog.simulation.frames import write_frame
from saxsfeeder import Feeder

DISTINCT = 100
"""Images that are drawn; more names are links to them, as the page cache holds them all."""

POLL_INTERVAL = 0.05
RATES = (50.0, 100.0, 200.0)
FIRST_CURVES = 5

SETTINGS = """\
[walk]
clock_slack = 0  # the images that have just been written are for the source that is measured
[watcher]
mode = "off"
"""

PATIENCE = 120.0

Advance = Callable[[], None]


@dataclass(frozen=True)
class Load:
    """What one run through the server has shown.

    Attributes
    ----------
    rate
        Images per second from the first curve to the last.
    replies
        Time of each ``stat`` meanwhile, s.
    supervisor_cpu, worker_cpu
        Processor time for each image, s; the latter of all workers together.
    supervisor_memory, worker_memory
        Bytes at the end, the latter of one worker; ``None`` where the system does not tell.
    """

    rate: float
    replies: tuple[float, ...]
    supervisor_cpu: float
    worker_cpu: float
    supervisor_memory: int | None
    worker_memory: int | None


class ServingBench:
    """Simulated images on disk, and runs of the server over them.

    Parameters
    ----------
    folder
        To work in; on the disk that is to be measured.
    n_images
        Of each run.
    detector
        Of the images.
    """

    def __init__(self, folder: Path, n_images: int, detector: str = "Pilatus 1M") -> None:
        self._root = folder.resolve()
        self._n_images = n_images
        experiment = Experiment.create(detector, n_frames=DISTINCT)
        calibration, mask = write_calibration(self._root, experiment, "bench")
        self._masks = {mask.name: mask}
        self._document: dict[str, Any] = json.loads(calibration.read_text(encoding="utf-8"))
        self._document["Directory"] = ["frames"]
        self._images = self._write_images(experiment)
        self._settings = self._root / "settings.toml"
        self._settings.write_text(SETTINGS, encoding="utf-8")
        self.detector = experiment.detector.name

    def throughput(self, advance: Advance) -> Grid:
        """Images that are all there at once, through walker and feeder, with 1 and 2 workers."""
        rows: list[tuple[str, ...]] = []
        for n_workers in (1, 2):
            for source, run in (("walker", self._through_walker), ("feeder", self._through_feeder)):
                load = run(n_workers)
                rows.append((source, f"{n_workers}", *_cells(load)))
                advance()
        columns = (
            "source",
            "workers",
            "images/s",
            "server ms",
            "workers ms",
            "server MB",
            "a worker MB",
            "stat ms",
            "99 %",
        )
        title = (
            f"server: {self._n_images} images of a {self.detector}; processor time for each image, "
            "memory (PSS), and time of a reply"
        )
        return Grid(title, columns, tuple(rows))

    def latency(self, advance: Advance) -> Grid:
        """From the event to the whole curve on disk, at several rates, with 2 workers."""
        rows = []
        for rate in RATES:
            latencies = 1e3 * np.array(self._at(rate))
            median, high, largest = np.percentile(latencies, [50, 99, 100])
            rows.append((f"{rate:.0f} images/s", f"{median:.1f}", f"{high:.1f}", f"{largest:.1f}"))
            advance()
        columns = ("event to curve", "median / ms", "99 % / ms", "largest / ms")
        return Grid(f"latency: {self.detector}, 2 workers, feeder", columns, tuple(rows))

    def first_curve(self, advance: Advance) -> Grid:
        """From sending a calibration to the first curve."""
        with self._server(2) as (_, leash, feeder):
            times = []
            for image in self._images[1 : FIRST_CURVES + 1]:
                since, start = leash.stat().cursor, time.time()
                leash.new(self._document, self._masks)
                feeder.announce(image)
                times.append(_rows(leash, since, 1)[0].done - start)
        advance()
        row = (f"{1e3 * statistics.median(times):.0f}", f"{1e3 * max(times):.0f}")
        return Grid("from 'new' to the first curve", ("median / ms", "largest / ms"), (row,))

    def _write_images(self, experiment: Experiment) -> list[Path]:
        folder = self._root / "frames"
        folder.mkdir(exist_ok=True)
        images = [folder / f"bench_{i:05d}.tif" for i in range(self._n_images)]
        for i, image in enumerate(images):
            image.unlink(missing_ok=True)
            if i < DISTINCT:
                write_frame(image, experiment.frame(i), experiment.header(i))
            else:
                os.link(images[i % DISTINCT], image)
        return images

    @contextmanager
    def _server(self, n_workers: int) -> Iterator[tuple[LocalServer, Client, Feeder]]:
        """Start feeder and server, and open a queue that has found its feeder."""
        with (
            Feeder("tcp://127.0.0.1:*", heartbeat_interval=0.1) as feeder,
            LocalServer(
                self._root, feeder=feeder.address, workers=n_workers, settings=self._settings
            ) as server,
            server.client() as leash,
        ):
            leash.new(self._document, self._masks)
            statistics_ = leash.stat()
            while statistics_.sources.feeder != "up" or statistics_.sources.walking:
                leash.history(statistics_.cursor, wait=POLL_INTERVAL)
                statistics_ = leash.stat()
            feeder.announce(self._images[0])  # its curve comes when the workers are there
            _rows(leash, statistics_.cursor, 1)
            yield server, leash, feeder

    def _through_walker(self, n_workers: int) -> Load:
        with self._server(n_workers) as (server, leash, _):
            return self._load(server, leash, leash.readdir, self._n_images)

    def _through_feeder(self, n_workers: int) -> Load:
        with self._server(n_workers) as (server, leash, feeder):
            images = self._images[1:]
            return self._load(server, leash, lambda: _announce(feeder, images), len(images))

    def _load(
        self, server: LocalServer, leash: Client, begin: Callable[[], object], number: int
    ) -> Load:
        since = leash.stat().cursor
        supervisor, workers = server.process.pid, leash.stat().workers
        before = _cpu((supervisor,)), _cpu(workers)
        with _Polling(server) as polling:
            begin()
            rows = _rows(leash, since, number)
        after = _cpu((supervisor,)), _cpu(workers)
        done = sorted(row.done for row in rows)
        return Load(
            (len(done) - 1) / (done[-1] - done[0]),
            tuple(polling.replies),
            (after[0] - before[0]) / len(rows),
            (after[1] - before[1]) / len(rows),
            memory_of(supervisor),
            memory_of(workers[0]),
        )

    def _at(self, rate: float) -> list[float]:
        """Latencies at a rate, s."""
        with self._server(2) as (_, leash, feeder):
            since = leash.stat().cursor
            announced: dict[str, float] = {}
            start = time.monotonic()
            for i, image in enumerate(self._images[1:]):
                time.sleep(max(0.0, start + i / rate - time.monotonic()))
                announced[f"frames/{image.name}"] = time.time()
                feeder.announce(image)
            rows = _rows(leash, since, len(announced))
        return [row.done - announced[row.file] for row in rows]


class _Polling:
    """A second leash that asks for ``stat`` all the time, in a thread; a context manager."""

    def __init__(self, server: LocalServer) -> None:
        self.replies: list[float] = []
        self._client = server.client()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "_Polling":
        self._client.hello()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.disconnect()

    def _run(self) -> None:
        stopped = False
        while not stopped:
            start = time.perf_counter()
            self._client.stat()
            self.replies.append(time.perf_counter() - start)
            stopped = self._stop.wait(POLL_INTERVAL)


def _announce(feeder: Feeder, images: Sequence[Path]) -> None:
    for image in images:
        feeder.announce(image)


def _rows(leash: Client, since: int, number: int) -> list[Row]:
    """Wait for a number of curves."""
    rows: list[Row] = []
    end = time.monotonic() + PATIENCE
    while len(rows) < number:
        page = leash.history(since, wait=1.0)
        rows += page.rows
        since = page.next
        if time.monotonic() > end:
            raise TimeoutError(f"expected {number} curves within {PATIENCE:.0f} s, got {len(rows)}")
    return rows


def _cpu(process_ids: Sequence[int]) -> float:
    return sum(cpu_seconds_of(each) or 0.0 for each in process_ids)


def _cells(load: Load) -> tuple[str, ...]:
    median, high = np.percentile(1e3 * np.array(load.replies), [50, 99])
    return (
        f"{load.rate:.0f}",
        f"{1e3 * load.supervisor_cpu:.2f}",
        f"{1e3 * load.worker_cpu:.2f}",
        _megabytes(load.supervisor_memory),
        _megabytes(load.worker_memory),
        f"{median:.1f}",
        f"{high:.1f}",
    )


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.0f}"
