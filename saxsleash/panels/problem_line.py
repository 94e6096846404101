"""A line that says what is wrong with the calibration, and leads there."""

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QPaintEvent
from PyQt5.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter, QWidget

from saxsdog.explanations import KeyPath, path_text
from saxsleash.appearance import Tone, in_characters, in_lines, muted_color, tone_color


class ProblemLine(QPushButton):
    """Shows one problem; a click leads to it, the next click to the next one."""

    problem_chosen = pyqtSignal(object)
    """The path of the problem that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problems: list[tuple[KeyPath, str]] = []
        self._shown = 0
        self._was_clicked = False
        self._key = ""
        self.setFlat(True)
        self.setFocusPolicy(Qt.TabFocus)
        self.clicked.connect(self._on_clicked)
        self._draw()

    def show_problems(self, problems: Sequence[tuple[KeyPath, str]]) -> None:
        """Show these, the first of them first."""
        if list(problems) != self._problems:
            self._problems = list(problems)
            self._shown, self._was_clicked = 0, False
        self._draw()

    @property
    def seen_text(self) -> str:
        """As much of the text as there is room for."""
        # Which key it is stands at the beginning, what came at the end.
        metrics, width = self.fontMetrics(), self._room().width()
        left = width - metrics.horizontalAdvance(self._key)
        if left < width // 3:
            return str(metrics.elidedText(self.text(), Qt.ElideMiddle, width))
        message = self.text().removeprefix(self._key)
        return self._key + str(metrics.elidedText(message, Qt.ElideMiddle, left))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange:
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(in_characters(self, 20), in_lines(self, 1.6))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw the text at the left, shortened, in a colour that says how it stands."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter.drawControl(QStyle.CE_PushButton, option)
        room = self._room()
        bad = tone_color(Tone.BAD, self.palette())
        painter.setPen(bad if self._problems else muted_color(self.palette()))
        painter.drawText(room, int(Qt.AlignVCenter | Qt.AlignLeft), self.seen_text)

    def _room(self) -> QRect:
        side = in_characters(self, 0.5)
        return self.rect().adjusted(side, 0, -side, 0)

    def _draw(self) -> None:
        problems = self._problems
        self.setEnabled(bool(problems))
        if not problems:
            self._key = ""
            text, whole = "No problems", "Nothing is wrong with the calibration"
        else:
            path, message = problems[self._shown]
            n_problems = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            turn = f" ({self._shown + 1})" if self._shown else ""
            self._key = f"{n_problems}{turn}: {path_text(_tail(path))}: "
            text = f"{self._key}{message}"
            whole = f"{path_text(path)}: {message}\nClick to go there"
        self.setText(text)
        self.setToolTip(whole)

    def _on_clicked(self) -> None:
        if self._was_clicked:
            self._shown = (self._shown + 1) % len(self._problems)
        self._was_clicked = True
        self._draw()
        self.problem_chosen.emit(self._problems[self._shown][0])


def _tail(path: KeyPath) -> KeyPath:
    """Return the last key of a path, with the index behind it: there is little room."""
    keys = [i for i, part in enumerate(path) if isinstance(part, str)]
    return path[keys[-1] :] if keys else path
