"""Which images the history shows: data set, first and last frame."""

from PyQt5.QtCore import QEvent
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from saxsleash.appearance import Tone, in_characters, tone_color
from saxsleash.models.data_sets import MOST_OFFERED
from saxsleash.models.history_model import HistoryModel, TimeSource
from saxsleash.panels.elided_label import ElidedLabel
from saxsleash.panels.history_data_sets import DataSetBox

_SPIN_CHARACTERS = 10
_NOTES = ((TimeSource.FILE, "from the file"), (TimeSource.NONE, "unknown"))
_NOTE_TIP = (
    "The header of an image tells when it was taken. Where it does not, the time at which\n"
    "the file was written stands in, or else the time at which it was integrated."
)


class SelectionBar(QWidget):
    """Shows the selection of a model, and edits it."""

    def __init__(self, model: HistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._n_groups = 0
        self.data_sets = DataSetBox(self)
        self.first = self._spin_box("The first frame that is shown, counted by time from 1")
        self.last = self._spin_box("The last frame that is shown; the highest: whatever comes")
        self.everything = QPushButton("A&ll", self)
        self.everything.setToolTip("Show all frames of the data set")
        self.count = ElidedLabel(self)
        self.note = ElidedLabel(self)
        self._lay_out()
        self.data_sets.about_to_open.connect(self._offer)
        self.data_sets.chosen.connect(model.choose_data_set)
        self.first.valueChanged.connect(self._on_first_edited)
        self.last.valueChanged.connect(self._on_last_edited)
        self.everything.clicked.connect(self._on_everything_clicked)
        self._restyle()
        self.draw()

    def draw(self) -> None:
        """Show what is selected now."""
        selection = self._model.selection
        n = len(selection.members)
        self._show_value(self.first, n, selection.first + 1)
        self._show_value(self.last, n, selection.stop if selection.last is not None else n)
        is_part = selection.first > 0 or selection.last is not None
        self.everything.setEnabled(is_part)
        self.data_sets.show_chosen(self._model.data_set)
        n_groups = len(self._model.files.groups)
        if n_groups != self._n_groups and n_groups <= MOST_OFFERED:
            self._offer()  # of many only when somebody wants to choose: to find them takes long
        self._show_counts(max(selection.stop - selection.first, 0))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._restyle()

    def _spin_box(self, tip: str) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(1, 1)
        box.setKeyboardTracking(False)
        box.setAccelerated(True)
        box.setGroupSeparatorShown(True)
        box.setToolTip(tip)
        box.editingFinished.connect(lambda: box.lineEdit().setModified(False))
        return box

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for text, field in (
            ("&Data set", self.data_sets),
            ("F&rames", self.first),
            ("to", self.last),
        ):
            label = QLabel(text, self)
            label.setBuddy(field)
            layout.addWidget(label)
            layout.addWidget(field, 1 if field is self.data_sets else 0)
        layout.addWidget(self.everything)
        layout.addWidget(self.count)
        layout.addWidget(self.note, 2)

    def _restyle(self) -> None:
        for box in (self.first, self.last):
            box.setFixedWidth(in_characters(self, _SPIN_CHARACTERS))
        palette = self.note.palette()
        palette.setColor(palette.WindowText, tone_color(Tone.DOUBTFUL, self.palette()))
        self.note.setPalette(palette)

    def _show_value(self, box: QSpinBox, n: int, value: int) -> None:
        if box.hasFocus() and box.lineEdit().isModified():
            return  # somebody types
        blocked = box.blockSignals(True)
        box.setMaximum(max(n, 1))
        box.setValue(value)
        box.blockSignals(blocked)

    def _show_counts(self, n_selected: int) -> None:
        total = self._model.n_images
        if n_selected == total:
            self.count.set_text(f"{total:,} images")
        else:
            self.count.set_text(f"{n_selected:,} of {total:,} images")
        if total and not len(self._model.selection.members):
            self.note.set_text("No image has such a name")
            self.note.setToolTip("")
        else:
            self._note_times()

    def _note_times(self) -> None:
        """Say how many of the times shown are not when images were taken, as far as we know."""
        doubtful = self._model.doubtful_times()
        parts = [f"{doubtful[source]:,} {text}" for source, text in _NOTES if doubtful[source]]
        self.note.set_text("Times: " + ", ".join(parts) if parts else "")
        self.note.setToolTip(_NOTE_TIP if parts else "")

    def _offer(self) -> None:
        self._n_groups = len(self._model.files.groups)
        self.data_sets.offer(self._model.offers())

    def _on_first_edited(self, frame: int) -> None:
        self._choose(frame, max(frame, self.last.value()))

    def _on_last_edited(self, frame: int) -> None:
        self._choose(min(frame, self.first.value()), frame)

    def _choose(self, first: int, last: int) -> None:
        n = len(self._model.selection.members)
        self._model.choose_frames(first - 1, None if last >= n else last - 1)

    def _on_everything_clicked(self) -> None:
        self._model.choose_frames(0, None)
