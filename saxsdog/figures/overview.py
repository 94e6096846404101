"""A frame with its mask, its curve, and what the run did: one picture of the whole job."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.figures.curves import Line, Style, draw_on
from saxsdog.reduction.geometry import Geometry

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

FRAME_COLORS = "inferno"
MASK_COLOR = (0.35, 0.75, 1.0, 0.45)
BRIGHTEST_PERCENTILE = 99.9
DARKEST_OF_MEDIAN = 0.3
"""Black is well below the background, so that the background itself can be seen."""


@dataclass(frozen=True)
class History:
    """A number that follows the reaction; ``values`` over ``times`` in s."""

    name: str
    times: Array
    values: Array


def draw_overview(
    drawing: "Figure",
    image: NDArray[Any],
    mask: NDArray[np.bool_],
    geometry: Geometry,
    curve: Line,
    truth: Line,
    y_label: str,
    histories: list[History],
) -> None:
    """Draw the three panels.

    Parameters
    ----------
    drawing
        An empty figure, wider than high.
    image, mask
        A frame and the pixels that were left out, both of ``geometry.shape``.
    geometry
        Where the beam centre is.
    curve, truth
        What was measured and what it should be.
    y_label
        Of both.
    histories
        Numbers over time, each drawn relative to its largest value.
    """
    left, right = drawing.subfigures(1, 2, width_ratios=[1, 1.25], squeeze=False)[0]
    draw_frame(left.subplots(), image, mask, geometry)
    top, bottom = right.subplots(2, 1, height_ratios=[1.7, 1])
    draw_on(top, [curve], Style(y_label=y_label, title="its curve, with standard error"))
    known = truth.q <= np.nanmax(curve.q[np.isfinite(curve.intensity)])
    top.plot(truth.q[known], truth.intensity[known], "k:", linewidth=0.9, label=truth.name)
    top.legend(frameon=False)
    _draw_histories(bottom, histories)


def draw_frame(
    axes: "Axes", image: NDArray[Any], mask: NDArray[np.bool_], geometry: Geometry
) -> None:
    """Draw counts on a logarithmic colour scale, the mask over them and the beam centre."""
    from matplotlib.colors import ListedColormap, LogNorm

    counts = np.where(image > 0, image, np.nan).astype(np.float64)
    brightest = max(float(np.nanpercentile(counts[~mask], BRIGHTEST_PERCENTILE)), 10.0)
    lowest = max(DARKEST_OF_MEDIAN * float(np.nanmedian(counts[~mask])), 1.0)
    axes.set_facecolor("black")
    shown = axes.imshow(counts, cmap=FRAME_COLORS, norm=LogNorm(lowest, brightest))
    axes.imshow(np.where(mask, 1.0, np.nan), cmap=ListedColormap([MASK_COLOR]))
    row, column = geometry.beam_center
    axes.plot(column - 0.5, row - 0.5, "+", color="white", markersize=12)
    axes.set_title("a frame; blue: left out by the mask")
    axes.set_xlabel("column / pixel")
    axes.set_ylabel("row / pixel")
    axes.figure.colorbar(shown, ax=axes, label="counts", shrink=0.8, pad=0.02)


def _draw_histories(axes: "Axes", histories: list[History]) -> None:
    for history in histories:
        relative = history.values / np.max(history.values)
        axes.plot(history.times, relative, ".-", markersize=3, linewidth=0.8, label=history.name)
    axes.set_title("integral parameters of all frames")
    axes.set_xlabel("time of the image / s")
    axes.set_ylabel("relative to largest")
    axes.grid(visible=True, color="0.9", linewidth=0.6)
    axes.legend(frameon=False)
