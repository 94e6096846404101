"""``saxsdog demo``: a beamline on one machine, from detector to live numbers."""

import argparse
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.live import Live
from rich.text import Text

from saxsdog.cli.arguments import command_parser, positive_integer, positive_number
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.client import Client
from saxsdog.errors import SaxsdogError
from saxsdog.figures.canvas import figure, require_matplotlib
from saxsdog.figures.curves import Line, y_label_of
from saxsdog.figures.overview import History, draw_overview
from saxsdog.io.chi import read_chi
from saxsdog.local_server import LocalServer
from saxsdog.protocol.messages import Row, Statistics
from saxsdog.simulation.documents import write_calibration
from saxsdog.simulation.experiment import Experiment
from saxsdog.simulation.frames import FRAMES_FOLDER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DESCRIPTION = """\
Show the main job from end to end with real processes on this machine: a simulated detector writes
images at a chosen rate, the feeder copies them to the storage and announces them, the server
integrates them with its workers, and a leash watches. At the end: how fast it was, and a picture
of a frame with its mask, its curve beside the true one, and the integral parameters over time."""

FIGURE_SIZE = (13.0, 6.0)
SETTLE_TIME = 0.02
"""s; the simulated detector gives its images their names when they are complete."""

PATIENCE = 120.0
"""s to wait for the next image; the detector draws all of them first, about 30 a second."""

DETECTOR, STORAGE = "detector", "storage"


@dataclass(frozen=True)
class _Run:
    """What the leash has seen: a row for each image in the order of their names, and the end."""

    rows: tuple[Row, ...]
    end: Statistics

    @property
    def rate(self) -> float:
        """Images per second between the first curve and the last one."""
        done = sorted(row.done for row in self.rows)
        return (len(done) - 1) / max(done[-1] - done[0], 1e-9)

    @property
    def latencies(self) -> NDArray[np.float64]:
        """From event to curve, ms."""
        return np.array([1e3 * (row.done - row.announced) for row in self.rows])


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    require_matplotlib()
    n_frames = options.frames
    experiment = Experiment.create(
        options.detector, n_frames=n_frames, reaction_frames=n_frames, period=1 / options.rate
    )
    storage = _fresh_storage(options.directory)
    url = f"tcp://127.0.0.1:{_free_port()}"
    with LocalServer(storage, feeder=url, workers=options.workers) as server:
        with server.client() as leash:
            seen = _watch(leash, experiment, options, url)
        log = server.log
    _report(seen, options.workers)
    if len(seen.rows) < n_frames:
        print(log, file=sys.stderr)
        return ExitStatus.SOME_FAILED
    picture = options.directory / "demo.png"
    with figure(FIGURE_SIZE, picture) as drawing:
        _draw(drawing, experiment, storage, seen)
    print(f"picture     {picture}")
    print(f"curves      {storage / 'work'}")
    return ExitStatus.WELL


def _fresh_storage(directory: Path) -> Path:
    """Make the folders, and remove what an earlier demo has left in them."""
    storage = directory / STORAGE
    for folder, pattern in ((FRAMES_FOLDER, "demo_*.tif"), ("work", "demo_*.chi")):
        (storage / folder).mkdir(parents=True, exist_ok=True)
        for old in (storage / folder).glob(pattern):
            old.unlink()
    (directory / DETECTOR / FRAMES_FOLDER).mkdir(parents=True, exist_ok=True)
    return storage.resolve()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _watch(leash: Client, experiment: Experiment, options: argparse.Namespace, url: str) -> _Run:
    """Send the calibration, start feeder and detector, and follow the images to their curves."""
    calibration, mask = write_calibration(options.directory, experiment, "demo")
    document = json.loads(calibration.read_text(encoding="utf-8"))
    document |= {"Directory": [FRAMES_FOLDER], "Threads": options.workers}
    leash.new(document, {mask.name: mask})
    frames = options.directory / DETECTOR / FRAMES_FOLDER
    target = options.directory / STORAGE / FRAMES_FOLDER
    feeder = ["-m", "saxsfeeder", "--copy", frames, target, "--bind", url]
    feeder += ["--settle", SETTLE_TIME, "--interval", SETTLE_TIME]
    detector = ["-m", "saxsdog", "simulate", options.directory / DETECTOR, "--ahead", "--quiet"]
    detector += ["--frames", options.frames, "--rate", options.rate, "--name", "demo"]
    detector += ["--detector", options.detector]
    with _process(feeder), _process(detector):
        rows = _follow(leash, options.frames)
    return _Run(tuple(sorted(rows, key=lambda row: row.file)), leash.stat())


