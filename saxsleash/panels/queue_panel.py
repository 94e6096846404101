"""The queue of the server: how far it is, and what can be done to it."""

from PyQt5.QtCore import QEvent, pyqtSignal
from PyQt5.QtWidgets import (
    QAction,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from saxsdog.protocol.messages import QueueState, Statistics
from saxsdog.words import duration, folder
from saxsleash.appearance import in_characters, muted_color, tone_color
from saxsleash.models.server_model import Connection, ServerModel
from saxsleash.panels.elided_label import ElidedLabel
from saxsleash.panels.redraw import Redraw

BAR_CHARACTERS = 6
"""The least width of the progress bar."""

PROMILLE = 1000
"""Steps of the progress bar: a queue may be longer than a bar can count."""


class QueuePanel(QWidget):
    """Title, counters, progress, and three buttons; their actions fit into a menu as well.

    ``actions()`` of the widget are those of the buttons.
    """

    redo_wanted = pyqtSignal()
    close_wanted = pyqtSignal()
    abort_wanted = pyqtSignal()

    def __init__(self, server: ServerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._server = server
        self.redo_action = self._action(
            "&Redo all images",
            "Redo all",
            "Integrate every image in the directory of the queue again",
        )
        self.close_action = self._action(
            "&Close queue", "Close queue", "Work off what is queued and take no new images"
        )
        self.abort_action = self._action(
            "&Abort queue…", "Abort…", "Stop now and forget the images that are pending"
        )
        self.redo_action.triggered.connect(self._on_redo_triggered)
        self.close_action.triggered.connect(self._on_close_triggered)
        self.abort_action.triggered.connect(self._on_abort_triggered)
        self._dot = QLabel("●", self)
        self._title = ElidedLabel(self, modest=True)
        self._state = QLabel(self)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setToolTip("Share of the known images that are done")
        self._counters = ElidedLabel(self)
        self._left = QLabel(self)
        self._lay_out()
        self._redraw = Redraw(self._draw, self)
        server.changed.connect(self._redraw.request)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_redraw"):
            self._redraw.request()

    def _action(self, text: str, short: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setIconText(short)  # what the button says, where there is little room
        action.setToolTip(tip)
        action.setStatusTip(tip)
        self.addAction(action)
        return action

    def _lay_out(self) -> None:
        gap = in_characters(self, 1)
        first, second, buttons = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (first, second, buttons):
            row.setSpacing(gap)
        first.addWidget(self._dot)
        first.addWidget(self._state)
        first.addWidget(self._title, 1)
        first.addWidget(self._left)
        second.addWidget(self._counters)
        second.addWidget(self._bar, 1)
        for action in self.actions():
            button = QToolButton(self)
            button.setDefaultAction(action)
            buttons.addWidget(button)
        # It takes what room the words leave.
        self._bar.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        self._bar.setMinimumWidth(in_characters(self, BAR_CHARACTERS))
        self._bar.setFixedHeight(in_characters(self, 1))
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addLayout(first)
        lines.addLayout(second)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(gap, gap // 3, gap, gap // 3)
        whole.setSpacing(2 * gap)
        whole.addLayout(lines, 1)
        whole.addLayout(buttons)

    def _on_redo_triggered(self) -> None:
        self.redo_wanted.emit()

    def _on_close_triggered(self) -> None:
        self.close_wanted.emit()

    def _on_abort_triggered(self) -> None:
        self.abort_wanted.emit()

    # ---------------------------------------------------------------- drawing

    def _draw(self) -> None:
        server = self._server
        light, palette = server.light, self.palette()
        self._dot.setStyleSheet(f"color: {tone_color(light.tone, palette).name()}")
        self._state.setText(f"<b>{light.word}</b>")
        self._state.setToolTip(light.sentence)
        muted = f"color: {muted_color(palette).name()}"
        self._left.setStyleSheet(muted)
        # What was known last is still worth something, but it is not how it is.
        known = "" if server.is_online else muted
        for label in (self._title, self._counters):
            if label.styleSheet() != known:  # to set it again would lay out everything again
                label.setStyleSheet(known)
        self._bar.setEnabled(server.is_online)
        self._draw_queue(server.statistics if server.has_queue else None)
        self._enable()

    def _draw_queue(self, statistics: Statistics | None) -> None:
        self._bar.setHidden(statistics is None)
        if statistics is None:
            self._title.set_text("")
            self._bar.setRange(0, PROMILLE)
            self._bar.setValue(0)
            self._counters.set_text(self._what_to_do())
            self._counters.setToolTip("")
            self._left.setText("")
            return
        counters = statistics.counters
        where = folder(statistics.directory)
        self._title.set_text(f"{statistics.title or 'without a title'}, in {where}")
        self._title.setToolTip(f"{statistics.title}\n{where}")
        done = counters.known - counters.pending
        # Without an end the bar runs to and fro: nobody knows yet how many images there are.
        endless = statistics.sources.walking and not done and self._server.is_online
        self._bar.setRange(0, 0 if endless else PROMILLE)
        self._bar.setValue(PROMILLE * done // counters.known if counters.known else 0)
        self._counters.set_text(_counted(statistics))
        self._counters.setToolTip(self._counters.whole)
        self._left.setText(self._rest(statistics))

    def _what_to_do(self) -> str:
        match self._server.connection:
            case Connection.DISCONNECTED:
                return "Connect to a server to see its queue"
            case Connection.ONLINE:
                return "No queue: check the calibration and start one"
        return ""

    def _rest(self, statistics: Statistics) -> str:
        if not self._server.is_online:
            return "as it was last"
        if statistics.sources.walking:
            return "searching the folder…"
        left = self._server.time_left
        if left is not None:
            return f"about {duration(left)} left"
        if statistics.counters.pending:
            return ""
        return "waiting for images" if statistics.state is QueueState.RUNNING else ""

    def _enable(self) -> None:
        statistics = self._server.statistics
        open_queue = self._server.is_online and self._server.has_queue and statistics is not None
        state = statistics.state if statistics is not None else None
        self.redo_action.setEnabled(open_queue and state is not QueueState.ABORTED)
        self.close_action.setEnabled(open_queue and state is QueueState.RUNNING)
        self.abort_action.setEnabled(open_queue and state is not QueueState.ABORTED)


def _counted(statistics: Statistics) -> str:
    """Say what became of the images; the sum is always right."""
    counters = statistics.counters
    parts = [f"{counters.integrated} of {counters.known} integrated"]
    parts += [
        f"{number} {word}"
        for number, word in (
            (counters.failed, "failed"),
            (counters.skipped, "skipped"),
            (counters.pending, "pending"),
        )
        if number
    ]
    return ", ".join(parts)
