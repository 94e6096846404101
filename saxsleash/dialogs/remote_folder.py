"""Asks for a folder of a server."""

from collections.abc import Sequence

from PyQt5.QtCore import QModelIndex, QSortFilterProxyModel, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QPalette
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import Tone, in_characters, in_lines, muted_color, tone_color
from saxsleash.editors.value_editors import parts_of
from saxsleash.models.remote_folders import KIND_ROLE, PARTS_ROLE, EntryKind, Parts, RemoteFolders

_REST_MS = 150
"""After the last key before rows are looked through: there may be ten thousand."""


class RemoteFolderDialog(QDialog):
    """Shows the folders of a server as a tree that is asked for folder by folder."""

    listing_wanted = pyqtSignal(object)
    """What is in the folder with these parts (a tuple of texts) shall be asked of the server."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Folder of the images")
        self.folders = RemoteFolders(self)
        self._rows = _NameFilter(self)
        self._rows.setSourceModel(self.folders)
        self.path = QLineEdit()
        self.filter = QLineEdit()
        self.view = QTreeView()
        self.note = QLabel()
        self.note.setTextFormat(Qt.PlainText)
        self.note.setWordWrap(True)
        self.note.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self._goal: Parts | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REST_MS)
        self._lay_out()
        self._connect()
        self.resize(in_characters(self, 60), in_lines(self, 26))

    def parts(self) -> tuple[str, ...]:
        """Return the parts of the chosen folder below the root, ``()`` for the root itself."""
        return tuple(part for part in parts_of(self.path.text()) if part != ".")

    def begin(self, parts: Sequence[str]) -> None:
        """Choose a folder at first, and open what leads there as the listings arrive.

        To be called when somebody listens to ``listing_wanted``.
        """
        self._goal = tuple(part for part in parts if part not in ("", "."))
        self._show_path(self._goal)
        self.folders.ask(())
        self.view.expand(self._index(()))
        self.view.setCurrentIndex(self._index(()))

    def show_listing(
        self, parts: Sequence[str], entries: Sequence[tuple[str, bool]], complete: bool = True
    ) -> None:
        """Show what a folder holds: names, and whether each is a folder."""
        self.folders.show_listing(tuple(parts), entries, complete=complete)
        self._approach_goal()

    def show_problem(self, parts: Sequence[str], text: str) -> None:
        """Say why a folder cannot be listed."""
        self.folders.show_problem(tuple(parts), text)
        self.view.expand(self._index(tuple(parts)))

    # ------------------------------------------------------------------ layout

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        self.path.setPlaceholderText("Root of the server")
        self.path.setToolTip("The chosen folder below the root of the server: a / b / c")
        self.filter.setPlaceholderText("Find among the folders that were opened")
        self.filter.setToolTip("Show only folders and files with this text in their names")
        self.filter.setClearButtonEnabled(True)
        self.again = QPushButton("&Refresh")
        self.again.setToolTip("Ask again what is in the chosen folder (F5)")
        self.again.setShortcut("F5")
        self.again.setAutoDefault(False)
        for text, field in (("&Folder", self.path), ("Fi&nd", self.filter)):
            row = QHBoxLayout()
            label = QLabel(text)
            label.setBuddy(field)
            label.setMinimumWidth(in_characters(self, 7))
            row.addWidget(label)
            row.addWidget(field, 1)
            if field is self.filter:
                row.addWidget(self.again)
            column.addLayout(row)
        self.view.setModel(self._rows)
        self.view.setItemDelegate(_EntryDelegate(self.view))
        self.view.setHeaderHidden(True)
        self.view.setUniformRowHeights(True)
        self.view.setEditTriggers(QAbstractItemView.NoEditTriggers)
        self.view.setAccessibleName("Folders of the server")
        column.addWidget(self.note)
        column.addWidget(self.view, 1)
        self.buttons.button(QDialogButtonBox.Ok).setText("&Choose")
        self.buttons.button(QDialogButtonBox.Ok).setToolTip("Take this folder (Enter)")
        self.buttons.button(QDialogButtonBox.Ok).setDefault(True)
        column.addWidget(self.buttons)
        self.view.setFocus()

    def _connect(self) -> None:
        self.folders.listing_wanted.connect(self.listing_wanted)
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)
        self.view.expanded.connect(self._on_expanded)
        self.view.collapsed.connect(self._on_collapsed)
        self.path.textEdited.connect(self._on_path_edited)
        self.filter.textChanged.connect(self._on_filter_changed)
        self.again.clicked.connect(self._on_again_clicked)
        self._timer.timeout.connect(self._on_filter_rested)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    # ------------------------------------------------------------------ events

    def _index(self, parts: Parts) -> QModelIndex:
        return self._rows.mapFromSource(self.folders.index_of(parts))

    def _approach_goal(self) -> None:
        """Open what is known on the way to the folder that is chosen at first."""
        self.view.expand(self._index(()))
        if self._goal is None:
            return
        missing = self.folders.is_missing(self._goal)
        self.note.setText(f"{' / '.join(self._goal)} is not on the server" if missing else "")
        self.note.setVisible(missing)
        index = self._index(self._goal)
        known: Parts = index.data(PARTS_ROLE) or ()
        if known == self._goal:
            self.view.setCurrentIndex(index)
            self.view.scrollTo(index, QAbstractItemView.PositionAtCenter)
            self._goal = None
        else:
            self.view.expand(index)
            self.folders.ask(known)

    def _show_path(self, parts: Parts) -> None:
        self.path.setText(" / ".join(parts))

    def _on_current_changed(self, current: QModelIndex) -> None:
        if current.data(KIND_ROLE) is not EntryKind.FOLDER:
            return
        parts: Parts = current.data(PARTS_ROLE)
        if self._goal is not None and parts == self._goal[: len(parts)]:
            return  # on the way there
        self._goal = None
        self.note.hide()
        self._show_path(parts)

    def _on_expanded(self, index: QModelIndex) -> None:
        self.folders.ask(index.data(PARTS_ROLE))

    def _on_collapsed(self, index: QModelIndex) -> None:
        self.folders.give_up(index.data(PARTS_ROLE))

    def _on_path_edited(self) -> None:
        self._goal = None
        self.note.hide()

    def _on_again_clicked(self) -> None:
        parts = self.parts()
        if self.folders.is_known(parts):
            self.folders.forget(parts)
            self.view.expand(self._index(parts))

    def _on_filter_changed(self) -> None:
        self._timer.start()

    def _on_filter_rested(self) -> None:
        self._rows.setFilterFixedString(self.filter.text())
        self._approach_goal()
        self.view.scrollTo(self.view.currentIndex())


class _NameFilter(QSortFilterProxyModel):
    """Keeps what has a text in its name, and the folders around it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setRecursiveFilteringEnabled(True)
        self.setFilterCaseSensitivity(Qt.CaseInsensitive)


class _EntryDelegate(QStyledItemDelegate):
    """Lets files and notes stand back behind the folders, which alone can be chosen."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        kind = index.data(KIND_ROLE)
        style = option.widget.style()
        if kind is EntryKind.FOLDER:
            option.icon = style.standardIcon(QStyle.SP_DirIcon, None, option.widget)
        elif kind is EntryKind.FILE:
            option.icon = style.standardIcon(QStyle.SP_FileIcon, None, option.widget)
        if kind in (EntryKind.FOLDER, EntryKind.FILE):
            option.features |= QStyleOptionViewItem.HasDecoration
        else:
            option.font.setItalic(True)
        if kind is EntryKind.PROBLEM:
            option.palette.setColor(QPalette.Text, tone_color(Tone.BAD, option.palette))
        elif kind is not EntryKind.FOLDER:
            option.palette.setColor(QPalette.Text, muted_color(option.palette))
