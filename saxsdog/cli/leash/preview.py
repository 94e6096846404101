"""``saxsleash image``: draw the newest frame."""

import argparse
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.connection import connect
from saxsdog.cli.leash.documents import document_of, print_document
from saxsdog.figures.canvas import figure, require_matplotlib
from saxsdog.figures.overview import BRIGHTEST_PERCENTILE, DARKEST_OF_MEDIAN, FRAME_COLORS
from saxsdog.protocol.arrays import array_of
from saxsdog.words import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE_SIZE = (8.0, 7.0)
MAX_SIDE = 1024
"""Rows or columns; a picture of this size shows no more."""

SMALLEST_RANGE = 10.0
"""Brightest over darkest colour at least, so that a flat frame looks flat."""


def image(options: argparse.Namespace) -> int:
    """Draw the newest frame on a logarithmic scale."""
    require_matplotlib()
    with connect(options) as client:
        reply = client.image(MAX_SIDE)
    with figure(FIGURE_SIZE, options.output) as drawing:
        draw(drawing, array_of(reply), reply.frame_shape, reply.block, reply.file)
    if options.json:
        print_document(document_of(reply))
    else:
        print(f"wrote {options.output}: {printable(reply.file)}")
    return ExitStatus.WELL


def draw(
    drawing: "Figure",
    pixels: NDArray[np.float32],
    frame_shape: tuple[int, int],
    block: int,
    title: str,
) -> None:
    """Draw a reduced frame; its axes count the pixels of the whole one."""
    from matplotlib.colors import LogNorm

    counts = np.where(pixels > 0, pixels, np.nan)
    known = counts[np.isfinite(counts)]
    darkest = DARKEST_OF_MEDIAN * float(np.median(known)) if known.size else 1.0
    brightest = float(np.percentile(known, BRIGHTEST_PERCENTILE)) if known.size else 1.0
    rows, columns = (side * block for side in pixels.shape)
    axes = drawing.subplots()
    axes.set_facecolor("black")
    shown = axes.imshow(
        counts,
        cmap=FRAME_COLORS,
        norm=LogNorm(darkest, max(brightest, SMALLEST_RANGE * darkest)),
        extent=(0, columns, rows, 0),
        interpolation="nearest",
    )
    axes.set_xlim(0, frame_shape[1])
    axes.set_ylim(frame_shape[0], 0)
    axes.set_title(printable(title).replace("$", r"\$"), fontsize="medium")
    axes.set_xlabel("column / pixel")
    axes.set_ylabel("row / pixel")
    drawing.colorbar(shown, ax=axes, label="counts/pixel", shrink=0.8, pad=0.02)
