"""The real window, drawn where nobody sees it."""

import pyqtgraph as pg
import pytest
from PyQt5.QtCore import QSettings


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """Keep the settings of whoever runs the tests out of them, and theirs out of those."""
    QSettings.setDefaultFormat(QSettings.IniFormat)
    QSettings.setPath(QSettings.IniFormat, QSettings.UserScope, str(tmp_path / "settings"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()


@pytest.fixture(autouse=True)
def every_move_of_the_mouse(monkeypatch):
    """Let pyqtgraph hear moves that follow each other faster than any hand."""
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", 0)
