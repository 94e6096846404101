"""The servers that the user may connect to, and what is known of each."""

from collections.abc import Iterable
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from saxsdog.errors import SettingsError
from saxsdog.network import NetworkEntry, load_network, network_file, permission_problem
from saxsleash.models.light import ASKING, Light
from saxsleash.models.preferences import Preferences


class ServersModel(QObject):
    """The list of the network file, and local servers of this window in front of it.

    Parameters
    ----------
    preferences
        Know which server was the last, and for which folders local ones were started.
    """

    changed = pyqtSignal()
    """Other servers, another problem."""

    light_changed = pyqtSignal(str)
    """Something else is known of the server of this name."""

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._listed: tuple[NetworkEntry, ...] = ()
        self._local: tuple[NetworkEntry, ...] = ()
        self._lights: dict[str, Light] = {}
        self._path = network_file()
        self._problem = ""
        self._is_missing = False
        self._warning = ""

    @property
    def entries(self) -> tuple[NetworkEntry, ...]:
        """All servers, in the order of the list; a name stands once."""
        hidden = {entry.name for entry in self._local}
        return (*self._local, *(entry for entry in self._listed if entry.name not in hidden))

    @property
    def path(self) -> Path:
        """The network file."""
        return self._path

    @property
    def is_missing(self) -> bool:
        """Whether there is no network file: the first time of a new user."""
        return self._is_missing

    @property
    def problem(self) -> str:
        """Why the file cannot be used, ``""`` if it can."""
        return self._problem

    @property
    def warning(self) -> str:
        """Why others may read the secrets in it, ``""`` if they cannot."""
        return self._warning

    def reload(self) -> None:
        """Read the network file again; what is known of its servers stays."""
        self._path = network_file()
        self._listed, self._problem, self._warning = (), "", ""
        self._is_missing = False
        try:
            self._listed = tuple(load_network(self._path))
            self._warning = permission_problem(self._path) or ""
        except SettingsError as error:
            self._problem = str(error)
            # Not so if it is out of reach, as in a folder that must not be entered.
            self._is_missing = isinstance(error.__cause__, FileNotFoundError)
        self.changed.emit()

    def set_local(self, entries: Iterable[NetworkEntry]) -> None:
        """Say which local servers run."""
        self._local = tuple(entries)
        self.changed.emit()

    def entry(self, name: str) -> NetworkEntry | None:
        """Return the server of a name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def is_local(self, name: str) -> bool:
        """Whether it runs on this machine for this window."""
        return any(entry.name == name for entry in self._local)

    def light(self, name: str) -> Light:
        """Return what is known of a server."""
        return self._lights.get(name, ASKING)

    def set_light(self, name: str, light: Light) -> None:
        """Say what is known of a server."""
        if self._lights.get(name) != light:
            self._lights[name] = light
            self.light_changed.emit(name)

    def forget_lights(self) -> None:
        """Begin anew: what was known is old."""
        self._lights.clear()
        for entry in self.entries:
            self.light_changed.emit(entry.name)

    @property
    def last(self) -> str:
        """Name of the server that was connected to last."""
        return self._preferences.last_server

    def remember(self, name: str) -> None:
        """Note which server was connected to last; a local one is gone tomorrow."""
        if not self.is_local(name):
            self._preferences.last_server = name

    @property
    def local_roots(self) -> tuple[Path, ...]:
        """Folders that local servers were started for, the newest first."""
        return self._preferences.local_roots

    def remember_local_root(self, root: Path) -> None:
        """Put a folder at the top of those of local servers."""
        self._preferences.add_local_root(root)
        self._preferences.work_in(root)
