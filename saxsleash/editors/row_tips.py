"""What a row says when the mouse rests on it: the help of the schema, and what is wrong."""

import base64
from html import escape

from PyQt5.QtCore import QBuffer, QByteArray, QIODevice, QModelIndex, Qt
from PyQt5.QtGui import QPalette, QPixmap

from saxsleash.appearance import Tone, tone_color
from saxsleash.models.calibration_tree import NODE_ROLE, PRESENT_ROLE, PROBLEM_ROLE, UNIT, VALUE
from saxsleash.models.row_texts import present_text, whole_numbers
from saxsleash.models.schema_nodes import Kind, SchemaNode


def tip(index: QModelIndex, palette: QPalette, picture: QPixmap | None = None) -> str:
    """Return the tip of a row as rich text."""
    node: SchemaNode = index.data(NODE_ROLE)
    parts = [f"<b>{escape(node.label)}</b>"]
    if node.help:
        parts.append(escape(node.help))
    if not index.data(PRESENT_ROLE) and not node.has_default and (keys := _keys_below(node)):
        parts.append(escape(f"Has: {keys}"))
    if node.kind in (Kind.TEXT, Kind.PARTS) and index.data(PRESENT_ROLE):
        parts.append(escape(str(index.siblingAtColumn(VALUE).data())))  # may not fit the column
    if digits := whole_numbers(index.siblingAtColumn(VALUE).data(Qt.EditRole)):
        parts.append(escape(digits))
    parts += [escape(line) for line in _limits(node)]
    if problem := index.data(PROBLEM_ROLE):
        color = tone_color(Tone.BAD, palette).name()
        parts.append(f'<span style="color: {color}"><b>{escape(problem)}</b></span>')
    if picture is not None:
        parts.append(f"{escape(str(index.siblingAtColumn(UNIT).data()))} masked")
        parts.append(f'<img src="data:image/png;base64,{_png(picture)}">')
    return "<html>" + "".join(f"<p>{part}</p>" for part in parts) + "</html>"


def _limits(node: SchemaNode) -> list[str]:
    lines = []
    if node.range_text:
        lines.append(f"Range: {node.range_text}")
    elif node.unit:
        lines.append(f"Unit: {node.unit}")
    if "enum" in node.schema:
        lines.append("One of: " + ", ".join(map(str, node.schema["enum"])))
    if node.kind is Kind.SELECTION:
        lines.append("Any of: " + ", ".join(node.item.schema["enum"]))
    if node.has_default and node.default not in ("", [], {}):
        lines.append(f"Default: {present_text({}, (node.key,), node.default, node)}")
    return lines


def _keys_below(node: SchemaNode) -> str:
    """Return what can be set as soon as an object, or an item of a list, is there."""
    holder = node.item if node.kind is Kind.ITEMS else node
    return ", ".join(holder.children)


def _png(picture: QPixmap) -> str:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.WriteOnly)
    picture.save(buffer, "PNG")
    return base64.b64encode(bytes(data.data())).decode()
