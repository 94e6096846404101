"""The highest peak in a part of a curve."""

import math

import numpy as np

from saxsdog.reduction.geometry import Array

PEAK = ("position", "height", "width", "significance")

LEAST_BINS = 5
"""Two for the baseline, three for the peak."""

ENDS = 0.1
"""Share of the bins at either end through which the baseline is drawn."""

CAP = 0.75
"""Of the height of a peak: down to there it looks like a parabola, whatever its shape."""


def peak(q: Array, intensity: Array, sigma: Array) -> dict[str, float]:
    r"""Measure the highest peak above a straight baseline.

    The baseline goes through the mean of the tenth of the bins at either end. A parabola, fitted by
    least squares to what lies above three quarters of the peak and to no fewer than three bins,
    gives position and height; of Gaussians and Lorentzians the height is off by less than 2 %. The
    width is that at half height, between bins by straight lines.

    Parameters
    ----------
    q, intensity, sigma
        The part of the curve to look at, q ascending, nm⁻¹ and any unit; shape ``(bins,)``. Empty
        bins (NaN) are left out.

    Returns
    -------
    dict
        ``position`` and ``width`` in nm⁻¹, ``height`` in the unit of the intensity, and
        ``significance``, the height of the highest bin over its standard error. NaN: all where
        nothing rises above the baseline, or the highest bin is one of those that it is drawn
        through; ``significance`` where the error is not known.
    """
    nothing = dict.fromkeys(PEAK, math.nan)
    known = np.isfinite(intensity)
    if np.count_nonzero(known) < LEAST_BINS:
        return nothing
    q, above, error = q[known], intensity[known], sigma[known]
    n_ends = max(1, int(q.size * ENDS))
    above = above - _baseline(q, above, n_ends)
    top = int(np.argmax(above))
    if not n_ends <= top < q.size - n_ends or not above[top] > 0.0:
        return nothing
    position, height = _vertex(q, above, top)
    if not height > 0.0:
        return nothing
    significance = float(above[top] / error[top]) if error[top] > 0.0 else math.nan
    right, left = _fall(q, above, top, height / 2, 1), _fall(q, above, top, height / 2, -1)
    return dict(zip(PEAK, (position, height, right - left, significance), strict=True))


def _baseline(q: Array, intensity: Array, n_ends: int) -> Array:
    left, right = float(intensity[:n_ends].mean()), float(intensity[-n_ends:].mean())
    start, stop = float(q[:n_ends].mean()), float(q[-n_ends:].mean())
    line: Array = left + (right - left) * (q - start) / (stop - start)
    return line


def _vertex(q: Array, above: Array, top: int) -> tuple[float, float]:
    """Return the highest point of a parabola through the cap of a peak; else its highest bin."""
    first = last = top
    while first > 0 and above[first - 1] >= CAP * above[top]:
        first -= 1
    while last < q.size - 1 and above[last + 1] >= CAP * above[top]:
        last += 1
    cap = slice(min(first, top - 1), max(last, top + 1) + 1)
    x = q[cap] - q[top]
    scale = float(np.abs(x).max())
    x = x / scale
    powers = np.stack([np.ones_like(x), x, x * x], axis=1)
    (level, slope, curvature), *_ = np.linalg.lstsq(powers, above[cap], rcond=None)
    at = -slope / (2 * curvature) if curvature < 0.0 else math.inf
    if not x[0] <= at <= x[-1]:
        return float(q[top]), float(above[top])
    return float(q[top] + at * scale), float(level + slope * at / 2)


def _fall(q: Array, above: Array, top: int, level: float, step: int) -> float:
    """Return where a peak falls to a level, to one side; NaN where it does not."""
    place = top
    while above[place] > level:
        place += step
        if not 0 <= place < q.size:
            return math.nan
    if place == top:
        return math.nan
    before = place - step
    share = (above[before] - level) / (above[before] - above[place])
    return float(q[before] + share * (q[place] - q[before]))
