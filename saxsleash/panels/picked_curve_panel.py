"""The curves of the image that was picked in the history, small, below it."""

import pyqtgraph as pg
from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from saxsleash.appearance import channel_color, in_characters, in_lines, muted_color, style_view
from saxsleash.models.curves_model import CurvesModel, ShownCurve
from saxsleash.models.presentation import Presentation, QUnit, place, present, x_label, y_label
from saxsleash.models.scales import Scale, ScaleKind
from saxsleash.panels.elided_label import ElidedLabel
from saxsleash.panels.file_name_label import FileNameLabel
from saxsleash.panels.plot_axis import ScaleAxis
from saxsleash.panels.plot_curve import CurveDrawing
from saxsleash.panels.redraw import Redraw

PICK = "Newest image. Click a point above to see the curves of another one."
NOTHING_YET = "The curves of the newest image, or of one that is picked above, will be here."


LINE_WIDTH = 1.0


class PickedCurvePanel(QWidget):
    """Draws the curves over q of the picked image, else of the newest, with a logarithmic axis."""

    plot_wanted = pyqtSignal()
    """Show these curves in the plot, where there is room for more."""

    def __init__(self, model: CurvesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._drawings: dict[str, CurveDrawing] = {}
        self._name = FileNameLabel()
        self._hint = ElidedLabel(modest=True)
        self._unit = QLabel()
        self._unit.setTextFormat(Qt.RichText)
        self._unit.setToolTip("What the upright axis shows")
        self._newest = QPushButton("Back to &newest")
        self._newest.setToolTip("Follow the newest image again")
        self._newest.clicked.connect(model.unpin)
        larger = QPushButton("&Larger")
        larger.setToolTip("Show these curves in the tab Plot")
        larger.clicked.connect(self.plot_wanted)
        row = QHBoxLayout()
        side = in_characters(self, 1)
        row.setContentsMargins(side, 0, side, 0)
        row.addWidget(self._hint, 1)
        row.addWidget(self._name, 1)
        row.addWidget(self._unit)
        row.addWidget(self._newest)
        row.addWidget(larger)
        self._scales = Scale(), Scale(ScaleKind.LOG)
        axes = {"bottom": ScaleAxis("bottom"), "left": ScaleAxis("left")}
        for axis, scale in zip(axes.values(), self._scales, strict=True):
            axis.set_value_scale(scale)
        self._view = pg.PlotWidget(axisItems=axes)
        self._view.setMinimumHeight(in_lines(self, 6))
        self._plot = self._view.getPlotItem()
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self._view, 1)
        self._redraw = Redraw(self._draw, self)
        model.changed.connect(self._redraw.request)
        self._restyle()
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_redraw"):
            self._restyle()

    def _restyle(self) -> None:
        style_view(self._view, self.palette())
        for label in (self._hint, self._unit):
            label.setStyleSheet(f"color: {muted_color(self.palette()).name()}")
        for channel, drawing in self._drawings.items():
            drawing.set_color(self._color(channel), LINE_WIDTH)

    def _show_axes(self, shown: bool) -> None:
        """Show no axes where there is nothing to read on them."""
        for side in ("left", "bottom"):
            self._plot.showAxis(side, shown)

    def _draw(self) -> None:
        curves = [curve for curve in self._model.curves if curve.abscissa.value == "q"]
        curves = curves or list(self._model.curves)
        self._name.setText(self._model.image or "")
        self._name.setToolTip(self._model.image or "")
        self._hint.set_text(PICK if self._model.curves else NOTHING_YET)
        self._hint.setVisible(not self._model.is_pinned)
        self._name.setVisible(self._model.is_pinned)
        self._unit.setVisible(bool(curves))
        self._newest.setVisible(self._model.is_pinned)
        self._show_axes(bool(curves))
        for gone in set(self._drawings) - {curve.channel for curve in curves}:
            self._drawings.pop(gone).remove()
        for curve in curves:
            self._draw_curve(curve)
        if curves:
            about = curves[0].abscissa, Presentation.INTENSITY, QUnit.INVERSE_NM
            self._plot.setLabel("bottom", x_label(*about))
            units = {curve.unit for curve in curves}
            self._unit.setText(y_label(*about, units))  # beside the axis there is no room for it

    def _draw_curve(self, curve: ShownCurve) -> None:
        drawing = self._drawings.get(curve.channel)
        if drawing is None:
            drawing = self._drawings[curve.channel] = CurveDrawing(self._plot, 0.0)
            drawing.set_color(self._color(curve.channel), LINE_WIDTH)
        points = present(curve.points, Presentation.INTENSITY, QUnit.INVERSE_NM, curve.abscissa)
        drawing.draw(place(points, *self._scales), band=True, points=False)

    def _color(self, channel: str) -> QColor:
        return channel_color(self._model.channels.index(channel), self.palette())
