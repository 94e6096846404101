"""One line that says how the server is: for a glance from the other side of the hutch."""

from PyQt5.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from saxsdog.words import ago, count, duration, moment
from saxsleash.appearance import (
    Tone,
    digits_font,
    in_characters,
    muted_color,
    tone_color,
)
from saxsleash.models.server_model import ServerModel
from saxsleash.panels.elided_label import ElidedLabel
from saxsleash.panels.redraw import Redraw

SECOND_MS = 1000
"""Between two drawings when nothing changes but the age of the newest image."""

LONGEST_RATE = len("999.9")
LONGEST_QUEUE = len("123456")
LONGEST_MOMENT = len("00:00:00 (59 min)")
ONE_DECIMAL_BELOW = 1000
"""Images a second: of more, nobody wants to know tenths."""

OLD_CLIENTS = """Clients of the original SAXSDOG are served too: {} since the server was started,
the last {}; {} refused. They are not encrypted: others on the network can read along.
When nobody uses them any more, take [legacy] out of the settings of the server."""


class StatusPanel(QWidget):
    """Traffic light, trouble, who else is served, rate, queue, failures, newest image."""

    failures_wanted = pyqtSignal()

    def __init__(self, server: ServerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._server = server
        self._dot = QLabel("●", self)
        self._word = ElidedLabel(self)
        self._trouble = ElidedLabel(self, modest=True)
        self._old_clients = ElidedLabel(self)
        self._old_clients.set_text("old clients")
        self._old_clients.setMinimumWidth(in_characters(self, 2))  # the first to give way
        self._rate = self._number("Images integrated in a second: the mean of the last five")
        self._queue = self._number("Images that are known and not yet integrated")
        self._newest = self._number("")
        self._rate_unit = QLabel("images/s", self)
        self._queue_unit = QLabel("queued", self)
        self._newest_words = QLabel("newest", self)
        self._newest.setAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        self._failures = QToolButton(self)
        self._failures.setAutoRaise(True)
        self._failures.setToolTip("Show which images failed, and why")
        self._failures.clicked.connect(self._on_failures_clicked)
        self._lay_out()
        self._redraw = Redraw(self._draw, self)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._redraw.request)
        self._clock.start(SECOND_MS)
        server.changed.connect(self._redraw.request)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_redraw"):
            self._redraw.request()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        gap = in_characters(self, 1)
        row.setContentsMargins(gap, 0, gap, 0)
        row.setSpacing(gap // 2)
        row.addWidget(self._dot)
        row.addWidget(self._word)
        row.addWidget(self._trouble, 1)
        # As wide as the widest: nothing may move while the numbers change.
        for widgets in (
            (self._old_clients,),
            (self._rate, self._rate_unit),
            (self._queue, self._queue_unit),
            (self._failures,),
            (self._newest_words, self._newest),
        ):
            row.addSpacing(gap)
            for widget in widgets:
                row.addWidget(widget)
        _make_room(self._rate, LONGEST_RATE)
        _make_room(self._queue, LONGEST_QUEUE)
        _make_room(self._newest, LONGEST_MOMENT)

    def _number(self, tip: str) -> QLabel:
        label = QLabel(self)
        label.setFont(digits_font(self))
        label.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        label.setToolTip(tip)
        return label

    def _on_failures_clicked(self) -> None:
        self.failures_wanted.emit()

    # ---------------------------------------------------------------- drawing

    def _draw(self) -> None:
        server = self._server
        light, known = server.light, server.statistics is not None
        self._paint(self._dot, self._tone(light.tone))
        self._word.set_text(f"{server.name}: {light.word}" if server.name else light.word)
        self._word.setToolTip(light.sentence)
        self._rate.setText(_short(server.rate) if known else "–")
        self._queue.setText(str(server.pending) if known else "–")
        self._draw_failures()
        self._draw_trouble()
        self._draw_old_clients()
        self._draw_newest()
        # What was known last is still worth something, but it is not how it is.
        faded = "" if server.is_online else muted_color(self.palette()).name()
        for label in (self._queue, self._queue_unit, self._newest_words, self._newest):
            self._paint(label, faded)

    def _draw_old_clients(self) -> None:
        counts = self._server.legacy
        self._old_clients.setHidden(counts is None)
        if counts is not None:
            requests = count(counts.requests, "request")
            newest = counts.newest
            age = ago(None if newest is None else max(0.0, self._server.server_time - newest))
            self._old_clients.setToolTip(OLD_CLIENTS.format(requests, age, counts.refused))
        self._paint(self._old_clients, self._tone(Tone.DOUBTFUL))

    def _draw_failures(self) -> None:
        failures = self._server.failures
        self._failures.setText(f"{failures} failed" if failures else "none failed")
        self._failures.setEnabled(self._server.statistics is not None)
        known = "" if self._server.is_online else muted_color(self.palette()).name()
        self._paint(self._failures, self._tone(Tone.BAD) if failures else known)

    def _draw_newest(self) -> None:
        age, statistics = self._server.newest_age, self._server.statistics
        if age is None or statistics is None or statistics.newest_time is None:
            self._newest.setText("none yet" if statistics is not None else "–")
            self._newest.setToolTip("Nothing was integrated yet")
            return
        when = statistics.newest_time
        clock = moment(when, "%H:%M:%S")
        self._newest.setText(f"{clock} ({duration(int(age)) if age >= 1 else 'now'})")
        self._newest.setToolTip(
            f"Newest image: {self._server.newest_image}\n{moment(when)}, {ago(age)}"
        )

    def _draw_trouble(self) -> None:
        _, message = self._server.problem
        sentences = (message,) if message else self._server.trouble
        self._trouble.set_text("; ".join(sentences))
        self._trouble.setToolTip("\n".join(sentences))
        self._paint(self._trouble, self._tone(Tone.BAD))
        # It needs the room, and is what matters now.
        for widget in (self._rate, self._rate_unit):
            widget.setHidden(bool(message))
        for widget in (self._newest_words, self._newest):
            widget.setHidden(bool(sentences) and not message)

    def _tone(self, tone: Tone) -> str:
        return tone_color(tone, self.palette()).name()

    def _paint(self, widget: QWidget, color: str) -> None:
        """Give text a colour, ``""`` for that of all text."""
        style = f"color: {color}" if color else ""
        if widget.styleSheet() != style:  # to set it again would lay out everything again
            widget.setStyleSheet(style)


def _make_room(label: QLabel, characters: int) -> None:
    label.setText("0" * characters)
    label.setMinimumWidth(label.sizeHint().width())


def _short(rate: float) -> str:
    """Return for example ``0``, ``0.4``, ``12.3`` or ``1480``."""
    if not rate:
        return "0"
    return f"{rate:.1f}" if rate < ONE_DECIMAL_BELOW else f"{rate:.0f}"
