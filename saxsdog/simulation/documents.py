"""The files that go with simulated frames: calibration, mask and ground truth."""

import json
from collections.abc import Iterable
from math import degrees
from pathlib import Path

import numpy as np

from saxsdog.io.mask_files import write_fit2d_mask
from saxsdog.reduction.geometry import Geometry, pixel_centers, q
from saxsdog.simulation.experiment import Experiment
from saxsdog.whole_file import write_whole

Q_RANGE = (0.3, 5.0)
"""Where the classifiers integrate, nm⁻¹: from outside the beamstop to beyond the fourth ring."""

TRUTH_POINTS = 4000
"""Points in q of the true curves; lines between them are off by less than 1e-3 of a ring."""


def calibration_document(
    experiment: Experiment, *, title: str, mask_file: str
) -> dict[str, object]:
    """Describe the experiment as a calibration file does, in the units of that file."""
    return {
        "Title": title,
        "Geometry": _geometry_document(experiment.geometry),
        "Wavelength": _neat(10 * experiment.geometry.wavelength),
        "Masks": [
            {
                "MaskFile": mask_file,
                "Oversampling": 3,
                "PixelPerRadialElement": 1,
                "qStart": Q_RANGE[0],
                "qStop": Q_RANGE[1],
                "Name": "outside the beamstop",
            }
        ],
        "Directory": ["."],
        "Threads": 2,
    }


def _geometry_document(geometry: Geometry) -> dict[str, object]:
    row, column = geometry.beam_center
    return {
        "BeamCenter": [_neat(geometry.shape[0] - row), _neat(column)],
        "DedectorDistanceMM": _neat(1e3 * geometry.distance),
        "Imagesize": list(geometry.shape),
        "PixelSizeMicroM": [_neat(1e6 * size) for size in geometry.pixel_size],
        "Tilt": {
            "TiltRotDeg": _neat(degrees(geometry.tilt_rotation)),
            "TiltAngleDeg": _neat(degrees(geometry.tilt)),
        },
    }


def _neat(value: float) -> float:
    """Take off the digits that a change of unit leaves behind the last true one."""
    return float(f"{value:.14g}")


def write_calibration(directory: Path, experiment: Experiment, name: str) -> tuple[Path, Path]:
    """Write ``<name>.saxsconf`` and the ``<name>.msk`` that it names; returns both paths.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    calibration, mask = directory / f"{name}.saxsconf", directory / f"{name}.msk"
    title = f"Simulated silver behenate and spheres, {experiment.detector.name}"
    document = calibration_document(experiment, title=title, mask_file=mask.name)
    write_fit2d_mask(mask, experiment.mask)
    write_whole(calibration, (json.dumps(document, indent=4) + "\n").encode())
    return calibration, mask


def write_truth(directory: Path, experiment: Experiment) -> tuple[Path, Path]:
    """Write what the frames must give: ``truth.csv`` and ``truth_amplitudes.csv``.

    The first holds the curves of the components, the second how much of each is in every frame:
    the true curve of a frame is ``rings_amplitude * rings + spheres_amplitude * spheres +
    background``.

    Returns
    -------
    tuple of Path
        The curves and the amplitudes.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    grid = np.linspace(0.0, _largest_q(experiment.geometry), TRUTH_POINTS)
    sample = experiment.sample
    background = np.full_like(grid, sample.background)
    curves, amplitudes = directory / "truth.csv", directory / "truth_amplitudes.csv"
    _write_table(
        curves,
        "the true curve of frame k is rings_amplitude[k] * rings + spheres_amplitude[k] * spheres"
        f" + background, see {amplitudes.name}; q in 1/nm, the rest in counts/pixel",
        ("q", "rings", "spheres", "background"),
        zip(grid, sample.rings(grid), sample.spheres(grid), background, strict=True),
    )
    _write_table(
        amplitudes,
        f"how much of the curves in {curves.name} is in each frame; time in s from the first frame",
        ("frame", "time", "rings_amplitude", "spheres_amplitude"),
        (
            (index, index * experiment.period, *experiment.amplitudes(index))
            for index in range(experiment.n_frames)
        ),
    )
    return curves, amplitudes


def _largest_q(geometry: Geometry) -> float:
    return float(q(geometry, *pixel_centers(geometry)).max())


def _write_table(
    path: Path, comment: str, columns: tuple[str, ...], rows: Iterable[tuple[float, ...]]
) -> None:
    """Write comma-separated values below a comment and the names of the columns."""
    lines = [f"# {comment}", ",".join(columns)]
    lines += [",".join(f"{value:.10g}" for value in row) for row in rows]
    write_whole(path, ("\n".join(lines) + "\n").encode())
