"""Straight lines through points with errors."""

from dataclasses import dataclass

import numpy as np

from saxsdog.reduction.geometry import Array

LEAST_POINTS = 3
"""With two every line is a perfect one."""


@dataclass(frozen=True)
class Line:
    """``intercept + slope x``, and how well it explains the points: :math:`r^2`, at most 1."""

    intercept: float
    slope: float
    r2: float


def fitted_line(x: Array, y: Array, weights: Array) -> Line | None:
    r"""Fit a line by weighted least squares.

    .. math::
        r^2 = 1 - \frac{\sum w_k (y_k - a - b x_k)^2}{\sum w_k (y_k - \bar y)^2}

    Parameters
    ----------
    x, y
        The points, of shape ``(points,)``.
    weights
        One over the squared standard error of each ``y``; positive.

    Returns
    -------
    Line or None
        ``None`` where fewer than three points are different.
    """
    if x.size < LEAST_POINTS:
        return None
    weights = weights / weights.sum()
    center, level = float(weights @ x), float(weights @ y)
    dx, dy = x - center, y - level
    spread = float(weights @ (dx * dx))
    if not 0.0 < spread < np.inf:
        return None
    slope = float(weights @ (dx * dy)) / spread
    total, rest = float(weights @ (dy * dy)), float(weights @ (dy - slope * dx) ** 2)
    return Line(level - slope * center, slope, 1.0 - rest / total if total > 0.0 else 0.0)
