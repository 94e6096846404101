"""The calibration as rows of a tree: one for each key that the schema has, absent ones too."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count
from typing import Any

from PyQt5.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt

from saxsdog.explanations import KeyPath
from saxsdog.named_files import FileRole
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.edits import ABSENT
from saxsleash.models.mask_store import MaskStore
from saxsleash.models.row_texts import name_of, value_text
from saxsleash.models.schema_nodes import Kind, SchemaNode

NAME, VALUE, UNIT = range(3)
HEADINGS = ("Name", "Value", "Unit")

PATH_ROLE = Qt.UserRole
NODE_ROLE = Qt.UserRole + 1
MARK_ROLE = Qt.UserRole + 2
PROBLEM_ROLE = Qt.UserRole + 3
PRESENT_ROLE = Qt.UserRole + 4
SEARCH_ROLE = Qt.UserRole + 5
"""Names by which a row is found; also of keys that stand below it as soon as it is there."""

HELP_ROLE = Qt.UserRole + 6

_MOST_FREE_ENTRIES = 4
"""Lists of numbers that are no longer show a row for each number that they have room for."""


class Mark(Enum):
    """What is wrong with a row."""

    NONE = auto()
    BELOW = auto()  # something within it is wrong
    WRONG = auto()


@dataclass(frozen=True)
class Look:
    """All that is to be seen of a row; while it stays the same nothing is drawn."""

    name: str = ""
    value: str = ""
    unit: str = ""
    checked: bool | None = None
    present: bool = True
    mark: Mark = Mark.NONE
    problem: str = ""


@dataclass(eq=False)
class _Row:
    number: int
    node: SchemaNode
    parent: "_Row | None"
    part: str | int
    children: list["_Row"] = field(default_factory=list)
    value: Any = ABSENT
    look: Look = field(default_factory=Look)

    @property
    def path(self) -> KeyPath:
        if self.parent is None:
            return ()
        last = self.place if isinstance(self.part, int) else self.part
        return (*self.parent.path, last)

    @property
    def place(self) -> int:
        return 0 if self.parent is None else self.parent.children.index(self)

    def walk(self) -> Iterator["_Row"]:
        yield self
        for child in self.children:
            yield from child.walk()


class CalibrationTree(QAbstractItemModel):
    """Follows a calibration row by row, so that what is open and selected stays so.

    Values are changed through the :class:`CalibrationModel`, check boxes also here.
    """

    def __init__(
        self, calibration: CalibrationModel, masks: MaskStore, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._calibration = calibration
        self._masks = masks
        self._numbers = count(1)
        self._rows: dict[int, _Row] = {}
        self._root = _Row(0, calibration.schema, None, "")
        self._follow()
        calibration.changed.connect(self._follow)
        masks.changed.connect(self._look_again)

    def index_of(self, path: KeyPath, column: int = NAME) -> QModelIndex:
        """Return the index of a path, or of the nearest row above one that has none."""
        row = self._root
        for part in path:
            found = next((one for one in row.children if one.path[-1] == part), None)
            if found is None:
                break
            row = found
        return self._index(row, column)

    @property
    def problems(self) -> list[tuple[KeyPath, str]]:
        """What is wrong, from the top: in the document, or with a mask that it names."""
        paths = [row.path for row in self._root.walk() if row.look.mark is Mark.WRONG]
        own = self._problems()
        texts = {path: own[path] for path in paths if path in own}
        return list(texts.items()) + [
            (path, text) for path, text in own.items() if path not in texts
        ]

    # ------------------------------------------------------- asked by views

    def index(self, row: int, column: int, parent: QModelIndex = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's
        around = self._row(parent)
        if around is None or not 0 <= row < len(around.children):
            return QModelIndex()
        return self.createIndex(row, column, around.children[row].number)

    def parent(self, index: QModelIndex) -> QModelIndex:  # type: ignore[override] # QObject has another
        row = self._row(index)
        if row is None or row.parent is None:
            return QModelIndex()
        return self._index(row.parent)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's
        row = self._row(parent)
        return 0 if row is None or parent.column() > 0 else len(row.children)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's
        return len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole
    ) -> Any:
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return HEADINGS[section]
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlags:
        row = self._row(index)
        flags = Qt.ItemIsEnabled | Qt.ItemIsSelectable
        if row is None or row is self._root:
            return Qt.ItemFlags(Qt.NoItemFlags)
        if index.column() == VALUE and row.look.checked is not None:
            flags |= Qt.ItemIsUserCheckable
        elif index.column() == VALUE and self._is_editable(row):
            flags |= Qt.ItemIsEditable
        return Qt.ItemFlags(flags)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        row = self._row(index)
        if row is None or row is self._root:
            return None
        match role:
            case Qt.DisplayRole:
                return (row.look.name, row.look.value, row.look.unit)[index.column()]
            case Qt.EditRole:
                return self._calibration.value(row.path)
            case Qt.CheckStateRole if index.column() == VALUE and row.look.checked is not None:
                return Qt.Checked if row.look.checked else Qt.Unchecked
        return self._own_data(row, role)

    def _own_data(self, row: _Row, role: int) -> Any:
        match role:
            case _ if role == PATH_ROLE:
                return row.path
            case _ if role == NODE_ROLE:
                return row.node
            case _ if role == MARK_ROLE:
                return row.look.mark
            case _ if role == PROBLEM_ROLE:
                return row.look.problem
            case _ if role == PRESENT_ROLE:
                return row.look.present
            case _ if role == SEARCH_ROLE:
                words = f"{row.look.name} {row.node.label}"
                return words if row.children else f"{words} {row.node.words_below}"
            case _ if role == HELP_ROLE:
                return row.node.help
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.EditRole) -> bool:
        row = self._row(index)
        if row is None or row is self._root:
            return False
        if role == Qt.CheckStateRole:
            self._calibration.set_value(row.path, value == Qt.Checked)
            return True
        if role == Qt.EditRole:
            self._calibration.set_value(row.path, value)
            return True
        return False

    # ------------------------------------------------------- follows

    def _follow(self) -> None:
        self._follow_row(self._root, self._calibration.document)
        self._look_again()

    def _follow_row(self, row: _Row, value: Any) -> None:
        row.value = value
        match row.node.kind:
            case Kind.GROUP:
                self._follow_keys(row)
            case Kind.ITEMS:
                self._follow_items(row)
            case Kind.ENTRIES:
                self._follow_entries(row)

    def _follow_keys(self, row: _Row) -> None:
        keys = row.value if isinstance(row.value, dict) else {}
        is_open = isinstance(row.value, dict) or (row.value is ABSENT and row.node.has_default)
        wanted = row.node.placed(keys) if is_open else []
        for child in [one for one in row.children if one.part not in wanted]:
            self._remove(row, child.place)
        for place, key in enumerate(wanted):
            old = next((child.place for child in row.children if child.part == key), None)
            if old is None:
                self._insert(row, place, row.node.child(key), key, keys.get(key, ABSENT))
                continue
            self._move(row, old, place)
            self._follow_row(row.children[place], keys.get(key, ABSENT))

    def _follow_items(self, row: _Row) -> None:
        """Find the items again by what they are: a document shares what has not changed."""
        values = row.value if isinstance(row.value, list) else []
        kept = {id(value) for value in values}
        for child in reversed(row.children[:]):
            if len(row.children) > len(values) and id(child.value) not in kept:
                self._remove(row, child.place)
        while len(row.children) > len(values):
            self._remove(row, len(row.children) - 1)
        for place, value in enumerate(values):
            known = [child.value for child in row.children]
            old = next((i for i in range(place, len(known)) if known[i] is value), None)
            if old is not None:
                self._move(row, old, place)
            elif len(row.children) < len(values):
                self._insert(row, place, row.node.item, place, value)
            self._follow_row(row.children[place], value)

    def _follow_entries(self, row: _Row) -> None:
        values = row.value if isinstance(row.value, list) else []
        n_rows = len(values)
        if values and row.node.most_items <= _MOST_FREE_ENTRIES:
            n_rows = max(n_rows, row.node.most_items)
        while len(row.children) > n_rows:
            self._remove(row, len(row.children) - 1)
        for place in range(n_rows):
            value = values[place] if place < len(values) else ABSENT
            if place == len(row.children):
                self._insert(row, place, row.node.item, place, value)
            self._follow_row(row.children[place], value)

    def _insert(self, row: _Row, place: int, node: SchemaNode, part: str | int, value: Any) -> None:
        child = _Row(next(self._numbers), node, row, part)
        self.beginInsertRows(self._index(row), place, place)
        row.children.insert(place, child)
        self._rows[child.number] = child
        self.endInsertRows()
        self._follow_row(child, value)

    def _remove(self, row: _Row, place: int) -> None:
        self.beginRemoveRows(self._index(row), place, place)
        for gone in row.children.pop(place).walk():
            del self._rows[gone.number]
        self.endRemoveRows()

    def _move(self, row: _Row, old: int, new: int) -> None:
        if old == new:
            return
        around = self._index(row)
        self.beginMoveRows(around, old, old, around, new if new < old else new + 1)
        row.children.insert(new, row.children.pop(old))
        self.endMoveRows()

    def _look_again(self) -> None:
        problems = self._problems()
        above = {path[:n] for path in problems for n in range(len(path))}
        for row in self._root.walk():
            if row is self._root:
                continue
            path = row.path
            mark = Mark.WRONG if path in problems else Mark.BELOW if path in above else Mark.NONE
            look = self._look(row, path, mark, problems.get(path, ""))
            if look != row.look:
                row.look = look
                self.dataChanged.emit(self._index(row), self._index(row, UNIT))

    def _look(self, row: _Row, path: KeyPath, mark: Mark, problem: str) -> Look:
        document, node = self._calibration.document, row.node
        around = row.parent.node if row.parent else node
        value = node.default if row.value is ABSENT else row.value
        text = value_text(document, path, node)
        if row.value is ABSENT and isinstance(row.part, int):
            text = "not given"
        return Look(
            name=name_of(path, node, around),
            value=text,
            unit=self._unit(row),
            checked=value if node.kind is Kind.TRUTH and isinstance(value, bool) else None,
            present=row.value is not ABSENT,
            mark=mark,
            problem=problem,
        )

    def _unit(self, row: _Row) -> str:
        share = self._masks.share(str(row.value)) if row.node.file_role is FileRole.MASK else None
        return row.node.unit if share is None else f"{100 * share:.1f} %"

    def _problems(self) -> dict[KeyPath, str]:
        problems = dict(self._calibration.problems)
        for row in self._root.walk():
            if row.node.file_role is not None and isinstance(row.value, str):
                text = self._masks.problem(row.value)
                if text is not None:
                    problems.setdefault(row.path, text)
        return problems

    def _is_editable(self, row: _Row) -> bool:
        return row.node.kind not in (Kind.GROUP, Kind.ITEMS, Kind.ENTRIES, Kind.UNKNOWN)

    def _index(self, row: _Row, column: int = NAME) -> QModelIndex:
        if row is self._root:
            return QModelIndex()
        return self.createIndex(row.place, column, row.number)

    def _row(self, index: QModelIndex) -> _Row | None:
        return self._rows.get(int(index.internalId())) if index.isValid() else self._root
