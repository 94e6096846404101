"""The plot tab: the newest curves, the last ones, and what to compare them with."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QByteArray, QEvent, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import (
    Tone,
    digits_font,
    in_characters,
    in_lines,
    muted_color,
    tone_color,
)
from saxsleash.models.curves_model import CAKE, CurvesModel, ShownCurve
from saxsleash.models.history_columns import INTENSITY, INVARIANT, LENGTH, MOMENT, quantity_of
from saxsleash.models.preferences import names_in
from saxsleash.models.presentation import Abscissa
from saxsleash.panels.plot_caption import time_text
from saxsleash.panels.plot_contents import contents_of
from saxsleash.panels.plot_curves_view import CurvesView
from saxsleash.panels.plot_export import (
    curves_csv,
    picture_of,
    recent_csv,
    write_csv,
    write_picture,
)
from saxsleash.panels.plot_heat_map import HeatMapView
from saxsleash.panels.plot_options import PlotOptions, View
from saxsleash.panels.plot_side import PlotSide
from saxsleash.panels.plot_strip import PlotStrip
from saxsleash.panels.plot_waterfall import WaterfallView
from saxsleash.panels.redraw import Redraw

NOTHING_YET = (
    "<h3>No curve yet</h3><p>{}:<br>"
    "the newest curve of every channel is drawn here as images are integrated.</p>"
)
FIRST_STEP = "Connect to a server and start a queue"
HINT = "Move the mouse over the plot to read a point"
NOTHING_CHOSEN = "<h3>No channel is chosen</h3><p>Check a channel in the list at the right.</p>"
PICTURES = "Picture (*.png);;Scalable drawing (*.svg)"
TABLES = "Table (*.csv)"
_SHORT = {INTENSITY.label.lower(): "integral I"}

_IN_WORDS = {quantity.name for quantity in (INTENSITY, INVARIANT, LENGTH, MOMENT)}
"""Parameters that the caption has as words, or as part of them."""


class PlotPanel(QWidget):
    """Draws a :class:`CurvesModel`.

    ``back_to_newest`` is emitted after the user left an image that was picked in the history;
    ``told`` has a sentence for the status bar.
    """

    back_to_newest = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(self, model: CurvesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._next_step = FIRST_STEP
        self.strip = PlotStrip()
        self.side = PlotSide(model)
        self.curves_view = CurvesView()
        self.waterfall = WaterfallView()
        self.heat_map = HeatMapView()
        self._views: dict[View, CurvesView | WaterfallView | HeatMapView] = {
            View.CURVES: self.curves_view,
            View.WATERFALL: self.waterfall,
            View.HEAT_MAP: self.heat_map,
        }
        self._build()
        self._redraw = Redraw(self._draw, self)
        self._connect()
        self._restyle()
        self.strip.choose(self.options.view)
        self._redraw.request()

    @property
    def options(self) -> PlotOptions:
        """What the user chose."""
        return self.side.options

    def set_next_step(self, step: str) -> None:
        """Say what has to be done for the first curve, where there is none; without a full stop."""
        if step != self._next_step:
            self._next_step = step
            self._redraw.request()

    def choose(self, options: PlotOptions) -> None:
        """Draw with other options."""
        self.side.set_options(options)

    def save_state(self) -> dict[str, Any]:
        """Return what was chosen, as plain values."""
        return {
            **self.options.as_dict(),
            "hidden": sorted(self.side.hidden),
            "layout": bytes(self._splitter.saveState().toBase64()).decode(),
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Choose what was chosen before; what is not understood stays as it is."""
        self.side.set_options(self.options.updated(state), names_in(state.get("hidden")))
        layout = state.get("layout")
        if isinstance(layout, str):
            self._splitter.restoreState(QByteArray.fromBase64(layout.encode("ascii", "ignore")))

    def export_csv(self, path: Path) -> None:
        """Write the curves that are shown, or the last ones of a channel, as a table.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self._draw()
        options = self.options
        if options.view is View.CURVES:
            series = [one for plot in self.curves_view.contents for one in plot.series]
            write_csv(path, curves_csv(series, options.presentation, options.unit))
            return
        waterfall = options.view is View.WATERFALL
        length = options.waterfall_length if waterfall else options.heat_map_length
        recent = self._model.recent(self._channel())[-length:]
        write_csv(path, recent_csv(recent, options.unit))

    def export_picture(self, path: Path) -> None:
        """Write what is drawn as a picture, of the kind that the name says.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self._draw()
        write_picture(self._view(), path)

    def copy_picture(self) -> None:
        """Put what is drawn into the clipboard."""
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setImage(picture_of(self._view()))
            self.told.emit("The picture is in the clipboard")

    def changeEvent(self, event: QEvent) -> None:
        """Draw in the colours of another palette."""
        if event.type() == QEvent.PaletteChange:
            self._restyle()
        super().changeEvent(event)

    def _build(self) -> None:
        self._message = QLabel()
        self._message.setAlignment(Qt.AlignCenter)
        self._message.setTextFormat(Qt.RichText)
        self._message.setWordWrap(True)
        self._message.setAutoFillBackground(True)
        self._message.setBackgroundRole(self.palette().Base)
        self._stack = QStackedWidget()
        for page in (self._message, *self._views.values()):
            self._stack.addWidget(page)
        self.reading = QLabel()
        self.reading.setFont(digits_font(self))
        self.reading.setMinimumHeight(in_lines(self, 1.3))
        self.reading.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        self.reading.setToolTip("The point under the mouse")
        self.reading.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.reading.hide()
        self._hint = QLabel()
        self._hint.setFixedHeight(self.reading.minimumHeight())
        self._hint.setIndent(in_characters(self, 1))
        self._hint.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack, 1)
        column.addWidget(self.reading)
        column.addWidget(self._hint)
        scrolled = QScrollArea()
        scrolled.setWidget(self.side)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.NoFrame)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        bar = self.style().pixelMetric(QStyle.PM_ScrollBarExtent)
        scrolled.setMinimumWidth(self.side.minimumSizeHint().width() + bar)
        self._splitter = QSplitter(Qt.Horizontal)
        self._splitter.addWidget(left)
        self._splitter.addWidget(scrolled)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setCollapsible(0, False)
        layout = QVBoxLayout(self)
        layout.addWidget(self.strip)
        layout.addWidget(self._picked_bar())
        layout.addWidget(self._splitter, 1)

    def _picked_bar(self) -> QWidget:
        self.picked = QFrame()
        self.picked.setFrameShape(QFrame.StyledPanel)
        self._picked_text = QLabel()
        self._picked_text.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.back = QPushButton("&Back to newest")
        self.back.setToolTip("Show the newest curves as they come")
        row = QHBoxLayout(self.picked)
        margin = in_characters(self, 1)
        row.setContentsMargins(margin, margin // 2, margin, margin // 2)
        row.addWidget(self._picked_text, 1)
        row.addWidget(self.back)
        self.picked.hide()
        return self.picked

    def _connect(self) -> None:
        self._model.changed.connect(self._redraw.request)
        self._model.references_changed.connect(self._redraw.request)
        self.side.chosen.connect(self._redraw.request)
        strip = self.strip
        strip.view_chosen.connect(self._on_view_chosen)
        strip.pause_toggled.connect(self._model.pause)
        strip.freeze_clicked.connect(self._model.freeze)
        strip.show_all_clicked.connect(self._on_show_all_clicked)
        strip.copy_clicked.connect(self.copy_picture)
        strip.save_picture_clicked.connect(self._on_save_picture_clicked)
        strip.save_data_clicked.connect(self._on_save_data_clicked)
        self.back.clicked.connect(self._on_back_clicked)
        for view in (self.curves_view, self.heat_map):
            view.read.connect(self._on_read)

    def _on_read(self, reading: str) -> None:
        self.reading.setText(reading)
        self.reading.setHidden(not reading)
        self._hint.setHidden(bool(reading))

    def _on_view_chosen(self, view: str) -> None:
        self._on_read("")
        self.choose(replace(self.options, view=View(view)))

    def _on_show_all_clicked(self) -> None:
        self._view().show_all()

    def _on_back_clicked(self) -> None:
        self._model.unpin()
        self.back_to_newest.emit()

    def _on_save_picture_clicked(self) -> None:
        self._ask_where("Save picture", PICTURES, ".png", self.export_picture)

    def _on_save_data_clicked(self) -> None:
        self._ask_where("Save data", TABLES, ".csv", self.export_csv)

    def _ask_where(self, title: str, kinds: str, suffix: str, write: Any) -> None:
        dialog = QFileDialog(self, title, "", kinds)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(kind[-4:-1]))
        dialog.selectFile(f"{Path(self._model.image or 'curves').stem}{suffix}")
        dialog.fileSelected.connect(lambda name: self._write(Path(name), write))
        dialog.open()

    def _write(self, path: Path, write: Any) -> None:
        try:
            write(path)
        except OSError as error:
            box = QMessageBox(QMessageBox.Critical, "Not saved", f"{path} was not written.")
            box.setParent(self, Qt.Dialog)
            box.setInformativeText(error.strerror or str(error))
            box.setAttribute(Qt.WA_DeleteOnClose)
            box.open()
        else:
            self.told.emit(f"Wrote {path}")

    def _draw(self) -> None:
        model, options = self._model, self.options
        self.side.list_channels()
        self.strip.choose(options.view)
        self.strip.tell(model)
        self._tell_picked()
        shown = [curve for curve in model.curves if curve.channel not in self.side.hidden]
        if options.view is not View.CURVES:
            shown = model.recent(self._channel())[-1:]
        self.side.offer([curve.abscissa for curve in shown])
        if not shown:
            nothing_yet = NOTHING_YET.format(self._next_step)
            self._message.setText(NOTHING_CHOSEN if model.curves else nothing_yet)
            self._stack.setCurrentWidget(self._message)
            self._on_read("")
            self._hint.clear()
            return
        self._hint.setText("" if options.view is View.WATERFALL else HINT)
        self._stack.setCurrentWidget(self._view())
        match options.view:
            case View.CURVES:
                self._draw_curves(shown)
            case View.WATERFALL:
                recent = model.recent(self._channel())
                self._write_caption(
                    self.waterfall, shown, min(len(recent), options.waterfall_length)
                )
                self.waterfall.draw(recent, self._color_index(), options)
            case View.HEAT_MAP:
                recent = model.recent(self._channel())
                self._write_caption(self.heat_map, shown, min(len(recent), options.heat_map_length))
                self.heat_map.draw(recent, options)

    def _draw_curves(self, shown: Sequence[ShownCurve]) -> None:
        self._write_caption(self.curves_view, shown, 1)
        plots = contents_of(self._model, self.options, self.side.hidden, self.curves_view.contents)
        self.curves_view.draw(plots, self.options)

    def _write_caption(
        self,
        view: CurvesView | WaterfallView | HeatMapView,
        shown: Sequence[ShownCurve],
        number: int,
    ) -> None:
        first = shown[0]
        known = [curve for curve in shown if curve.parameters or curve.kind == CAKE]
        details = "      ".join(self._parameters_of(curve) for curve in known)
        if number > 1:
            details = f"{first.channel}, the last {number} curves; newest: {details}"
        whole = "\n".join(self._parameters_of(curve, units=True) for curve in known)
        view.caption.write(first.image, time_text(first.time), details, whole)

    def _parameters_of(self, curve: ShownCurve, *, units: bool = False) -> str:
        """Return the parameters of a curve, with its channel where there are others."""
        text = parameters_text(curve, units=units)
        return text if len(self._model.channels) == 1 else f"{curve.channel}:  {text}"

    def _tell_picked(self) -> None:
        self.picked.setVisible(self._model.is_pinned)
        if self._model.is_pinned:
            image = self._model.image or "?"
            self._picked_text.setText(f"Showing {image}, picked in the history")
            self._picked_text.setToolTip(image)

    def _channel(self) -> str:
        channels = self._model.channels
        chosen = self.options.channel
        return chosen if chosen in channels else next(iter(channels), "")

    def _color_index(self) -> int:
        channels = self._model.channels
        return channels.index(self._channel()) if channels else 0

    def _view(self) -> CurvesView | WaterfallView | HeatMapView:
        return self._views[self.options.view]

    def _restyle(self) -> None:
        color = tone_color(Tone.BUSY, self.palette())
        self.picked.setStyleSheet(
            f"QFrame {{ border: 1px solid {color.name()}; }} QLabel {{ border: 0; }}"
        )
        self._hint.setStyleSheet(f"color: {muted_color(self.palette()).name()}")
        self._redraw.request()


def parameters_text(curve: ShownCurve, *, units: bool = False) -> str:
    """Return the integral parameters of a curve in words, short ones without most units."""
    words = [f"mean over azimuth of {curve.file}"] if curve.kind == CAKE else []
    for name in (INTENSITY.name, INVARIANT.name):
        if name in curve.parameters:
            quantity = quantity_of(name, curve.unit)
            value = f"{curve.parameters[quantity.name]:.5g}"
            unit = f" {quantity.unit}" if units and curve.abscissa is not Abscissa.AZIMUTH else ""
            label = quantity.label.lower()
            words.append(f"{label if units else _SHORT.get(label, label)} {value}{unit}")
    length = curve.correlation_length
    if math.isfinite(length):
        words.append(f"correlation length {length:.4g} nm")
    words += (
        f"{quantity.label} {value:.5g} {quantity.unit}".rstrip() if units else f"{name} {value:.5g}"
        for name, value in curve.parameters.items()
        if name not in _IN_WORDS and math.isfinite(value)
        for quantity in (quantity_of(name, curve.unit),)
    )
    return "  ".join(words)
