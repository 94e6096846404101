"""A window for the manual: contents and search on the left, the page on the right."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PyQt5.QtCore import QEvent, QObject, Qt, QTimer, QUrl, pyqtSignal
from PyQt5.QtGui import QDesktopServices, QKeyEvent, QKeySequence, QMouseEvent
from PyQt5.QtWidgets import (
    QAction,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QToolBar,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import Tone, in_characters, in_lines
from saxsleash.dialogs.manual_hits import HitList
from saxsleash.dialogs.manual_page import ManualPage
from saxsleash.dialogs.questions import tell
from saxsleash.models.manual import START, Entry, Hit, Manual
from saxsleash.models.manual_pages import SCHEME

_NAME = Qt.UserRole
_SMALLEST, _LARGEST = -4, 12
"""Steps of the size of text."""


@dataclass(frozen=True)
class _Place:
    """Somewhere in the manual where the reader was."""

    name: str
    anchor: str = ""
    words: str = ""
    scrolled: int | None = None


class ManualWindow(QWidget):
    """A window of its own that shows the manual; other windows stay usable.

    Parameters
    ----------
    manual
        The pages.
    """

    page_shown = pyqtSignal(str)
    """The name of the page that is shown now."""

    def __init__(self, manual: Manual) -> None:
        # Without a parent: else the desktop would keep it above the window it belongs to.
        super().__init__(None, Qt.Window)
        self.setAttribute(Qt.WA_QuitOnClose, False)  # a page alone keeps no program running
        self._manual = manual
        self._places: list[_Place] = []
        self._at = -1
        self._size = 0
        self._to_prepare = list(manual.names)
        self._make_contents()
        self._make_search()
        self.view = ManualPage(manual, self)
        self.view.anchorClicked.connect(self._on_link_clicked)
        self.view.installEventFilter(self)
        self.view.viewport().installEventFilter(self)
        self._make_actions()
        self._lay_out()
        self.show_page(START)
        # The first search needs all pages; none of them takes long enough to be felt.
        self._preparing = QTimer(self)
        self._preparing.timeout.connect(self._prepare_page)
        self._preparing.start(0)

    @property
    def page_name(self) -> str:
        """Name of the page that is shown."""
        return self._places[self._at].name

    def show_page(self, name: str, anchor: str = "") -> None:
        """Show a page, for example ``how-to/run-a-server``, from the heading of an anchor on."""
        self._go(_Place(name, anchor))

    def search(self, words: str) -> None:
        """Search all pages as if somebody had typed the words."""
        self.field.setText(words)

    def _make_contents(self) -> None:
        self.contents = QTreeWidget()
        self.contents.setHeaderHidden(True)
        self.contents.setAccessibleName("Contents")
        start = self._manual.contents()
        self.contents.addTopLevelItem(_item(replace(start, title="Start", children=())))
        self.contents.addTopLevelItems([_item(entry) for entry in start.children])
        self.contents.currentItemChanged.connect(self._on_entry_chosen)

    def _make_search(self) -> None:
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search all pages")
        self.field.setClearButtonEnabled(True)
        self.field.setToolTip("Words that a page must have (Ctrl+F)")
        self.field.setAccessibleName("Search all pages")
        self.field.textChanged.connect(self._on_search_changed)
        self.field.returnPressed.connect(self._on_search_entered)
        self.field.installEventFilter(self)
        self.hits = HitList()
        self.hits.currentItemChanged.connect(self._on_hit_chosen)
        self.hits.itemActivated.connect(lambda _item: self.view.setFocus())
        self.found = QLabel()
        self.found.setWordWrap(True)

    def _make_actions(self) -> None:
        self.back = self._action("←", "Back to the page before", "Alt+Left", self._on_back)
        self.forward = self._action("→", "Forward again", "Alt+Right", self._on_forward)
        self.start = self._action(
            "Start", "First page of the manual", "Alt+Home", lambda: self.show_page(START)
        )
        self.smaller = self._action(
            "A−", "Smaller text", QKeySequence.ZoomOut, lambda: self._resize(-1)
        )
        self.larger = self._action(
            "A+", "Larger text", QKeySequence.ZoomIn, lambda: self._resize(1)
        )
        # On most keyboards the plus is above the equals sign.
        self.larger.setShortcuts([*self.larger.shortcuts(), QKeySequence("Ctrl+=")])
        self._action("A", "Text of the usual size", "Ctrl+0", self._on_usual_size)
        self._action("Search", "Search all pages", QKeySequence.Find, self._on_find)
        self._action("Close", "Close the manual", QKeySequence.Close, self.close)

    def _action(
        self,
        text: str,
        tip: str,
        keys: str | QKeySequence.StandardKey,
        triggered: Callable[[], object],
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        shown = action.shortcut().toString(QKeySequence.NativeText)
        action.setToolTip(f"{tip} ({shown})" if shown else tip)
        action.triggered.connect(lambda: triggered())
        self.addAction(action)
        return action

    def _lay_out(self) -> None:
        bar = QToolBar()
        bar.addActions([self.back, self.forward, self.start])
        bar.addSeparator()
        bar.addActions([self.smaller, self.larger])
        found = QWidget()
        inner = QVBoxLayout(found)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.found)
        inner.addWidget(self.hits, 1)
        self._left = QStackedWidget()
        self._left.addWidget(self.contents)
        self._left.addWidget(found)
        side = QWidget()
        column = QVBoxLayout(side)
        column.addWidget(self.field)
        column.addWidget(self._left, 1)
        main = QWidget()
        right = QVBoxLayout(main)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(bar)
        right.addWidget(self.view, 1)
        splitter = QSplitter()
        splitter.addWidget(side)
        splitter.addWidget(main)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(splitter)
        narrow, wide = in_characters(self, 34), in_characters(self, 104)
        splitter.setSizes([narrow, wide])
        self.resize(narrow + wide, in_lines(self, 44))
        QWidget.setTabOrder(self.field, self.contents)
        QWidget.setTabOrder(self.contents, self.view)

    def _go(self, place: _Place) -> None:
        """Show a place as a new one, and forget those that were gone back from."""
        self._remember_scrolling()
        here = self._places[self._at] if self._places else None
        if here is None or replace(here, scrolled=None) != place:
            self._places = [*self._places[: self._at + 1], place]
            self._at += 1
        self._show(place)

    def _step(self, by: int) -> None:
        if 0 <= self._at + by < len(self._places):
            self._remember_scrolling()
            self._at += by
            self._show(self._places[self._at])

    def _remember_scrolling(self) -> None:
        if self._places:
            scrolled = self.view.verticalScrollBar().value()
            self._places[self._at] = replace(self._places[self._at], scrolled=scrolled)

    def _show(self, place: _Place) -> None:
        page = self._manual.page(place.name)
        self.view.show_page(page, place.anchor, place.words)
        if place.scrolled is not None:
            self.view.verticalScrollBar().setValue(place.scrolled)
        self.setWindowTitle(f"{page.title} – manual of saxsdog")
        self.back.setEnabled(self._at > 0)
        self.forward.setEnabled(self._at < len(self._places) - 1)
        self._choose_entry(place.name)
        self.page_shown.emit(place.name)

    def _choose_entry(self, name: str) -> None:
        self.contents.blockSignals(True)
        self.contents.setCurrentItem(self._entry(name))
        self.contents.blockSignals(False)

    def _entry(self, name: str) -> QTreeWidgetItem | None:
        root = self.contents.invisibleRootItem()
        return next((entry for entry in _below(root) if entry.data(0, _NAME) == name), None)

    def _resize(self, steps: int) -> None:
        size = min(max(self._size + steps, _SMALLEST), _LARGEST)
        self.view.zoomIn(size - self._size)
        self._size = size
        self.smaller.setEnabled(size > _SMALLEST)
        self.larger.setEnabled(size < _LARGEST)

    def _on_usual_size(self) -> None:
        self._resize(-self._size)

    def _on_back(self) -> None:
        self._step(-1)

    def _on_forward(self) -> None:
        self._step(1)

    def _on_find(self) -> None:
        self.field.setFocus()
        self.field.selectAll()

    def _on_entry_chosen(self, entry: QTreeWidgetItem | None) -> None:
        if entry is not None:
            self.show_page(entry.data(0, _NAME))

    def _on_search_changed(self, words: str) -> None:
        hits = self._manual.search(words)
        self.hits.blockSignals(True)
        self.hits.show_hits(hits)
        self.hits.blockSignals(False)
        self.found.setText(_found(hits, words))
        self._left.setCurrentIndex(1 if words.strip() else 0)

    def _on_search_entered(self) -> None:
        if self.hits.count():
            self.hits.setCurrentRow((self.hits.currentRow() + 1) % self.hits.count())

    def _on_hit_chosen(self) -> None:
        hit = self.hits.hit()
        if hit is not None:
            self._go(_Place(hit.name, words=self.field.text()))

    def _on_link_clicked(self, link: QUrl) -> None:
        if link.scheme() != SCHEME:
            QDesktopServices.openUrl(link)
        elif (file := self._manual.file(link.path())) is not None:
            self._offer_copy(file)
        else:
            self.show_page(link.path(), link.fragment())

    def _offer_copy(self, file: Path) -> None:
        dialog = QFileDialog(self, f"Save a copy of {file.name}", file.name)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptSave)
        dialog.fileSelected.connect(lambda chosen: self._copy(file, Path(chosen)))
        dialog.open()

    def _copy(self, file: Path, chosen: Path) -> None:
        try:
            shutil.copyfile(file, chosen)
        except OSError as error:
            text = f"{chosen} cannot be written: {error.strerror}."
            tell(self, "No copy was saved", text, tone=Tone.BAD)

    def _prepare_page(self) -> None:
        if self._to_prepare:
            self._manual.page(self._to_prepare.pop())
        else:
            self._preparing.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the search by keys, and turn pages by the buttons at the side of a mouse."""
        if watched is self.field and isinstance(event, QKeyEvent):
            return event.type() == QEvent.KeyPress and self._leave_search(event)
        if isinstance(event, QMouseEvent) and event.type() == QEvent.MouseButtonPress:
            step = {Qt.BackButton: -1, Qt.ForwardButton: 1}.get(event.button(), 0)
            self._step(step) if step else None
            return bool(step)
        return super().eventFilter(watched, event)

    def _leave_search(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key_Escape:
            self.field.clear()
            self.view.setFocus()
            return True
        if event.key() == Qt.Key_Down and self.hits.count():
            self.hits.setFocus()
            self.hits.setCurrentRow(max(self.hits.currentRow(), 0))
            return True
        return False


def _item(entry: Entry) -> QTreeWidgetItem:
    item = QTreeWidgetItem([entry.title])
    item.setData(0, _NAME, entry.name)
    item.setToolTip(0, entry.title)
    item.addChildren([_item(child) for child in entry.children])
    return item


def _below(entry: QTreeWidgetItem) -> Iterator[QTreeWidgetItem]:
    for i in range(entry.childCount()):
        yield entry.child(i)
        yield from _below(entry.child(i))


def _found(hits: list[Hit], words: str) -> str:
    if hits:
        return "1 page" if len(hits) == 1 else f"{len(hits)} pages"
    return f"No page has “{words.strip()}”. Try fewer or other words."
