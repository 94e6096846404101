"""What the window remembers from one day to the next."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QByteArray, QObject, QSettings, pyqtSignal

from saxsleash.appearance import Theme
from saxsleash.places import is_folder

MOST_RECENT = 10
"""Files in the list of recent ones; folders as well."""


class Preferences(QObject):
    """Layout, choices, recent files, the last server; kept by the means of the desktop.

    People edit settings by hand, and other versions write theirs into the same place: what is not
    understood is as if it was not there.
    """

    recent_changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = QSettings(
            QSettings.defaultFormat(), QSettings.UserScope, "saxsdog", "saxsleash"
        )
        self._work_folder: Path | None = None
        self._chosen_today: set[str] = set()

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
        """Return the folder where files of a subject were chosen last, else that of the user.

        Where the user works counts more than what was chosen before that was known.
        """
        work = self._work_folder
        if work is not None and subject not in self._chosen_today and is_folder(work):
            return work
        text = str(self._settings.value(f"folders/{subject}", "", str))
        return Path(text) if text and is_folder(Path(text)) else Path.home()

    def remember_folder(self, subject: str, folder: Path) -> None:
        """Begin there when a file of this subject is chosen next time."""
        self._chosen_today.add(subject)
        self._settings.setValue(f"folders/{subject}", str(folder))

    def work_in(self, folder: Path) -> None:
        """Look for files in this folder until they are chosen in another one."""
        self._work_folder = folder
        self._chosen_today.clear()

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

    def choices(self, name: str) -> dict[str, Any]:
        """Return what was chosen in a panel, plain values by name; empty at the first time."""
        text = self._settings.value(f"choices/{name}")
        try:
            stored = json.loads(text) if isinstance(text, str) else {}
        except (ValueError, RecursionError):
            return {}
        return stored if isinstance(stored, dict) else {}

    def remember_choices(self, name: str, choices: Mapping[str, Any]) -> None:
        """Keep what is chosen in a panel: text, numbers, truth, and lists of them."""
        # As one text, because an INI file tells neither numbers nor a list of one from a text.
        self._settings.setValue(f"choices/{name}", json.dumps(dict(choices)))

    def _paths(self, key: str) -> tuple[Path, ...]:
        value = self._settings.value(key, [])
        # An INI file does not tell a list of one from a text.
        texts = [value] if isinstance(value, str) else value or []
        return tuple(Path(text) for text in texts if isinstance(text, str) and text)

    def _add(self, key: str, path: Path) -> None:
        others = [each for each in self._paths(key) if each != path]
        self._settings.setValue(key, [str(each) for each in (path, *others)][:MOST_RECENT])


def names_in(stored: Any) -> list[str]:
    """Return the names in a list that was stored; whatever else stands there is none."""
    return [name for name in stored if isinstance(name, str)] if isinstance(stored, list) else []
