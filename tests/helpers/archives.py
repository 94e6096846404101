"""Results of a small detector, as workers leave them for the archive."""

import sys
from itertools import count
from pathlib import Path

import numpy as np

from saxsdog import Calibration, Integrator
from saxsdog.archive.description import DataSet, describe
from saxsdog.archive.nexus import NexusFile
from saxsdog.archive.records import Record
from saxsdog.provenance.bundle import Bundle
from saxsdog.provenance.counts import digest_of
from tests.helpers.experiments import DOCUMENT

ALL = ("nexus", "csv", "parquet")
FOLDER = "/data/run7"


def integrator_of(**changes):
    """Return the integrator of a calibration without files."""
    return Integrator(Calibration.from_document(DOCUMENT | changes))


def bundle_of(integrator):
    """Return what the results of an integrator are made of."""
    return Bundle.of(integrator.calibration, integrator.files)


def description_of(integrator, target, formats=ALL, folder=FOLDER, **others):
    data_sets = [DataSet(str(folder), str(target))]
    calibration, plan, bundle = integrator.calibration, integrator.plan, bundle_of(integrator)
    return describe(calibration, plan, bundle, formats, data_sets, **others)


def record_of(integrator, number, folder=FOLDER, name=None):
    """Return the result of a flat image; its counts and times are the number."""
    image = np.full(integrator.plan.shape, number + 1, np.int32)
    image[5:8] = -1
    curves = integrator.integrate(image)
    return Record(
        image=f"{folder}/{name or f'x_{number:05d}.tif'}",
        time=1000.0 + number,
        time_source="header",
        exposure=None if number == 3 else 0.5,
        done=2000.0 + number,
        parameters={c.channel: c.parameters.with_length() for c in curves if c.parameters},
        curves={c.channel: (c.intensity, c.sigma) for c in curves},
        counts=digest_of(image),
    )


def write_for_ever(path):
    """Add results to a file, a few at a time, until somebody ends this process."""
    integrator = integrator_of()
    description = description_of(integrator, path.with_suffix(""))
    file = NexusFile(path, description, FOLDER)
    sys.stdout.write(f"{file.n_images}\n")
    sys.stdout.flush()
    for first in count(file.n_images, 3):
        file.add([record_of(integrator, number) for number in range(first, first + 3)])


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]))
