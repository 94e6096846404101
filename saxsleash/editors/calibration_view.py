"""The tree in which a calibration is read and edited."""

from collections.abc import Iterator
from functools import partial

from PyQt5.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    pyqtSignal,
)
from PyQt5.QtGui import QKeyEvent, QResizeEvent
from PyQt5.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTreeView,
    QWidget,
)

from saxsdog.explanations import KeyPath
from saxsleash.appearance import in_characters
from saxsleash.editors.row_actions import RowActions
from saxsleash.editors.row_delegate import RowDelegate
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.calibration_tree import (
    HELP_ROLE,
    NAME,
    NODE_ROLE,
    PATH_ROLE,
    SEARCH_ROLE,
    UNIT,
    VALUE,
    CalibrationTree,
)
from saxsleash.models.mask_store import MaskStore
from saxsleash.models.schema_nodes import Kind, SchemaNode

_WIDTHS = {NAME: (24, 0.46), UNIT: (9.5, 0.2)}
"""Of the columns: digits, and the share of the width that they take at most; values have the rest.

Until the user draws them as wide as they shall be.
"""

_INDENTATION = 1.6
"""Digits by which a row stands behind the one that it belongs to."""


class CalibrationView(QTreeView):
    """Shows a calibration as a tree; a value is edited where it stands.

    Wherever in a row the user is, keys and double clicks edit its value.
    """

    directory_wanted = pyqtSignal()
    """A folder below the root of the server shall be chosen."""

    file_wanted = pyqtSignal(object)
    """A file shall be chosen for the key with this path."""

    search_ended = pyqtSignal()
    """All rows are shown again, because one was wanted that the search had hidden."""

    def __init__(
        self, calibration: CalibrationModel, masks: MaskStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._calibration = calibration
        self.tree = CalibrationTree(calibration, masks, self)
        self.setModel(self.tree)
        self._delegate = RowDelegate(calibration, masks, self)
        self.setItemDelegate(self._delegate)
        self.actions_of_row = RowActions(calibration, self)
        self._words: list[str] = []
        self._closed_before: list[QPersistentModelIndex] = []
        self._fits_columns, self._is_fitting = True, False
        self._set_up()
        self._delegate.pick_wanted.connect(self._on_pick_wanted)
        self._delegate.add_wanted.connect(self.actions_of_row.add_at)
        self.actions_of_row.arrived.connect(self.show_path)
        self.tree.rowsInserted.connect(self._on_rows_inserted)
        self.header().sectionResized.connect(self._on_section_resized)
        self.customContextMenuRequested.connect(self._on_menu_requested)
        calibration.changed.connect(
            self._on_calibration_changed
        )  # behind the tree, which follows it
        self.expandAll()

    def _set_up(self) -> None:
        self.setAccessibleName("Calibration")
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollPerPixel)
        self.setEditTriggers(
            QAbstractItemView.DoubleClicked
            | QAbstractItemView.SelectedClicked
            | QAbstractItemView.EditKeyPressed
            | QAbstractItemView.AnyKeyPressed
        )
        self.setIndentation(in_characters(self, _INDENTATION))
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(VALUE, QHeaderView.Stretch)

    @property
    def path(self) -> KeyPath:
        """The path of the chosen row, ``()`` if there is none."""
        return self.currentIndex().data(PATH_ROLE) or ()

    def show_path(self, path: KeyPath) -> None:
        """Choose the row of a path, or the nearest above it, and scroll to it.

        Ends a search that does not find it.
        """
        index = self.tree.index_of(path)
        if not index.isValid():
            return
        if self.isRowHidden(index.row(), index.parent()):
            self.look_for("")
            self.search_ended.emit()
        self.expand(index)
        last = self.tree.index(self.tree.rowCount(index) - 1, NAME, index)
        self.scrollTo(last if last.isValid() else index)  # all of it, if there is room
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def look_for(self, text: str) -> None:
        """Show only the rows with these words in their names, and what is in and around them.

        If there are none, those that are explained with them. Without words all rows are shown
        again, open and closed as they were.
        """
        words = text.casefold().split()
        if words == self._words:
            return
        if not self._words:
            self._closed_before = [
                QPersistentModelIndex(index)
                for index in self._openable(QModelIndex())
                if not self.isExpanded(index)
            ]
        self._words = words
        self._hide_others()
        self.expandAll()
        if not words:
            for closed in self._closed_before:
                self.collapse(QModelIndex(closed))
        self.scrollTo(self.currentIndex())

    def _openable(self, parent: QModelIndex) -> Iterator[QModelIndex]:
        """List the rows that have others below them."""
        for row in range(self.tree.rowCount(parent)):
            index = self.tree.index(row, NAME, parent)
            if self.tree.rowCount(index):
                yield index
                yield from self._openable(index)

    def _hide_others(self) -> None:
        is_found = not self._words
        if not self._hide_rows(QModelIndex(), SEARCH_ROLE, is_found=is_found):
            self._hide_rows(QModelIndex(), HELP_ROLE, is_found=is_found)

    def _hide_rows(self, parent: QModelIndex, role: int, *, is_found: bool) -> bool:
        """Hide what is not looked for; tell whether something is left below a row."""
        is_any_left = False
        for row in range(self.tree.rowCount(parent)):
            index = self.tree.index(row, NAME, parent)
            text = str(index.data(role)).casefold()
            is_this_found = is_found or all(word in text for word in self._words)
            is_left = self._hide_rows(index, role, is_found=is_this_found) or is_this_found
            self.setRowHidden(row, parent, not is_left)
            is_any_left |= is_left
        return is_any_left

    # ------------------------------------------------------------------ editing

    def edit(  # type: ignore[override] # the stubs know only the other of Qt's two
        self,
        index: QModelIndex,
        trigger: QAbstractItemView.EditTrigger = QAbstractItemView.AllEditTriggers,
        event: QEvent | None = None,
    ) -> bool:
        return super().edit(index.siblingAtColumn(VALUE), trigger, event)  # type: ignore[arg-type] # or None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key_Return, Qt.Key_Enter)
        if is_enter and not event.modifiers() & ~Qt.KeypadModifier and not self._is_editing():
            self._on_enter()
            return
        super().keyPressEvent(event)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """Let Tab go on to the next value that is typed, past headings and check boxes."""
        steps = {QAbstractItemDelegate.EditNextItem: 1, QAbstractItemDelegate.EditPreviousItem: -1}
        super().closeEditor(editor, QAbstractItemDelegate.NoHint if hint in steps else hint)
        if hint in steps:
            self._edit_from(self.currentIndex(), steps[hint])

    def _edit_from(self, index: QModelIndex, step: int) -> None:
        while index.isValid():
            index = self.indexBelow(index) if step > 0 else self.indexAbove(index)
            value = index.siblingAtColumn(VALUE)
            if value.flags() & Qt.ItemIsEditable:
                self.setCurrentIndex(index)
                self.edit(value)
                return

    def _is_editing(self) -> bool:
        return bool(self.state() == QAbstractItemView.EditingState)

    def _on_enter(self) -> None:
        index = self.currentIndex()
        value = index.siblingAtColumn(VALUE)
        if value.flags() & Qt.ItemIsUserCheckable:
            checked = value.data(Qt.CheckStateRole) == Qt.Checked
            self.tree.setData(value, Qt.Unchecked if checked else Qt.Checked, Qt.CheckStateRole)
        elif value.flags() & Qt.ItemIsEditable:
            self.edit(value)
        else:
            self.setExpanded(index, not self.isExpanded(index))

    # ------------------------------------------------------------------ events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._fits_columns:
            return
        self._is_fitting = True
        for column, (digits, share) in _WIDTHS.items():
            most = round(share * self.viewport().width())
            self.header().resizeSection(column, min(in_characters(self, digits), most))
        self._is_fitting = False

    def _on_section_resized(self, column: int) -> None:
        if column in _WIDTHS and not self._is_fitting:
            self._fits_columns = False

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        super().currentChanged(current, previous)
        if hasattr(self, "actions_of_row"):
            self._show_chosen()

    def _show_chosen(self) -> None:
        self.actions_of_row.choose(self.path)

    def _on_calibration_changed(self) -> None:
        if self._words:
            self._hide_others()
        self._show_chosen()

    def _on_rows_inserted(self, parent: QModelIndex) -> None:
        self.expand(parent)

    def set_folders_known(self, known: bool) -> None:
        """Offer to choose a folder of the server, or not."""
        self._delegate.folders_known = known
        self.viewport().update()

    def _on_pick_wanted(self, path: KeyPath) -> None:
        node = self._calibration.schema.at(path)
        if node.kind is Kind.SELECTION:
            self._open(self.selection_of(path), self.visualRect(self.tree.index_of(path, VALUE)))
        elif node.file_role is not None:
            self.file_wanted.emit(path)
        else:
            self.directory_wanted.emit()

    def _on_menu_requested(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if not index.isValid():
            return
        self._open(self.menu_of(index), QRect(position, position))

    def _open(self, menu: QMenu, place: QRect) -> None:
        menu.setAttribute(Qt.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(place.bottomLeft()))

    def selection_of(self, path: KeyPath) -> QMenu:
        """Return a menu of the words that the list at a path can have, those it has checked."""
        menu = QMenu(self)
        value = self._calibration.value(path)
        chosen = value if isinstance(value, list) else []
        for word in self._calibration.schema.at(path).item.schema["enum"]:
            action = menu.addAction(word)
            action.setCheckable(True)
            action.setChecked(word in chosen)
            others = [each for each in chosen if each != word]
            wanted = others if word in chosen else [*others, word]
            action.triggered.connect(partial(self._on_selected, path, wanted))
        return menu

    def _on_selected(self, path: KeyPath, words: list[str]) -> None:
        if words:
            self._calibration.set_value(path, words)
        else:
            self._calibration.remove(path)

    def menu_of(self, index: QModelIndex) -> QMenu:
        menu = QMenu(self)
        node: SchemaNode = index.data(NODE_ROLE)
        value = index.siblingAtColumn(VALUE)
        if value.flags() & Qt.ItemIsEditable:
            menu.addAction("Edit value").triggered.connect(lambda: self.edit(value))
        if self._delegate.has_picker(value):
            words = "Choose file…" if node.file_role else "Choose folder…"
            words = "Choose…" if node.kind is Kind.SELECTION else words
            choose = menu.addAction(words)
            choose.triggered.connect(lambda: self._delegate.press_button(value))
        if menu.actions():
            menu.addSeparator()
        for action in self.actions_of_row.all:
            if action.isEnabled():
                menu.addAction(action)
        menu.addSeparator()
        menu.addAction("Expand all", self.expandAll)
        menu.addAction("Collapse all", self.collapseAll)
        return menu
