"""The images that were not integrated, why, and another try."""

from collections.abc import Sequence

from PyQt5.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QGuiApplication, QKeySequence, QShowEvent
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QShortcut,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from saxsdog.protocol.messages import Failure
from saxsdog.words import count
from saxsleash.appearance import in_characters, in_lines
from saxsleash.models.failures_model import COLUMNS, FailuresModel
from saxsleash.models.reason_words import explanation

ALL = "All reasons"
WIDTHS = {"Image": 24, "Status": 8, "Reason": 14, "Time": 19}
"""Characters; the message takes the rest."""


class SentenceDelegate(QStyledItemDelegate):
    """Cuts what is too long at its end: of a sentence the beginning says most."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.ElideRight


class FailuresDialog(QDialog):
    """A list that stays open beside the window.

    Attributes
    ----------
    table
        The list.
    reasons
        Which of them are shown.
    """

    requeue_wanted = pyqtSignal(object)
    """Reason of the failures to try again, ``None`` for all."""

    refresh_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Images that were not integrated")
        self._model = FailuresModel(self)
        self.reasons = QComboBox(self)
        self.table = QTableView(self)
        self._words = QLabel(self)
        self._sum = QLabel(self)
        self._refresh = self._button("Re&fresh", "Ask the server again (F5)")
        self._copy = self._button("&Copy", "Copy the selected rows, or all (Ctrl+C)")
        self._requeue = self._button("&Try again", "")
        self._close = self._button("Close", "Close this list (Escape)")
        self._lay_out()
        self._set_up_table()
        self.reasons.setToolTip("Show the images of one reason")
        self.reasons.activated.connect(self._on_reason_activated)
        self._refresh.clicked.connect(self.refresh_wanted)
        self._copy.clicked.connect(self.copy)
        self._requeue.clicked.connect(self._on_requeue_clicked)
        self._close.clicked.connect(self.reject)
        QShortcut(QKeySequence("F5"), self).activated.connect(self.refresh_wanted)
        QShortcut(QKeySequence.Copy, self.table).activated.connect(self.copy)
        self.resize(in_characters(self, 120), in_lines(self, 28))
        self._beside = parent
        self._draw()

    @property
    def reason(self) -> str | None:
        """The reason that is shown, ``None`` for all."""
        chosen = self.reasons.currentData()
        return None if chosen is None else str(chosen)

    def show_failures(self, rows: Sequence[Failure]) -> None:
        """Show these images in place of others."""
        self._model.replace(rows)
        self._draw()

    def append(self, rows: Sequence[Failure]) -> None:
        """Show these images as well."""
        self._model.append(rows)
        self._draw()

    def copy(self) -> None:
        """Put the selected rows, or all without a selection, on the clipboard."""
        selected = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        rows = selected or range(self._model.rowCount())
        QGuiApplication.clipboard().setText(self._model.text_of(rows))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._beside is not None:
            self.resize(self.size().boundedTo(self._beside.window().size()))
            self._beside = None  # from now on it is as large as it was made

    # ---------------------------------------------------------------- parts

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)  # Return belongs to the list
        return button

    def _lay_out(self) -> None:
        label = QLabel("&Show", self)
        label.setBuddy(self.reasons)
        self._words.setWordWrap(True)
        self._words.setMinimumHeight(in_lines(self, 2))
        self._words.setAlignment(Qt.AlignTop | Qt.AlignLeft)
        self._words.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.reasons.setSizeAdjustPolicy(QComboBox.AdjustToContents)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self.reasons)
        top.addStretch(1)
        top.addWidget(self._refresh)
        bottom.addWidget(self._sum)
        bottom.addStretch(1)
        for button in (self._copy, self._requeue, self._close):
            bottom.addWidget(button)
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self._words)
        column.addWidget(self.table, 1)
        column.addLayout(bottom)

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self._model)
        table.setAccessibleName("Images that were not integrated")
        table.setSelectionBehavior(QAbstractItemView.SelectRows)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.ElideMiddle)
        table.setShowGrid(False)
        rows = table.verticalHeader()
        rows.hide()
        # One height for all, known before: a list of 100,000 would be measured row by row.
        rows.setSectionResizeMode(QHeaderView.Fixed)
        rows.setDefaultSectionSize(round(1.5 * QFontMetrics(table.font()).height()))
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.AscendingOrder)  # as they ended, until a heading is clicked
        table.setSortingEnabled(True)
        for name, width in WIDTHS.items():
            header.resizeSection(COLUMNS.index(name), in_characters(self, width))
        message = COLUMNS.index("Message")
        header.setSectionResizeMode(message, QHeaderView.Stretch)
        table.setItemDelegateForColumn(message, SentenceDelegate(table))
        table.selectionModel().currentRowChanged.connect(lambda *_: self._draw_words())
        self._model.modelReset.connect(self._draw_words)

    def _on_reason_activated(self) -> None:
        self._model.show_reason(self.reason)
        self._draw_words()
        self._draw_buttons()

    def _on_requeue_clicked(self) -> None:
        self.requeue_wanted.emit(self.reason)

    # ---------------------------------------------------------------- drawing

    def _draw(self) -> None:
        self._draw_reasons()
        self._draw_words()
        self._draw_buttons()

    def _draw_reasons(self) -> None:
        """List the reasons that occur; the chosen one stays as long as it does."""
        chosen, numbers = self.reason, self._model.numbers
        self.reasons.clear()
        self.reasons.addItem(f"{ALL} ({sum(numbers.values())})", None)
        for reason, number in numbers.items():
            self.reasons.addItem(f"{reason} ({number})", reason)
        self.reasons.setCurrentIndex(max(self.reasons.findData(chosen), 0))
        self._model.show_reason(self.reason)

    def _draw_words(self) -> None:
        """Explain the chosen reason, else that of the current row."""
        current = self.table.currentIndex()
        row = self._model.row(current.row()) if current.isValid() else None
        reason = self.reason or (row.reason if row is not None else None)
        if reason is not None:
            words = explanation(reason)
            self._words.setText(f"{reason}: {words}" if words else reason)
        elif self._model.rowCount():
            self._words.setText("Choose a row, and what its reason means stands here.")
        else:
            self._words.setText("Every image that ended was integrated.")

    def _draw_buttons(self) -> None:
        failed, numbers = self._model.failed, self._model.numbers
        skipped = sum(numbers.values()) - sum(failed.values())
        self._sum.setText(f"{sum(failed.values())} failed, {skipped} skipped" if numbers else "")
        number = sum(failed.values()) if self.reason is None else failed.get(self.reason, 0)
        which = "failed" if self.reason is None else self.reason
        self._requeue.setEnabled(number > 0)
        self._requeue.setText(
            f"&Try {count(number, f'{which} image')} again" if number else "&Try again"
        )
        self._requeue.setToolTip(
            "Put these images into the queue again"
            if number
            else "Only images that failed can be tried again, not those that were skipped"
        )
        self._copy.setEnabled(self._model.rowCount() > 0)
