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
        return _write_all(directory, experiment, rate, name, progress, clock, sleep)
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror}") from error


def _write_all(
    directory: Path,
    experiment: Experiment,
    rate: float | None,
    name: str,
    progress: Callable[[int], None] | None,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Simulation:
    folder = directory / "frames"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name}_[0-9][0-9][0-9][0-9][0-9].tif"):
        old.unlink()  # of an earlier run, whose truth is about to be replaced
    calibration, mask = write_calibration(directory, experiment, name)
    truth, amplitudes = write_truth(directory, experiment)
    frames: list[Path] = []
    written: list[float] = []
    start = clock()
    for index in range(experiment.n_frames):
        image = experiment.frame(index)
        if rate is not None:
            _wait_until(start + index / rate, clock, sleep)
        path = folder / f"{name}_{index:05d}.tif"
        write_frame(path, image, experiment.header(index))
        frames.append(path)
        written.append(clock())
        if progress is not None:
            progress(len(frames))
    elapsed = written[-1] - written[0]
    achieved = (len(frames) - 1) / elapsed if elapsed > 0 else 0.0
    return Simulation(calibration, mask, truth, amplitudes, tuple(frames), achieved)


def _wait_until(due: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
    """Sleep until the clock says ``due``, also if a sleep ends too early."""
    while (left := due - clock()) > 0:
        sleep(left)
