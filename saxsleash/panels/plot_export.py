"""Curves as tables, and drawings as pictures, for other programs and for the logbook."""

import csv
import io
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QBuffer, QIODevice, QRectF
from PyQt5.QtGui import QImage, QPainter
from pyqtgraph.exporters import ImageExporter, SVGExporter

from saxsdog.reduction.intensity import in_ascii
from saxsdog.whole_file import write_whole
from saxsleash.models.curves_model import ShownCurve
from saxsleash.models.presentation import Abscissa, Presentation, QUnit
from saxsleash.panels.plot_caption import time_text
from saxsleash.panels.plot_contents import Series
from saxsleash.panels.plot_curves_view import CurvesView
from saxsleash.panels.plot_heat_map import HeatMapView
from saxsleash.panels.plot_waterfall import WaterfallView

PICTURE_SCALE = 2
"""Pixels of a picture for each pixel of the screen, so that it can be printed."""

UNKNOWN = "unknown unit"

_POWERS = {Presentation.KRATKY: 2, Presentation.POROD: 4}


def curves_csv(series: Sequence[Series], presentation: Presentation, unit: QUnit) -> str:
    """Return curves as columns side by side, with a line that says where each comes from.

    The numbers are I(q) as measured; those of another presentation stand beside them.
    """
    head: list[list[str]] = [[], [], [], []]
    columns: list[NDArray[np.float64]] = []
    for one in series:
        named = _columns(one, presentation, unit)
        columns += [values for _, values in named]
        curve = one.curve
        words = (curve.channel, curve.image, time_text(curve.time))
        for row, text in zip(head, words, strict=False):
            row += [text] * len(named)
        head[3] += [f"{one.name} {name}" for name, _ in named]
    rows = itertools.zip_longest(*(map(_text, values.tolist()) for values in columns), fillvalue="")
    names = ("# channel", "# image", "# time", "")
    return _written([*(_commented(*line) for line in zip(names, head, strict=True)), *rows])


def recent_csv(curves: Sequence[ShownCurve], unit: QUnit) -> str:
    """Return the last curves of a channel over one axis: a column for each image."""
    if not curves:
        return _written([["# no curves"]])
    newest = curves[-1]
    alike = [curve for curve in curves if curve.is_like(newest)]
    axis, values = _axis(newest, unit)
    head = [
        [f"# channel {newest.channel}, intensity in {in_ascii(newest.unit) or UNKNOWN}"],
        ["# time", *(time_text(curve.time) for curve in alike)],
        [axis, *(curve.image for curve in alike)],
    ]
    table = np.column_stack([values, *(curve.intensity for curve in alike)])
    return _written([*head, *(map(_text, row) for row in table.tolist())])


def write_csv(path: Path, text: str) -> None:
    """Write a table; a file that was there is replaced at once or not at all."""
    write_whole(path, text.encode())


def picture_of(view: CurvesView | WaterfallView | HeatMapView) -> QImage:
    """Return a drawing as a picture, finer than on the screen."""
    # Its own export enlarges only what follows the transformation, which a legend does not.
    exporter = ImageExporter(view.scene())
    area = QRectF(view.viewport().rect())
    picture = QImage(area.size().toSize() * PICTURE_SCALE, QImage.Format_ARGB32)
    picture.setDevicePixelRatio(PICTURE_SCALE)
    picture.fill(view.backgroundBrush().color())
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.Antialiasing)
    exporter.setExportMode(True, {"antialias": True, "painter": painter})
    view.restyle(PICTURE_SCALE / view.devicePixelRatioF())
    try:
        view.scene().render(painter, area, view.viewRect())
    finally:
        view.restyle()
        exporter.setExportMode(False)
        painter.end()
    picture.setDevicePixelRatio(1)
    return picture


def write_picture(view: CurvesView | WaterfallView | HeatMapView, path: Path) -> None:
    """Write a drawing as SVG, or as what else the name of the file says.

    Raises
    ------
    OSError
        If the file cannot be written, or Qt does not know the kind of picture.
    """
    if path.suffix.lower() == ".svg":
        write_whole(path, SVGExporter(view.scene()).export(toBytes=True))
    else:
        write_whole(path, _encoded(picture_of(view), path.suffix[1:]))


def _encoded(picture: QImage, kind: str) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.WriteOnly)
    if not kind or not picture.save(buffer, kind):
        raise OSError(f"expected a name that ends like .png or .svg, got {f'.{kind}'!r}")
    return bytes(buffer.data())


def _columns(
    series: Series, presentation: Presentation, unit: QUnit
) -> list[tuple[str, NDArray[np.float64]]]:
    curve = series.curve
    unit_of_intensity = in_ascii(curve.unit) or UNKNOWN
    columns = [
        _axis(curve, unit),
        (f"intensity ({unit_of_intensity})", curve.intensity),
        (f"sigma ({unit_of_intensity})", curve.sigma),
    ]
    if presentation is Presentation.INTENSITY or not curve.abscissa.is_q:
        return columns
    length = unit.length.replace("Å", "A")
    if presentation is Presentation.GUINIER:
        names = (f"q^2 (1/{length}^2)", "ln(intensity)", "sigma of ln(intensity)")
        points = series.points
        return [*columns, *zip(names, (points.x, points.y, points.sigma), strict=True)]
    power = _POWERS[presentation]
    dimension = f"({unit_of_intensity}/{length}^{power})" if curve.unit else f"({UNKNOWN})"
    return [
        *columns,
        (f"q^{power} I {dimension}", series.points.y),
        (f"sigma of q^{power} I {dimension}", series.points.sigma),
    ]


def _axis(curve: ShownCurve, unit: QUnit) -> tuple[str, NDArray[np.float64]]:
    if curve.abscissa is Abscissa.AZIMUTH:
        return "azimuth (rad)", curve.q
    if not curve.abscissa.is_q:
        name = curve.abscissa.value.replace("θ", "theta")
        return f"{name} ({curve.abscissa.unit.replace('°', 'degree')})", curve.q
    return f"{curve.abscissa.value} (1/{unit.length.replace('Å', 'A')})", curve.q * unit.factor


def _commented(name: str, texts: list[str]) -> list[str]:
    """Put the name of a row of words into its first cell."""
    if not name or not texts:
        return texts
    return [f"{name}: {texts[0]}", *texts[1:]]


def _text(value: float) -> str:
    return "nan" if value != value else f"{value:.10g}"


def _written(rows: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]  # lists and maps
    return text.getvalue()
