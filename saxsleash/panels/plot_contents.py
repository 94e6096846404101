"""From curves and options to what stands in each plot."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from saxsleash.models.curves_model import CurvesModel, Reference, ShownCurve
from saxsleash.models.presentation import (
    Abscissa,
    Points,
    Presentation,
    over,
    present,
    ratio,
    x_label,
    y_label,
)
from saxsleash.models.scales import Scale, ScaleKind, threshold_for
from saxsleash.panels.plot_options import PlotOptions

LONGEST_NAME = 34
"""Characters of a name in a legend."""


@dataclass(frozen=True, eq=False)
class Series:
    """One line of a plot.

    Attributes
    ----------
    key, name
        What it is from one drawing to the next, and what it is called.
    color_index
        Of the channel.
    faded
        0 for a curve, 1 for the first reference, 2 for the next.
    curve
        Where the numbers come from.
    points
        What is drawn, before the scales.
    label
        What the legend says: the name, with the unit of the intensities where they have several.
    """

    key: str
    name: str
    color_index: int
    faded: int
    curve: ShownCurve
    points: Points
    label: str


@dataclass(frozen=True, eq=False)
class PlotContents:
    """What stands in one plot, and in the one of the ratio below it."""

    key: str
    abscissa: Abscissa
    x_scale: Scale
    y_scale: Scale
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    ratios: tuple[Series, ...]
    ratio_label: str

    @property
    def axes(self) -> tuple[object, ...]:
        """What must stay the same for the range of the axes to keep its meaning."""
        return (self.key, self.x_scale, self.y_scale.kind, self.x_label, self.y_label)


def contents_of(
    model: CurvesModel,
    options: PlotOptions,
    hidden: Collection[str],
    former: Sequence[PlotContents],
) -> list[PlotContents]:
    """Return the plots of the curves that are shown, one for each channel or each abscissa.

    Parameters
    ----------
    model, options
        What is shown, and how.
    hidden
        Channels that are not drawn.
    former
        The drawing before, whose symmetric logarithms are kept where they fit.
    """
    groups: dict[str, list[ShownCurve]] = {}
    for curve in model.curves:
        if curve.channel not in hidden:
            key = curve.channel if options.one_each else curve.abscissa.value
            groups.setdefault(key, []).append(curve)
    thresholds = {plot.key: plot.y_scale.threshold for plot in former}
    return [
        _plot(key, curves, model, options, thresholds.get(key)) for key, curves in groups.items()
    ]


def scales_of(
    options: PlotOptions, abscissa: Abscissa, values: Sequence[Points], threshold: float | None
) -> tuple[Scale, Scale]:
    """Return the scales for curves: an angle is linear, and so are the axes of Guinier.

    Where no value is above 0 a logarithmic axis would stay empty, and becomes linear.
    """
    if abscissa.is_angle:
        x_scale, y_scale = ScaleKind.LINEAR, options.y_scale
    elif not abscissa.is_q:
        x_scale, y_scale = options.x_scale, options.y_scale
    elif options.presentation is Presentation.GUINIER:
        return Scale(), Scale()
    else:
        x_scale, y_scale = options.x_scale, options.y_scale
    if y_scale is ScaleKind.LOG and not any((points.y > 0).any() for points in values):
        y_scale = ScaleKind.LINEAR
    if y_scale is ScaleKind.SYMLOG and values:
        everything = np.concatenate([points.y for points in values])
        return Scale(x_scale), Scale(y_scale, threshold_for(everything, threshold))
    return Scale(x_scale), Scale(y_scale)


def shortened(name: str) -> str:
    """Return a name with its middle left out if it is long."""
    if len(name) <= LONGEST_NAME:
        return name
    half = (LONGEST_NAME - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


def _plot(
    key: str,
    curves: Sequence[ShownCurve],
    model: CurvesModel,
    options: PlotOptions,
    threshold: float | None,
) -> PlotContents:
    abscissa = curves[0].abscissa
    drawn: list[tuple[ShownCurve, Reference | None, int]] = [(curve, None, 0) for curve in curves]
    for number, reference in enumerate(model.references, start=1):
        for curve in curves:
            kept = reference.of(curve.channel)
            if kept is not None and kept.abscissa is abscissa:
                drawn.append((kept, reference, number))
    units = {curve.unit for curve, _, _ in drawn}
    several = len(units) > 1
    series = [_series(*one, model, options, with_unit=several) for one in drawn]
    points = [one.points for one in series]
    x_scale, y_scale = scales_of(options, abscissa, points, threshold)
    divisor = model.divisor
    return PlotContents(
        key=key,
        abscissa=abscissa,
        x_scale=x_scale,
        y_scale=y_scale,
        x_label=x_label(abscissa, options.presentation, options.unit),
        y_label=y_label(abscissa, options.presentation, options.unit, units),
        series=tuple(series),
        ratios=tuple(_ratios(curves, model, options)),
        ratio_label=_ratio_label(curves, divisor) if divisor is not None else "",
    )


def _ratio_label(curves: Sequence[ShownCurve], divisor: Reference) -> str:
    label = f"ratio to {divisor.name}"
    pairs = [(curve, divisor.of(curve.channel)) for curve in curves]
    alike = all(below is None or below.unit == curve.unit for curve, below in pairs)
    return label if alike else f"{label}, in different units"


def _series(
    curve: ShownCurve,
    reference: Reference | None,
    faded: int,
    model: CurvesModel,
    options: PlotOptions,
    *,
    with_unit: bool,
) -> Series:
    points = present(curve.points, options.presentation, options.unit, curve.abscissa)
    color = model.channels.index(curve.channel) if curve.channel in model.channels else 0
    name = curve.channel if reference is None else f"{curve.channel}, {reference.name}"
    label = shortened(name)
    if with_unit:
        label += f" [{curve.unit or 'unit unknown'}]"
    return Series(f"{faded} {name} {label}", name, color, faded, curve, points, label)


def _ratios(
    curves: Sequence[ShownCurve], model: CurvesModel, options: PlotOptions
) -> Sequence[Series]:
    divisor = model.divisor
    if divisor is None:
        return []
    ratios = []
    for curve in curves:
        below = divisor.of(curve.channel)
        if below is None or below.abscissa is not curve.abscissa:
            continue
        quotient = ratio(curve.points, below.points)
        points = over(quotient, options.presentation, options.unit, curve.abscissa)
        color = model.channels.index(curve.channel) if curve.channel in model.channels else 0
        name = curve.channel
        ratios.append(Series(name, name, color, 0, curve, points, name))
    return ratios
