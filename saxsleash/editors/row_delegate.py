"""How the rows of the calibration look, and with what a value is edited."""

from functools import partial
from typing import Any

from PyQt5.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    pyqtSignal,
)
from PyQt5.QtGui import QColor, QHelpEvent, QIcon, QMouseEvent, QPainter, QPalette, QPen
from PyQt5.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from saxsdog.explanations import KeyPath
from saxsdog.named_files import FileRole
from saxsleash.appearance import Tone, in_lines, muted_color, tone_color
from saxsleash.editors.row_tips import tip
from saxsleash.editors.thumbnails import Thumbnails
from saxsleash.editors.value_editors import (
    ChoiceEditor,
    LineEditor,
    ValueEditor,
    WholeEditor,
    number_of,
    parts_of,
    words_of,
)
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.calibration_tree import (
    MARK_ROLE,
    NAME,
    NODE_ROLE,
    PATH_ROLE,
    PRESENT_ROLE,
    VALUE,
    Mark,
)
from saxsleash.models.edits import ABSENT, MASK_REF, MASKS, NO_MASK, value_at
from saxsleash.models.mask_store import MaskStore
from saxsleash.models.row_texts import folder_text, mask_text
from saxsleash.models.schema_nodes import Kind, SchemaNode, number_text

PICK, ADD = "…", "+"

_LINES = 1.45
"""Height of a row in lines of text: room for an editor."""

_LINES_OF_PICTURE = 12
_SOFT = 0.65
"""Opacity of the mark of a row within which something is wrong."""


