"""``saxsleash plot``: draw the curves of an image, mostly of the newest."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.connection import connect
from saxsdog.cli.leash.documents import document_of, print_document
from saxsdog.cli.leash.newest import Newest
from saxsdog.errors import ProtocolError, UsageError
from saxsdog.figures.canvas import figure, require_matplotlib
from saxsdog.figures.curves import Line, Style, draw_on, x_label_of, y_label_of
from saxsdog.protocol.arrays import arrays_of
from saxsdog.protocol.messages import NewestCurves
from saxsdog.words import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE_SIZE = (8.0, 5.5)
BETWEEN_DRAWINGS_MS = 200
"""Five pictures a second are as many as anybody can look at."""

COLUMNS_OF_CURVE = 3


def plot(options: argparse.Namespace) -> int:
    """Draw the curve of every channel, of one image."""
    if options.live and (options.output is not None or options.json):
        raise UsageError("--live needs a window: it goes without --output and --json")
    if options.output is not None or not options.json:
        require_matplotlib()
    if options.live:
        return _live(options)
    with connect(options) as client:
        curves = client.plot(options.cursor)
    lines = lines_of(curves)
    if options.json:
        print_document(_document(curves))
    if options.output is not None or not options.json:
        if not lines:
            raise UsageError("expected a curve to draw, none was integrated yet")
        with figure(FIGURE_SIZE, options.output) as drawing:
            draw(drawing, curves)
    if options.output is not None and not options.json:
        print(f"wrote {options.output}")
    return ExitStatus.WELL


def draw(drawing: "Figure", curves: NewestCurves) -> None:
    """Draw each curve, on a pair of axes for each abscissa."""
    lines = lines_of(curves)
    groups: dict[tuple[str, str], list[Line]] = {}
    for graph, line in zip(curves.graphs, lines, strict=True):
        labels = x_label_of(graph.columns[0]), y_label_of(graph.columns[1:2])
        groups.setdefault(labels, []).append(line)
    drawing.suptitle(printable(curves.image or "").replace("$", r"\$"), fontsize="medium")
    panels = drawing.subplots(1, max(len(groups), 1), squeeze=False)[0]
    for axes, ((below, beside), group) in zip(panels, groups.items(), strict=False):
        draw_on(axes, group, Style(x_label=below, y_label=beside))
        axes.legend(frameon=False, fontsize="small")


def lines_of(curves: NewestCurves) -> Sequence[Line]:
    """Return the curves as what is drawn.

    Raises
    ------
    ProtocolError
        If a curve does not have three columns.
    """
    arrays = arrays_of(curves)
    lines = []
    for graph in curves.graphs:
        columns = list(arrays[graph.channel].values())
        if len(columns) != COLUMNS_OF_CURVE:
            raise ProtocolError(
                f"{graph.channel}: expected three columns with names of their own, got "
                f"{', '.join(graph.columns)}"
            )
        lines.append(Line(graph.channel, *columns))
    return lines


def _live(options: argparse.Namespace) -> int:
    with connect(options) as client, Newest(client) as newest:
        newest.first()  # a server that is not there is noticed before a window opens
        with figure(FIGURE_SIZE, None) as drawing:
            redraw(drawing, newest)
            timer = drawing.canvas.new_timer(BETWEEN_DRAWINGS_MS)
            timer.add_callback(redraw, drawing, newest)
            timer.start()
    return ExitStatus.WELL


def redraw(drawing: "Figure", newest: Newest) -> None:
    """Draw again if there is something new; say so if the server does not answer."""
    curves, problem = newest.take()
    if curves is not None:
        drawing.clear()
        draw(drawing, curves)
    if curves is not None or problem is not None:
        manager = drawing.canvas.manager
        if manager is not None:
            manager.set_window_title(printable(problem or "saxsleash plot --live"))
        drawing.canvas.draw_idle()


def _document(curves: NewestCurves) -> dict[str, Any]:
    """Return the reply with the numbers of each curve; what is not finite is null."""
    arrays = arrays_of(curves)
    document = document_of(curves)
    for graph in document["graphs"]:
        columns = arrays[graph["channel"]]
        graph["data"] = {name: _listed(values) for name, values in columns.items()}
    return document


def _listed(values: NDArray[np.float64]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
