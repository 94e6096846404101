"""Write the frames of a simulated experiment, as fast as a detector would or as fast as we can."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from saxsdog.errors import OutputError, UsageError
from saxsdog.simulation.documents import write_calibration, write_truth
from saxsdog.simulation.experiment import Experiment
from saxsdog.simulation.tiff import FrameHeader, write_frame

__all__ = ["Experiment", "FrameHeader", "Simulation", "simulate", "write_frame"]

FRAMES_FOLDER = "frames"


@dataclass(frozen=True)
class Simulation:
    """What a run has left behind.

    Attributes
    ----------
    calibration, mask, truth, amplitudes
        The files that go with the frames.
    frames
        The images, in order.
    rate
        Frames per second between the first and the last one; 0 if there is only one.
    """

    calibration: Path
    mask: Path
    truth: Path
    amplitudes: Path
    frames: tuple[Path, ...]
    rate: float


def simulate(
    directory: Path,
    experiment: Experiment,
    *,
    rate: float | None = None,
    ahead: bool = False,
    name: str = "simulated",
    progress: Callable[[int], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Simulation:
    """Write a calibration, its mask, the ground truth and then all frames of an experiment.

    ``directory`` then holds ``<name>.saxsconf``, ``<name>.msk``, ``truth.csv``,
    ``truth_amplitudes.csv`` and ``frames/<name>_00000.tif`` and so on. Frames of an
    earlier run of this name are removed, other files stay.

    Parameters
    ----------
    directory
        Where to write; made if it is not there.
    experiment
        What to simulate.
    rate
        Frames per second: frame k is not written before k / ``rate`` seconds have passed since the
        first could be. Without a rate, and where a frame takes longer, they follow at once.
    ahead
        Draw all frames under hidden names first and give them their names at the rate: a rename
        keeps any rate.
    name
        Of the calibration, and how the names of the frames begin.
    progress
        Called with the number of frames written so far, after each.
    clock, sleep
        Seconds that grow, and how to wait for some.

    Raises
    ------
    UsageError
        If the rate is not positive.
    OutputError
        If a file cannot be written.
    """
    if rate is not None and not rate > 0:
        raise UsageError(f"expected a rate above 0 Hz, got {rate}")
    try:
        pace = _Pace(rate, clock, sleep)
        return _write_all(directory, experiment, name, progress, pace, ahead=ahead)
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror}") from error


def _write_all(
    directory: Path,
    experiment: Experiment,
    name: str,
    progress: Callable[[int], None] | None,
    pace: "_Pace",
    *,
    ahead: bool,
) -> Simulation:
    folder = directory / FRAMES_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name}_[0-9][0-9][0-9][0-9][0-9].tif"):
        old.unlink()  # of an earlier run, whose truth is about to be replaced
    calibration, mask = write_calibration(directory, experiment, name)
    truth, amplitudes = write_truth(directory, experiment)
    frames = tuple(folder / f"{name}_{i:05d}.tif" for i in range(experiment.n_frames))
    if ahead:
        for index, path in enumerate(frames):
            write_frame(_hidden(path), experiment.frame(index), experiment.header(index))
    pace.start()
    for index, path in enumerate(frames):
        if ahead:
            pace.wait_for(index)
            _hidden(path).replace(path)
        else:
            image = experiment.frame(index)
            pace.wait_for(index)
            write_frame(path, image, experiment.header(index))
        pace.note()
        if progress is not None:
            progress(index + 1)
    return Simulation(calibration, mask, truth, amplitudes, frames, pace.achieved)


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}")


class _Pace:
    """Keeps a rate, if one is given, and measures the one that was kept."""

    def __init__(
        self, rate: float | None, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._written: list[float] = []

    def start(self) -> None:
        self._start = self._clock()

    def wait_for(self, index: int) -> None:
        """Sleep until frame ``index`` is due, also if a sleep ends too early."""
        if self._rate is not None:
            while (left := self._start + index / self._rate - self._clock()) > 0:
                self._sleep(left)

    def note(self) -> None:
        """Take down when a frame was written."""
        self._written.append(self._clock())

    @property
    def achieved(self) -> float:
        """Frames per second between the first and the last."""
        elapsed = self._written[-1] - self._written[0]
        return (len(self._written) - 1) / elapsed if elapsed > 0 else 0.0
