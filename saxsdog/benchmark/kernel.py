"""Integrate frames in memory on one thread."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.child import Child
from saxsdog.benchmark.frames import copies_of
from saxsdog.benchmark.peers import PYFAI_METHODS, time_pyfai
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance, Measure, in_turn, timed_each
from saxsdog.benchmark.yardstick import sum_once, words_of
from saxsdog.reduction.bad_pixels import BadPixels, Clipping
from saxsdog.reduction.channels import Channel, Direction, ErrorModel, Plane, SliceChannel
from saxsdog.reduction.corrections import Corrections, Polarization
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.matrix import weight_matrix
from saxsdog.reduction.plan import Plan, make_plan
from saxsdog.reduction.sums import Pixels, sum_layer

OURS = "saxsdog, oversampling 3"
SUM = "sum the frame once, compiled"
DTYPES = ("int32", "uint32", "uint16", "uint8", "float32", "float64")
MILLISECOND = 1e-3


def beside_peers(bench: Bench, advance: Advance) -> Table:
    """One mask with error and bad pixels, beside other ways to do it."""
    geometry, frames = bench.experiment.geometry, bench.frames
    plan = make_plan(geometry, [bench.channel])
    coarse = make_plan(geometry, [replace(bench.channel, oversampling=1)])
    works: dict[str, Measure] = {
        SUM: timed_each(sum_once, [words_of(frame) for frame in frames]),
        OURS: timed_each(partial(integrate, plan=plan), frames),
        "saxsdog, its kernel alone": timed_each(
            partial(sum_layer, plan.layers[0]), [_pixels(frame) for frame in frames]
        ),
        "saxsdog, oversampling 1": timed_each(partial(integrate, plan=coarse), frames),
    }
    with ExitStack() as stack:
        if bench.peers:
            matrix = weight_matrix(plan, bench.channel.name)
            vectors = [frame.ravel().astype(np.float64) for frame in frames]
            works["SciPy, CSR matrix @ vector, no error"] = timed_each(
                lambda vector: matrix @ vector, vectors
            )
        if bench.pyfai:
            n_bins = plan.channels[0].q.size
            mask = bench.experiment.mask
            child = stack.enter_context(Child(time_pyfai, bench.image, mask, geometry, n_bins))
            works |= {name: partial(child.ask, name) for name in PYFAI_METHODS}
        times = in_turn(works, bench.rounds, advance)
    rows = tuple(
        Row(name, (time / MILLISECOND, time / times[OURS], time / times[SUM]))
        for name, time in times.items()
    )
    columns = (Column("a frame", "ms"), Column("of saxsdog's"), Column("of the sum"))
    caption = (
        f"One mask, Poisson error, bad pixels; one thread; in each turn {len(frames)} frames one "
        "after the other, so that none waits in a cache; medians of turns in one run. Ratios are "
        f"times over that of '{OURS}', and over that of the sum, which nothing can beat."
    )
    return Table(bench.of("kernel"), columns, rows, caption)


def _pixels(image: NDArray[np.int32]) -> Pixels:
    """View a frame as the kernel takes it."""
    return Pixels(image.reshape(-1).view(np.uint32), np.iinfo(np.int32).max)


def several_channels(bench: Bench, advance: Advance) -> Table:
    """Masks and slices together, beside each of them alone."""
    geometry = bench.experiment.geometry
    channels = _channels(bench)
    together = {
        "1 mask": ("whole",),
        "2 masks": ("whole", "lower"),
        "4 masks": ("whole", "lower", "right", "corner"),
        "2 slices": ("along x", "along y"),
        "4 masks, 2 slices": tuple(channels),
    }
    plans: dict[str, Plan] = {
        name: make_plan(geometry, [channels[each] for each in names])
        for name, names in together.items()
    }
    plans |= {f"{name} alone": make_plan(geometry, [channels[name]]) for name in channels}
    works = _works(bench.frames, plans)
    times = in_turn(works, bench.rounds, advance)
    rows = []
    for name, names in together.items():
        alone = sum(times[f"{each} alone"] for each in names)
        gain = alone / times[name] if len(names) > 1 else None
        cells = (times[name] / MILLISECOND, alone / MILLISECOND, gain)
        rows.append(Row(name, (*cells, times[name] / times[SUM])))
    columns = (
        Column("one pass", "ms"),
        Column("each alone", "ms"),
        Column("gain"),
        Column("of the sum"),
    )
    caption = (
        "'each alone' adds up the times of one pass for each mask and slice, 'gain' is that over "
        "the time of the one pass for all."
    )
    return Table(bench.of("kernel, several curves of a frame"), columns, tuple(rows), caption)


def _channels(bench: Bench) -> dict[str, Channel]:
    geometry, mask = bench.experiment.geometry, bench.experiment.mask
    row, column = (int(place) for place in geometry.beam_center)
    lower, right = mask.copy(), mask.copy()
    lower[:row] = True
    right[:, :column] = True
    middle = {Direction.X: geometry.shape[0] // 2, Direction.Y: geometry.shape[1] // 2}
    return {
        "whole": bench.channel,
        "lower": replace(bench.channel, name="R1", mask=lower),
        "right": replace(bench.channel, name="R2", mask=right),
        "corner": replace(bench.channel, name="R3", mask=lower | right),
        "along x": SliceChannel(
            "S4", mask, Direction.X, Plane.IN_PLANE, middle[Direction.X], 7, 0.0
        ),
        "along y": SliceChannel(
            "S5", mask, Direction.Y, Plane.VERTICAL, middle[Direction.Y], 7, 0.0
        ),
    }


def _works(frames: Sequence[NDArray[np.generic]], plans: Mapping[str, Plan]) -> dict[str, Measure]:
    """Sum the frames, and integrate them by several plans."""

    def with_plan(plan: Plan) -> Measure:
        return timed_each(partial(integrate, plan=plan), frames)

    works = {name: with_plan(plan) for name, plan in plans.items()}
    return {SUM: timed_each(sum_once, [words_of(frame) for frame in frames])} | works


def error_models(bench: Bench, advance: Advance) -> Table:
    """Each error model, corrections, and the search for zingers."""
    geometry = bench.experiment.geometry
    rng = np.random.default_rng(0)
    flat = rng.uniform(0.9, 1.1, geometry.shape)
    dark = rng.poisson(20.0, geometry.shape).astype(np.float64)
    plans = {
        str(model): make_plan(geometry, [bench.channel], error_model=model) for model in ErrorModel
    }
    plans["poisson, polarization"] = make_plan(
        geometry, [bench.channel], polarization=Polarization(0.95, 0.0)
    )
    corrections = {
        "dark": Corrections(dark=dark),
        "flat, dark, solid angle": Corrections(solid_angle=True, flat=flat, dark=dark),
    }
    plans |= {
        f"poisson, {name}": make_plan(geometry, [bench.channel], corrections=each)
        for name, each in corrections.items()
    }
    plans["poisson, zingers"] = make_plan(
        geometry, [bench.channel], bad_pixels=BadPixels(zingers=Clipping(sigmas=5.0, rounds=3))
    )
    times = in_turn(_works(bench.frames, plans), bench.rounds, advance)
    return _variants(bench.of("kernel, error models"), list(plans), times, lambda _: SUM)


def pixel_types(bench: Bench, advance: Advance) -> Table:
    """Each type of counts that detectors write."""
    plan = make_plan(bench.experiment.geometry, [bench.channel])
    works: dict[str, Measure] = {}
    for dtype in DTYPES:
        frames = copies_of(_as_type(bench.image, dtype))
        works[_sum_of(dtype)] = timed_each(sum_once, [words_of(frame) for frame in frames])
        works[dtype] = timed_each(partial(integrate, plan=plan), frames)
    times = in_turn(works, bench.rounds, advance)
    return _variants(bench.of("kernel, types of counts"), DTYPES, times, _sum_of)


def _sum_of(dtype: str) -> str:
    return f"sum, {dtype}"


def _as_type(image: NDArray[np.int32], dtype: str) -> NDArray[np.generic]:
    """Convert counts, and the mark of the gaps to that of the type."""
    if np.dtype(dtype).kind != "u":
        return image.astype(dtype)
    mark = int(np.iinfo(dtype).max)
    counts = image.astype(np.int64)
    return np.where(counts < 0, mark, np.minimum(counts, mark - 1)).astype(dtype)


def _variants(
    title: str, names: Sequence[str], times: Mapping[str, float], sum_of: Callable[[str], str]
) -> Table:
    """Compare integrations with the first of them, and each with the sum of its own image."""
    rows = tuple(
        Row(
            name,
            (
                times[name] / MILLISECOND,
                times[name] / times[names[0]],
                times[name] / times[sum_of(name)],
            ),
        )
        for name in names
    )
    columns = (Column("a frame", "ms"), Column("of the first"), Column("of the sum"))
    caption = "'of the sum': over the time to sum the same bytes once."
    return Table(title, columns, rows, caption)
