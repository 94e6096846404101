"""What happened all night: every image that was integrated, as numbers against time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QPointF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QPixmap, QResizeEvent
from PyQt5.QtWidgets import (
    QApplication,
    QFileDialog,
    QGridLayout,
    QLabel,
    QMenu,
    QStackedWidget,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from saxsdog.words import UNKNOWN, local_time
from saxsleash.appearance import channel_color, in_characters, in_lines, muted_color
from saxsleash.models.history_columns import INTENSITY, INVARIANT, LENGTH, number_of
from saxsleash.models.history_model import HistoryModel, TimeSource
from saxsleash.panels.history_export import HistoryTable
from saxsleash.panels.history_overview import HistoryOverview
from saxsleash.panels.history_plot import HistoryPlot, Hit, Trace
from saxsleash.panels.history_points import Array, within
from saxsleash.panels.history_rate import RatePlot
from saxsleash.panels.history_rows import ShownRows
from saxsleash.panels.history_selection import SelectionBar
from saxsleash.panels.history_tools import HistoryTools
from saxsleash.panels.redraw import Redraw

_ROOM = 0.02
"""Of the width of a plot, free beside the first and the last point."""

_LEAST_WIDTH = 1.0
"""s or frames from left to right, where there is a single point."""

_LEAST_LINES = 17
_ROOMY_LINES = 24
"""Least height of the panel, and that with room for what is good to have, in lines of text."""

_SHARPNESS = 2.0
"""Pixels of a picture for each of the screen: it goes into a talk."""

_NOTHING_YET = (
    "No image has been integrated yet.\n\n{}; each image that is integrated becomes a point here."
)
_FIRST_STEP = "Connect to a server and start a queue"


class HistoryPanel(QWidget):
    """Four plots as in the original, and below them what of the history they show.

    Signals
    -------
    curve_wanted
        The cursor of an image whose curve is to be shown.
    newest_wanted
        No longer that one, but the newest.
    export_wanted
        The path of the text file into which :meth:`table` is to be written.
    """

    curve_wanted = pyqtSignal(int)
    newest_wanted = pyqtSignal()
    export_wanted = pyqtSignal(str)

    def __init__(self, model: HistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._shown = ShownRows(model)
        self._members = ShownRows(model)
        self._first = 0
        self._n_at_pause = 0
        self._take_once = True
        self._picked: int | None = None
        self._x: Array = np.empty(0)
        self._make_parts()
        self._lay_out()
        self._redraw = Redraw(self._draw, self)
        self._connect()
        self._restyle()
        self._draw()

    @property
    def picked(self) -> int | None:
        """The cursor of the image with the ring."""
        return self._picked

    @property
    def is_paused(self) -> bool:
        return self.tools.pause.isChecked()

    def set_next_step(self, step: str) -> None:
        """Say what has to be done for the first image, where there is none; without a full stop."""
        self.message.setText(_NOTHING_YET.format(step))

    def pick(self, cursor: int | None) -> None:
        """Put the ring around another image; ``None`` takes it away. Nobody is told."""
        self._picked = cursor
        self._mark()

    def save_state(self) -> dict[str, Any]:
        """Return what was chosen, as plain values."""
        return {**self.tools.save_state(), "plots": [plot.save_state() for plot in self.plots]}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Choose what was chosen before; what is not understood stays as it is."""
        self.tools.restore_state(state)
        plots = state.get("plots")
        for plot, of_plot in zip(
            self.plots, plots if isinstance(plots, list) else (), strict=False
        ):
            if isinstance(of_plot, dict):
                plot.restore_state(of_plot)

    def table(self) -> HistoryTable:
        """Return what is selected now, to be written wherever there is time to."""
        return HistoryTable.of(self._model)

    def export_csv(self, path: Path) -> None:
        """Write what is selected to a text file, now.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self.table().write_csv(path)

    def picture(self) -> QPixmap:
        """Return the plots as they are, sharper than on the screen."""
        pixmap = QPixmap(self._plots_page.size() * _SHARPNESS)
        pixmap.setDevicePixelRatio(_SHARPNESS)
        pixmap.fill(self.palette().window().color())
        self._plots_page.render(pixmap)
        return pixmap

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key_Left, Qt.Key_Right):
            self._step(1 if key == Qt.Key_Right else -1)
        elif key in (Qt.Key_Home, Qt.Key_End):
            self._pick_place(0 if key == Qt.Key_Home else len(self._shown) - 1)
        elif key == Qt.Key_Escape and self._picked is not None:
            self.pick(None)
            self.newest_wanted.emit()
        else:
            super().keyPressEvent(event)

    @property
    def is_low(self) -> bool:
        """Tell whether there is room for the plots, and little else."""
        return self.height() < in_lines(self, _ROOMY_LINES)

    def minimumSizeHint(self) -> QSize:
        # Not what the layout wants now: then a window could not become low, and would grow by
        # itself when the tools go on in another line.
        return QSize(super().minimumSizeHint().width(), in_lines(self, _LEAST_LINES))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._restyle()
            self._redraw.request()

    def _make_parts(self) -> None:
        self.tools = HistoryTools(self)
        self.rate = RatePlot(self._model, self)
        self.intensity = HistoryPlot(INTENSITY, self)
        self.invariant = HistoryPlot(INVARIANT, self)
        self.length = HistoryPlot(LENGTH, self)
        self.plots = (self.intensity, self.invariant, self.length)
        self.overview = HistoryOverview(self)
        self.selection = SelectionBar(self._model, self)
        self.message = QLabel(self)
        self.set_next_step(_FIRST_STEP)
        self.message.setAlignment(Qt.AlignCenter)
        self.message.setWordWrap(True)

    def _lay_out(self) -> None:
        self._plots_page = QWidget(self)
        grid = QGridLayout(self._plots_page)
        grid.setContentsMargins(0, 0, 0, 0)
        for place, part in enumerate((self.rate, *self.plots)):
            grid.addWidget(part, place // 2, place % 2)
            grid.setRowStretch(place // 2, 1)
            grid.setColumnStretch(place % 2, 1)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.message)
        self._pages.addWidget(self._plots_page)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tools)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.overview)
        layout.addWidget(self.selection)
        self.setFocusPolicy(Qt.ClickFocus)

    def _connect(self) -> None:
        self._model.changed.connect(self._on_model_changed)
        self._model.selection_changed.connect(self._on_selection_changed)
        self.tools.changed.connect(self._redraw.request)
        self.tools.across.currentIndexChanged.connect(self._on_across_chosen)
        self.tools.pause.toggled.connect(self._on_pause_toggled)
        self.tools.copy.triggered.connect(self._on_copy_triggered)
        self.tools.export.triggered.connect(self._on_export_triggered)
        self.overview.frames_dragged.connect(self._on_frames_dragged)
        for plot in self.plots:
            plot.redraw_wanted.connect(self._redraw.request)
            plot.moved.connect(self._on_moved)
            plot.menu_wanted.connect(self._on_menu_wanted)
            plot.clicked.connect(lambda at, plot=plot: self._on_clicked(plot, at))
            plot.double_clicked.connect(lambda at, plot=plot: self._on_double_clicked(plot, at))
            plot.hovered.connect(lambda at, plot=plot: self._on_hovered(plot, at))

    def _fit(self) -> None:
        """Leave out what is good to have where the height is needed for the points."""
        self.rate.name_axis(not self.is_low)
        self.intensity.name_axis(not self.is_low)  # that below it has the same name
        self.overview.setHidden(self.is_low or not len(self._model))

    def _restyle(self) -> None:
        palette = self.message.palette()
        palette.setColor(palette.WindowText, muted_color(self.palette()))
        self.message.setPalette(palette)
        self.message.setContentsMargins(*[in_characters(self, 4)] * 4)

    # What is drawn

    def _take(self) -> None:
        """Take over what the model has now; only ever before all of it is drawn."""
        self._take_once = False
        selection = self._model.selection
        self._shown.follow(selection.selected)
        self._members.follow(selection.members)
        self._first = selection.first
        self._n_at_pause = len(self._model)

    def _draw(self) -> None:
        if self._take_once or not self.is_paused:
            self._take()
        is_empty = not len(self._model)
        self._pages.setCurrentIndex(0 if is_empty else 1)
        self._fit()
        self.selection.setHidden(is_empty)
        self.tools.offer_channels(self._model.channels)
        self.tools.show_news(len(self._model) - self._n_at_pause if self.is_paused else None)
        self._x = self.tools.shown_across.places(self._shown.times, self._first)
        if self.tools.follow.isChecked():
            self._show_range(*self._followed_range())
        for plot in self.plots:
            plot.offer(self._model.quantities)
            plot.draw(self._traces_of(plot))
        self._mark()
        self._draw_overview()
        self.selection.draw()

    def _traces_of(self, plot: HistoryPlot) -> list[Trace]:
        return [
            Trace(
                channel,
                channel_color(number_of(channel), self.palette()),
                self._x,
                self._shown.values(channel, plot.quantity.name),
            )
            for channel in self.tools.shown_channels
        ]

    def _draw_overview(self) -> None:
        selection = self._model.selection
        times = self._members.times
        x = self.tools.shown_across.places(times, 0)
        shown = [*self.tools.shown_channels, *self._model.channels][:1]
        quantity = self.intensity.quantity.name
        y = self._members.values(shown[0], quantity) if shown else np.full(x.size, np.nan)
        self.overview.draw(x, y, selection.first, selection.stop)

    def _followed_range(self) -> tuple[float, float]:
        """Return the ends of what is in view while the newest image is followed."""
        if not self._x.size:
            return self.plots[0].range
        begin = 0
        span = self.tools.followed_span
        if span is not None:
            newest = float(self._shown.times[-1])
            begin = within(self._shown.times, newest - span, newest).start
        left, right = float(self._x[begin]), float(self._x[-1])
        room = max(right - left, _LEAST_WIDTH) * _ROOM
        if right - left < _LEAST_WIDTH:
            room = _LEAST_WIDTH / 2
        return left - room, right + room

    def _show_range(self, left: float, right: float) -> None:
        for plot in self.plots:
            plot.show_range(left, right)

    # The image with the ring

    def _mark(self) -> None:
        place = self._picked_place()
        for plot in self.plots:
            plot.mark(place)

    def _picked_place(self) -> int | None:
        row = None if self._picked is None else self._model.index_of(self._picked)
        return None if row is None else self._shown.place_of(row)

    def _follow_image(self) -> None:
        """Move the ring along with its image, which may have been integrated again.

        In a pause its old point is still there.
        """
        row = None if self._picked is None else self._model.index_of(self._picked)
        if row is None or self.is_paused:
            return
        newest = self._model.newest_of(row)
        if newest != row:
            self._picked = self._model.row_at(newest).cursor
            self.curve_wanted.emit(self._picked)

    def _step(self, by: int) -> None:
        place = self._picked_place()
        self._pick_place(len(self._shown) - 1 if place is None else place + by)

    def _pick_place(self, place: int) -> None:
        if not len(self._shown) or self._shown.is_outdated:
            return
        place = min(max(place, 0), len(self._shown) - 1)
        cursor = self._model.row_at(int(self._shown.rows[place])).cursor
        if cursor == self._picked:
            return
        self.pick(cursor)
        self._bring_into_view(float(self._x[place]))
        self.curve_wanted.emit(cursor)

    def _bring_into_view(self, x: float) -> None:
        left, right = self.plots[0].range
        if not left <= x <= right:
            self.tools.follow.setChecked(False)
            self._show_range(x - (right - left) / 2, x + (right - left) / 2)

    def _describe(self, hit: Hit, plot: HistoryPlot) -> str:
        row = self._model.row_at(int(self._shown.rows[hit.place]))
        when = local_time(row.time)
        taken = UNKNOWN if when is None else when.strftime("%d %b %Y  %H:%M:%S.%f")[:-3]
        unit = plot.quantity.unit
        return "\n".join(
            [
                row.file,
                f"{taken}{_TIME_WORDS[row.source]}",
                f"{plot.quantity.label} {hit.trace.channel}: {hit.trace.y[hit.place]:.6g} {unit}",
            ]
        )

    # Events

    def _on_model_changed(self) -> None:
        if self._shown.is_outdated:
            self._picked = None
            self.tools.pause.setChecked(False)
        self._follow_image()
        self._redraw.request()

    def _on_pause_toggled(self) -> None:
        self._follow_image()
        self._redraw.request()

    def _on_selection_changed(self) -> None:
        self._take_once = True
        self._redraw.request()

    def _on_across_chosen(self) -> None:
        for plot in self.plots:
            plot.show_across(self.tools.shown_across)
        self.tools.follow.setChecked(True)

    def _on_frames_dragged(self, first: int, last: int) -> None:
        self._model.choose_frames(first, None if last < 0 else last)

    def _on_moved(self, left: float, right: float) -> None:
        self.tools.follow.setChecked(False)
        self._show_range(left, right)

    def _on_clicked(self, plot: HistoryPlot, at: QPointF) -> None:
        self.setFocus(Qt.MouseFocusReason)
        hit = plot.hit(at)
        if hit is not None:
            self._pick_place(hit.place)

    def _on_double_clicked(self, plot: HistoryPlot, at: QPointF) -> None:
        if plot.hit(at) is None:
            self._show_all()

    def _show_all(self) -> None:
        for plot in self.plots:
            plot.fit()
        self.tools.span.setCurrentIndex(0)
        self.tools.follow.setChecked(True)

    def _on_hovered(self, plot: HistoryPlot, at: QPointF) -> None:
        hit = plot.hit(at)
        if hit is None or self._shown.is_outdated:
            QToolTip.hideText()
            return
        place = plot.view.viewport().mapToGlobal(plot.view.mapFromScene(at))
        QToolTip.showText(place, self._describe(hit, plot), plot.view)

    def _on_menu_wanted(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Show &all", self._show_all)
        menu.addSeparator()
        menu.addActions([self.tools.copy, self.tools.export])
        menu.setAttribute(Qt.WA_DeleteOnClose)
        menu.popup(at)

    def _on_copy_triggered(self) -> None:
        QApplication.clipboard().setPixmap(self.picture())

    def _on_export_triggered(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Export the selected images", "history.csv", "Tables (*.csv)"
        )
        if path:
            self.export_wanted.emit(path)


_TIME_WORDS = {
    TimeSource.HEADER: "",
    TimeSource.FILE: "  (time of the file)",
    TimeSource.NONE: "  (when it was integrated: image time unknown)",
}
