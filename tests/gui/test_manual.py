"""The manual in a window: pages, links, search, history."""

import pytest
from PyQt5.QtCore import QObject, QPoint, Qt, QUrl, pyqtSlot
from PyQt5.QtGui import QDesktopServices, QPalette, QTextCursor, QTextDocument
from PyQt5.QtWidgets import QApplication, QFileDialog, QLineEdit

from saxsleash.appearance import Theme, apply_theme
from saxsleash.dialogs.manual import ManualWindow
from saxsleash.models.manual import START, Manual

IMAGE = QTextDocument.ImageResource


@pytest.fixture(scope="module")
def manual():
    return Manual()


@pytest.fixture
def window(qtbot, manual):
    window = ManualWindow(manual)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


def click_on_text(qtbot, window, text):
    """Click in the middle of a link as somebody would who sees it."""
    view = window.view
    cursor = view.document().find(text)
    assert not cursor.isNull(), text
    middle = QTextCursor(view.document())
    middle.setPosition((cursor.selectionStart() + cursor.selectionEnd()) // 2)
    view.setTextCursor(middle)
    view.ensureCursorVisible()
    place = view.cursorRect(middle).center() + QPoint(1, 0)
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=place)


def test_the_window_opens_at_the_start(window):
    assert window.page_name == START
    assert "Where to go" in window.view.toPlainText()
    assert window.contents.currentItem().text(0) == "Start"
    assert window.windowTitle() == "saxsdog – manual of saxsdog"


def test_every_page_can_be_shown(window, manual):
    for name in manual.names:
        window.show_page(name)
        shown = window.view.toPlainText()
        assert shown.startswith(manual.title(name))
        assert window.contents.currentItem().data(0, Qt.UserRole) == name


def test_pictures_of_all_pages_are_drawn(window, manual):
    for name in manual.names:
        for link in manual.page(name).links:
            if link.endswith((".svg", ".png")):
                picture = window.view.loadResource(IMAGE, QUrl(link)).value()
                assert picture.width() > 100, link
                assert picture.height() > 100, link


def test_a_picture_is_never_wider_than_the_page(qtbot, window):
    window.show_page("explanation/queue")
    bar = window.view.horizontalScrollBar()
    window.resize(900, 600)
    qtbot.waitUntil(lambda: bar.maximum() == 0)


def test_a_page_is_shown_from_a_heading_on(window):
    window.show_page("explanation/queue", "versions")
    top = window.view.cursorForPosition(QPoint(30, 30)).block().text()
    assert top == "Versions"


def test_a_click_in_the_contents_shows_the_page(qtbot, window):
    item = window.contents.topLevelItem(1)
    place = window.contents.visualItemRect(item).center()
    qtbot.mouseClick(window.contents.viewport(), Qt.LeftButton, pos=place)
    assert window.page_name == "tutorials/first-curves"


def test_a_click_on_a_link_shows_the_page(qtbot, window):
    with qtbot.waitSignal(window.page_shown) as shown:
        click_on_text(qtbot, window, "Your first server")
    assert shown.args == ["tutorials/first-server"]


def test_one_goes_back_to_where_one_was_and_forward_again(qtbot, window):
    window.show_page("explanation/queue")
    bar = window.view.verticalScrollBar()
    bar.setValue(400)
    window.show_page("glossary")
    assert bar.value() == 0
    qtbot.keyClick(window.view, Qt.Key_Left, Qt.AltModifier)
    assert window.page_name == "explanation/queue"
    assert bar.value() == 400
    qtbot.mouseClick(window.view.viewport(), Qt.ForwardButton)
    assert window.page_name == "glossary"
    assert not window.forward.isEnabled()
    window.back.trigger()
    window.back.trigger()
    assert window.page_name == START
    assert not window.back.isEnabled()


def test_a_page_chosen_after_going_back_replaces_what_lay_ahead(window):
    window.show_page("glossary")
    window.back.trigger()
    window.show_page("reference/settings")
    assert not window.forward.isEnabled()
    window.back.trigger()
    assert window.page_name == START


