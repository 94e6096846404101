"""A server as a user meets it: real processes, files and sockets, a feeder and a leash."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from saxsdog.benchmark.errors import MeasurementError
from saxsdog.benchmark.images import ImageSet
from saxsdog.benchmark.polling import INTERVAL
from saxsdog.benchmark.processes import family_of
from saxsdog.client import Client
from saxsdog.local_server import LocalServer
from saxsdog.protocol.messages import Row, Statistics
from saxsfeeder import Feeder

SETTINGS = """\
[walk]
clock_slack = 0  # the images that have just been written are for the source that is measured
[watcher]
mode = "off"
"""

HEARTBEAT = 0.1
BETWEEN_LOOKS = 0.05
"""Seconds."""

PATIENCE = 120.0
"""Seconds without a single curve after which something is broken."""

WARM_UP = 10
"""Images for each worker before anything is measured."""


@dataclass
class Beamline:
    """A server whose queue is open and whose workers are warm.

    Attributes
    ----------
    images
        What it integrates.
    n_workers
        Worker processes.
    server, leash, feeder
        Its parts.
    """

    images: ImageSet
    n_workers: int
    server: LocalServer
    leash: Client
    feeder: Feeder

    @property
    def left(self) -> Sequence[Path]:
        """Images that this queue does not know yet."""
        return self.images.files[self._n_warm :]

    @property
    def _n_warm(self) -> int:
        return min(WARM_UP * self.n_workers, max(1, len(self.images.files) // 2))

    @property
    def supervisor(self) -> int:
        """Its process id."""
        return self.server.process.pid

    @property
    def workers(self) -> tuple[int, ...]:
        """Their process ids."""
        return self.leash.stat().workers

    @property
    def processes(self) -> tuple[int, ...]:
        """Process ids of the supervisor, the workers, and of what starts these."""
        return family_of(self.supervisor)

    def new_queue(self) -> None:
        """Open a queue that knows no image, and integrate the first of them."""
        self.images.put_results_aside()
        self.leash.new(self.images.calibration, self.images.masks)
        statistics = self.wait_until_ready()
        self.announce(self.images.files[: self._n_warm])
        self.curves(statistics.cursor, self._n_warm)

    def announce(self, files: Sequence[Path]) -> None:
        """Tell the server of images, as fast as that goes."""
        for file in files:
            self.feeder.announce(file)

    def curves(
        self, since: int, number: int, told: Callable[[list[Row]], None] = lambda _: None
    ) -> list[Row]:
        """Wait for a number of curves after a cursor.

        Parameters
        ----------
        since, number
            Where to begin, and how many.
        told
            Called with each page of them as it comes.

        Raises
        ------
        MeasurementError
            If there is none for a long time.
        """
        rows: list[Row] = []
        end = time.monotonic() + PATIENCE
        while len(rows) < number:
            page = self.leash.history(since, wait=1.0)
            if page.rows:
                rows += page.rows
                told(list(page.rows))
                end = time.monotonic() + PATIENCE
            since = page.next
            if time.monotonic() > end:
                raise MeasurementError(
                    f"expected {number} curves, got {len(rows)} and none for {PATIENCE:.0f} s: "
                    f"{self.leash.stat()}"
                )
        return rows

    def wait_until_all_are_integrated(self) -> None:
        """Ask for the state of the server, twice a second as a window does, until all is done.

        Raises
        ------
        MeasurementError
            If nothing is integrated for a long time.
        """
        integrated, end = -1, 0.0
        while integrated < len(self.images.files):
            time.sleep(INTERVAL)
            counters = self.leash.stat().counters
            if counters.integrated != integrated:
                integrated, end = counters.integrated, time.monotonic() + PATIENCE
            if time.monotonic() > end:
                raise MeasurementError(f"expected {len(self.images.files)} curves, got {counters}")

    def wait_until_ready(self) -> Statistics:
        """Wait until nothing is searched, and the feeder has been heard."""
        end = time.monotonic() + PATIENCE
        statistics = self.leash.stat()
        while statistics.sources.walking or statistics.sources.feeder != "up":
            if time.monotonic() > end:
                raise MeasurementError(f"the server does not become ready: {statistics}")
            self.leash.history(statistics.cursor, wait=BETWEEN_LOOKS)
            statistics = self.leash.stat()
        return statistics


@contextmanager
def beamline(
    images: ImageSet, n_workers: int, state: Path | None = None, *, resumed: bool = False
) -> Iterator[Beamline]:
    """Start feeder and server, open a queue, and let every worker become warm.

    Parameters
    ----------
    images
        To integrate.
    n_workers
        Worker processes.
    state
        Folder of what shall outlive the server.
    resumed
        Whether to go on with the queue that is there, which the server does by itself.
    """
    settings = images.root / "settings.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    with (
        Feeder("tcp://127.0.0.1:*", heartbeat_interval=HEARTBEAT) as feeder,
        LocalServer(
            images.root, feeder=feeder.address, workers=n_workers, settings=settings, state=state
        ) as server,
        server.client() as leash,
    ):
        line = Beamline(images, n_workers, server, leash, feeder)
        if resumed:
            line.wait_until_ready()
        else:
            line.new_queue()
        yield line
