"""Simulated images on disk, with all that is needed to integrate them."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saxsdog.calibration import Calibration
from saxsdog.errors import OutputError
from saxsdog.integrator import Integrator
from saxsdog.simulation.documents import write_calibration
from saxsdog.simulation.experiment import Experiment
from saxsdog.simulation.frames import write_frame

DISTINCT = 100
"""Images that are drawn; more names are links to them, as the page cache holds them all."""

FOLDER, RESULTS = "frames", "work"
NAME = "bench"


@dataclass(frozen=True)
class ImageSet:
    """Images below a root and their calibration.

    Attributes
    ----------
    root
        Of a server that shall find them.
    files
        The images, in ``FOLDER`` below the root.
    calibration, masks
        The document, and its mask files by the text that stands in ``MaskFile``.
    """

    root: Path
    files: tuple[Path, ...]
    calibration: dict[str, Any]
    masks: dict[str, Path]

    @classmethod
    def write(cls, root: Path, experiment: Experiment, number: int) -> "ImageSet":
        """Draw images into a new folder, ``DISTINCT`` of them different.

        Raises
        ------
        OutputError
            If there is no room for them.
        """
        try:
            return cls._write(root, experiment, number)
        except OSError as error:
            raise OutputError(f"{root}: cannot be written: {error.strerror}") from error

    @classmethod
    def _write(cls, root: Path, experiment: Experiment, number: int) -> "ImageSet":
        root.mkdir()
        path, mask = write_calibration(root, experiment, NAME)
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        folder = root / FOLDER
        folder.mkdir()
        files = tuple(folder / f"{NAME}_{i:06d}.tif" for i in range(number))
        for i, file in enumerate(files):
            if i < DISTINCT:
                write_frame(file, experiment.frame(i), experiment.header(i))
            else:
                write_again(files[i % DISTINCT], file)
        return cls(root, files, document | {"Directory": [FOLDER]}, {mask.name: mask})

    def integrator(self) -> Integrator:
        """Return what integrates these images."""
        return Integrator(Calibration.from_document(self.calibration), files=self.masks)

    def put_results_aside(self) -> None:
        """Let the next curves be new files, as they are at a beamline.

        To replace one costs more: some file systems first write its data to the disk.
        """
        results = self.root / RESULTS
        if results.exists():
            number = sum(1 for _ in self.root.glob(f"{RESULTS}-*"))
            results.rename(self.root / f"{RESULTS}-{number}")


def write_again(image: Path, name: Path) -> None:
    """Give an image one more name, or copy it where a file cannot have so many."""
    try:
        os.link(image, name)
    except OSError:
        shutil.copyfile(image, name)
