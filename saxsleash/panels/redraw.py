"""How often a panel draws: data outruns the eye."""

from collections.abc import Callable

from PyQt5.QtCore import QElapsedTimer, QEvent, QObject, Qt, QTimer
from PyQt5.QtWidgets import QWidget

REST_MS = 100
"""From the end of one drawing to the next: at most ten a second, and the window stays free."""


class Redraw(QObject):
    """Draws soon after it was asked to, once for many requests, and only what is seen.

    The first request after a rest is drawn at once, within :meth:`request`. A request while the
    parent is hidden is kept until it is shown.

    Parameters
    ----------
    draw
        Draws the newest state; called in the thread of the window.
    parent
        The widget that is drawn.
    """

    def __init__(self, draw: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._draw = draw
        self._widget = parent
        self._wanted = False
        self._drawing = False
        self._since_last = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.PreciseTimer)
        self._timer.timeout.connect(self._draw_if_seen)
        parent.installEventFilter(self)

    def request(self) -> None:
        """Ask for a drawing of what is there by then."""
        self._wanted = True
        if self._drawing or self._timer.isActive() or not self._widget.isVisible():
            return
        rest = self._rest()
        if rest > 0:
            self._timer.start(rest)
        else:
            self._draw_now()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up with what was asked for while the widget was hidden."""
        if event.type() == QEvent.Show and watched is self._widget and self._wanted:
            self._timer.start(0)  # the layout comes first
        return False

    def _rest(self) -> int:
        if not self._since_last.isValid():
            return 0
        return max(REST_MS - int(self._since_last.elapsed()), 0)

    def _draw_if_seen(self) -> None:
        if self._wanted and self._widget.isVisible():
            self._draw_now()

    def _draw_now(self) -> None:
        self._wanted = False
        self._drawing = True
        try:
            self._draw()
        finally:
            self._drawing = False
            self._since_last.start()
        if self._wanted:  # asked for by the drawing itself
            self._timer.start(REST_MS)
