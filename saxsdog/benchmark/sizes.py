"""Integrate frames of a small and a large detector: does the time grow with the pixels alone."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.frames import copies_of
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance, in_turn, timed_each
from saxsdog.benchmark.yardstick import sum_once, words_of
from saxsdog.detectors import detector
from saxsdog.reduction.geometry import Geometry
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan
from saxsdog.simulation.experiment import default_geometry

LIGHT = 20.0
"""Counts of each pixel in the mean."""

MILLISECOND = 1e-3
NANOSECOND = 1e-9
MEGABYTE = 1e6


def sizes(bench: Bench, advance: Advance) -> Table:
    """Integrate frames of the usual detector and of a large one, for the time of a pixel."""
    rows = []
    for name in (bench.detector, bench.large_detector):
        geometry, image, mask = _frame_of(name)
        frames = copies_of(image)
        plan = make_plan(geometry, [replace(bench.channel, mask=mask)])
        works = {
            "sum": timed_each(sum_once, [words_of(frame) for frame in frames]),
            "integrate": timed_each(partial(integrate, plan=plan), frames),
        }
        times = in_turn(works, bench.few_rounds, lambda share: advance(share / 2))
        cells = (
            times["integrate"] / MILLISECOND,
            times["integrate"] / image.size / NANOSECOND,
            times["integrate"] / times["sum"],
            plan.nbytes / MEGABYTE,
            plan.nbytes / image.size,
        )
        rows.append(Row(f"{name}, {image.dtype}", cells))
    columns = (
        Column("a frame", "ms"),
        Column("a pixel", "ns"),
        Column("of the sum"),
        Column("plan", "MB"),
        Column("plan of a pixel", "bytes"),
    )
    caption = "Uniform light of 20 counts; one mask, the gaps between the modules."
    return Table("kernel, small and large detectors", columns, tuple(rows), caption)


def _frame_of(detector_name: str) -> tuple[Geometry, NDArray[np.generic], NDArray[np.bool_]]:
    """Make a frame of uniform light for any detector: its geometry, counts, and mask of gaps."""
    known = detector(detector_name)
    mask = known.gap_mask()
    counts = np.random.default_rng(0).poisson(LIGHT, known.shape).astype(known.dtype)
    counts[mask] = known.gap_value
    return default_geometry(known), counts, mask