@contextmanager
def _process(words: Sequence[object]) -> Iterator[None]:
    """Run one of our programs, and end it."""
    process = subprocess.Popen([sys.executable, *map(str, words)])  # noqa: S603 - our own program
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _follow(leash: Client, n_frames: int) -> list[Row]:
    """Return the rows of all images, and show them on one line as they come."""
    rows: list[Row] = []
    cursor = leash.stat().cursor
    console = Console(stderr=True)
    with Live(console=console, refresh_per_second=8, transient=True) as line:
        while len(rows) < n_frames:
            statistics = leash.stat()
            line.update(_line(statistics, rows, n_frames))
            if statistics.counters.failed or statistics.trouble:
                raise SaxsdogError("; ".join(_problems(leash, statistics)))
            page = leash.history(cursor, wait=1.0)
            rows += page.rows
            cursor = page.next
    return rows


def _problems(leash: Client, statistics: Statistics) -> list[str]:
    return [*statistics.trouble, *(row.message for row in leash.failed().rows)]


def _line(statistics: Statistics, rows: Sequence[Row], n_frames: int) -> Text:
    """Describe the moment in one line."""
    if not rows:
        return Text("the detector draws its images ...")
    latency = 1e3 * (rows[-1].done - rows[-1].announced)
    return Text(
        f"{len(rows)}/{n_frames} curves   {statistics.rate[-1]} images/s   "
        f"queue {statistics.counters.pending}   newest {rows[-1].file}, "
        f"{latency:.1f} ms after its event"
    )


def _report(seen: _Run, workers: int) -> None:
    counters = seen.end.counters
    print(f"integrated  {len(seen.rows)} images with {workers} workers, {seen.rate:.0f} images/s")
    median, high = np.percentile(seen.latencies, [50, 99])
    print(f"latency     {median:.1f} ms from event to curve (median), {high:.1f} ms (99 %)")
    print(f"failures    {counters.failed}")


def _draw(drawing: "Figure", experiment: Experiment, storage: Path, seen: _Run) -> None:
    index = len(seen.rows) - 1
    row = seen.rows[index]
    curve = read_chi(storage / "work" / Path(row.file).with_suffix(".chi").name)
    times = np.array([row.time or 0.0 for row in seen.rows])
    q = np.linspace(curve.q[0], curve.q[-1], 4000)
    truth = experiment.truth(q, index)
    draw_overview(
        drawing,
        experiment.frame(index),
        experiment.mask,
        experiment.geometry,
        Line(Path(row.file).stem, curve.q, curve.intensity, curve.sigma),
        Line("truth", q, truth, np.full_like(q, np.nan)),
        y_label_of(curve.labels[1:2]),
        [
            History(name, times - times[0], _values(seen.rows, key))
            for name, key in (
                ("I0", "I0"),
                ("invariant", "I2"),
                ("correlation length", "correlation_length"),
            )
        ],
    )


def _values(rows: Sequence[Row], key: str) -> NDArray[np.float64]:
    return np.array([row.parameters["R0"][key] for row in rows], dtype=np.float64)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("demo", DESCRIPTION)
    parser.add_argument(
        "directory",
        metavar="DIR",
        nargs="?",
        type=Path,
        default=Path("saxsdog-demo"),
        help="folder to write to (default: %(default)s)",
    )
    parser.add_argument(
        "--frames",
        metavar="N",
        type=positive_integer,
        default=150,
        help="number of images (default: %(default)s)",
    )
    parser.add_argument(
        "--rate",
        metavar="HZ",
        type=positive_number,
        default=50.0,
        help="images a second (default: %(default)g)",
    )
    parser.add_argument(
        "--detector",
        metavar="NAME",
        default="Pilatus 1M",
        help="see 'saxsdog simulate --help' (default: %(default)s)",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=positive_integer,
        default=2,
        help="worker processes of the server (default: %(default)s)",
    )
    return parser
