"""Integrate frames in memory over azimuth and q."""

from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.child import Child
from saxsdog.benchmark.peers import PYFAI_CAKE_METHODS, time_pyfai_cake
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance, Measure, in_turn, timed, timed_each
from saxsdog.io.cakes import CakeFormat
from saxsdog.reduction.channels import Bins, Unit
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan
from saxsdog.simulation.documents import calibration_document

N_RINGS = 500
AZIMUTHS = (36, 72, 360)
"""The last of them is what peers do."""

CURVE = f"curve of {N_RINGS} bins"
MILLISECOND = 1e-3


def cakes(bench: Bench, advance: Advance) -> Table:
    """Cakes of several sizes beside the curve over the same rings, and beside pyFAI."""
    geometry, frames = bench.experiment.geometry, bench.frames
    curve = replace(bench.channel, bins=Bins(Unit.Q, number=N_RINGS))
    works: dict[str, Measure] = {
        CURVE: timed_each(partial(integrate, plan=make_plan(geometry, [curve])), frames)
    }
    for azimuths in AZIMUTHS:
        plan = make_plan(geometry, [replace(curve, azimuthal_bins=azimuths)])
        works[_name(azimuths)] = timed_each(partial(integrate, plan=plan), frames)
    document = calibration_document(bench.experiment, title="bench", mask_file="bench.msk")
    (cake,) = integrate(bench.image, plan)
    format_ = CakeFormat(plan.channels[0], document)
    works[f"the bytes of a file of {AZIMUTHS[-1]}"] = timed(partial(format_.render, cake))
    with ExitStack() as stack:
        if bench.pyfai:
            size = (N_RINGS, AZIMUTHS[-1])
            mask = bench.experiment.mask
            child = stack.enter_context(Child(time_pyfai_cake, bench.image, mask, geometry, size))
            works |= {name: partial(child.ask, name) for name in PYFAI_CAKE_METHODS}
        times = in_turn(works, bench.few_rounds, advance)
    rows = tuple(
        Row(name, (time / MILLISECOND, time / times[CURVE], time / times[_name(AZIMUTHS[-1])]))
        for name, time in times.items()
    )
    columns = (Column("a frame", "ms"), Column("of the curve"), Column("of the largest"))
    caption = (
        f"{N_RINGS} rings; one mask, Poisson error, bad pixels; one thread. Peers make the largest "
        "cake, from the same frames."
    )
    return Table(bench.of("cakes"), columns, rows, caption)


def _name(azimuths: int) -> str:
    return f"cake of {azimuths} azimuths"
