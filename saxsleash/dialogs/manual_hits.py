"""List the pages that a search has found, each with a piece of its text."""

from PyQt5.QtCore import QModelIndex, QRect, QSize, Qt
from PyQt5.QtGui import QFont, QPainter, QPalette
from PyQt5.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from saxsleash.appearance import in_lines, muted_color
from saxsleash.models.manual import Hit

_HIT = Qt.UserRole


class HitList(QListWidget):
    """Pages that were found; ``itemActivated`` and a changed row say which one is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(_HitDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollPerPixel)
        self.setAccessibleName("Pages found")

    def show_hits(self, hits: list[Hit]) -> None:
        """Replace what is listed."""
        self.clear()
        for hit in hits:
            item = QListWidgetItem(hit.title, self)
            item.setData(_HIT, hit)
            item.setToolTip(hit.name)

    def hit(self) -> Hit | None:
        """Return the one that is chosen."""
        item = self.currentItem()
        return item.data(_HIT) if item else None


class _HitDelegate(QStyledItemDelegate):
    """Draws the title in bold, and two lines of text that stand back below it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(0, in_lines(option.widget, 3.8))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        hit: Hit = index.data(_HIT)
        style = option.widget.style()
        style.drawPrimitive(QStyle.PE_PanelItemViewItem, option, painter, option.widget)
        chosen = bool(option.state & QStyle.State_Selected)
        line = option.fontMetrics.lineSpacing()
        edge = line // 3
        room = option.rect.adjusted(edge, edge, -edge, 0)
        painter.save()
        bold = QFont(option.font)
        bold.setBold(True)
        ink = option.palette.color(QPalette.HighlightedText if chosen else QPalette.Text)
        painter.setPen(ink)
        painter.setFont(bold)
        title = painter.fontMetrics().elidedText(hit.title, Qt.ElideRight, room.width())
        painter.drawText(room, Qt.AlignTop | Qt.TextSingleLine, title)
        painter.setFont(option.font)
        painter.setPen(ink if chosen else muted_color(option.palette))
        below = QRect(room.left(), room.top() + line, room.width(), 2 * line)
        painter.drawText(below, Qt.AlignTop | Qt.TextWordWrap, hit.snippet)
        painter.restore()
