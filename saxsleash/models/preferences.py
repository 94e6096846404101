"""What the window remembers from one day to the next."""

from pathlib import Path

from PyQt5.QtCore import QByteArray, QObject, QSettings, pyqtSignal

from saxsleash.appearance import Theme

MOST_RECENT = 10
"""Files in the list of recent ones; folders as well."""


class Preferences(QObject):
    """Layout, recent files and folders, the last server; kept by the desktop's own means."""

    recent_changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = QSettings(
            QSettings.defaultFormat(), QSettings.UserScope, "saxsdog", "saxsleash"
        )

    @property
    def recent_files(self) -> tuple[Path, ...]:
        """Calibrations that were open, the newest first."""
        return self._paths("recent files")

    def add_recent_file(self, path: Path) -> None:
        """Put a calibration at the top of the recent ones."""
        self._add("recent files", path)
        self.recent_changed.emit()

    def forget_recent_file(self, path: Path) -> None:
        """Take a calibration that is gone out of the recent ones."""
        kept = [str(each) for each in self.recent_files if each != path]
        self._settings.setValue("recent files", kept)
        self.recent_changed.emit()

    @property
    def local_roots(self) -> tuple[Path, ...]:
        """Folders that local servers were started for, the newest first."""
        return self._paths("local roots")

    def add_local_root(self, path: Path) -> None:
        """Put a folder at the top of those of local servers."""
        self._add("local roots", path)

    def folder(self, subject: str) -> Path:
        """Return the folder where files of a subject were chosen last, else that of the user."""
        text = str(self._settings.value(f"folders/{subject}", "", str))
        return Path(text) if text and Path(text).is_dir() else Path.home()

    def remember_folder(self, subject: str, folder: Path) -> None:
        """Begin there when a file of this subject is chosen next time."""
        self._settings.setValue(f"folders/{subject}", str(folder))

    @property
    def last_server(self) -> str:
        """Name of the server connected to last, ``""`` if there was none."""
        return str(self._settings.value("last server", "", str))

    @last_server.setter
    def last_server(self, name: str) -> None:
        self._settings.setValue("last server", name)

    @property
    def theme(self) -> Theme:
        text = str(self._settings.value("theme", Theme.SYSTEM.value, str))
        return Theme(text) if text in set(Theme) else Theme.SYSTEM

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self._settings.setValue("theme", theme.value)

    def layout(self, name: str) -> QByteArray:
        """Return how a window or splitter was laid out; empty at the first time."""
        value = self._settings.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def remember_layout(self, name: str, layout: QByteArray) -> None:
        """Keep how a window or splitter is laid out."""
        self._settings.setValue(f"layout/{name}", layout)

    def _paths(self, key: str) -> tuple[Path, ...]:
        value = self._settings.value(key, [])
        # An INI file does not tell a list of one from a text.
        texts = [value] if isinstance(value, str) else value or []
        return tuple(Path(text) for text in texts if isinstance(text, str) and text)

    def _add(self, key: str, path: Path) -> None:
        others = [each for each in self._paths(key) if each != path]
        self._settings.setValue(key, [str(each) for each in (path, *others)][:MOST_RECENT])
