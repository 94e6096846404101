"""What can be done with the row that is chosen: add, remove, move, duplicate, reset."""

from collections.abc import Callable

from PyQt5.QtCore import QObject, Qt, pyqtSignal
from PyQt5.QtWidgets import QAction, QMenu, QWidget

from saxsdog.explanations import KeyPath
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.edits import ABSENT, value_at
from saxsleash.models.schema_nodes import Kind, SchemaNode


class RowActions(QObject):
    """Actions on a calibration that follow the chosen row; their keys work in one widget.

    Parameters
    ----------
    calibration
        What is changed.
    widget
        Where the keys count, and the parent of the actions.
    """

    arrived = pyqtSignal(object)
    """The path of what an action has added or moved: to be shown."""

    def __init__(self, calibration: CalibrationModel, widget: QWidget) -> None:
        super().__init__(widget)
        self._calibration = calibration
        self._path: KeyPath = ()
        self.add = self._action("Add", "Ins")
        self.duplicate = self._action("Duplicate", "Ctrl+D")
        self.remove = self._action("Remove", "Del")
        self.up = self._action("Move up", "Alt+Up")
        self.down = self._action("Move down", "Alt+Down")
        self.add.triggered.connect(self._on_add)
        self.duplicate.triggered.connect(self._on_duplicate)
        self.remove.triggered.connect(self._on_remove)
        self.up.triggered.connect(lambda: self._move(-1))
        self.down.triggered.connect(lambda: self._move(1))
        calibration.changed.connect(self._show)
        self._show()

    @property
    def all(self) -> tuple[QAction, ...]:
        return self.add, self.duplicate, self.remove, self.up, self.down

    def choose(self, path: KeyPath) -> None:
        """Take note of which row is chosen; ``()`` for none."""
        self._path = path
        self._show()

    def add_at(self, path: KeyPath) -> None:
        """Add an item to the list at a path, or what is absent there."""
        new = _new_path(self._calibration, path)
        if new is not None:
            self._calibration.add(new)
            self.arrived.emit(new)

    def fill_menu(self, menu: QMenu) -> None:
        """Offer everything that can be added anywhere."""
        menu.clear()
        for path in addable(self._calibration):
            action = menu.addAction(_words_to_add(self._calibration, path))
            action.triggered.connect(self._adder(path))

    def _action(self, text: str, keys: str) -> QAction:
        widget = self.parent()
        assert isinstance(widget, QWidget)  # noqa: S101 - as it was made
        action = QAction(text, widget)
        action.setShortcut(keys)
        action.setShortcutContext(Qt.WidgetShortcut)
        widget.addAction(action)
        return action

    def _adder(self, path: KeyPath) -> Callable[[], None]:
        return lambda: self.add_at(path)

    def _show(self) -> None:
        calibration, item = self._calibration, _item_around(self._calibration, self._path)
        new = _path_to_add(calibration, self._path)
        room = item is not None and calibration.can_add((*item[:-1], int(item[-1]) + 1))
        self._set(self.add, new is not None, _words_to_add(calibration, new) if new else "Add")
        self._set(self.duplicate, room, f"Duplicate {_name(calibration, item)}")
        can_remove = calibration.can_remove(self._path)
        verb = "Reset" if self._path and calibration.is_reset(self._path) else "Remove"
        tail = " to default" if verb == "Reset" else ""
        name = _name(calibration, self._path) if can_remove else ""
        self._set(self.remove, can_remove, f"{verb} {name}{tail}")
        for action, by, where in ((self.up, -1, "up"), (self.down, 1, "down")):
            can_move = item is not None and calibration.can_move(item, by)
            self._set(action, can_move, f"Move {_name(calibration, item)} {where}")

    def _set(self, action: QAction, is_enabled: bool, text: str) -> None:
        action.setEnabled(is_enabled)
        action.setText(" ".join(text.split()))
        action.setToolTip(f"{action.text()} ({action.shortcut().toString()})")

    def _on_add(self) -> None:
        new = _path_to_add(self._calibration, self._path)
        if new is not None:
            self._calibration.add(new)
            self.arrived.emit(new)

    def _on_duplicate(self) -> None:
        item = _item_around(self._calibration, self._path)
        if item is not None:
            self._calibration.duplicate(item)
            self.arrived.emit((*item[:-1], int(item[-1]) + 1))

    def _on_remove(self) -> None:
        if self._calibration.can_remove(self._path):
            self._calibration.remove(self._path)

    def _move(self, by: int) -> None:
        item = _item_around(self._calibration, self._path)
        if item is not None and self._calibration.can_move(item, by):
            self._calibration.move(item, by)


def addable(calibration: CalibrationModel) -> list[KeyPath]:
    """List the lists that have room for an item, and the objects that are absent."""
    found: list[KeyPath] = []
    pending: list[tuple[KeyPath, SchemaNode]] = [((), calibration.schema)]
    while pending:
        path, node = pending.pop(0)
        is_absent = node.kind is Kind.GROUP and calibration.can_add(path)
        if is_absent or (node.kind is Kind.ITEMS and _new_path(calibration, path)):
            found.append(path)
        elif node.kind is Kind.GROUP:
            pending += [((*path, key), child) for key, child in node.children.items()]
    return found


def _new_path(calibration: CalibrationModel, path: KeyPath) -> KeyPath | None:
    """Return where something new would stand: behind the items of a list, or what is absent."""
    node, value = calibration.schema.at(path), value_at(calibration.document, path)
    if node.is_list and (isinstance(value, list) or (value is ABSENT and node.grows_from_nothing)):
        path = (*path, len(value) if isinstance(value, list) else 0)
    return path if calibration.can_add(path) else None


def _path_to_add(calibration: CalibrationModel, path: KeyPath) -> KeyPath | None:
    """Return what *Add* adds: to the list that is chosen, behind the item, or what is absent."""
    if not path:
        return None
    node = calibration.schema.at(path)
    is_container = node.kind in (Kind.GROUP, Kind.ITEMS, Kind.ENTRIES)
    if is_container and not isinstance(path[-1], int):
        new = _new_path(calibration, path)
        if new is not None:
            return new
    item = _item_around(calibration, path)
    if item is not None:
        behind = (*item[:-1], int(item[-1]) + 1)
        return behind if calibration.can_add(behind) else None
    return _new_path(calibration, path) if isinstance(path[-1], str) else None


def _item_around(calibration: CalibrationModel, path: KeyPath) -> KeyPath | None:
    """Return the item of a list of objects that a row is, or belongs to."""
    for n in range(len(path), 1, -1):
        around = calibration.schema.at(path[: n - 1])
        if isinstance(path[n - 1], int) and around.kind is Kind.ITEMS:
            return path[:n] if calibration.has(path[:n]) else None
    return None


def _words_to_add(calibration: CalibrationModel, path: KeyPath) -> str:
    node = calibration.schema.at(path)
    if isinstance(path[-1], int):
        around = calibration.schema.at(path[:-1])
        return f"Add {around.singular if around.kind is Kind.ITEMS else 'entry'}"
    return f"Add {node.singular}" if node.kind is Kind.ITEMS else f"Add {node.key}"


def _name(calibration: CalibrationModel, path: KeyPath | None) -> str:
    return calibration.name(path) if path else ""
