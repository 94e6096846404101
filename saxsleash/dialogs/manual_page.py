"""Show one page of the manual, with its pictures, in the colours of the window."""

import numpy as np
from PyQt5.QtCore import QEvent, QRectF, QSize, Qt, QTimer, QUrl, QVariant
from PyQt5.QtGui import (
    QColor,
    QImage,
    QPainter,
    QPalette,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
)
from PyQt5.QtSvg import QSvgRenderer
from PyQt5.QtWidgets import QFrame, QTextBrowser, QTextEdit, QWidget

from saxsleash.appearance import in_characters, in_lines, is_dark, muted_color
from saxsleash.models.manual import Manual
from saxsleash.models.manual_pages import Page

LINE_CHARACTERS = 96
"""Lines longer than these the eye loses."""

_MARGIN = 2
"""Characters beside the text."""

_PICTURE_LINE = 12.5
"""Height of a line of text in the drawings, in their own units."""

_MONOSPACE = "'DejaVu Sans Mono', 'Menlo', 'Consolas', 'Courier New', monospace"
_WHITE = 255
_MOST_MARKS = 500
_RESIZE_REST_MS = 150


class ManualPage(QTextBrowser):
    """A page and what is marked in it; follows no link itself, ``anchorClicked`` tells of them."""

    def __init__(self, manual: Manual, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._manual = manual
        self._page: Page | None = None
        self._words: list[str] = []
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.NoFrame)
        self._resized = QTimer(self)
        self._resized.setSingleShot(True)
        self._resized.setInterval(_RESIZE_REST_MS)
        self._resized.timeout.connect(self._on_resized)

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        return self._page

    def show_page(self, page: Page, anchor: str = "", words: str = "") -> None:
        """Show a page from an anchor on, else from the first of the words, which are all marked."""
        self._page = page
        self._words = words.split()
        self._set_text()
        first = self._mark()
        if anchor:
            self.scrollToAnchor(anchor)
        elif first is not None:
            self._scroll_to(first)

    def loadResource(self, kind: int, url: QUrl) -> QVariant:
        """Return a picture of the manual, as large as suits the text and the width of the page."""
        file = self._manual.file(url.path())
        if kind != QTextDocument.ImageResource or file is None:
            return QVariant()
        if file.suffix == ".svg":
            drawing = QSvgRenderer(str(file))
            scale = self.fontMetrics().height() / _PICTURE_LINE
            return QVariant(self._drawn(drawing, QSize(drawing.defaultSize() * scale)))
        return QVariant(self._fitting(QImage(str(file))))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._show_again()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_margins()
        if event.size().width() != event.oldSize().width():
            self._resized.start()

    def _on_resized(self) -> None:
        if self._page and "<img" in self._page.html:
            self._show_again()

    def _show_again(self) -> None:
        """Show the same page in other colours or sizes, from the same place on."""
        if self._page is None:
            return
        bar = self.verticalScrollBar()
        share = bar.value() / max(bar.maximum(), 1)
        self._set_text()
        self._mark()
        bar.setValue(round(share * bar.maximum()))

    def _set_text(self) -> None:
        if self._page is None:
            return
        # A document remembers its pictures, which may be of another size or scale by now.
        self.document().clear()
        self.document().setDefaultStyleSheet(_style_sheet(self.palette(), in_lines(self, 1)))
        self.setHtml(self._page.html)
        self._set_margins()

    def _set_margins(self) -> None:
        side = in_characters(self, _MARGIN)
        room = self.viewport().width() - 2 * side - in_characters(self, LINE_CHARACTERS)
        shape = QTextFrameFormat(self.document().rootFrame().frameFormat())
        shape.setLeftMargin(side)
        shape.setRightMargin(side + max(0, room))
        shape.setTopMargin(side // 2)
        shape.setBottomMargin(side)
        self.document().rootFrame().setFrameFormat(shape)

    def _mark(self) -> QTextCursor | None:
        """Mark the words, and return where they stand first."""
        marked = QTextCharFormat()
        color = QColor(self.palette().color(QPalette.Highlight))
        color.setAlphaF(0.35)
        marked.setBackground(color)
        found = _places(self.document(), self._words)
        selections = []
        for cursor in found[:_MOST_MARKS]:
            selection = QTextEdit.ExtraSelection()
            selection.cursor, selection.format = cursor, marked
            selections.append(selection)
        self.setExtraSelections(selections)
        return min(found, key=QTextCursor.position, default=None)

    def _scroll_to(self, cursor: QTextCursor) -> None:
        top = self.cursorRect(cursor).top() - in_lines(self, 3)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + top)

    def _width(self) -> int:
        """Room for a picture."""
        side = in_characters(self, 2 * _MARGIN) + self.verticalScrollBar().sizeHint().width()
        return min(self.width() - side, in_characters(self, LINE_CHARACTERS))

    def _drawn(self, drawing: QSvgRenderer, size: QSize) -> QImage:
        if size.width() > self._width():
            size = size.scaled(self._width(), size.height(), Qt.KeepAspectRatio)
        ratio = self.devicePixelRatioF()
        image = QImage(size * ratio, QImage.Format_ARGB32_Premultiplied)
        image.fill(Qt.white)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.Antialiasing)
        drawing.render(painter, QRectF(image.rect()))
        painter.end()
        if is_dark(self.palette()):
            image = _darkened(image, self.palette())
        image.setDevicePixelRatio(ratio)
        return image

    def _fitting(self, image: QImage) -> QImage:
        ratio = self.devicePixelRatioF()
        room = round(self._width() * ratio)
        natural = round(image.width() * self.fontMetrics().height() / _PICTURE_LINE)
        wanted = min(room, natural)
        scaled = image.scaledToWidth(wanted, Qt.SmoothTransformation)
        scaled.setDevicePixelRatio(ratio)
        return scaled


