"""Beside the plot: which channels are drawn, how, and with what they are compared."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from PyQt5.QtCore import QEvent, QSignalBlocker, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QIcon, QKeySequence, QPixmap
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QShortcut,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import channel_color, in_characters, in_lines
from saxsleash.models.curves_model import CurvesModel
from saxsleash.models.presentation import Abscissa, Presentation, QUnit
from saxsleash.models.scales import ScaleKind
from saxsleash.panels.plot_options import PlotOptions, View
from saxsleash.panels.plot_waterfall import step_text

Choice = TypeVar("Choice", bound=StrEnum)

PRESENTATIONS = {
    Presentation.INTENSITY: "I (q)",
    Presentation.KRATKY: "Kratky: q² I",
    Presentation.POROD: "Porod: q⁴ I",
    Presentation.GUINIER: "Guinier: ln I (q²)",
}
SCALES = {
    ScaleKind.LINEAR: "linear",
    ScaleKind.LOG: "log",
    ScaleKind.SYMLOG: "symlog",
}
UNITS = {QUnit.INVERSE_NM: "nm⁻¹", QUnit.INVERSE_ANGSTROM: "Å⁻¹"}

_MOST_IN_WATERFALL = 50
_MOST_STEP = 100
_MOST_ROWS = 8
_LINES_A_ROW = 1.3
_NAME = Qt.UserRole


class PlotSide(QWidget):
    """The choices beside a plot; what is chosen is read from ``options`` and ``hidden``."""

    chosen = pyqtSignal()

    def __init__(self, model: CurvesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.options = PlotOptions()
        self.hidden: set[str] = set()
        self._listed: tuple[str, ...] = ()
        layout = QVBoxLayout(self)
        layout.addLayout(self._channels_part())
        layout.addLayout(self._axes_part())
        layout.addWidget(self._references_part())
        layout.addStretch(1)
        model.references_changed.connect(self._list_references)
        self._show_options()
        self._list_references()

    def set_options(self, options: PlotOptions, hidden: Sequence[str] | None = None) -> None:
        """Choose other options, and with ``hidden`` other channels."""
        self.options = replace(
            options,
            waterfall_length=min(max(options.waterfall_length, 2), _MOST_IN_WATERFALL),
            heat_map_length=min(max(options.heat_map_length, 2), self._model.length),
            step_percent=min(max(options.step_percent, 0), _MOST_STEP),
        )
        if hidden is not None:
            self.hidden = set(hidden)
            self._listed = ()
            self.list_channels()
        self._show_options()
        self.chosen.emit()

    def list_channels(self) -> None:
        """List the channels that the model knows by now."""
        if self._model.channels == self._listed:
            return
        self._listed = self._model.channels
        with QSignalBlocker(self.channels), QSignalBlocker(self.channel):
            self.channels.clear()
            self.channel.clear()
            for index, name in enumerate(self._listed):
                icon = self._swatch(channel_color(index, self.palette()))
                item = QListWidgetItem(icon, name, self.channels)
                item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsUserCheckable | Qt.ItemIsSelectable)
                item.setCheckState(Qt.Unchecked if name in self.hidden else Qt.Checked)
                item.setToolTip(f"Draw channel {name}")
                self.channel.addItem(icon, name)
        self._size_channels()
        self._show_options()

    def offer(self, abscissas: Sequence[Abscissa]) -> None:
        """Offer what makes sense of curves over these: only q has a Kratky plot."""
        sensible = any(abscissa.is_q for abscissa in abscissas)
        guinier = sensible and self.options.presentation is Presentation.GUINIER
        plain = guinier or all(abscissa.is_angle for abscissa in abscissas)
        self.presentation.setEnabled(sensible or not abscissas)
        self.unit.setEnabled(sensible or not abscissas)
        self.x_scale.setEnabled(not plain or not abscissas)
        self.y_scale.setEnabled(not (guinier and all(abscissa.is_q for abscissa in abscissas)))

    def changeEvent(self, event: QEvent) -> None:
        """Draw the swatches in the colours of another palette."""
        if event.type() == QEvent.PaletteChange:
            self._listed = ()
            self.list_channels()
        super().changeEvent(event)

    def _size_channels(self) -> None:
        rows = min(max(len(self._listed), 1), _MOST_ROWS)
        self.channels.setFixedHeight(in_lines(self, _LINES_A_ROW * rows + 0.6))

    def _channels_part(self) -> QVBoxLayout:
        self.channels = QListWidget()
        self.channels.setToolTip("Check the channels to draw; double click for one alone")
        self.channels.setSelectionMode(QAbstractItemView.SingleSelection)
        self.channels.setMinimumWidth(in_characters(self, 22))
        self.channels.itemChanged.connect(self._on_channel_checked)
        self.channels.itemDoubleClicked.connect(self._on_channel_double_clicked)
        self._size_channels()
        self._channels_label = QLabel("Cha&nnels")
        self._channels_label.setBuddy(self.channels)
        part = QVBoxLayout()
        part.addWidget(self._channels_label)
        part.addWidget(self.channels)
        return part

    def _axes_part(self) -> QFormLayout:
        self.channel = QComboBox()
        self.channel.setToolTip("The channel whose last curves are shown")
        self.layout_choice = QComboBox()
        self.layout_choice.addItem("together", False)
        self.layout_choice.addItem("one plot each", True)
        self.layout_choice.setToolTip("All channels in one plot, or a plot for each channel")
        self.presentation = _combo(PRESENTATIONS, "Which function of the intensity is drawn")
        self.x_scale = _combo(
            {kind: SCALES[kind] for kind in (ScaleKind.LINEAR, ScaleKind.LOG)},
            "Scale of the horizontal axis",
        )
        self.y_scale = _combo(SCALES, "Scale of the intensity; symlog shows values below 0 as well")
        self.unit = _combo(UNITS, "Unit of q")
        self.bands = QCheckBox("Error ban&d")
        self.bands.setToolTip("Shade one standard error above and below each curve")
        self.points = QCheckBox("Poin&ts")
        self.points.setToolTip("Draw the points of each curve")
        self.length = QSpinBox()
        self.length.setPrefix("last ")
        self.length.setToolTip("How many curves are shown")
        self.step = QSlider(Qt.Horizontal)
        self.step.setRange(0, _MOST_STEP)
        self.step.setToolTip("How far each curve lies above the one that came after it")
        self.step_label = QLabel()
        self.rows = QComboBox()
        self.rows.addItem("number", False)
        self.rows.addItem("time", True)
        self.rows.setToolTip("What is written beside the rows")
        form = QFormLayout()
        self._form = form
        form.addRow("Channel", self.channel)
        form.addRow("Layout", self.layout_choice)
        form.addRow("Show", self.presentation)
        form.addRow("x axis", self.x_scale)
        form.addRow("y axis", self.y_scale)
        form.addRow("q in", self.unit)
        form.addRow(self.bands)
        form.addRow(self.points)
        form.addRow("Curves", self.length)
        form.addRow("Offset", self.step)
        form.addRow("", self.step_label)
        form.addRow("Rows by", self.rows)
        combos = (self.layout_choice, self.presentation, self.x_scale, self.y_scale, self.unit)
        for combo in (*combos, self.rows):
            combo.currentIndexChanged.connect(self._on_option_changed)
        self.channel.activated.connect(self._on_channel_chosen)
        for box in (self.bands, self.points):
            box.toggled.connect(self._on_option_changed)
        for number in (self.length, self.step):
            number.valueChanged.connect(self._on_option_changed)
        return form

    def _references_part(self) -> QWidget:
        part = QWidget()
        self._references_box = part
        self.references = QListWidget()
        self.references.setFixedHeight(in_lines(self, 5.5))
        self.references.setEditTriggers(
            QAbstractItemView.DoubleClicked | QAbstractItemView.EditKeyPressed
        )
        self.references.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.references.setTextElideMode(Qt.ElideMiddle)
        self.references.setToolTip(
            "The ratio is that to the chosen one; double click to rename, Delete to remove"
        )
        self.references.currentItemChanged.connect(self._on_reference_chosen)
        self.references.itemChanged.connect(self._on_reference_renamed)
        delete = QShortcut(QKeySequence(QKeySequence.Delete), self.references)
        delete.setContext(Qt.WidgetShortcut)
        delete.activated.connect(self._on_remove_clicked)
        self.remove = QPushButton("&Remove")
        self.remove.setToolTip("Remove the chosen reference (Delete)")
        self.remove.clicked.connect(self._on_remove_clicked)
        self.remove_all = QPushButton("Remove all")
        self.remove_all.setToolTip("Remove all references")
        self.remove_all.clicked.connect(self._model.remove_references)
        label = QLabel("References")
        label.setBuddy(self.references)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.references)
        buttons = QHBoxLayout()
        buttons.addWidget(self.remove)
        buttons.addWidget(self.remove_all)
        layout.addLayout(buttons)
        return part

    def _show_options(self) -> None:
        """Let the widgets say what the options are, and show those of the view."""
        options = self.options
        blocked = [QSignalBlocker(widget) for widget in self._inputs()]
        self.layout_choice.setCurrentIndex(self.layout_choice.findData(options.one_each))
        self.presentation.setCurrentIndex(self.presentation.findData(options.presentation))
        self.x_scale.setCurrentIndex(self.x_scale.findData(options.x_scale))
        self.y_scale.setCurrentIndex(self.y_scale.findData(options.y_scale))
        self.unit.setCurrentIndex(self.unit.findData(options.unit))
        self.rows.setCurrentIndex(self.rows.findData(options.rows_by_time))
        self.bands.setChecked(options.bands)
        self.points.setChecked(options.points)
        self.step.setValue(options.step_percent)
        waterfall = options.view is View.WATERFALL
        self.length.setRange(2, _MOST_IN_WATERFALL if waterfall else self._model.length)
        self.length.setValue(options.waterfall_length if waterfall else options.heat_map_length)
        self.channel.setCurrentIndex(max(self.channel.findText(options.channel), 0))
        del blocked
        self.step_label.setText(step_text(options.step_percent, options.y_scale))
        self._show_those_of(options.view)

    def _show_those_of(self, view: View) -> None:
        curves = view is View.CURVES
        self._channels_label.setVisible(curves)
        self.channels.setVisible(curves)
        self._references_box.setVisible(curves and bool(self._model.references))
        several = {View.WATERFALL, View.HEAT_MAP}
        for widget, views in (
            (self.channel, several),
            (self.layout_choice, {View.CURVES}),
            (self.bands, {View.CURVES}),
            (self.points, {View.CURVES}),
            (self.length, several),
            (self.step, {View.WATERFALL}),
            (self.step_label, {View.WATERFALL}),
            (self.rows, {View.HEAT_MAP}),
        ):
            widget.setVisible(view in views)
            label = self._form.labelForField(widget)
            if label is not None:
                label.setVisible(view in views)

    def _inputs(self) -> Sequence[QWidget]:
        return (
            self.channel,
            self.layout_choice,
            self.presentation,
            self.x_scale,
            self.y_scale,
            self.unit,
            self.bands,
            self.points,
            self.length,
            self.step,
            self.rows,
        )

    def _on_option_changed(self) -> None:
        options = replace(
            self.options,
            one_each=bool(self.layout_choice.currentData()),
            presentation=Presentation(self.presentation.currentData()),
            unit=QUnit(self.unit.currentData()),
            x_scale=ScaleKind(self.x_scale.currentData()),
            y_scale=ScaleKind(self.y_scale.currentData()),
            bands=self.bands.isChecked(),
            points=self.points.isChecked(),
            step_percent=self.step.value(),
            rows_by_time=bool(self.rows.currentData()),
        )
        if options.view is View.WATERFALL:
            options = replace(options, waterfall_length=self.length.value())
        elif options.view is View.HEAT_MAP:
            options = replace(options, heat_map_length=self.length.value())
        self.options = options
        self.step_label.setText(step_text(options.step_percent, options.y_scale))
        self.chosen.emit()

    def _on_channel_chosen(self) -> None:
        self.options = replace(self.options, channel=self.channel.currentText())
        self.chosen.emit()

    def _on_channel_checked(self, item: QListWidgetItem) -> None:
        if item.checkState() == Qt.Checked:
            self.hidden.discard(item.text())
        else:
            self.hidden.add(item.text())
        self.chosen.emit()

    def _on_channel_double_clicked(self, chosen: QListWidgetItem) -> None:
        """Draw one channel alone, or all again if it was."""
        others = set(self._listed) - {chosen.text()}
        self.hidden = set() if others and others <= self.hidden else others
        with QSignalBlocker(self.channels):
            for row in range(self.channels.count()):
                item = self.channels.item(row)
                if item is not None:
                    hidden = item.text() in self.hidden
                    item.setCheckState(Qt.Unchecked if hidden else Qt.Checked)
        self.chosen.emit()

    def _list_references(self) -> None:
        with QSignalBlocker(self.references):
            self.references.clear()
            for reference in self._model.references:
                item = QListWidgetItem(reference.name, self.references)
                item.setFlags(item.flags() | Qt.ItemIsEditable)
                item.setData(_NAME, reference.name)
                item.setToolTip(reference.name)
                if reference is self._model.divisor:
                    self.references.setCurrentItem(item)
        self._show_those_of(self.options.view)

    def _on_reference_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._model.divide_by(item.data(_NAME))

    def _on_reference_renamed(self, item: QListWidgetItem) -> None:
        self._model.rename_reference(item.data(_NAME), item.text())

    def _on_remove_clicked(self) -> None:
        item = self.references.currentItem()
        if item is not None:
            self._model.remove_reference(item.data(_NAME))

    def _swatch(self, color: QColor) -> QIcon:
        size = in_lines(self, 0.8)
        picture = QPixmap(size, size)
        picture.fill(color)
        return QIcon(picture)


def _combo(choices: dict[Choice, str], tooltip: str) -> QComboBox:
    combo = QComboBox()
    for choice, text in choices.items():
        combo.addItem(text, choice)
    combo.setToolTip(tooltip)
    return combo
