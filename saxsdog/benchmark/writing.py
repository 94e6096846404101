"""Write a curve file."""

import os
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance, Measure, in_turn, timed
from saxsdog.io.chi import CurveFormat
from saxsdog.reduction.integrate import Curve, integrate
from saxsdog.reduction.plan import make_plan
from saxsdog.simulation.documents import calibration_document
from saxsdog.whole_file import write_whole

OURS = "saxsdog: text, temporary name, rename"
MILLISECOND = 1e-3
KILOBYTE = 1e3


def writing(bench: Bench, advance: Advance) -> Table:
    """Write a curve as saxsdog does and as numpy does, and the steps of ours alone."""
    folder = bench.folder / "curves"
    folder.mkdir()
    plan = make_plan(bench.experiment.geometry, [bench.channel])
    curve = integrate(bench.image, plan)[0]
    document = calibration_document(bench.experiment, title="bench", mask_file="bench.msk")
    format_ = CurveFormat(plan.channels[0], document)
    data = format_.render(curve)
    names = (folder / f"curve-{i}.chi" for i in count())
    works: dict[str, Measure] = {
        OURS: lambda: timed(partial(_write, format_, curve, next(names)))(),
        "the text alone": timed(partial(format_.render, curve)),
        "temporary name and rename alone": lambda: timed(partial(write_whole, next(names), data))(),
        "the same bytes: open, write, close": lambda: timed(
            partial(write_plain, next(names), data)
        )(),
    }
    if bench.peers:
        table = np.column_stack([curve.q, curve.intensity, curve.sigma])
        works["numpy.savetxt"] = lambda: timed(partial(np.savetxt, next(names), table))()
    times = in_turn(works, bench.rounds, advance)
    rows = tuple(
        Row(name, (time / MILLISECOND, time / times[OURS])) for name, time in times.items()
    )
    columns = (Column("a curve", "ms"), Column("of saxsdog's"))
    caption = (
        f"{curve.q.size} rows of three numbers, {len(data) / KILOBYTE:.0f} kB with the "
        "calibration. Every file is a new one, on a warm file system."
    )
    return Table(bench.of("writing a curve"), columns, rows, caption)


def _write(format_: CurveFormat, curve: Curve, path: Path) -> None:
    write_whole(path, format_.render(curve))


def write_plain(path: Path, data: bytes) -> None:
    """Write a new file, with nothing that keeps it whole."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)
