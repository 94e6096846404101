"""The folders of a server as far as they are known: asked for one by one, as they are opened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count
from typing import Any

from PyQt5.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt, pyqtSignal

Parts = tuple[str, ...]

PARTS_ROLE = Qt.UserRole
KIND_ROLE = Qt.UserRole + 1


class EntryKind(Enum):
    """What a row is."""

    FOLDER = auto()
    FILE = auto()
    NOTE = auto()  # says how it stands with the folder around it
    PROBLEM = auto()


@dataclass(eq=False)
class _Row:
    number: int
    name: str
    kind: EntryKind
    parent: "_Row | None"
    place: int = 0
    children: list["_Row"] = field(default_factory=list)
    was_asked: bool = False
    is_listed: bool = False
    """Whether all that is in it is known."""

    @property
    def parts(self) -> Parts:
        return () if self.parent is None else (*self.parent.parts, self.name)

    def walk(self) -> Iterator["_Row"]:
        yield self
        for child in self.children:
            yield from child.walk()


class RemoteFolders(QAbstractItemModel):
    """Folders and files of a server below one root; each folder is asked for when it is needed."""

    listing_wanted = pyqtSignal(object)
    """What is in the folder with these parts shall be found out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._rows: dict[int, _Row] = {}
        self._top = _Row(0, "", EntryKind.FOLDER, None)
        self._root = self._new("", EntryKind.FOLDER, None, 0)
        self._top.children = [self._root]

    def show_listing(
        self, parts: Parts, entries: Sequence[tuple[str, bool]], *, complete: bool = True
    ) -> None:
        """Show what is in a folder: names, and whether each is a folder itself."""
        row = self._find(parts)
        if row is None:
            return
        rows = [
            (name, EntryKind.FOLDER if is_folder else EntryKind.FILE) for name, is_folder in entries
        ]
        if not complete:
            rows.append(("… and more than can be listed: type the name above", EntryKind.NOTE))
        elif not rows:
            rows.append(("empty", EntryKind.NOTE))
        row.was_asked = True
        self._fill(row, rows)
        row.is_listed = complete

    def show_problem(self, parts: Parts, text: str) -> None:
        """Say why it is not known what is in a folder."""
        row = self._find(parts)
        if row is not None:
            row.was_asked = True
            self._fill(row, [(text, EntryKind.PROBLEM)])

    def ask(self, parts: Parts) -> None:
        """Ask what is in a folder, unless that is known or being asked."""
        row = self._find(parts)
        if row is not None and not row.was_asked:
            row.was_asked = True
            self._fill(row, [("asking the server…", EntryKind.NOTE)])
            self.listing_wanted.emit(parts)

    def forget(self, parts: Parts) -> None:
        """Ask again for a folder that may have changed."""
        row = self._find(parts)
        if row is not None:
            row.was_asked = False
            self.ask(parts)

    def give_up(self, parts: Parts) -> None:
        """Let a folder that could not be listed be asked for again when it is opened."""
        row = self._find(parts)
        if row is not None and any(one.kind is EntryKind.PROBLEM for one in row.children):
            row.was_asked = False

    def is_missing(self, parts: Parts) -> bool:
        """Tell whether it is certain that there is no such folder."""
        for n in range(len(parts)):
            around = self._find(parts[:n])
            if around is None:
                return False
            if self._find(parts[: n + 1]) is None:
                return around.is_listed
        return False

    def is_known(self, parts: Parts) -> bool:
        """Tell whether there is a folder with these parts, as far as one knows."""
        return self._find(parts) is not None

    def index_of(self, parts: Parts) -> QModelIndex:
        """Return the row of a folder, or of the nearest known one above it."""
        while (row := self._find(parts)) is None:
            parts = parts[:-1]
        return self._index(row)

    # ------------------------------------------------------- asked by views

    def index(self, row: int, column: int, parent: QModelIndex = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's
        around = self._row(parent)
        if around is None or column != 0 or not 0 <= row < len(around.children):
            return QModelIndex()
        return self.createIndex(row, 0, around.children[row].number)

    def parent(self, index: QModelIndex) -> QModelIndex:  # type: ignore[override] # QObject has another
        row = self._row(index)
        return self._index(row.parent) if row is not None and row.parent else QModelIndex()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's
        row = self._row(parent)
        return len(row.children) if row is not None else 0

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's
        return 1

    def hasChildren(self, parent: QModelIndex = QModelIndex()) -> bool:  # noqa: B008 - Qt's
        row = self._row(parent)
        return row is not None and row.kind is EntryKind.FOLDER

    def canFetchMore(self, parent: QModelIndex) -> bool:
        row = self._row(parent)
        is_folder = row is not None and row is not self._top and row.kind is EntryKind.FOLDER
        return is_folder and row is not None and not row.was_asked and not row.children

    def fetchMore(self, parent: QModelIndex) -> None:
        row = self._row(parent)
        if row is not None and row is not self._top:
            self.ask(row.parts)

    def flags(self, index: QModelIndex) -> Qt.ItemFlags:
        row = self._row(index)
        if row is None or row is self._top:
            return Qt.ItemFlags(Qt.NoItemFlags)
        if row.kind is EntryKind.FOLDER:
            return Qt.ItemFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable)
        return Qt.ItemFlags(Qt.ItemIsEnabled)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        row = self._row(index)
        if row is None or row is self._top:
            return None
        match role:
            case Qt.DisplayRole:
                return "Root of the server" if row is self._root else row.name
            case Qt.ToolTipRole:
                return " / ".join(row.parts) if row.kind is EntryKind.FOLDER else row.name
            case _ if role == PARTS_ROLE:
                return row.parts
            case _ if role == KIND_ROLE:
                return row.kind
        return None

    # ------------------------------------------------------------------ rows

    def _fill(self, row: _Row, names: Sequence[tuple[str, EntryKind]]) -> None:
        around = self._index(row)
        row.is_listed = False
        if row.children:
            self.beginRemoveRows(around, 0, len(row.children) - 1)
            for child in row.children:
                for gone in child.walk():
                    del self._rows[gone.number]
            row.children = []
            self.endRemoveRows()
        if names:
            self.beginInsertRows(around, 0, len(names) - 1)
            row.children = [
                self._new(name, kind, row, place) for place, (name, kind) in enumerate(names)
            ]
            self.endInsertRows()

    def _new(self, name: str, kind: EntryKind, parent: _Row | None, place: int) -> _Row:
        row = _Row(next(self._numbers), name, kind, parent, place)
        self._rows[row.number] = row
        return row

    def _find(self, parts: Parts) -> _Row | None:
        row: _Row | None = self._root
        for part in parts:
            folders = (one for one in row.children if one.kind is EntryKind.FOLDER) if row else ()
            row = next((one for one in folders if one.name == part), None)
        return row

    def _index(self, row: _Row) -> QModelIndex:
        return self.createIndex(row.place, 0, row.number)

    def _row(self, index: QModelIndex) -> _Row | None:
        return self._rows.get(int(index.internalId())) if index.isValid() else self._top
