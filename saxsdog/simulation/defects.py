"""Pixels of a simulated detector that do not tell what was scattered."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from saxsdog.detectors import Detector
from saxsdog.errors import UsageError

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Defects:
    """Gaps, dead and hot pixels, ``True`` in images of the detector's shape."""

    gaps: Mask
    dead: Mask
    hot: Mask

    @classmethod
    def scatter(cls, detector: Detector, n_dead: int, n_hot: int, seed: int) -> Self:
        """Choose dead and hot pixels at random outside the gaps, always the same for a seed."""
        gaps = detector.gap_mask()
        live = np.flatnonzero(~gaps)
        if n_dead < 0 or n_hot < 0 or n_dead + n_hot > live.size:
            raise UsageError(
                f"expected 0 to {live.size} dead and hot pixels, got {n_dead} and {n_hot}"
            )
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
        chosen = generator.choice(live, n_dead + n_hot, replace=False)
        dead, hot = np.zeros_like(gaps), np.zeros_like(gaps)
        dead.flat[chosen[:n_dead]] = True
        hot.flat[chosen[n_dead:]] = True
        return cls(gaps, dead, hot)
