"""The images that were not integrated, as a table."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from saxsdog.protocol.messages import Failure
from saxsdog.words import moment
from saxsleash.models.reason_words import explanation

COLUMNS: tuple[str, ...] = ("Image", "Status", "Reason", "Message", "Time")

_TEXTS: tuple[Callable[[Failure], str], ...] = (
    lambda row: row.file,
    lambda row: row.status,
    lambda row: row.reason,
    lambda row: row.message.removeprefix(f"{row.file}: "),
    lambda row: moment(row.time),
)
_TIME = COLUMNS.index("Time")

_NOWHERE = QModelIndex()


class FailuresModel(QAbstractTableModel):
    """Rows for one reason or all, in the order in which they ended or sorted by a column."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Failure] = []
        self._shown: list[Failure] = []
        self._reason: str | None = None
        self._sorting: tuple[int, Qt.SortOrder] | None = None

    def replace(self, rows: Sequence[Failure]) -> None:
        """Show other rows."""
        self._rows = list(rows)
        self._show_anew()

    def append(self, rows: Sequence[Failure]) -> None:
        """Show more rows, behind the others unless they are sorted."""
        self._rows.extend(rows)
        if self._sorting is not None:
            self._show_anew()
            return
        shown = [row for row in rows if self._is_wanted(row)]
        if shown:
            first = len(self._shown)
            self.beginInsertRows(_NOWHERE, first, first + len(shown) - 1)
            self._shown.extend(shown)
            self.endInsertRows()

    def show_reason(self, reason: str | None) -> None:
        """Show the rows of one reason, of all with ``None``."""
        if reason != self._reason:
            self._reason = reason
            self._show_anew()

    @property
    def numbers(self) -> Mapping[str, int]:
        """How many images there are for each reason, the most frequent first."""
        return dict(Counter(row.reason for row in self._rows).most_common())

    @property
    def failed(self) -> Mapping[str, int]:
        """How many images failed for each reason; the others were skipped."""
        return Counter(row.reason for row in self._rows if row.status == "failed")

    def row(self, index: int) -> Failure:
        """Return a row that is shown."""
        return self._shown[index]

    def text_of(self, indices: Sequence[int]) -> str:
        """Return rows as lines with tabs, which spreadsheets understand, under a heading."""
        lines = [COLUMNS, *([text(self._shown[i]) for text in _TEXTS] for i in indices)]
        return "".join("\t".join(map(_one_line, line)) + "\n" for line in lines)

    # ---------------------------------------------------------------- what Qt asks

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        row, column = self._shown[index.row()], index.column()
        match role:
            case Qt.DisplayRole:
                return _one_line(_TEXTS[column](row))
            case Qt.ToolTipRole:
                words = explanation(row.reason)
                return "\n".join(part for part in (row.file, row.message, words) if part)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole
    ) -> Any:
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return COLUMNS[section]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.AscendingOrder) -> None:
        self._sorting = (column, order) if 0 <= column < len(COLUMNS) else None
        self._show_anew()

    def _show_anew(self) -> None:
        self.beginResetModel()
        self._shown = [row for row in self._rows if self._is_wanted(row)]
        if self._sorting is not None:
            column, order = self._sorting
            self._shown.sort(key=_key_of(column), reverse=order == Qt.DescendingOrder)
        self.endResetModel()

    def _is_wanted(self, row: Failure) -> bool:
        return self._reason is None or row.reason == self._reason


def _key_of(column: int) -> Callable[[Failure], Any]:
    return (lambda row: row.time) if column == _TIME else _TEXTS[column]


def _one_line(text: str) -> str:
    return " ".join(text.split()) if not text.isprintable() else text
