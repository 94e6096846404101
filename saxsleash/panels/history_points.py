"""From very many points to those that can be seen, and to the one under the mouse."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LONGEST_BRIDGE = 3
"""Empty columns that a line passes over; where more are empty, nothing was measured."""


@dataclass(frozen=True, eq=False)
class Band:
    """A line through the least and the greatest value of each column of pixels.

    Attributes
    ----------
    x, y
        Two points a column.
    connect
        1 where a point is joined to the next.
    """

    x: Array
    y: Array
    connect: NDArray[np.int32]


def band(x: Array, y: Array, left: float, width: float, n_columns: int) -> Band:
    """Draw at most two points a column, and none where no value is known.

    Columns have fixed places on the axis, whatever is in view: what is drawn does not flicker
    while the axis moves.

    Parameters
    ----------
    x, y
        The points; ``x`` ascending, NaN in ``y`` where nothing is known.
    left, width
        Where the first column begins, about, and the width of each.
    n_columns
        From there on.
    """
    edges = (np.floor(left / width) + np.arange(n_columns + 1)) * width
    bounds = np.searchsorted(x, edges)
    columns = np.flatnonzero(np.diff(bounds))
    if not columns.size:
        return Band(np.empty(0), np.empty(0), np.empty(0, np.int32))
    starts = bounds[columns] - bounds[0]
    values = y[bounds[0] : bounds[-1]]
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    known = np.isfinite(lowest) & np.isfinite(highest)
    columns, lowest, highest = columns[known], lowest[known], highest[known]
    connect = np.ones(2 * columns.size, np.int32)
    connect[1:-1:2] = np.diff(columns) <= _LONGEST_BRIDGE
    return Band(
        x=np.repeat(edges[columns] + width / 2, 2),
        y=np.column_stack([lowest, highest]).ravel(),
        connect=connect,
    )


def within(x: Array, left: float, right: float) -> slice:
    """Return which of ascending ``x`` lie from ``left`` to ``right``."""
    begin, end = np.searchsorted(x, left, side="left"), np.searchsorted(x, right, side="right")
    return slice(int(begin), int(end))


def logarithm(y: Array) -> Array:
    """Return the decimal logarithm, NaN for what has none."""
    result = np.full(y.shape, np.nan)
    np.log10(y, out=result, where=y > 0)
    return result


def nearest(
    x: Array, y: Array, at: tuple[float, float], pixel: tuple[float, float], reach: float
) -> tuple[int, float] | None:
    """Find the point that is nearest on the screen.

    Parameters
    ----------
    x, y
        The points; ``x`` ascending.
    at
        Where to look, in units of the axes.
    pixel
        The size of a pixel in units of the axes.
    reach
        How far a point may be, in pixels.

    Returns
    -------
    tuple or None
        The index of the point and its distance in pixels.
    """
    near = within(x, at[0] - reach * pixel[0], at[0] + reach * pixel[0])
    if near.start == near.stop:
        return None
    distances = np.hypot((x[near] - at[0]) / pixel[0], (y[near] - at[1]) / pixel[1])
    distances[np.isnan(distances)] = np.inf
    found = int(np.argmin(distances))
    distance = float(distances[found])
    return (near.start + found, distance) if distance <= reach else None