class RowDelegate(QStyledItemDelegate):
    """Draws rows, marks what is wrong, edits values while they are typed.

    Parameters
    ----------
    calibration, masks
        What is edited.
    view
        Where the rows are shown.
    """

    pick_wanted = pyqtSignal(object)
    """A file or folder shall be chosen for the key with this path."""

    add_wanted = pyqtSignal(object)
    """What is absent at this path shall be added, or an item to the list there."""

    def __init__(
        self, calibration: CalibrationModel, masks: MaskStore, view: QAbstractItemView
    ) -> None:
        super().__init__(view)
        self._calibration = calibration
        self._view = view
        self._thumbnails = Thumbnails(masks)
        self.folders_known = True
        self._edited: KeyPath | None = None
        self._pressed: KeyPath | None = None
        self.closeEditor.connect(self._on_editor_closed)

    # ------------------------------------------------------------------ looks

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width(), in_lines(self._view, _LINES))

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        option.palette.setColor(QPalette.Text, self._text_color(option.palette, index))
        if index.column() != VALUE:
            return
        if self._button(index) == PICK:
            option.textElideMode = Qt.ElideMiddle  # names differ at their ends
        if _names_mask(index):
            picture = self._thumbnails.pixmap(
                option.text, 2 * option.rect.height(), option.palette, framed=True
            )
            if picture is not None:
                side = option.rect.height() - in_lines(self._view, 0.3)
                option.icon = QIcon(picture)
                option.icon.addPixmap(picture, QIcon.Selected)  # as it is, not tinted
                option.decorationSize = QSize(side, side)
                option.features |= QStyleOptionViewItem.HasDecoration

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        button = self._button(index)
        cell = QStyleOptionViewItem(option)
        if button:
            cell.rect = option.rect.adjusted(0, 0, -_button_rect(option.rect).width(), 0)
        super().paint(painter, cell, index)
        if index.column() == VALUE and index.data(Qt.CheckStateRole) is not None:
            self._outline_check_box(painter, option, index)
        if button:
            self._paint_button(painter, option, button)
        if index.column() == NAME and index.data(MARK_ROLE) is not Mark.NONE:
            self._paint_mark(painter, option, index.data(MARK_ROLE))

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        if event.type() != QEvent.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        picture = None
        if _names_mask(index):
            name = str(index.siblingAtColumn(VALUE).data())
            side = in_lines(view, _LINES_OF_PICTURE)
            picture = self._thumbnails.pixmap(name, side, view.palette(), framed=True)
        text = tip(index.siblingAtColumn(VALUE), view.palette(), picture)
        QToolTip.showText(event.globalPos(), text, view, view.visualRect(index))
        return True

    def _text_color(self, palette: QPalette, index: QModelIndex) -> QColor:
        if index.data(MARK_ROLE) is Mark.WRONG and index.column() in (NAME, VALUE):
            return tone_color(Tone.BAD, palette)
        if index.column() not in (NAME, VALUE) or not index.data(PRESENT_ROLE):
            return muted_color(palette)
        return QColor(palette.color(QPalette.Text))

    def _paint_mark(self, painter: QPainter, option: QStyleOptionViewItem, mark: Mark) -> None:
        """Draw a dot with an exclamation mark; within what is closed or open, a ring."""
        side = 0.55 * option.rect.height()
        center = option.rect.center()
        dot = QRectF(option.rect.right() - 1.4 * side, center.y() - side / 2, side, side)
        color = tone_color(Tone.BAD, option.palette)
        painter.save()
        painter.setRenderHint(QPainter.Antialiasing)
        if mark is Mark.WRONG:
            painter.setPen(Qt.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(dot)
            font = painter.font()
            font.setBold(True)
            font.setPixelSize(max(round(0.8 * side), 1))
            painter.setFont(font)
            painter.setPen(option.palette.color(QPalette.Base))
            painter.drawText(dot, int(Qt.AlignCenter), "!")
        else:
            painter.setOpacity(_SOFT)
            painter.setPen(QPen(color, side / 8))
            shrink = side / 4
            painter.drawEllipse(dot.adjusted(shrink, shrink, -shrink, -shrink))
        painter.restore()

    def _outline_check_box(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """Let an empty box be seen on a dark ground too."""
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        style = self._view.style()
        box = style.subElementRect(QStyle.SE_ItemViewItemCheckIndicator, cell, self._view)
        painter.save()
        painter.setPen(cell.palette.color(QPalette.Text))
        painter.setOpacity(_SOFT)
        painter.drawRect(box.adjusted(0, 0, -1, -1))
        painter.restore()

    def _paint_button(self, painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
        button = QStyleOptionButton()
        button.rect = _button_rect(option.rect).adjusted(0, 1, -1, -1)
        button.text = text
        button.palette = option.palette
        button.palette.setColor(QPalette.ButtonText, self._view.palette().color(QPalette.Text))
        button.state = QStyle.State_Enabled | QStyle.State_Raised
        if option.state & QStyle.State_MouseOver:
            button.state |= QStyle.State_MouseOver
        self._view.style().drawControl(QStyle.CE_PushButton, button, painter, self._view)

    # ------------------------------------------------------------------ buttons

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        button = self._button(index)
        if button and isinstance(event, QMouseEvent) and event.button() == Qt.LeftButton:
            inside = _button_rect(option.rect).contains(event.pos())
            path = index.data(PATH_ROLE)
            match event.type():
                case QEvent.MouseButtonPress | QEvent.MouseButtonDblClick if inside:
                    self._pressed = path
                    return True
                case QEvent.MouseButtonRelease if inside and self._pressed == path:
                    self._pressed = None
                    self.press_button(index)
                    return True
        return super().editorEvent(event, model, option, index)

    def press_button(self, index: QModelIndex) -> bool:
        """Do what the button of a row does; tell whether it has one."""
        match self._button(index.siblingAtColumn(VALUE)):
            case str(text) if text == PICK:
                self.pick_wanted.emit(index.data(PATH_ROLE))
            case str(text) if text == ADD:
                self.add_wanted.emit(index.data(PATH_ROLE))
            case _:
                return False
        return True

    def has_picker(self, index: QModelIndex) -> bool:
        """Tell whether a row has a button that lets the user choose a file or folder."""
        return self._button(index.siblingAtColumn(VALUE)) == PICK

    def _button(self, index: QModelIndex) -> str:
        node: SchemaNode | None = index.data(NODE_ROLE)
        if node is None or index.column() != VALUE:
            return ""
        is_picked = node.file_role or node.kind is Kind.SELECTION
        if is_picked or (node.kind is Kind.PARTS and self.folders_known):
            return PICK
        if node.grows_from_nothing:
            return ADD
        is_container = node.kind in (Kind.GROUP, Kind.ENTRIES) and not node.has_default
        return ADD if is_container and not index.data(PRESENT_ROLE) else ""

    # ------------------------------------------------------------------ editors

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex
    ) -> QWidget:
        path: KeyPath = index.data(PATH_ROLE)
        editor = self._editor(parent, path, index.data(NODE_ROLE))
        editor.setAccessibleName(str(index.siblingAtColumn(NAME).data()))
        editor.setToolTip(tip(index, parent.palette()))
        editor.typed.connect(partial(self._on_typed, path))
        self._edited = path
        return editor

    def _editor(self, parent: QWidget, path: KeyPath, node: SchemaNode) -> ValueEditor:
        value = self._calibration.value(path)
        match node.kind:
            case Kind.CHOICE:
                return self._choice(parent, [(str(one), one) for one in node.schema["enum"]])
            case Kind.WHOLE if path[-1] == MASK_REF:
                return self._choice(parent, self._masks_to_choose())
            case Kind.WHOLE if _fits_spin_box(value, node):
                schema = node.schema
                return WholeEditor(int(schema["minimum"]), int(schema["maximum"]), parent)
            case Kind.WHOLE | Kind.NUMBER:
                editor = LineEditor(number_of, parent, is_live=True)
                if node.has_default and not node.is_required:
                    editor.setPlaceholderText(f"{number_text(node.default)} (default)")
            case Kind.SELECTION:
                editor = LineEditor(words_of, parent, is_live=True)
                editor.setPlaceholderText(", ".join(node.item.schema["enum"]))
            case Kind.PARTS:
                editor = LineEditor(parts_of, parent, is_live=False)
                editor.setPlaceholderText("folder / folder / …")
            case _:
                must_have_text = node.schema.get("minLength", 0) > 0 and not node.is_required
                read = _text_or_nothing if must_have_text else str
                editor = LineEditor(read, parent, is_live=node.file_role is None)
        return editor

    def _choice(self, parent: QWidget, choices: list[tuple[str, Any]]) -> ChoiceEditor:
        editor = ChoiceEditor(choices, parent)
        editor.chosen.connect(partial(self._on_chosen, editor))
        QTimer.singleShot(0, editor.showPopup)
        return editor

    def _masks_to_choose(self) -> list[tuple[str, Any]]:
        document = self._calibration.document
        masks = value_at(document, (MASKS,))
        n_masks = len(masks) if isinstance(masks, list) else 0
        return [(mask_text(document, i), i) for i in range(NO_MASK, n_masks)]

    def setEditorData(self, editor: QWidget, index: QModelIndex) -> None:
        assert isinstance(editor, LineEditor | WholeEditor | ChoiceEditor)  # noqa: S101 - ours
        path = index.data(PATH_ROLE)
        value = value_at(self._calibration.document, path)
        shown = self._calibration.value(path)
        text = _edit_text(shown, index.data(NODE_ROLE))
        editor.show_value(value if isinstance(editor, LineEditor) else shown, text)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex) -> None:
        assert isinstance(editor, LineEditor | WholeEditor | ChoiceEditor)  # noqa: S101 - ours
        editor.finish()

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        rect = QRect(option.rect)
        if self._button(index):
            rect.setRight(_button_rect(rect).left() - 1)
        editor.setGeometry(rect)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave what is typed in a combo box with its list open to the list."""
        if isinstance(watched, ChoiceEditor) and event.type() == QEvent.FocusOut:
            return False  # the list takes the focus, and gives it back
        return super().eventFilter(watched, event)

    def _on_typed(self, path: KeyPath, value: Any) -> None:
        if value is not ABSENT:
            self._calibration.set_value(path, value, merge=True)
        elif self._calibration.can_remove(path):
            self._calibration.clear_value(path)
        elif self._calibration.has(path):
            self._calibration.set_value(path, "", merge=True)

    def _on_chosen(self, editor: ChoiceEditor) -> None:
        self.closeEditor.emit(editor, QAbstractItemDelegate.NoHint)

    def _on_editor_closed(
        self, _: QWidget, hint: QAbstractItemDelegate.EndEditHint = QAbstractItemDelegate.NoHint
    ) -> None:
        if hint == QAbstractItemDelegate.RevertModelCache and self._edited is not None:
            self._calibration.cancel_merge(self._edited)
        else:
            self._calibration.finish_merge()
        self._edited = None


def _names_mask(index: QModelIndex) -> bool:
    node: SchemaNode | None = index.data(NODE_ROLE)
    return node is not None and node.file_role is FileRole.MASK


def _button_rect(cell: QRect) -> QRect:
    width = round(1.3 * cell.height())
    return QRect(cell.right() - width + 1, cell.top(), width, cell.height())


def _fits_spin_box(value: Any, node: SchemaNode) -> bool:
    """Tell whether a spin box can show a value without changing it."""
    least, most = node.schema.get("minimum"), node.schema.get("maximum")
    if least is None or most is None or isinstance(value, bool):
        return False
    return isinstance(value, int | float) and least <= value <= most and value == int(value)


def _text_or_nothing(text: str) -> Any:
    return text if text else ABSENT


def _edit_text(value: Any, node: SchemaNode) -> str:
    """Return what an editor begins with: all digits, the whole text."""
    if value is None:
        return ""
    if isinstance(value, list):
        words = node.kind is Kind.SELECTION
        return ", ".join(map(str, value)) if words else folder_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return str(value)
