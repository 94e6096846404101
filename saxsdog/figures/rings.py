"""A powder frame with the points that were found on its rings, and how far beside they lie."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.figures.overview import draw_frame
from saxsdog.refinement.result import Refinement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_refinement(
    drawing: "Figure", image: NDArray[Any], mask: NDArray[np.bool_], refinement: Refinement
) -> None:
    """Draw the frame with all points on the left, the residuals of each ring on the right.

    Parameters
    ----------
    drawing
        An empty figure, wider than high.
    image, mask
        The frame and the pixels that were left out.
    refinement
        What came of them.
    """
    left, right = drawing.subplots(1, 2)
    draw_frame(left, image, mask, refinement.geometry)
    points, used = refinement.points, refinement.used
    left.plot(points.column[used] - 0.5, points.row[used] - 0.5, ".", color="lime", markersize=3)
    left.plot(points.column[~used] - 0.5, points.row[~used] - 0.5, "x", color="red", markersize=4)
    rows, columns = image.shape
    left.set_xlim(-0.5, columns - 0.5)
    left.set_ylim(rows - 0.5, -0.5)
    left.set_title(f"rings of {refinement.calibrant.name}; red: not used")
    _draw_residuals(right, refinement)


def _draw_residuals(axes: "Axes", refinement: Refinement) -> None:
    points, used = refinement.points, refinement.used
    for ring in refinement.rings:
        own = used & (points.ring == ring.order - 1)
        order = np.argsort(points.azimuth[own])
        axes.plot(
            np.degrees(points.azimuth[own])[order],
            refinement.residuals[own][order],
            ".-",
            linewidth=0.6,
            markersize=3,
            label=f"{ring.order}: {ring.q:.4g} nm⁻¹",
        )
    axes.axhline(0.0, color="0.5", linewidth=0.8)
    axes.set_xlabel("azimuth / degree")
    axes.set_ylabel("distance outside its ring / pixel")
    axes.set_title(f"residuals, {refinement.rms:.2f} pixels")
    axes.legend(frameon=False, fontsize="small", ncols=2)
    axes.grid(visible=True, color="0.9", linewidth=0.6)