def _places(document: QTextDocument, words: list[str]) -> list[QTextCursor]:
    """Find a phrase; if it is nowhere, its words."""
    return _all(document, " ".join(words)) or [
        cursor for word in words for cursor in _all(document, word)
    ]


def _all(document: QTextDocument, text: str) -> list[QTextCursor]:
    found: list[QTextCursor] = []
    cursor = document.find(text) if text else QTextCursor()
    while not cursor.isNull():
        found.append(cursor)
        cursor = document.find(text, cursor)
    return found


def _style_sheet(palette: QPalette, line: int) -> str:
    base, ground = palette.color(QPalette.Base), palette.color(QPalette.Window)
    muted = muted_color(palette)
    rule = _between(muted, base, 0.4)
    return f"""
        p, li, dd {{ line-height: 120%; }}
        p.picture {{ line-height: 100%; }}
        a {{ color: {palette.color(QPalette.Link).name()}; text-decoration: none; }}
        h1 {{ margin-top: 0px; margin-bottom: {line}px; }}
        h2 {{ margin-top: {line * 3 // 2}px; margin-bottom: {line // 2}px; }}
        h3, h4 {{ margin-top: {line}px; margin-bottom: {line // 3}px; }}
        pre, code {{ font-family: {_MONOSPACE}; }}
        pre {{ margin: 0px; white-space: pre-wrap; }}
        td.code, td.note {{ background-color: {ground.name()}; }}
        table.wide td, table.wide th {{ font-size: small; }}
        table.data, table.wide {{ border-collapse: collapse; border-color: {rule.name()}; }}
        th {{ background-color: {ground.name()}; text-align: left; }}
        p.formula {{ margin-left: {2 * line}px; }}
        dt {{ margin-top: {line // 3}px; }}
        p.definition {{ margin-top: 0px; margin-bottom: {line // 3}px; }}
        table {{ margin-top: {line // 4}px; margin-bottom: {line // 4}px; }}
    """


def _darkened(image: QImage, palette: QPalette) -> QImage:
    """Turn dark lines on white into light lines on the ground of a palette; hues stay."""
    dark = image.convertToFormat(QImage.Format_RGBA8888)
    bits = dark.bits()
    bits.setsize(dark.sizeInBytes())
    pixels = np.asarray(bits, np.uint8).reshape(dark.height(), dark.width(), 4)
    colors = pixels[..., :3].astype(np.int16)
    turned = colors + (_WHITE - colors.max(axis=2) - colors.min(axis=2))[..., np.newaxis]
    ground = np.array(palette.color(QPalette.Base).getRgb()[:3])
    ink = np.array(palette.color(QPalette.Text).getRgb()[:3])
    pixels[..., :3] = ground + turned * (ink - ground) // _WHITE
    return dark


def _between(one: QColor, other: QColor, share: float) -> QColor:
    parts = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return QColor(*(round(share * first + (1 - share) * second) for first, second in parts))
