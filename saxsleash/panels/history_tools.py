"""What is above the plots of the history: channels, time axis, follow, pause, export."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QIcon, QKeySequence, QPixmap
from PyQt5.QtWidgets import (
    QAction,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QShortcut,
    QToolButton,
    QWidget,
)

from saxsleash.appearance import Tone, channel_color, in_characters, in_lines, tone_color
from saxsleash.models.history_columns import number_of
from saxsleash.models.preferences import names_in
from saxsleash.panels.flow_layout import FlowLayout
from saxsleash.panels.history_axes import Across

_SWATCH_LINES = 0.6

_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_SPANS: tuple[tuple[str, float | None], ...] = (
    ("All", None),
    ("Last minute", _MINUTE),
    ("Last 10 minutes", 10 * _MINUTE),
    ("Last hour", _HOUR),
    ("Last 6 hours", 6 * _HOUR),
)


class HistoryTools(QWidget):
    """Boxes, lists and buttons; where the window is narrow they go on in the next line.

    Signals
    -------
    changed
        Something is to be drawn in another way.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keyboard = self if parent is None else parent
        self.boxes: dict[str, QCheckBox] = {}
        self._hidden: set[str] = set()
        self.across = QComboBox(self)
        self.across.setToolTip("What is drawn from left to right")
        for across in Across:
            self.across.addItem(across.value, across)
        self.span = QComboBox(self)
        self.span.setToolTip("How much of the time is shown while the newest image is followed")
        for text, seconds in _SPANS:
            self.span.addItem(text, seconds)
        self.follow = self._switch("Follow", "Keep the newest image in view (F)", Qt.Key_F)
        self.follow.setChecked(True)
        self.pause = self._switch("Pause", "Let the plots stand; images keep coming (P)", Qt.Key_P)
        self.news = QLabel(self)
        self.copy = self._action("Copy picture", "Copy the plots to the clipboard")
        self.export = self._action(
            "Export CSV…", "Write the numbers of the selected images to a text file"
        )
        self._others = [
            self.across,
            self._together(self.follow, self.span),
            self._together(self.pause, self.news),
            self._button(self.copy),
            self._button(self.export),
        ]
        self._row = FlowLayout(in_characters(self, 1.5), in_characters(self, 0.5), self)
        self._fill_row()
        self.across.currentIndexChanged.connect(self.changed)
        self.span.currentIndexChanged.connect(self._on_span_chosen)
        self.follow.toggled.connect(self.changed)

    @property
    def shown_across(self) -> Across:
        """What is drawn from left to right."""
        return Across(self.across.currentData())

    @property
    def followed_span(self) -> float | None:
        """Seconds that are in view while following; ``None``: all."""
        seconds = self.span.currentData()
        return None if seconds is None else float(seconds)

    @property
    def shown_channels(self) -> list[str]:
        """Channels that are to be drawn."""
        return [channel for channel in self.boxes if channel not in self._hidden]

    def save_state(self) -> dict[str, Any]:
        """Return what was chosen, as plain values.

        Not whether the newest image is followed: to drag a plot ends that, and a window that
        began without would stand at its first image all night.
        """
        return {
            "across": self.shown_across.name,
            "span": self.followed_span,
            "hidden": sorted(self._hidden),
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Choose what was chosen before; what is not understood stays as it is."""
        across = [each.name for each in Across]
        if (name := state.get("across")) in across:
            self.across.setCurrentIndex(across.index(name))
        spans = [seconds for _, seconds in _SPANS]
        if "span" in state and (span := state["span"]) in spans:
            self.span.setCurrentIndex(spans.index(span))
        self._hidden = set(names_in(state.get("hidden")))
        for channel, box in self.boxes.items():
            box.setChecked(channel not in self._hidden)

    def offer_channels(self, channels: Sequence[str]) -> None:
        """Have a box for each channel; one that was hidden stays so, also when it was away."""
        if list(channels) == list(self.boxes):
            return
        for box in self.boxes.values():
            box.deleteLater()
        self.boxes = {}
        for channel in channels:
            box = QCheckBox(channel, self)
            box.setToolTip(f"Show the channel {channel}")
            box.setChecked(channel not in self._hidden)
            box.toggled.connect(partial(self._on_channel_toggled, channel))
            self.boxes[channel] = box
        self._fill_row()

    def show_news(self, number: int | None) -> None:
        """Say how many images came while the plots stand; ``None``: they do not."""
        text = "" if number is None else f"{number:,} new"
        if text != self.news.text():
            self.news.setText(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._restyle()

    def _switch(self, text: str, tip: str, key: int) -> QCheckBox:
        """Make a box that a key switches wherever the panel has the keyboard."""
        box = QCheckBox(text, self)
        box.setToolTip(tip)
        shortcut = QShortcut(QKeySequence(key), self._keyboard)
        shortcut.setContext(Qt.WidgetWithChildrenShortcut)
        shortcut.activated.connect(box.toggle)
        return box

    def _action(self, text: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setToolTip(tip)
        return action

    def _button(self, action: QAction) -> QWidget:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setFocusPolicy(Qt.TabFocus)
        return button

    def _together(self, *widgets: QWidget) -> QWidget:
        """Put widgets into one that is not broken at the end of a line."""
        group = QWidget(self)
        layout = QHBoxLayout(group)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(in_characters(self, 1))
        for widget in widgets:
            layout.addWidget(widget)
        return group

    def _fill_row(self) -> None:
        """Lay out the channels and what comes after them; the keyboard goes the same way."""
        while self._row.takeAt(0) is not None:
            pass
        widgets = [*self.boxes.values(), *self._others]
        for widget in widgets:
            self._row.addWidget(widget)
            widget.show()
        for before, after in pairwise(self.boxes.values()):
            self.setTabOrder(before, after)
        if self.boxes:
            self.setTabOrder(list(self.boxes.values())[-1], self.across)
        self._restyle()

    def _restyle(self) -> None:
        size = in_lines(self, _SWATCH_LINES)
        for channel, box in self.boxes.items():
            box.setIcon(_swatch(channel_color(number_of(channel), self.palette()), size))
        for widget in (*self.boxes.values(), *self._others):
            widget.setMinimumHeight(self.across.sizeHint().height())
        palette = self.news.palette()
        palette.setColor(palette.WindowText, tone_color(Tone.BUSY, self.palette()))
        self.news.setPalette(palette)

    def _on_channel_toggled(self, channel: str, is_shown: bool) -> None:
        (self._hidden.discard if is_shown else self._hidden.add)(channel)
        self.changed.emit()

    def _on_span_chosen(self) -> None:
        self.follow.setChecked(True)
        self.changed.emit()


def _swatch(color: QColor, size: int) -> QIcon:
    pixmap = QPixmap(size, size)
    pixmap.fill(color)
    return QIcon(pixmap)
