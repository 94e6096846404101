"""What was chosen in the panels is found again the next day."""

from collections.abc import Mapping
from typing import Any, Protocol

from PyQt5.QtCore import QObject

from saxsleash.main_window import MainWindow
from saxsleash.models.preferences import Preferences


class Chooser(Protocol):
    """A panel with something to choose."""

    def save_state(self) -> dict[str, Any]: ...

    def restore_state(self, state: Mapping[str, Any]) -> None: ...


class Choices(QObject):
    """Gives panels the choices of the last time, and keeps those of now when the window closes.

    Parameters
    ----------
    choosers
        The panels, by the name under which their choices are kept.
    """

    def __init__(
        self, window: MainWindow, choosers: Mapping[str, Chooser], preferences: Preferences
    ) -> None:
        super().__init__(window)
        self._choosers = choosers
        self._preferences = preferences
        for name, chooser in choosers.items():
            chooser.restore_state(preferences.choices(name))
        window.closed.connect(self._on_closed)

    def _on_closed(self) -> None:
        for name, chooser in self._choosers.items():
            self._preferences.remember_choices(name, chooser.save_state())
