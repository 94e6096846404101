"""Very many small images through the server: does it become slower or larger with their number."""

from pathlib import Path

import numpy as np
import tifffile

from saxsdog.benchmark.beamline import Beamline, beamline
from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.images import FOLDER, ImageSet, write_again
from saxsdog.benchmark.processes import memory_of
from saxsdog.benchmark.serving import CLOCK_STEP
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance
from saxsdog.protocol import messages
from saxsdog.queue.journal import Journal
from saxsdog.queue.records import Result, State
from saxsdog.server import JOURNAL

N_PAGES = 10
"""Rows of the table, for as many images each."""

TIMES_EARLIER = 10
"""Images that the journal knows already in the second run, for each that is integrated."""

AT_ONCE = 10_000
"""Images of a transaction of the journal."""

SIDE = 64
DISTINCT = 20
MOST_WORKERS = 2
EARLIER = "earlier"
MEGABYTE = 1e6


def endurance(bench: Bench, advance: Advance) -> Table:
    """Walk over one folder of very many images, with an empty and with a full journal."""
    images = _tiny_images(bench.folder.resolve() / "tiny", bench.n_tiny_images)
    n_earlier = bench.n_tiny_images * TIMES_EARLIER
    n_workers = min(MOST_WORKERS, bench.n_cores)
    state = bench.folder / "state"

    def third(share: float) -> None:
        advance(share / 3)

    with beamline(images, n_workers, state) as line:
        rows = _walk(line, "", third)
        rows += _walk(line, "once more, ", third)
    _fill(state / JOURNAL, images.root / EARLIER, n_earlier)
    with beamline(images, n_workers, state, resumed=True) as line:
        rows += _walk(line, f"once more, {n_earlier:,} others, ", third)
    columns = (Column("rate", "images/s"), Column("supervisor", "MB"))
    caption = (
        f"Images of {SIDE} x {SIDE} pixels in one folder, {n_workers} workers, found by the "
        "walker; all of them once more; and once more by a server that has started again, whose "
        "journal knows as many others as the label says. Memory (PSS) of the supervisor then."
    )
    return Table("server, endurance", columns, tuple(rows), caption)


def _tiny_images(root: Path, number: int) -> ImageSet:
    root.mkdir()
    folder = root / FOLDER
    folder.mkdir()
    generator = np.random.default_rng(0)
    files = tuple(folder / f"tiny_{i:07d}.tif" for i in range(number))
    for i, file in enumerate(files):
        if i < DISTINCT:
            tifffile.imwrite(file, generator.poisson(20, (SIDE, SIDE)).astype(np.int32))
        else:
            write_again(files[i % DISTINCT], file)
    document = {
        "Title": "very many small images",
        "Geometry": {
            "BeamCenter": [0.55 * SIDE, 0.45 * SIDE],
            "DedectorDistanceMM": 500.0,
            "Imagesize": [SIDE, SIDE],
            "PixelSizeMicroM": [172.0],
        },
        "Wavelength": 1.5,
        "Masks": [{"Oversampling": 3, "qStart": 0.1, "qStop": 0.4}],
        "Directory": [FOLDER],
    }
    return ImageSet(root, files, document, {})


def _walk(line: Beamline, label: str, advance: Advance) -> list[Row]:
    """Walk over all images; return rate and memory for each part of them."""
    number = len(line.images.files)
    size = max(1, number // N_PAGES)
    done: list[float] = []
    memory: list[int | None] = []

    def note(rows: list[messages.Row]) -> None:
        done.extend(row.done for row in rows)
        while len(done) >= size * (len(memory) + 1):
            memory.append(memory_of([line.supervisor]))
            advance(size / number)

    since = line.leash.stat().cursor
    line.leash.readdir()
    line.curves(since, number, note)
    done.sort()
    table = []
    for i, size_then in enumerate(memory):
        part = done[i * size : (i + 1) * size]
        rate = (len(part) - 1) / max(part[-1] - part[0], CLOCK_STEP)
        cells = (rate, None if size_then is None else size_then / MEGABYTE)
        table.append(Row(f"{label}to {(i + 1) * size:,}", cells))
    return table


def _fill(path: Path, folder: Path, number: int) -> None:
    """Let the journal of a server that has stopped know of images that were integrated before."""
    journal = Journal(path)
    try:
        for i in range(number):
            image = str(folder / f"earlier_{i:07d}.tif")
            when = float(i)
            version = journal.add(image, 1, None, when)
            journal.end(version.id, State.INTEGRATED, when)
            curves = (str(folder / f"earlier_{i:07d}.chi"),)
            parameters = {"R0": {"I0": 1.0, "I1": 1.0, "I2": 1.0, "correlation_length": 1.0}}
            journal.add_result(Result(0, image, when, "file", None, when, when, curves, parameters))
            if i % AT_ONCE == 0:
                journal.commit()
    finally:
        journal.close()
