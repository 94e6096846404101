"""What threads have to say, said in the thread of the window."""

import threading
from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal


class Post(QObject):
    """Calls functions in the thread in which it was made, as long as it is open.

    A thread that hands something in waits until its turn has come: nothing heaps up while the
    window is busy, and what is fetched next is new.
    """

    _handed_in = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: set[threading.Event] = set()
        self._is_open = True
        self._handed_in.connect(self._call)

    def hand_in(self, tell: Callable[[], None]) -> None:
        """Have a function called and return when its turn has come; at once if closed."""
        turn = threading.Event()
        with self._lock:  # whoever closes the post may delete it afterwards
            if not self._is_open:
                return
            self._waiting.add(turn)
            self._handed_in.emit(tell, turn)
        turn.wait()

    def close(self) -> None:
        """Call nothing any more, and let those go on who wait; safe to call twice."""
        with self._lock:
            self._is_open = False
            for turn in self._waiting:
                turn.set()
            self._waiting.clear()

    def _call(self, tell: Callable[[], None], turn: threading.Event) -> None:
        if not self._is_open:
            return
        with self._lock:
            self._waiting.discard(turn)
        turn.set()  # first: what is told may open a dialog that stays for an hour
        tell()
