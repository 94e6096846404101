"""Curves with the band of their standard error."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.intensity import axis_text, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Scale = Literal["linear", "log"]

MOST_NAMED_CURVES = 12
"""More curves than these are told apart by a colour scale instead of a list of names."""


LONGEST_NAME_BESIDE_RATIO = 12


_LABELS = {
    "Scattering Vector  q [$A": "q / Å⁻¹",
    "Scattering Angle": "2θ / °",
    "Lattice Spacing": "d / nm",
    "Distance from the Beam": "r / mm",
}


@dataclass(frozen=True)
class Line:
    """What is drawn of one curve; ``sigma`` is NaN where no error is known."""

    name: str
    q: Array
    intensity: Array
    sigma: Array


@dataclass(frozen=True)
class Style:
    """How curves are drawn; ``same_unit`` is whether all intensities are in one."""

    x_scale: Scale = "linear"
    y_scale: Scale = "log"
    x_label: str = "q / nm⁻¹"
    y_label: str = "intensity"
    same_unit: bool = True
    bands: bool = True
    title: str = ""


def x_label_of(column: str) -> str:
    """Return how the axis of a curve is labelled, from the name of its first column."""
    if "Phi" in column:
        return "azimuth / rad"
    for start, label in _LABELS.items():
        if column.startswith(start):
            return label
    for axis in ("q_h", "q_v"):
        if axis in column:
            return f"${axis}$ / nm⁻¹"
    return "q / nm⁻¹"


def y_label_of(columns: Iterable[str]) -> str:
    """Return how the axis of intensities is labelled, from the names of their columns."""
    units = {unit_of(column) for column in columns}
    return axis_text("intensity", units).replace("$", r"\$")


def draw_curves(drawing: "Figure", lines: Sequence[Line], style: Style) -> None:
    """Draw all curves on one pair of axes."""
    axes = drawing.subplots()
    draw_on(axes, lines, style)
    _name_curves(drawing, axes, lines)


def draw_comparison(drawing: "Figure", lines: Sequence[Line], style: Style) -> None:
    """Draw all curves, and below them their ratio to the first one."""
    top, bottom = drawing.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    draw_on(top, lines, style)
    _name_curves(drawing, top, lines)
    top.set_xlabel("")
    reference = lines[0]
    ratios = [_ratio(line, reference) for line in lines]
    short = len(reference.name) <= LONGEST_NAME_BESIDE_RATIO
    label = f"ratio to {_label(reference.name)}" if short else "ratio to first"
    label += "" if style.same_unit else ",\nin different units"
    draw_on(bottom, ratios, replace(style, y_scale="linear", y_label=label, title=""))


def draw_on(axes: "Axes", lines: Sequence[Line], style: Style) -> None:
    """Draw curves on given axes, with their bands and labels.

    Where no intensity at all is above 0 the scale is linear: there is nothing to draw on another.
    """
    if not any((line.intensity > 0).any() for line in lines):
        style = replace(style, y_scale="linear")
    for line, color in zip(lines, _colors(len(lines)), strict=True):
        shown = np.isfinite(line.intensity)
        shown &= line.intensity > 0 if style.y_scale == "log" else True
        q, intensity = line.q[shown], line.intensity[shown]
        sigma = np.nan_to_num(line.sigma[shown])
        axes.plot(q, intensity, color=color, linewidth=1.0, label=_label(line.name))
        if style.bands:
            low, high = intensity - sigma, intensity + sigma
            if style.y_scale == "log":
                low = np.maximum(low, intensity * 1e-3)
            axes.fill_between(q, low, high, color=color, alpha=0.25, linewidth=0)
    axes.set_xscale(style.x_scale)
    axes.set_yscale(style.y_scale)
    if style.x_scale == "log":
        _label_in_plain_numbers(axes)
    axes.set_xlabel(style.x_label)
    axes.set_ylabel(style.y_label)
    axes.set_title(style.title)
    axes.grid(visible=True, which="major", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(x=0.01)


def _label(name: str) -> str:
    """Make a name of a file a label: printable, not mathematics, not hidden by an underscore."""
    printable = name.encode("utf-8", "replace").decode("utf-8").replace("$", r"\$")
    return f"\u200b{printable}" if printable.startswith("_") else printable


def _label_in_plain_numbers(axes: "Axes") -> None:
    """Write 0.2, 0.5, 1, 2 along a logarithmic axis: q spans two decades at most."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def _ratio(line: Line, reference: Line) -> Line:
    """Divide by the reference, brought to the same q; relative errors add in squares."""
    known = np.isfinite(reference.intensity)
    if not known.any():
        nothing = np.full_like(line.q, np.nan)
        return Line(line.name, line.q, nothing, nothing)
    q = reference.q[known]
    below = np.interp(line.q, q, reference.intensity[known], np.nan, np.nan)
    error = np.interp(line.q, q, reference.sigma[known], np.nan, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = line.intensity / below
        own = 0.0 if line is reference else error / below
        sigma = np.abs(ratio) * np.hypot(line.sigma / line.intensity, own)
    return Line(line.name, line.q, ratio, sigma)


def _name_curves(drawing: "Figure", axes: "Axes", lines: Sequence[Line]) -> None:
    if len(lines) <= MOST_NAMED_CURVES:
        if len(lines) > 1 or lines[0].name:
            axes.legend(frameon=False, fontsize="small")
        return
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MaxNLocator

    scale = ScalarMappable(Normalize(1, len(lines)), "viridis")
    whole = MaxNLocator(integer=True, min_n_ticks=2)
    drawing.colorbar(scale, ax=axes, label="curve", pad=0.01, ticks=whole)


def _colors(number: int) -> Sequence[Any]:
    from matplotlib import colormaps

    if number <= len(colormaps["tab10"].colors):  # type: ignore[attr-defined]
        return colormaps["tab10"].colors[:number]  # type: ignore[attr-defined,no-any-return]
    return list(colormaps["viridis"](np.linspace(0, 1, number)))
