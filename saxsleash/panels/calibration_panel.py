"""The calibration in the window: title, folder, what is wrong, and the tree of its keys."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QAction,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from saxsdog.explanations import KeyPath
from saxsleash.appearance import in_characters, in_lines
from saxsleash.editors.calibration_view import CalibrationView
from saxsleash.editors.value_editors import parts_of
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.mask_store import MaskStore
from saxsleash.models.row_texts import folder_text
from saxsleash.panels.problem_line import ProblemLine

TITLE: KeyPath = ("Title",)
DIRECTORY: KeyPath = ("Directory",)


class CalibrationPanel(QWidget):
    """Edits a calibration; what needs files, servers or dialogs leaves as a signal."""

    directory_wanted = pyqtSignal()
    """A folder of images below the root of the server shall be chosen."""

    file_wanted = pyqtSignal(object)
    """A file shall be chosen for the key with this path, ``("Masks", 0, "MaskFile")``."""

    new_wanted = pyqtSignal()
    open_wanted = pyqtSignal()
    load_wanted = pyqtSignal()
    """The calibration of the server is to be loaded."""

    def __init__(
        self, calibration: CalibrationModel, masks: MaskStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._calibration = calibration
        self._masks = masks
        self.view = CalibrationView(calibration, masks)
        self.title = QLineEdit()
        self.folder = QLineEdit()
        self.problems = ProblemLine()
        self.search = QLineEdit()
        self._add_menu = QMenu(self)
        self.undo_button = _button("↶", "Undo")
        self.redo_button = _button("↷", "Redo")
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty_page())
        self._pages.addWidget(self._page())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)
        self._connect()
        self._draw()

    def show_path(self, path: KeyPath) -> None:
        """Choose the row of a path and bring it into view."""
        self.view.show_path(path)
        self.view.setFocus()

    def set_connected(self, connected: bool) -> None:
        """Offer the folders of a server, or not."""
        self.pick_folder.setEnabled(connected)
        self.pick_folder.setToolTip(
            "Choose a folder of the server" if connected else "Connect to a server first (Ctrl+K)"
        )
        self.view.set_folders_known(connected)

    def set_can_load(self, possible: bool, why: str) -> None:
        """Offer the calibration of the server, or say why there is none."""
        self.load_button.setEnabled(possible)
        self.load_button.setToolTip("Load the calibration of the server" if possible else why)

    # ------------------------------------------------------------------ layout

    def _empty_page(self) -> QWidget:
        page = QWidget()
        text = QLabel(
            "<h3>No calibration yet</h3>Open one, begin with a new one, or load that of the server."
        )
        text.setAlignment(Qt.AlignCenter)
        text.setWordWrap(True)
        self.open_button = QPushButton("Open…")
        self.open_button.setToolTip("Open a calibration file (.saxsconf)")
        self.new_button = QPushButton("New")
        self.new_button.setToolTip("Begin with a calibration for a Pilatus 1M, to be changed")
        self.load_button = QPushButton("From server")
        buttons = QHBoxLayout()
        buttons.addStretch()
        for button in (self.open_button, self.new_button, self.load_button):
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(page)
        column.addStretch(2)
        column.addWidget(text)
        column.addSpacing(in_lines(self, 0.5))
        column.addLayout(buttons)
        column.addStretch(3)
        return page

    def _page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        side = in_characters(self, 0.8)
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(side // 2)
        column.addLayout(self._heading())
        column.addLayout(self._tools())
        column.addWidget(self.problems)
        column.addWidget(self.view, 1)
        return page

    def _heading(self) -> QGridLayout:
        grid = QGridLayout()
        self.title.setPlaceholderText("A name for people")
        self.title.setToolTip("Title of the calibration: a name for people")
        self.folder.setPlaceholderText("Root of the server")
        self.folder.setToolTip("Folder of the images, below the root of the server: a / b / c")
        self.pick_folder = QPushButton("Browse…")
        self.pick_folder.setToolTip("Choose a folder of the server")
        for row, (text, field) in enumerate((("&Title", self.title), ("&Directory", self.folder))):
            label = QLabel(text)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
        grid.addWidget(self.title, 0, 1, 1, 2)
        grid.addWidget(self.folder, 1, 1)
        grid.addWidget(self.pick_folder, 1, 2)
        return grid

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        self.search.setPlaceholderText("Find a key")
        self.search.setToolTip(
            "Show only the keys with these words in their names, or else in their help "
            "(Ctrl+Shift+F)"
        )
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(in_characters(self, 30))
        actions = self.view.actions_of_row
        self.add_button = _button("Add", "Add a mask, a slice, or an object that is absent")
        self.add_button.setMenu(self._add_menu)
        self.add_button.setPopupMode(QToolButton.InstantPopup)
        self.remove_button = _button("Remove", "")
        self.up_button, self.down_button = _button("↑", ""), _button("↓", "")
        row.addWidget(self.search, 1)
        row.addStretch()
        row.addWidget(self.add_button)
        for button, action in (
            (self.remove_button, actions.remove),
            (self.up_button, actions.up),
            (self.down_button, actions.down),
        ):
            _follow(button, action)
            row.addWidget(button)
        row.addSpacing(in_characters(self, 1))
        row.addWidget(self.undo_button)
        row.addWidget(self.redo_button)
        return row

    def _connect(self) -> None:
        self.view.directory_wanted.connect(self.directory_wanted)
        self.view.file_wanted.connect(self.file_wanted)
        self.pick_folder.clicked.connect(self._on_pick_folder_clicked)
        self.open_button.clicked.connect(self._on_open_clicked)
        self.new_button.clicked.connect(self._on_new_clicked)
        self.load_button.clicked.connect(self._on_load_clicked)
        self.title.textEdited.connect(self._on_title_edited)
        self.title.editingFinished.connect(self._calibration.finish_merge)
        self.folder.editingFinished.connect(self._on_folder_finished)
        self.search.textChanged.connect(self.view.look_for)
        self.view.search_ended.connect(self.search.clear)
        self.search.returnPressed.connect(self.view.setFocus)
        self.problems.problem_chosen.connect(self._on_problem_chosen)
        self.undo_button.clicked.connect(self._calibration.undo)
        self.redo_button.clicked.connect(self._calibration.redo)
        self._add_menu.aboutToShow.connect(self._on_add_menu_opened)
        find = QAction("Find a key", self)
        find.setShortcut(QKeySequence("Ctrl+Shift+F"))
        find.setShortcutContext(Qt.WidgetWithChildrenShortcut)
        find.triggered.connect(self._on_find)
        self.addAction(find)
        self._calibration.changed.connect(self._draw)
        self._masks.changed.connect(self._draw_problems)

    # ------------------------------------------------------------------ drawing

    def _draw(self) -> None:
        calibration = self._calibration
        self._pages.setCurrentIndex(0 if calibration.is_empty else 1)
        _show(self.title, str(calibration.value(TITLE)))
        parts = calibration.value(DIRECTORY)
        if not self.folder.isModified():
            text = folder_text(parts) if isinstance(parts, list) else str(parts)
            _show(self.folder, "" if text == "." else text)  # the placeholder names the root
        for button, verb, what, keys in (
            (self.undo_button, "Undo", calibration.undo_text, "Ctrl+Z"),
            (self.redo_button, "Redo", calibration.redo_text, "Ctrl+Shift+Z"),
        ):
            button.setEnabled(what is not None)
            button.setToolTip(f"{verb}: {what} ({keys})" if what else f"Nothing to {verb.lower()}")
        self._draw_problems()

    def _draw_problems(self) -> None:
        self.problems.show_problems(self.view.tree.problems)

    # ------------------------------------------------------------------ events

    def _on_pick_folder_clicked(self) -> None:
        self.directory_wanted.emit()

    def _on_open_clicked(self) -> None:
        self.open_wanted.emit()

    def _on_new_clicked(self) -> None:
        self.new_wanted.emit()

    def _on_load_clicked(self) -> None:
        self.load_wanted.emit()

    def _on_title_edited(self, text: str) -> None:
        self._calibration.set_value(TITLE, text, merge=True)

    def _on_folder_finished(self) -> None:
        if self.folder.isModified():
            self.folder.setModified(False)
            self._calibration.set_value(DIRECTORY, parts_of(self.folder.text()))
            self._draw()

    def _on_problem_chosen(self, path: KeyPath) -> None:
        self.show_path(path)

    def _on_add_menu_opened(self) -> None:
        self.view.actions_of_row.fill_menu(self._add_menu)

    def _on_find(self) -> None:
        self.search.setFocus()
        self.search.selectAll()


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAutoRaise(True)
    button.setAccessibleName(tip or text)
    return button


def _follow(button: QToolButton, action: QAction) -> None:
    """Let a button do what an action does, with a text of its own."""

    def show() -> None:
        button.setEnabled(action.isEnabled())
        button.setToolTip(action.toolTip())

    button.clicked.connect(action.trigger)
    action.changed.connect(show)
    show()


def _show(field: QLineEdit, text: str) -> None:
    """Show a text without moving the cursor of who types it."""
    if field.text() != text:
        field.setText(text)
