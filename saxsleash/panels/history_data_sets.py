"""The list of data sets, in which a folder or the start of a name can be typed as well."""

import re
from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QFocusEvent
from PyQt5.QtWidgets import QComboBox, QCompleter, QWidget

from saxsleash.appearance import in_characters
from saxsleash.models.data_sets import DataSet, Offer

_TIP = (
    "Which images are shown: choose a folder or a series,\n"
    "or type how names begin, as sample_ or run7/sample_"
)
_COUNT = re.compile(r"\s+\([\d,]+\)$")
_CHARACTERS = 12
_LIST_CHARACTERS = 50
_LIST_LENGTH = 20


class DataSetBox(QComboBox):
    """Offers data sets with the number of their images; what is typed is the start of a name.

    Signals
    -------
    chosen
        A :class:`~saxsleash.models.data_sets.DataSet`.
    about_to_open
        The list is to be shown or typed into: now is the time to bring it up to date.
    """

    chosen = pyqtSignal(object)
    about_to_open = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = DataSet()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.NoInsert)
        self.setMaxVisibleItems(_LIST_LENGTH)
        self.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_CHARACTERS)
        self.view().setMinimumWidth(in_characters(self, _LIST_CHARACTERS))
        self.view().setTextElideMode(Qt.ElideMiddle)
        self.setToolTip(_TIP)
        self.setAccessibleName("Data set")
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchContains)
        completer.setCaseSensitivity(Qt.CaseInsensitive)
        self.setCompleter(completer)
        self.activated.connect(self._on_activated)
        self.lineEdit().returnPressed.connect(self._on_typed)
        self.lineEdit().editingFinished.connect(self._on_typed)

    def offer(self, offers: Sequence[Offer]) -> None:
        """Bring the list up to date; what is typed or shown stays."""
        text = self.currentText()
        blocked = self.blockSignals(True)
        for place, offer in enumerate(offers):
            if place == self.count():
                self.addItem("")
            self.setItemText(place, f"{offer.data_set.label}   ({offer.count:,})")
            self.setItemData(place, offer.data_set)
        while self.count() > len(offers):
            self.removeItem(self.count() - 1)
        self.setEditText(text)
        self.blockSignals(blocked)

    def show_chosen(self, data_set: DataSet) -> None:
        """Show the data set that is looked at, unless somebody types another."""
        if data_set != self._shown or not self.lineEdit().isModified():
            self._shown = data_set
            if self.currentText() != data_set.label:
                self.setEditText(data_set.label)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.about_to_open.emit()
        super().focusInEvent(event)

    def showPopup(self) -> None:
        self.about_to_open.emit()
        super().showPopup()

    def _on_activated(self, place: int) -> None:
        self._choose(self.itemData(place))

    def _on_typed(self) -> None:
        text = _COUNT.sub("", self.currentText())
        for place in range(self.count()):
            data_set = self.itemData(place)
            if data_set.label == text:
                self._choose(data_set)
                return
        self._choose(self._shown if text == self._shown.label else DataSet.typed(text))

    def _choose(self, data_set: DataSet) -> None:
        self.lineEdit().setModified(False)
        is_other = data_set != self._shown
        self._shown = data_set
        self.setEditText(data_set.label)
        if is_other:
            self.chosen.emit(data_set)
