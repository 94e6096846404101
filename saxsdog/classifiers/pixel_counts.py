"""The counts of the pixels of an image, before anything is corrected."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.integrate import as_pixels

COUNTS = ("total", "maximum", "saturated")


def pixel_counts(
    image: NDArray[np.generic], used: NDArray[np.bool_] | None, saturation: float | None
) -> dict[str, float]:
    """Add up the counts of the pixels that hold a measurement, and look for the highest.

    A pixel is *saturated* from ``saturation`` on. In unsigned numbers so is one with their largest
    value, which detectors write where they could not count; it is in neither total nor maximum.

    Parameters
    ----------
    image
        As of :func:`saxsdog.reduction.integrate.integrate`.
    used
        Which pixels to look at, flat; ``None``: all.
    saturation
        In counts; ``None`` where it is not known.

    Returns
    -------
    dict
        ``total`` and ``maximum`` in counts, and ``saturated``, the share of the pixels that are.
        NaN where no pixel holds a measurement; ``saturated`` also where signed numbers or real ones
        come without a saturation.
    """
    rows, columns = image.shape
    pixels = as_pixels(image, (rows, columns))
    kind = pixels.values.dtype.type
    is_whole = pixels.values.dtype.kind != "f"
    brim = None
    if image.dtype.kind == "u":
        brim = np.full(1, -1).astype(kind)[0]  # all bits set, in whichever view
    start = None
    if saturation is not None and saturation <= pixels.limit:
        start = kind(math.ceil(saturation) if is_whole else saturation)
    nothing = np.int64(0) if is_whole else np.float64(0)
    total, maximum, n_good, n_saturated, n_marked = _counted(
        pixels.values, used, kind(pixels.limit), start, brim, nothing
    )
    looked_at = n_good + n_marked
    knows = looked_at > 0 and (saturation is not None or brim is not None)
    return {
        "total": float(total) if n_good else math.nan,
        "maximum": float(maximum) if n_good else math.nan,
        "saturated": (n_saturated + n_marked) / looked_at if knows else math.nan,
    }


@compiled
def _counted(
    values: NDArray[Any],
    used: NDArray[np.bool_] | None,
    limit: Any,
    start: Any,
    brim: Any,
    nothing: Any,
) -> tuple[Any, Any, int, int, int]:
    """Return total, maximum, and the numbers of good, of saturated and of marked pixels.

    Every pixel adds something, if only 0: so the loop has no branches, and goes by vectors.
    """
    total, n_good, n_saturated, n_marked = nothing, 0, 0, 0
    maximum = values.dtype.type(0)
    for i in range(values.size):
        value = values[i]
        counts = True if used is None else used[i]
        good = counts & (value >= 0) & (value <= limit)
        seen = value if good else values.dtype.type(0)
        total += seen
        maximum = max(maximum, seen)
        n_good += good
        if start is not None:
            n_saturated += good & (value >= start)
        if brim is not None:
            n_marked += counts & (value == brim)
    return total, maximum, n_good, n_saturated, n_marked
