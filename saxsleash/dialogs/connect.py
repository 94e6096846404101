"""Choose a server, or have one started for a folder of this machine."""

import html
from pathlib import Path

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QIcon, QKeySequence, QPainter, QPalette, QPixmap, QShowEvent
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QShortcut,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import Tone, in_characters, in_lines, muted_color, tone_color
from saxsleash.models.servers_model import ServersModel
from saxsleash.places import from_home, is_folder

SERVER, STATE, ADDRESS = range(3)
HEADINGS = ("Server", "Now", "Address")
DOT = 0.6
"""Diameter of a light, in lines of text."""

NO_FILE = (
    "<p><b>You know no server yet.</b></p>"
    "<p>Where a server runs, the command <code>saxsdog netconf</code> has made a file that says "
    "where it listens and which secret it shares with you. Copy that file to<br>"
    "<code>{path}</code><br>or start a local server below.</p>"
)

BAD_FILE = "<p><b>The file of your servers cannot be used.</b></p><p>{problem}</p>"


class ConnectDialog(QDialog):
    """Lists the servers with what is known of each; a double click connects.

    Attributes
    ----------
    table
        One server a row.
    root
        Folder for a local server.
    """

    server_chosen = pyqtSignal(object)
    """:class:`~saxsdog.network.NetworkEntry`."""

    local_server_wanted = pyqtSignal(object)
    """:class:`~pathlib.Path` of the folder with the images."""

    def __init__(self, servers: ServersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Connect to a server")
        self._servers = servers
        self.table = QTableWidget(0, len(HEADINGS), self)
        self._hint = QLabel(self)
        self._warning = QLabel(self)
        self._file = QLabel(self)
        self.root = QComboBox(self)
        self._browse = self._button("&Browse…", "Choose the folder")
        self._start = self._button("&Start local server", "Start a server for this folder")
        self._local_words = QLabel(self)
        self._reload = self._button("&Reload", "Read the file of servers again (F5)")
        self._connect = self._button("&Connect", "Connect to the selected server (Return)")
        self._cancel = self._button("Cancel", "Connect to no server (Escape)")
        self._set_up_table()
        self._set_up_words()
        self._set_up_local()
        self._lay_out()
        self._connect_parts()
        self.resize(in_characters(self, 92), in_lines(self, 26))
        self._draw()

    @property
    def chosen(self) -> str:
        """Name of the selected server, ``""`` without one."""
        items = self.table.selectedItems()
        return self._name_at(items[0].row()) if items else ""

    def show_local_problem(self, reason: str) -> None:
        """Say why the local server did not start, and let the user try again."""
        self._set_starting(False)
        self._say(reason, Tone.BAD)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._set_starting(False)
        self._say("", None)
        self._list_roots()
        self._draw()
        (self.table if self.table.rowCount() else self.root).setFocus()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_cancel"):
            self._draw()

    # ---------------------------------------------------------------- parts

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        return button

    def _set_up_table(self) -> None:
        table = self.table
        table.setAccessibleName("Servers")
        table.setHorizontalHeaderLabels(HEADINGS)
        table.setSelectionBehavior(QAbstractItemView.SelectRows)
        table.setSelectionMode(QAbstractItemView.SingleSelection)
        table.setEditTriggers(QAbstractItemView.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setTextElideMode(Qt.ElideMiddle)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(in_lines(self, 1.7))
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        header.setHighlightSections(False)
        header.resizeSection(SERVER, in_characters(self, 28))
        header.resizeSection(STATE, in_characters(self, 30))
        header.setSectionResizeMode(ADDRESS, QHeaderView.Stretch)

    def _set_up_words(self) -> None:
        self._hint.setTextFormat(Qt.RichText)
        self._hint.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self._hint.setFrameShape(QFrame.StyledPanel)
        self._hint.setMargin(in_characters(self, 2))
        self._hint.setAlignment(Qt.AlignCenter)
        for label in (self._warning, self._file, self._local_words):
            label.setTextFormat(Qt.PlainText)
            label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        for label in (self._hint, self._warning, self._local_words):
            label.setWordWrap(True)

    def _set_up_local(self) -> None:
        self.root.setEditable(True)
        self.root.setInsertPolicy(QComboBox.NoInsert)
        self.root.setToolTip("The folder whose images, and those in its folders, are integrated")
        self.root.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        self.root.setMinimumContentsLength(20)
        self.root.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.root.lineEdit().setPlaceholderText("Folder with images")

    def _lay_out(self) -> None:
        group = QGroupBox("Local server", self)
        words = QLabel("Runs on this machine until the window is closed.", group)
        label = QLabel("&Folder", group)
        label.setBuddy(self.root)
        line, buttons = QHBoxLayout(), QHBoxLayout()
        line.addWidget(label)
        line.addWidget(self.root, 1)
        line.addWidget(self._browse)
        line.addWidget(self._start)
        inside = QVBoxLayout(group)
        inside.addWidget(words)
        inside.addLayout(line)
        inside.addWidget(self._local_words)
        buttons.addWidget(self._file, 1)
        buttons.addWidget(self._reload)
        buttons.addWidget(self._connect)
        buttons.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.addWidget(self.table, 1)
        column.addWidget(self._hint, 1)
        column.addWidget(self._warning)
        column.addLayout(buttons)
        column.addWidget(group)
        for first, second in (
            (self.table, self._reload),
            (self._reload, self._connect),
            (self._connect, self._cancel),
            (self._cancel, self.root),
            (self.root, self._browse),
            (self._browse, self._start),
        ):
            QWidget.setTabOrder(first, second)

    def _connect_parts(self) -> None:
        self.table.itemDoubleClicked.connect(self._on_connect_clicked)
        self.table.itemSelectionChanged.connect(self._on_selection_changed)
        self._connect.setDefault(True)
        self._connect.clicked.connect(self._on_connect_clicked)
        self._cancel.clicked.connect(self.reject)
        QShortcut(QKeySequence("F5"), self).activated.connect(self._servers.reload)
        self._reload.clicked.connect(self._servers.reload)
        self._browse.clicked.connect(self._on_browse_clicked)
        self._start.clicked.connect(self._on_start_clicked)
        self.root.editTextChanged.connect(self._on_root_edited)
        self._servers.changed.connect(self._draw)
        self._servers.light_changed.connect(self._on_light_changed)

    # ---------------------------------------------------------------- servers

    def _name_at(self, row: int) -> str:
        item = self.table.item(row, SERVER)
        return "" if item is None else item.text()

    def _on_connect_clicked(self) -> None:
        if self.root.lineEdit().hasFocus():  # Return in the line of the local server means that
            self._on_start_clicked()
        elif entry := self._servers.entry(self.chosen):
            self.server_chosen.emit(entry)
            self.accept()

    def _on_selection_changed(self) -> None:
        self._connect.setEnabled(bool(self.chosen))

    def _on_light_changed(self, name: str) -> None:
        for row in range(self.table.rowCount()):
            if self._name_at(row) == name:
                self._draw_light(row)

    # ---------------------------------------------------------------- local server

    def _on_browse_clicked(self) -> None:
        dialog = QFileDialog(self, "Choose a folder with images", self.root.currentText())
        dialog.setFileMode(QFileDialog.Directory)
        dialog.setOption(QFileDialog.ShowDirsOnly)
        dialog.fileSelected.connect(self.root.setEditText)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.open()

    def _on_root_edited(self) -> None:
        self._say("", None)
        self._start.setEnabled(bool(self.root.currentText().strip()))

    def _on_start_clicked(self) -> None:
        text = self.root.currentText().strip()
        if not text or not self._start.isEnabled():
            return
        root = from_home(Path(text))
        if not is_folder(root):
            self._say(f"{root}: expected a folder, there is none of this name", Tone.BAD)
            return
        self._set_starting(True)
        self._say("The server starts; that takes some seconds…", Tone.BUSY)
        self.local_server_wanted.emit(root)

    def _set_starting(self, starting: bool) -> None:
        for widget in (self.root, self._browse):
            widget.setDisabled(starting)
        self._start.setEnabled(not starting and bool(self.root.currentText().strip()))

    def _say(self, text: str, tone: Tone | None) -> None:
        self._local_words.setText(text)
        self._local_words.setVisible(bool(text))
        self._local_words.setStyleSheet(
            "" if tone is None else f"color: {tone_color(tone, self.palette()).name()}"
        )

    def _list_roots(self) -> None:
        """List the folders of former local servers; what was typed stays."""
        typed, roots = self.root.currentText(), [str(path) for path in self._servers.local_roots]
        self.root.clear()
        self.root.addItems(roots)
        self.root.setEditText(typed or (roots[0] if roots else ""))

    # ---------------------------------------------------------------- drawing

    def _draw(self) -> None:
        servers, palette = self._servers, self.palette()
        chosen = self.chosen or servers.last
        entries = servers.entries
        self.table.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            name = QTableWidgetItem(entry.name)
            address = QTableWidgetItem(entry.server)
            address.setForeground(muted_color(palette))
            if servers.is_local(entry.name):
                address.setText("this machine, for this window")
            name.setToolTip(entry.name)
            address.setToolTip(entry.server)
            self.table.setItem(row, SERVER, name)
            self.table.setItem(row, STATE, QTableWidgetItem())
            self.table.setItem(row, ADDRESS, address)
            self._draw_light(row)
        names = [entry.name for entry in entries]
        if names:
            self.table.selectRow(names.index(chosen) if chosen in names else 0)
        self._draw_words()
        self._on_selection_changed()

    def _draw_light(self, row: int) -> None:
        light, item = self._servers.light(self._name_at(row)), self.table.item(row, STATE)
        if item is None:
            return
        item.setText(light.word)
        item.setToolTip(light.sentence)
        item.setIcon(self._dot(tone_color(light.tone, self.palette())))

    def _draw_words(self) -> None:
        servers = self._servers
        is_empty = not servers.entries
        self.table.setVisible(not is_empty)
        self._hint.setVisible(is_empty)
        if servers.is_missing or not servers.problem:
            self._hint.setText(NO_FILE.format(path=html.escape(str(servers.path))))
        else:
            self._hint.setText(BAD_FILE.format(problem=html.escape(servers.problem)))
        warning = servers.warning or ("" if is_empty or servers.is_missing else servers.problem)
        self._warning.setText(warning)
        self._warning.setVisible(bool(warning))
        self._warning.setStyleSheet(f"color: {tone_color(Tone.DOUBTFUL, self.palette()).name()}")
        self._file.setText("" if servers.is_missing else f"from {servers.path}")
        self._file.setStyleSheet(f"color: {muted_color(self.palette()).name()}")

    def _dot(self, color: QColor) -> QIcon:
        """Return a light: colours of text are lost where a row is selected."""
        side, ratio = in_lines(self, 1), self.devicePixelRatioF()
        pixmap = QPixmap(round(side * ratio), round(side * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setBrush(color)
        painter.setPen(self.palette().color(QPalette.Base))  # stands out where a row is selected
        width = round(DOT * side)
        margin = (side - width) // 2
        painter.drawEllipse(margin, margin, width, width)
        painter.end()
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Selected)  # else Qt tints it
        return icon
