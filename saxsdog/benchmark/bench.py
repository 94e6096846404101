"""What is measured with: the machine's cores, a frame in memory, images on disk."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saxsdog.benchmark.frames import copies_of
from saxsdog.benchmark.images import ImageSet
from saxsdog.benchmark.peers import pyfai_is_here
from saxsdog.reduction.channels import RadialChannel
from saxsdog.simulation.experiment import Experiment

A_FRAME_AMID_THE_REACTION = 50
Q_RANGE = (0.3, 5.0)
"""Of the integral parameters, nm⁻¹."""


@dataclass
class Bench:
    """What the user has asked for, and what follows from it when it is first needed.

    Attributes
    ----------
    folder
        To work in: empty, on the disk that is to be measured, and removed by its owner.
    n_cores
        That this process may use.
    detector, large_detector
        Names of the usual one, and of one that shows how time grows with the number of pixels.
    rounds
        Measurements of each work, in turn.
    n_images
        On disk.
    n_tiny_images
        Of the endurance run.
    peers
        Whether to measure other programs, as far as they are installed.
    """

    folder: Path
    n_cores: int
    detector: str = "Pilatus 1M"
    large_detector: str = "Eiger2 16M"
    rounds: int = 25
    n_images: int = 600
    n_tiny_images: int = 100_000
    peers: bool = True

    @cached_property
    def experiment(self) -> Experiment:
        """What the detector looks at."""
        return Experiment.create(self.detector)

    @cached_property
    def image(self) -> NDArray[np.int32]:
        """A frame in memory, whole numbers with a sign whatever the detector has."""
        frame = self.experiment.frame(A_FRAME_AMID_THE_REACTION)
        marked = frame == self.experiment.detector.gap_value
        return np.where(marked, -1, frame.astype(np.int64)).astype(np.int32)

    @cached_property
    def frames(self) -> list[NDArray[np.int32]]:
        """Copies of it, more than caches hold."""
        return copies_of(self.image)

    @cached_property
    def channel(self) -> RadialChannel:
        """The usual mask."""
        return RadialChannel("R0", self.experiment.mask, 3, 1.0, *Q_RANGE)

    @cached_property
    def images(self) -> ImageSet:
        """Images on disk, the most of them links."""
        return ImageSet.write(self.folder.resolve() / "images", self.experiment, self.n_images)

    @cached_property
    def pyfai(self) -> bool:
        """Whether pyFAI is measured."""
        return self.peers and pyfai_is_here()

    @property
    def few_rounds(self) -> int:
        """For what takes long and hardly varies."""
        return max(3, self.rounds // 5) if self.rounds > 1 else 1

    def of(self, what: str) -> str:
        """Name the frame in a title."""
        rows, columns = self.experiment.geometry.shape
        return f"{what}: {self.experiment.detector.name}, {rows} x {columns}"


def doubling(most: int) -> list[int]:
    """Return 1, 2, 4 and so on, and the largest number itself."""
    numbers = [1]
    while 2 * numbers[-1] < most:
        numbers.append(2 * numbers[-1])
    return numbers if most == 1 else [*numbers, most]
