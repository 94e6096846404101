"""The files of calibrations: new, open, save, and no edit lost on the way."""

import copy
from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QFileDialog

from saxsdog.calibration_files import store
from saxsdog.errors import CalibrationError, UsageError
from saxsdog.explanations import Problem, path_text
from saxsdog.words import count
from saxsleash.controllers.named_files import NamedFiles
from saxsleash.dialogs.questions import ask, ask_three, tell
from saxsleash.main_window import MainWindow
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.editable_file import NEW_DOCUMENT, read_document
from saxsleash.models.preferences import Preferences

SUFFIX = ".saxsconf"
FILTER = f"Calibrations (*{SUFFIX} *.json);;All files (*)"
SUBJECT = "calibrations"
"""Whose folder the preferences remember."""


class Documents(QObject):
    """Carries out the menu *File* on the calibration that is edited."""

    def __init__(
        self,
        window: MainWindow,
        calibration: CalibrationModel,
        files: NamedFiles,
        preferences: Preferences,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._calibration = calibration
        self._files = files
        self._preferences = preferences
        window.new_action.triggered.connect(self._on_new)
        window.open_action.triggered.connect(self._on_open)
        window.recent_wanted.connect(lambda path: self._when_saved(lambda: self.open(path)))
        window.save_action.triggered.connect(lambda: self.save())
        window.save_as_action.triggered.connect(lambda: self.save_as())
        window.close_wanted.connect(lambda: self._when_saved(window.close_for_good))
        window.undo_action.triggered.connect(calibration.undo)
        window.redo_action.triggered.connect(calibration.redo)
        calibration.opened.connect(self._on_opened)
        calibration.changed.connect(self._show_steps)
        calibration.file_changed.connect(self._show_title)
        self._server = ""
        self._accepted: tuple[Problem, ...] = ()
        self._show_steps()
        self._show_title()

    def show_server(self, name: str) -> None:
        """Name the server in the title of the window; ``""`` for none."""
        self._server = name
        self._show_title()

    def open(self, path: Path) -> None:
        """Open a calibration; say so if that cannot be."""
        try:
            document = read_document(path)
        except CalibrationError as error:
            if isinstance(error.__cause__, FileNotFoundError):  # not one that is out of reach
                self._preferences.forget_recent_file(path)
            tell(self._window, "Not a calibration", str(error))
            return
        self._calibration.open_document(document, path.resolve())
        self._remember(path)

    def save(self, then: Callable[[], None] = lambda: None) -> None:
        """Save where it was opened, or where the user says."""
        path = self._calibration.path
        if path is None:
            self.save_as(then)
        else:
            self._when_accepted(lambda: self._write(path, then))

    def save_as(self, then: Callable[[], None] = lambda: None) -> None:
        """Save where the user says."""
        self._when_accepted(lambda: self._choose_where(then))

    def _when_accepted(self, then: Callable[[], None]) -> None:
        """Go on if nothing is wrong, or if the user wants to save what is; asked once for it."""
        found = self._calibration.found
        if not found or found == self._accepted:
            then()
            return

        def on_answered(yes: bool) -> None:
            if yes:
                self._accepted = found
                then()

        first = f"{path_text(found[0].paths[0])}: {found[0].message}"
        others = f"\nand {count(len(found) - 1, 'other')}" if len(found) > 1 else ""
        ask(
            self._window,
            f"Save it with {count(len(found), 'error')}?",
            f"{first}{others}\n\nNo server takes it as it is; it can be opened and mended later.",
            yes="Save",
            answered=on_answered,
        )

    def _on_opened(self) -> None:
        self._accepted = ()

    def _choose_where(self, then: Callable[[], None]) -> None:
        dialog = QFileDialog(self._window, "Save the calibration", filter=FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX[1:])
        path = self._calibration.path
        if path is None:
            dialog.setDirectory(str(self._preferences.folder(SUBJECT)))
            dialog.selectFile(f"{_file_name(self._calibration.document)}{SUFFIX}")
        else:
            dialog.setDirectory(str(path.parent))
            dialog.selectFile(path.name)
        dialog.fileSelected.connect(lambda chosen: self._write(Path(chosen), then))
        dialog.open()

    def _on_new(self) -> None:
        self._when_saved(lambda: self._calibration.open_document(copy.deepcopy(NEW_DOCUMENT)))

    def _on_open(self) -> None:
        self._when_saved(self._choose)

    def _choose(self) -> None:
        dialog = QFileDialog(self._window, "Open a calibration", filter=FILTER)
        dialog.setFileMode(QFileDialog.ExistingFile)
        dialog.setDirectory(str(self._preferences.folder(SUBJECT)))
        dialog.fileSelected.connect(lambda chosen: self.open(Path(chosen)))
        dialog.open()

    def _write(self, path: Path, then: Callable[[], None]) -> None:
        """Save, with the files that came from a server beside it."""
        files = self._files.in_memory()
        try:
            written = store(self._calibration.document, files, path)
        except UsageError as error:
            tell(self._window, "Not saved", str(error))
            return
        if written != self._calibration.document:
            self._calibration.replace(written, "names of files")
        self._calibration.mark_saved(path.resolve())
        self._remember(path)
        then()

    def _when_saved(self, then: Callable[[], None]) -> None:
        """Go on at once, or after the user has said what becomes of the edits."""
        if not self._calibration.is_modified:
            then()
            return
        ask_three(
            self._window,
            "Save the changes?",
            f"{_name(self._calibration)} has changes that are not saved.",
            choices={
                "Save": lambda: self.save(then),
                "Discard": then,
                "Cancel": lambda: None,
            },
        )

    def _remember(self, path: Path) -> None:
        self._preferences.add_recent_file(path.resolve())
        self._preferences.remember_folder(SUBJECT, path.resolve().parent)

    def _show_steps(self) -> None:
        undo, redo = self._calibration.undo_text, self._calibration.redo_text
        self._window.undo_action.setEnabled(undo is not None)
        self._window.undo_action.setText(f"&Undo {undo}" if undo else "&Undo")
        self._window.redo_action.setEnabled(redo is not None)
        self._window.redo_action.setText(f"&Redo {redo}" if redo else "&Redo")

    def _show_title(self) -> None:
        where = f"{self._server} – " if self._server else ""
        self._window.setWindowTitle(f"{where}{_name(self._calibration)}[*] – saxsleash")
        self._window.setWindowModified(self._calibration.is_modified)


def _name(calibration: CalibrationModel) -> str:
    return "A new calibration" if calibration.path is None else calibration.path.name


def _file_name(document: dict[str, object]) -> str:
    """Suggest a name for a file that has none yet, from the title."""
    title = str(document.get("Title") or "")
    kept = "".join(one if one.isalnum() or one in "-_." else "_" for one in title.strip())
    return kept.strip("._")[:60] or "calibration"
