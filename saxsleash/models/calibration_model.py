"""The calibration that is edited: document, file, what is wrong with it, and the way back."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from saxsdog.calibration import Calibration
from saxsdog.explanations import KeyPath, Problem
from saxsdog.named_files import FileRole, named_files
from saxsdog.schema import load_schema
from saxsleash.models.edits import (
    ABSENT,
    MASKS,
    NO_MASK,
    value_at,
    with_item,
    with_mask_references,
    with_value,
    without,
)
from saxsleash.models.first_values import first_value
from saxsleash.models.schema_nodes import Kind, SchemaNode

MOST_STEPS = 500
"""Steps that can be undone; what they share with each other costs nothing."""


@dataclass(frozen=True)
class _Step:
    before: dict[str, Any]
    after: dict[str, Any]
    what: str
    merges: KeyPath | None = None


class CalibrationModel(QObject):
    """Holds a calibration while people change it; it may be wrong for a while.

    Every change makes a new document that shares what stayed with the one before: who keeps one
    keeps it as it was.
    """

    changed = pyqtSignal()
    file_changed = pyqtSignal()
    opened = pyqtSignal()
    """Another document has come, ahead of ``changed``: nothing of the one before counts."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._schema = SchemaNode("", load_schema("calibration"))
        self._document: dict[str, Any] = {}
        self._saved: dict[str, Any] = self._document
        self._path: Path | None = None
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._calibration: Calibration | None = None
        self._found: tuple[Problem, ...] = ()
        self._examine()

    @property
    def schema(self) -> SchemaNode:
        """What a calibration may hold."""
        return self._schema

    @property
    def document(self) -> dict[str, Any]:
        """The document as it would be saved; not to be changed by others."""
        return self._document

    @property
    def path(self) -> Path | None:
        """The file that it came from or was saved to last."""
        return self._path

    @property
    def is_modified(self) -> bool:
        """Whether it differs from its file; going back by undo makes them the same again."""
        return self._document is not self._saved

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing yet: no file, no key."""
        return not self._document

    @property
    def calibration(self) -> Calibration | None:
        """The calibration in internal units, ``None`` while something is wrong."""
        return self._calibration

    @property
    def found(self) -> tuple[Problem, ...]:
        """What is wrong, in the order of the document."""
        return self._found

    @property
    def problems(self) -> Mapping[KeyPath, str]:
        """What is wrong with each key: what was expected and what came."""
        return {
            path: problem.message for problem in reversed(self._found) for path in problem.paths
        }

    @property
    def files(self) -> Mapping[str, FileRole]:
        """The files that the document names, each once."""
        return {file.name: file.role for file in named_files(self._document) if file.name}

    def role_of(self, path: KeyPath) -> FileRole:
        """Return what the file at a key is for."""
        return self._schema.at(path).file_role or FileRole.IMAGE

    @property
    def mask_names(self) -> tuple[str, ...]:
        """The mask files among them."""
        return tuple(name for name, role in self.files.items() if role is FileRole.MASK)

    @property
    def undo_text(self) -> str | None:
        """What :meth:`undo` would take back."""
        return self._done[-1].what if self._done else None

    @property
    def redo_text(self) -> str | None:
        """What :meth:`redo` would do again."""
        return self._undone[-1].what if self._undone else None

    def open_document(self, document: Mapping[str, Any], path: Path | None = None) -> None:
        """Begin with a document; nothing of the one before can be undone."""
        self._document = self._saved = deepcopy(dict(document))
        self._path = path
        self._done.clear()
        self._undone.clear()
        self._examine()
        self.opened.emit()
        self.changed.emit()
        self.file_changed.emit()

    def mark_saved(self, path: Path) -> None:
        """Note that the document is in a file as it is."""
        self.finish_merge()
        self._path = path
        self._saved = self._document
        self.file_changed.emit()

    def replace(self, document: Mapping[str, Any], what: str) -> None:
        """Take another document in place of this; ``what`` says whence, for undo."""
        self._do(deepcopy(dict(document)), what)

    def value(self, path: KeyPath) -> Any:
        """Return the value at a path, or the default of a key that is absent.

        ``None`` where there is neither.
        """
        value = value_at(self._document, path)
        return self._schema.at(path).default if value is ABSENT else value

    def has(self, path: KeyPath) -> bool:
        """Tell whether the document says something at a path."""
        return value_at(self._document, path) is not ABSENT

    def set_value(self, path: KeyPath, value: Any, *, merge: bool = False) -> None:
        """Change a value, or add it.

        Parameters
        ----------
        path
            What is missing on the way is added, too.
        value
            May be wrong: then :attr:`problems` says so.
        merge
            Whether this and the sets of the same path around it are one step to undo, as while
            typing and dragging, until :meth:`finish_merge`.
        """
        old = value_at(self._document, path)
        if old is not ABSENT and _same(old, value):
            return
        document = with_value(self._document, path, value, self._schema)
        self._do(document, f"change {self.name(path)}", path if merge else None)

    def finish_merge(self) -> None:
        """Let the next change be a step of its own: typing or dragging has ended."""
        if self._done and self._done[-1].merges is not None:
            last = self._done.pop()
            self._done.append(_Step(last.before, last.after, last.what))

    def cancel_merge(self, path: KeyPath) -> None:
        """Take back what was typed or dragged at a path, as if it had never been."""
        if self._done and self._done[-1].merges == path:
            self._show(self._done.pop().before)

    def add(self, path: KeyPath) -> None:
        """Add a key that is absent, or an item ahead of the one with this index.

        Raises
        ------
        ValueError
            If there is no room for it.
        """
        if not self.can_add(path):
            raise ValueError(f"expected a key or an item that can be added, got {path}")
        node = self._schema.at(path)
        value = deepcopy(first_value(self._document, path, node))
        if isinstance(path[-1], int):
            what = f"add {self._schema.at(path[:-1]).singular}"
            self._insert(path, value, what)
        else:
            document = with_value(self._document, path, value, self._schema)
            self._do(document, f"add {path[-1]}")

    def duplicate(self, path: KeyPath) -> None:
        """Insert a copy of an item behind it."""
        *above, index = path
        item = deepcopy(value_at(self._document, path))
        what = f"duplicate {self._schema.at(tuple(above)).singular}"
        self._insert((*above, int(index) + 1), item, what)

    def remove(self, path: KeyPath) -> None:
        """Take a key or an item out: a key falls back to its default.

        Raises
        ------
        ValueError
            If it is not there, or cannot be done without.
        """
        if not self.can_remove(path):
            raise ValueError(f"expected a key or an item that can be removed, got {path}")
        document = without(self._document, path, self._schema)
        if (gone := _mask_index(path)) is not None:
            document = with_mask_references(
                document,
                lambda index: NO_MASK if index == gone else index - (index > gone),
                self._schema,
            )
        elif path == (MASKS,):
            document = with_mask_references(document, lambda _: NO_MASK, self._schema)
        verb = "reset" if self.is_reset(path) else "remove"
        self._do(document, f"{verb} {self.name(path)}")

    def clear_value(self, path: KeyPath) -> None:
        """Take a key out while it is typed: to be merged like :meth:`set_value`."""
        if self.has(path):
            document = without(self._document, path, self._schema)
            self._do(document, f"reset {self.name(path)}", path)

    def move(self, path: KeyPath, by: int) -> None:
        """Move an item of a list up (negative) or down.

        Raises
        ------
        ValueError
            If that leads out of the list.
        """
        if not self.can_move(path, by):
            raise ValueError(f"expected an item that can be moved by {by}, got {path}")
        *above, index = path
        items = list(value_at(self._document, tuple(above)))
        items.insert(int(index) + by, items.pop(int(index)))
        document = with_value(self._document, tuple(above), items, self._schema)
        if _mask_index(path) is not None:
            order = list(range(len(items)))
            order.insert(int(index) + by, order.pop(int(index)))
            document = with_mask_references(
                document, lambda old: order.index(old) if old in order else old, self._schema
            )
        self._do(document, f"move {self.name(path)}")

    def can_add(self, path: KeyPath) -> bool:
        """Tell whether there is room for a key or an item at a path."""
        if not path:
            return False
        if isinstance(path[-1], int):
            node, items = self._schema.at(path[:-1]), value_at(self._document, path[:-1])
            n_items = len(items) if isinstance(items, list) else 0
            return node.is_list and 0 <= path[-1] <= n_items < node.most_items
        node = self._schema.at(path)
        return node.kind is not Kind.UNKNOWN and (not self.has(path) or not self.fits(path))

    def can_remove(self, path: KeyPath) -> bool:
        """Tell whether a document may be without what is at a path."""
        if not path or not self.has(path):
            return False
        if isinstance(path[-1], int):
            node = self._schema.at(path[:-1])
            return len(value_at(self._document, path[:-1])) > node.least_items
        return not self._schema.at(path).is_required

    def is_reset(self, path: KeyPath) -> bool:
        """Tell whether a value without what is at a path is its default, not none."""
        node = self._schema.at(path)
        is_leaf = node.kind not in (Kind.GROUP, Kind.ITEMS, Kind.UNKNOWN)
        return is_leaf and node.has_default and isinstance(path[-1], str)

    def can_move(self, path: KeyPath, by: int) -> bool:
        """Tell whether an item has a place to go to."""
        if not path or not isinstance(path[-1], int):
            return False
        items = value_at(self._document, path[:-1])
        is_list = isinstance(items, list) and self._schema.at(path[:-1]).kind is Kind.ITEMS
        return is_list and path[-1] < len(items) and 0 <= path[-1] + by < len(items)

    def fits(self, path: KeyPath) -> bool:
        """Tell whether objects and lists stand where the schema has them, so that they open."""
        kind, value = self._schema.at(path).kind, value_at(self._document, path)
        if kind is Kind.GROUP:
            return isinstance(value, dict)
        if kind in (Kind.ITEMS, Kind.ENTRIES, Kind.PARTS, Kind.SELECTION):
            return isinstance(value, list)
        return True

    def name(self, path: KeyPath) -> str:
        """Name what is at a path as menus do: the key, or which item it is."""
        *above, last = path
        if isinstance(last, str):
            return last
        around = self._schema.at(tuple(above))
        if around.kind is Kind.ITEMS:
            return f"{around.singular} {last}"
        return f"{around.key} {around.entry_name(last)}"

    def undo(self) -> None:
        """Take the newest change back, if there is one."""
        if self._done:
            step = self._done.pop()
            self._undone.append(step)
            self._show(step.before)

    def redo(self) -> None:
        """Do again what was taken back last, if there is anything."""
        if self._undone:
            step = self._undone.pop()
            self._done.append(_Step(step.before, step.after, step.what))
            self._show(step.after)

    def _insert(self, path: KeyPath, item: Any, what: str) -> None:
        document = with_item(self._document, path, item, self._schema)
        if (new := _mask_index(path)) is not None:
            document = with_mask_references(
                document, lambda index: index + (index >= new), self._schema
            )
        self._do(document, what)

    def _do(self, document: dict[str, Any], what: str, merges: KeyPath | None = None) -> None:
        before = self._document
        if merges is not None and self._done and self._done[-1].merges == merges:
            before = self._done.pop().before
        self._done = [*self._done[-MOST_STEPS:], _Step(before, document, what, merges)]
        self._undone.clear()
        self._show(document)

    def _show(self, document: dict[str, Any]) -> None:
        was_modified = self.is_modified
        self._document = document
        self._examine()
        self.changed.emit()
        if self.is_modified != was_modified:
            self.file_changed.emit()

    def _examine(self) -> None:
        self._calibration, found = Calibration.examine(self._document)
        order = {path: i for i, path in enumerate(_paths(self._document, self._schema))}
        found.sort(key=lambda problem: order.get(problem.paths[0], 0))
        self._found = tuple(map(self._with_advice, found))

    def _with_advice(self, problem: Problem) -> Problem:
        """Say of a number with a decimal comma what is wrong with it."""
        value = value_at(self._document, problem.paths[0])
        node = self._schema.at(problem.paths[0])
        if node.kind in (Kind.NUMBER, Kind.WHOLE) and isinstance(value, str) and "," in value:
            advice = f"{problem.message}: write a point, not a comma"
            return Problem(problem.where, advice, problem.paths)
        return problem


def _mask_index(path: KeyPath) -> int | None:
    """Return which mask a path names, ``None`` if it names something else."""
    match path:
        case (str(key), int(index)) if key == MASKS:
            return index
        case _:
            return None


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are written alike: 1, 1.0 and true are equal, but not the same."""
    return repr(one) == repr(other)


def _paths(document: Any, node: SchemaNode, path: KeyPath = ()) -> list[KeyPath]:
    """List the paths of a document from the top to the bottom, those absent too."""
    found = [path]
    if isinstance(document, list):
        for i, value in enumerate(document):
            found += _paths(value, node.child(i), (*path, i))
    elif isinstance(document, dict):
        for key in node.placed(document):
            found += _paths(document.get(key, ABSENT), node.child(key), (*path, key))
    return found
