"""The whole window with all that works for it, as tests use it."""

import json
import traceback
from contextlib import contextmanager
from pathlib import Path

from PyQt5.QtCore import QEvent, QPointF, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QFileDialog, QMessageBox

from saxsdog.cli.main import main as saxsdog
from saxsdog.network import VARIABLE
from saxsleash.app import Leash
from saxsleash.crashes import Crashes

PATIENCE = 20_000
"""ms; a new server takes some seconds on a busy machine."""

DETECTOR = "Pilatus 100K"
"""The smallest that is simulated."""


def simulate(folder: Path, frames: int = 6, name: str = "simulated") -> Path:
    """Write simulated frames into ``folder/frames``, and return the calibration that fits."""
    words = ["simulate", str(folder), "--frames", str(frames), "--name", name, "--quiet"]
    assert saxsdog([*words, "--detector", DETECTOR]) == 0
    return folder / f"{name}.saxsconf"


class Window:
    """The window of a test: ``leash`` has its parts, ``bot`` its mouse and keyboard."""

    def __init__(self, leash, bot):
        self.leash = leash
        self.bot = bot

    def until(self, condition):
        """Let events happen until something is so."""
        self.bot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def until_connected(self):
        self.until(lambda: self.leash.server.statistics is not None)

    def click(self, widget):
        self.bot.mouseClick(widget, Qt.LeftButton)

    def question(self):
        """Return the box that is open, when one is."""
        self.until(self._boxes)
        return self._boxes()[0]

    def answer(self, text):
        """Press the button of the open box whose text contains this."""
        box = self.question()
        button = next(each for each in box.buttons() if text in each.text())
        self.click(button)
        self.until(lambda: box not in self._boxes())

    def has_no_question(self):
        return not self._boxes()

    def choose_file(self, path):
        """Answer the dialog that asks for a file."""
        dialogs = self.leash.window.findChildren(QFileDialog)
        dialog = next(each for each in dialogs if each.isVisible())
        dialog.selectFile(str(path))
        dialog.accept()

    def notice(self):
        """Return the text above the tabs, ``""`` without one."""
        notice = self.leash.window.notices.notice
        return "" if notice is None else notice.text

    def drag(self, view, start, end):
        """Drag with the mouse in a plot, from one point to another, ``(x, y)`` of the plot."""
        box, viewport = view.getViewBox(), view.viewport()

        def on_screen():
            return [view.mapFromScene(box.mapViewToScene(QPointF(*at))) for at in (start, end)]

        places = on_screen()
        while _after_all_events(on_screen) != places:  # until the layout has settled
            places = on_screen()
        halfway = (places[0] + places[1]) / 2
        self.bot.mouseMove(viewport, places[0])
        self.bot.mousePress(viewport, Qt.LeftButton, pos=places[0])
        for place in (halfway, places[1]):
            move_pressed(viewport, place)
        self.bot.mouseRelease(viewport, Qt.LeftButton, pos=places[1])

    def _boxes(self):
        boxes = self.leash.window.findChildren(QMessageBox)
        return [box for box in boxes if box.isVisible()]


def _after_all_events(look):
    QApplication.processEvents()
    return look()


def move_pressed(viewport, place):
    """Move the mouse with its button pressed, which the helper of Qt does not do."""
    at = QPointF(place)
    where = QPointF(viewport.mapToGlobal(place))
    event = QMouseEvent(QEvent.MouseMove, at, where, Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(viewport, event)
    QApplication.processEvents()


@contextmanager
def leash_window(qtbot, tmp_path, monkeypatch, network=None, **begin):
    """Open the window; a bug that it meets fails the test, unless the test takes it away."""
    network = network or write_network(tmp_path, [])
    monkeypatch.setenv(VARIABLE, str(network))
    seen = []
    with Crashes(tmp_path / "qt-crash.txt") as crashes, Leash(crashes) as leash:
        crashes.happened.connect(lambda kind, error, trace, _: seen.append((kind, error, trace)))
        window = Window(leash, qtbot)
        window.bugs = seen
        leash.window.resize(1200, 800)
        leash.begin(**begin)
        qtbot.waitExposed(leash.window)
        try:
            yield window
        finally:
            leash.window.close_for_good()
            leash.window.deleteLater()
    reports = ["".join(traceback.format_exception(*each)) for each in seen]
    assert not reports, "\n".join(reports)


def write_network(folder: Path, entries) -> Path:
    """Write a network file that only its owner can read."""
    path = folder / "network.json"
    path.write_text(json.dumps([entry.as_document() for entry in entries]), encoding="utf-8")
    path.chmod(0o600)
    return path