def test_a_search_lists_pages_and_marks_the_words(qtbot, window):
    qtbot.keyClick(window, Qt.Key_F, Qt.ControlModifier)
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    qtbot.keyClicks(window.field, "law of cosines")
    assert window.found.text() == "1 page"
    qtbot.keyClick(window.field, Qt.Key_Return)
    assert window.page_name == "explanation/geometry"
    marked = window.view.extraSelections()
    assert [one.cursor.selectedText() for one in marked] == ["law of cosines"]
    place = window.view.cursorRect(marked[0].cursor)
    assert window.view.viewport().rect().contains(place)


def test_return_goes_from_hit_to_hit(qtbot, window):
    qtbot.keyClicks(window.field, "wavelength")
    pages = set()
    for _ in range(3):
        qtbot.keyClick(window.field, Qt.Key_Return)
        pages.add(window.page_name)
    assert len(pages) == 3
    qtbot.keyClick(window.field, Qt.Key_Down)
    assert window.hits.hasFocus()


def test_escape_ends_a_search(qtbot, window):
    qtbot.keyClicks(window.field, "mask")
    assert window.hits.isVisible()
    qtbot.keyClick(window.field, Qt.Key_Escape)
    assert window.field.text() == ""
    assert window.contents.isVisible()


def test_a_search_without_hits_says_so(qtbot, window):
    qtbot.keyClicks(window.field, "xyzzy")
    assert "No page has “xyzzy”" in window.found.text()
    qtbot.keyClick(window.field, Qt.Key_Return)
    assert window.page_name == START


def test_all_pages_are_translated_while_nobody_waits(qtbot):
    manual = Manual()
    window = ManualWindow(manual)
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: not window._preparing.isActive())
    assert set(manual._pages) == set(manual.names)


def test_text_grows_and_shrinks_by_keys(qtbot, window):
    usual = window.view.font().pointSizeF()
    qtbot.keyClick(window.view, Qt.Key_Plus, Qt.ControlModifier)
    qtbot.keyClick(window.view, Qt.Key_Equal, Qt.ControlModifier)
    assert window.view.font().pointSizeF() == usual + 2
    qtbot.keyClick(window.view, Qt.Key_Minus, Qt.ControlModifier)
    assert window.view.font().pointSizeF() == usual + 1
    qtbot.keyClick(window.view, Qt.Key_0, Qt.ControlModifier)
    assert window.view.font().pointSizeF() == usual


def test_text_stays_readable(window):
    for _ in range(50):
        window.smaller.trigger()
    assert window.view.font().pointSizeF() > 4
    assert not window.smaller.isEnabled()


class Browser(QObject):
    """Stands for the browser of the desktop."""

    def __init__(self):
        super().__init__()
        self.opened = []

    @pyqtSlot(QUrl)
    def open(self, link):
        self.opened.append(link.toString())


def test_an_external_link_opens_in_the_browser(window):
    browser = Browser()
    QDesktopServices.setUrlHandler("https", browser.open)
    try:
        window.view.anchorClicked.emit(QUrl("https://example.org/"))
    finally:
        QDesktopServices.unsetUrlHandler("https")
    assert browser.opened == ["https://example.org/"]
    assert window.page_name == START


def test_a_file_of_the_manual_can_be_saved(qtbot, window, tmp_path):
    window.show_page("how-to/run-a-server")
    click_on_text(qtbot, window, "saxsdog-server.service")
    dialog = window.findChild(QFileDialog)
    assert "saxsdog-server.service" in dialog.windowTitle()
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile(str(tmp_path / "copy.service"))
    dialog.accept()
    assert "[Service]" in (tmp_path / "copy.service").read_text(encoding="utf-8")


def test_a_copy_that_cannot_be_saved_is_told(window, manual, tmp_path):
    window._copy(manual.file("glossary.md"), tmp_path / "missing" / "x")
    assert "cannot be written" in QApplication.activeModalWidget().informativeText()


def test_a_page_follows_the_theme(qtbot, window, qapp):
    before = qapp.palette(), qapp.style().objectName()
    try:
        for theme in (Theme.LIGHT, Theme.DARK):
            apply_theme(qapp, theme)
            window.show_page("explanation/queue")
            picture = window.view.loadResource(IMAGE, QUrl("manual:figures/queue.svg")).value()
            corner = picture.pixelColor(0, 0).lightness()
            ground = window.view.palette().color(QPalette.Base).lightness()
            assert corner == pytest.approx(ground, abs=3)
    finally:
        qapp.setPalette(before[0])
        qapp.setStyle(before[1])
