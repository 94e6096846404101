"""The main window: its tabs, menus and keys; what they do is connected elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QKeySequence
from PyQt5.QtWidgets import (
    QAction,
    QActionGroup,
    QMainWindow,
    QMenu,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import Theme, in_characters, in_lines
from saxsleash.models.preferences import Preferences
from saxsleash.panels.notice_bar import NoticeBar
from saxsleash.panels.roomy_splitter import RoomySplitter

FIRST_SIZE = (150, 48)
"""Characters and lines of the window at its very first start."""

HISTORY_LINES = 27
"""Least height of the tab *History* with room for a curve below its plots."""


@dataclass(frozen=True)
class Parts:
    """The panels that a window is made of."""

    calibration: QWidget
    detector: QWidget
    checklist: QWidget
    queue: QWidget
    plot: QWidget
    history: QWidget
    picked_curve: QWidget
    status: QWidget


class MainWindow(QMainWindow):
    """Lays the panels out; its actions are public, so that others can connect them.

    Parameters
    ----------
    parts
        What to show.
    queue_actions
        Ready-made entries of the menu *Queue*.
    preferences
        Where the layout is remembered.
    """

    close_wanted = pyqtSignal()
    """The user closes the window; :meth:`close_for_good` does it."""

    closed = pyqtSignal()
    """It closes for good: now is the time to keep what shall be found again."""

    recent_wanted = pyqtSignal(object)
    """A recent calibration, a :class:`~pathlib.Path`, is to be opened."""

    theme_wanted = pyqtSignal(object)

    def __init__(
        self,
        parts: Parts,
        queue_actions: Sequence[QAction],
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._may_close = False
        self.notices = NoticeBar()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self._splitters: dict[str, QSplitter] = {}
        self.tabs.addTab(self._calibration_tab(parts), "Calibration")
        self.tabs.addTab(parts.plot, "Plot")
        self.tabs.addTab(self._history_tab(parts), "History")
        center = QWidget()
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(parts.queue)
        column.addWidget(self.notices)
        column.addWidget(self.tabs, 1)
        self.setCentralWidget(center)
        self.statusBar().addPermanentWidget(parts.status, 1)
        self.statusBar().setSizeGripEnabled(False)
        self._make_file_menu()
        self._make_edit_menu()
        self._make_import_menu()
        self._make_server_menu()
        self._make_queue_menu(queue_actions)
        self._make_view_menu()
        self._make_help_menu()
        self._restore_layout()
        preferences.recent_changed.connect(self._show_recent)
        self._show_recent()

    # ------------------------------------------------------------------ tabs

    @property
    def calibration_tab(self) -> QWidget:
        return self.tabs.widget(0)

    @property
    def plot_tab(self) -> QWidget:
        return self.tabs.widget(1)

    @property
    def history_tab(self) -> QWidget:
        return self.tabs.widget(2)

    def _calibration_tab(self, parts: Parts) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(parts.detector, 1)
        column.addWidget(parts.checklist)
        splitter = QSplitter(Qt.Horizontal)
        return self._divided("calibration", splitter, parts.calibration, right, (45, 55))

    def _history_tab(self, parts: Parts) -> QWidget:
        splitter = RoomySplitter(HISTORY_LINES)
        return self._divided("history", splitter, parts.history, parts.picked_curve, (75, 25))

    def _divided(
        self,
        name: str,
        splitter: QSplitter,
        first: QWidget,
        second: QWidget,
        shares: tuple[int, int],
    ) -> QSplitter:
        splitter.setChildrenCollapsible(False)
        for i, (widget, share) in enumerate(zip((first, second), shares, strict=True)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(i, share)
        splitter.setSizes([10 * share for share in shares])
        self._splitters[name] = splitter
        return splitter

    # ------------------------------------------------------------------ menus

    def _make_file_menu(self) -> None:
        menu = self.menuBar().addMenu("&File")
        self.new_action = _action(menu, "&New", QKeySequence.New)
        self.open_action = _action(menu, "&Open…", QKeySequence.Open)
        self._recent = menu.addMenu("Open &recent")
        self._recent.setToolTipsVisible(True)
        self.save_action = _action(menu, "&Save", QKeySequence.Save)
        self.save_as_action = _action(menu, "Save &as…", "Ctrl+Shift+S")
        export = menu.addMenu("&Export")
        self.export_poni_action = _action(export, "For &pyFAI, a .poni file…")
        self.export_fit2d_action = _action(export, "As the text of &FIT2D…")
        menu.addSeparator()
        self.open_image_action = _action(menu, "Open &image…", "Ctrl+I")
        menu.addSeparator()
        _action(menu, "&Quit", "Ctrl+Q").triggered.connect(self.close)

    def _make_edit_menu(self) -> None:
        menu = self.menuBar().addMenu("&Edit")
        self.undo_action = _action(menu, "&Undo", QKeySequence.Undo)
        self.redo_action = _action(menu, "&Redo", "Ctrl+Shift+Z")

    def _make_import_menu(self) -> None:
        menu = self.menuBar().addMenu("&Import")
        self.import_file_action = _action(menu, "Calibration of another &program…", "Ctrl+Shift+I")
        self.import_file_action.setToolTip("Any of the following; the content tells which")
        menu.addSeparator()
        self.import_fit2d_action = _action(menu, "&FIT2D result text…")
        self.import_poni_action = _action(menu, "&pyFAI .poni…")
        self.import_spd_action = _action(menu, "Header of an &EDF image (SPD)…")
        self.import_nexus_action = _action(menu, "NeXus or Eiger &HDF5…")
        self.import_older_action = _action(menu, "&Older SAXSDOG calibration…")
        self.import_nika_action = _action(menu, "&Nika values…")
        menu.addSeparator()
        self.detector_action = _action(menu, "&Detector by name…")
        self.detector_action.setToolTip("Fills in the number and the size of the pixels")
        menu.setToolTipsVisible(True)

    def _make_server_menu(self) -> None:
        menu = self.menuBar().addMenu("&Server")
        self.connect_action = _action(menu, "&Connect…", "Ctrl+K")
        self.disconnect_action = _action(menu, "&Disconnect")
        menu.addSeparator()
        self.load_from_server_action = _action(menu, "&Load the server's calibration", "Ctrl+L")

    def _make_queue_menu(self, actions: Sequence[QAction]) -> None:
        menu = self.menuBar().addMenu("&Queue")
        self.start_action = _action(menu, "&Start queue", "Ctrl+Return")
        for action in actions:
            menu.addAction(action)
        menu.addSeparator()
        self.failures_action = _action(menu, "&Failed images…", "Ctrl+F")

    def _make_view_menu(self) -> None:
        menu = self.menuBar().addMenu("&View")
        for i in range(self.tabs.count()):
            action = _action(menu, f"&{i + 1} {self.tabs.tabText(i)}", f"Ctrl+{i + 1}")
            action.triggered.connect(self._shower_of(i))
        menu.addSeparator()
        themes = QActionGroup(self)
        words = {Theme.SYSTEM: "As the &desktop", Theme.LIGHT: "&Light", Theme.DARK: "Dar&k"}
        for theme, text in words.items():
            action = _action(menu, text)
            action.setCheckable(True)
            action.setChecked(theme is self._preferences.theme)
            action.setData(theme)
            themes.addAction(action)
        themes.triggered.connect(lambda action: self.theme_wanted.emit(action.data()))

    def _make_help_menu(self) -> None:
        menu = self.menuBar().addMenu("&Help")
        self.manual_action = _action(menu, "&Manual", QKeySequence.HelpContents)
        self.first_steps_action = _action(menu, "&First steps with the window")
        menu.addSeparator()
        self.about_action = _action(menu, "&About saxsdog")

    def _shower_of(self, index: int) -> Callable[[], None]:
        return lambda: self.tabs.setCurrentIndex(index)

    def _show_recent(self) -> None:
        self._recent.clear()
        files = self._preferences.recent_files
        for i, path in enumerate(files):
            action = self._recent.addAction(f"&{(i + 1) % 10} {_escaped(path.name)}")
            action.setToolTip(str(path))
            action.triggered.connect(self._recent_opener(path))
        self._recent.setEnabled(bool(files))

    def _recent_opener(self, path: Path) -> Callable[[], None]:
        return lambda: self.recent_wanted.emit(path)

    # ------------------------------------------------------------------ layout

    def _restore_layout(self) -> None:
        if not self.restoreGeometry(self._preferences.layout("window")):
            characters, lines = FIRST_SIZE
            self.resize(in_characters(self, characters), in_lines(self, lines))
        for name, splitter in self._splitters.items():
            splitter.restoreState(self._preferences.layout(name))

    def _remember_layout(self) -> None:
        self._preferences.remember_layout("window", self.saveGeometry())
        for name, splitter in self._splitters.items():
            self._preferences.remember_layout(name, splitter.saveState())

    def close_for_good(self) -> None:
        """Close without asking anybody."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close:
            self.close_wanted.emit()
        if not self._may_close:
            event.ignore()
            return
        # Answered already, if there was nothing to ask: Qt takes no close within a close.
        self._remember_layout()
        super().closeEvent(event)
        self.closed.emit()


def _action(menu: QMenu, text: str, keys: QKeySequence.StandardKey | str | None = None) -> QAction:
    action = menu.addAction(text)
    if keys is not None:
        action.setShortcut(QKeySequence(keys))
    return action


def _escaped(text: str) -> str:
    """Return a text as a menu shows it unchanged: there ``&`` marks a key."""
    return text.replace("&", "&&")
