"""Integrate frames in memory on one thread."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from saxsdog.benchmark import peers
from saxsdog.benchmark.tables import Row, Table
from saxsdog.benchmark.timing import in_turn
from saxsdog.reduction.channels import (
    Channel,
    Direction,
    ErrorModel,
    Plane,
    RadialChannel,
    SliceChannel,
)
from saxsdog.reduction.corrections import Polarization
from saxsdog.reduction.geometry import Geometry
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.kernel import sum_once
from saxsdog.reduction.matrix import weight_matrix
from saxsdog.reduction.plan import make_plan
from saxsdog.simulation.frames import Experiment

Advance = Callable[[], None]
OURS = "saxsdog, oversampling 3"


class KernelBench:
    """The frame of a simulated experiment and what can be done with it."""

    def __init__(self, detector: str) -> None:
        experiment = Experiment.create(detector, n_frames=1)
        self.detector = experiment.detector.name
        self.geometry: Geometry = experiment.geometry
        self.mask: NDArray[np.bool_] = experiment.mask
        self.image = experiment.frame(50).astype(np.int32)
        self._channel = RadialChannel("R0", self.mask, 3, 1.0, 0.3, 5.0)

    def beside_peers(self, rounds: int, advance: Advance) -> Table:
        """One mask with error and bad pixels, beside other ways to do it."""
        plan = make_plan(self.geometry, [self._channel])
        coarse = make_plan(self.geometry, [replace(self._channel, oversampling=1)])
        matrix = weight_matrix(plan, "R0")
        vector = self.image.ravel().astype(np.float64)
        works: dict[str, Callable[[], object]] = {
            "sum the frame once, compiled": partial(sum_once, self.image.ravel()),
            OURS: partial(integrate, self.image, plan),
            "saxsdog, oversampling 1": partial(integrate, self.image, coarse),
            "SciPy, CSR matrix @ vector, no error": lambda: matrix @ vector,
        }
        if peers.pyfai_is_here():
            n_bins = plan.channels[0].q.size
            works |= peers.pyfai_works(self.image, self.mask, self.geometry, n_bins)
        times = in_turn(works, rounds, advance)
        rows = tuple(Row(name, time, time / times[OURS]) for name, time in times.items())
        return Table(f"kernel: {self._what()}, one thread, error and bad pixels", rows)

    def several_channels(self, rounds: int, advance: Advance) -> Table:
        """Masks and slices together, beside the sum of each alone."""
        lower = self.mask.copy()
        lower[: int(self.geometry.beam_center[0])] = True
        right = self.mask.copy()
        right[:, : int(self.geometry.beam_center[1])] = True
        middle = self.geometry.shape[0] // 2
        channels: dict[str, Channel] = {
            "mask": self._channel,
            "its lower half": replace(self._channel, name="R1", mask=lower),
            "its right half": replace(self._channel, name="R2", mask=right),
            "a slice along x": SliceChannel(
                "S3", self.mask, Direction.X, Plane.IN_PLANE, middle, 7, 0.0
            ),
        }
        plans = {name: make_plan(self.geometry, [channel]) for name, channel in channels.items()}
        plans["all in one pass"] = make_plan(self.geometry, list(channels.values()))
        times = in_turn(
            {name: partial(integrate, self.image, plan) for name, plan in plans.items()},
            rounds,
            advance,
        )
        together = times["all in one pass"]
        rows = [Row(name, time, time / together) for name, time in times.items()]
        alone = sum(times[name] for name in channels)
        rows.append(Row("sum of each alone", alone, alone / together))
        return Table(f"several channels: {self._what()}, one thread", tuple(rows))

    def variants(self, rounds: int, advance: Advance) -> Table:
        """Error models, a correction, and types of counts."""
        horizontal = Polarization(0.95, 0.0)
        plans = {
            str(model): make_plan(self.geometry, [self._channel], error_model=model)
            for model in ErrorModel
        }
        plans["poisson, polarization"] = make_plan(
            self.geometry, [self._channel], polarization=horizontal
        )
        works: dict[str, Callable[[], object]] = {
            f"int32, {name}": partial(integrate, self.image, plan) for name, plan in plans.items()
        }
        for dtype in ("uint16", "uint32", "float32", "float64"):
            image = np.maximum(self.image, 0).astype(dtype)
            works[f"{dtype}, poisson"] = partial(integrate, image, plans["poisson"])
        times = in_turn(works, rounds, advance)
        usual = times["int32, poisson"]
        rows = tuple(Row(name, time, time / usual) for name, time in times.items())
        return Table(f"error models and types: {self._what()}, one thread", rows)

    def _what(self) -> str:
        return f"{self.detector} frame in memory"
