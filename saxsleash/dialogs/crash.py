"""Say that a bug was met, what that means for the work at hand, and show the report."""

from pathlib import Path

from PyQt5.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from saxsleash.appearance import Tone, digits_font, in_characters, in_lines, muted_color
from saxsleash.dialogs.questions import tell
from saxsleash.models.crash_report import cause_of

MOST_BUGS = 20
"""Different bugs whose reports are shown; more of them are only counted."""

_REST_MS = 100
_MEANING = """
<p>Something in this window went wrong that should not have. It may show old or missing things.</p>
<ul style="margin-left: 0px;">
<li><b>The server goes on.</b> It is a program of its own and has noticed nothing. {quitting}</li>
<li><b>Edits of the calibration that are not saved are still here.</b> Continue and save them.</li>
<li>If the window behaves strangely afterwards, quit and start it again.</li>
</ul>
"""
_QUITTING = "When you quit, it still goes on."
_QUITTING_LOCAL = (
    "Only a server that this window has started for a folder here ends when you quit: "
    "its queue must be started again then."
)


class CrashDialog(QDialog):
    """Shows the reports of all bugs met since it was opened.

    Closing it by Escape, or in any other way, means to continue.

    Parameters
    ----------
    report
        Of the first bug.
    path
        Where it was kept, if it was.
    has_servers
        Whether servers end with the window.
    """

    quit_wanted = pyqtSignal()

    def __init__(
        self,
        report: str,
        path: Path | None,
        parent: QWidget | None = None,
        *,
        has_servers: bool = False,
    ) -> None:
        super().__init__(parent)
        self._quitting = _QUITTING_LOCAL if has_servers else _QUITTING
        self.setAttribute(Qt.WA_DeleteOnClose)
        self._path = path
        self._n_files = 0
        self._counts: dict[str, int] = {}
        self._reports: list[str] = []
        self._n_more = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._show)
        self.setWindowTitle("A bug in saxsleash")
        self._make()
        self._lay_out()
        self.add(report, path)
        self._show()
        self._fit()

    @property
    def text(self) -> str:
        """All reports, with how often each bug was met."""
        told = [
            f"{report}\n\n(met {count} times)" if count > 1 else report
            for report, count in zip(self._reports, self._counts.values(), strict=True)
        ]
        if self._n_more:
            told.append(f"({self._n_more} more reports of other bugs are not shown)")
        return f"\n\n{'-' * 72}\n\n".join(told)

    def add(self, report: str, path: Path | None = None) -> None:
        """Add the report of another bug, or count one that is known; takes no time for drawing.

        ``path`` is the file in which it was kept, if it was.
        """
        cause = cause_of(report)
        if path is not None:
            self._path = self._path or path
            self._n_files += 1
        if cause in self._counts:
            self._counts[cause] += 1
        elif len(self._counts) < MOST_BUGS:
            self._counts[cause] = 1
            self._reports.append(report)
        else:
            self._n_more += 1
        if not self._rest.isActive():
            self._rest.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange:
            self._color()

    def _make(self) -> None:
        self._headline = QLabel("saxsleash has met a bug")
        font = self._headline.font()
        font.setPointSizeF(1.3 * font.pointSizeF())
        font.setBold(True)
        self._headline.setFont(font)
        self._meaning = QLabel(_MEANING.format(quitting=self._quitting))
        self._meaning.setWordWrap(True)
        self._kept = QLabel()
        self._kept.setTextFormat(Qt.PlainText)
        self._kept.setWordWrap(True)
        self._kept.setTextInteractionFlags(Qt.TextSelectableByMouse | Qt.TextSelectableByKeyboard)
        self._summary = QLabel()
        self._summary.setTextFormat(Qt.PlainText)
        self._summary.setWordWrap(True)
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setLineWrapMode(QPlainTextEdit.NoWrap)
        self.report.setFont(digits_font(self))
        self.report.setAccessibleName("Report")
        self.report.setMinimumHeight(in_lines(self, 14))
        self.report.hide()
        self.show_report = _button("Show &report", "Show what exactly went wrong")
        self.show_report.setCheckable(True)
        self.show_report.toggled.connect(self._on_report_toggled)
        self.copy = _button("&Copy", "Copy the report to the clipboard")
        self.copy.clicked.connect(self._on_copy_clicked)
        self.save = _button("&Save…", "Save the report to a file of your choice")
        self.save.clicked.connect(self._on_save_clicked)
        self.quit = _button("&Quit", "Close saxsleash")
        self.quit.clicked.connect(self._on_quit_clicked)
        self.go_on = _button("C&ontinue", "Close this message and go on (Esc)")
        self.go_on.clicked.connect(self.accept)
        self.go_on.setDefault(True)
        self._color()

    def _lay_out(self) -> None:
        size = in_lines(self, 2.4)
        picture = QLabel()
        icon = self.style().standardIcon(QStyle.SP_MessageBoxWarning)
        picture.setPixmap(icon.pixmap(size, size))
        words = QGridLayout()
        words.setHorizontalSpacing(in_characters(self, 2))
        words.addWidget(picture, 0, 0, 2, 1, Qt.AlignTop)
        words.addWidget(self._headline, 0, 1)
        words.addWidget(self._meaning, 1, 1)
        words.addWidget(self._summary, 2, 1)
        words.addWidget(self._kept, 3, 1)
        words.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        for button in (self.show_report, self.copy, self.save):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.quit)
        buttons.addWidget(self.go_on)
        column = QVBoxLayout(self)
        column.addLayout(words)
        column.addWidget(self.report, 1)
        column.addStretch(0)  # takes what is left over while no report is shown
        column.addSpacing(in_lines(self, 0.5))
        column.addLayout(buttons)
        self.setMinimumWidth(in_characters(self, 84))

    def _color(self) -> None:
        palette = self.palette()
        palette.setColor(self._kept.foregroundRole(), muted_color(palette))
        self._kept.setPalette(palette)

    def _show(self) -> None:
        last = cause_of(self._reports[-1]).strip().splitlines()[-1]
        n_met = sum(self._counts.values()) + self._n_more
        self._summary.setText(last if n_met == 1 else f"{last}\n{n_met} bugs were met by now.")
        if self._path is None:
            where, them = "The report is kept nowhere", "it"
        elif self._n_files == 1:
            where, them = f"The report is kept in {self._path}", "it"
        else:
            where, them = f"The newest reports are kept in {self._path.parent}", "them"
        self._kept.setText(f"{where}. Please send {them} to those who look after saxsdog.")
        if self.report.isVisible():
            self._fill()

    def _fill(self) -> None:
        bar = self.report.verticalScrollBar()
        place = bar.value()
        self.report.setPlainText(self.text)
        bar.setValue(place)

    def _on_report_toggled(self, shown: bool) -> None:
        self.report.setVisible(shown)
        self.show_report.setText("Hide &report" if shown else "Show &report")
        if shown:
            self._fill()
        self._fit()

    def _fit(self) -> None:
        """Be as high as the texts need at this width, and no higher."""
        self.layout().activate()  # the report has come or gone a moment ago
        width = max(self.width(), in_characters(self, 104 if self.report.isVisible() else 88))
        self.resize(width, self.layout().totalHeightForWidth(width))

    def _on_copy_clicked(self) -> None:
        QApplication.clipboard().setText(self.text)
        self.copy.setText("&Copied")

    def _on_save_clicked(self) -> None:
        name = self._path.name if self._path else "crash.txt"
        dialog = QFileDialog(self, "Save the report", str(Path.home() / name))
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptSave)
        dialog.fileSelected.connect(self._on_file_chosen)
        dialog.open()

    def _on_file_chosen(self, chosen: str) -> None:
        try:
            Path(chosen).write_text(self.text + "\n", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            text = f"{chosen} cannot be written: {error.strerror}."
            tell(self, "The report was not saved", text, tone=Tone.BAD)

    def _on_quit_clicked(self) -> None:
        self.accept()
        self.quit_wanted.emit()


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button
