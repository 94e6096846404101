"""The folder of the images is chosen on the server, where it lies."""

from functools import partial

from PyQt5.QtCore import QObject, Qt

from saxsdog.errors import SaxsdogError
from saxsdog.protocol.messages import Listing
from saxsleash.dialogs.remote_folder import RemoteFolderDialog
from saxsleash.link import Link
from saxsleash.main_window import MainWindow
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.panels.calibration_panel import CalibrationPanel

DIRECTORY = ("Directory",)
"""Key of the calibration."""

Parts = tuple[str, ...]


class Folders(QObject):
    """Shows the folders of the server when the user wants to choose one."""

    def __init__(
        self,
        window: MainWindow,
        panel: CalibrationPanel,
        calibration: CalibrationModel,
        link: Link,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._calibration = calibration
        self._link = link
        self._dialog: RemoteFolderDialog | None = None
        panel.directory_wanted.connect(self.choose)

    def choose(self) -> None:
        """Open the dialog at the folder of the calibration."""
        chosen = self._calibration.value(DIRECTORY) or []
        self._dialog = dialog = RemoteFolderDialog(self._window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.listing_wanted.connect(self._on_listing_wanted)
        dialog.accepted.connect(partial(self._on_accepted, dialog))
        dialog.finished.connect(self._on_finished)
        dialog.begin(tuple(part for part in chosen if part != "."))
        dialog.open()

    def _on_listing_wanted(self, parts: Parts) -> None:
        self._link.ask(
            lambda client: client.listdir(*parts),
            partial(self._on_listing, parts),
            partial(self._on_refused, parts),
        )

    def _on_listing(self, parts: Parts, listing: Listing) -> None:
        if self._dialog is not None:
            entries = [(entry.name, entry.isdir) for entry in listing.dircontent]
            self._dialog.show_listing(parts, entries, listing.complete)

    def _on_refused(self, parts: Parts, error: SaxsdogError) -> None:
        if self._dialog is not None:
            self._dialog.show_problem(parts, str(error))

    def _on_accepted(self, dialog: RemoteFolderDialog) -> None:
        self._calibration.set_value(DIRECTORY, list(dialog.parts()) or ["."])

    def _on_finished(self) -> None:
        self._dialog = None
