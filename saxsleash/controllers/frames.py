"""The frame on view: from a file here or from the server, under the calibration that is edited."""

from functools import partial
from itertools import starmap
from pathlib import Path

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QFileDialog

from saxsdog.errors import FrameError, SaxsdogError, SeveralImagesError
from saxsdog.explanations import KeyPath, path_text
from saxsdog.io.images import read_frame
from saxsdog.protocol.arrays import array_of
from saxsdog.protocol.messages import Preview, Statistics
from saxsleash.background import Background
from saxsleash.link import Link
from saxsleash.main_window import MainWindow
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.mask_store import MaskStore
from saxsleash.models.preferences import Preferences
from saxsleash.models.shown_frame import ShownFrame
from saxsleash.panels.checklist_panel import DECIMALS
from saxsleash.panels.detector_panel import DetectorPanel

MAX_SIDE = 2048
"""Rows or columns of a preview: what the server gives at most."""

BEAM_CENTER: KeyPath = ("Geometry", "BeamCenter")
DRAGGED_DECIMALS = 2
"""Of a beam centre that a hand has dragged."""

SUBJECT = "images"
"""Whose folder the preferences remember."""

FILTER = (
    "Images (*.tif *.tiff *.cbf *.edf *.h5 *.hdf5 *.nxs *.img *.mar3450 *.sfrm *.npy);;"
    "All files (*)"
)


class Frames(QObject):
    """Fills the model of the detector view, and takes the beam centre from it."""

    def __init__(
        self,
        window: MainWindow,
        panel: DetectorPanel,
        detector: DetectorModel,
        calibration: CalibrationModel,
        masks: MaskStore,
        link: Link,
        background: Background,
        preferences: Preferences,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._panel = panel
        self._detector = detector
        self._calibration = calibration
        self._masks = masks
        self._link = link
        self._background = background
        self._preferences = preferences
        self._follows = False
        self._asking = False
        self._newest: str | None = None
        self._newest_integrated: str | None = None
        calibration.opened.connect(self._on_opened)
        calibration.changed.connect(self._show_calibration)
        masks.changed.connect(self._show_calibration)
        panel.beam_center_moved.connect(self._on_beam_center_moved)
        panel.beam_center_dropped.connect(self._on_beam_center_dropped)
        panel.newest_wanted.connect(self.ask_for_newest)
        panel.follow_changed.connect(self._on_follow_changed)
        panel.open_image_wanted.connect(self.choose)
        window.open_image_action.triggered.connect(self.choose)
        link.status.connect(self._on_status)
        self._show_calibration()

    def choose(self) -> None:
        """Let the user choose an image file."""
        dialog = QFileDialog(self._window, "Open an image", filter=FILTER)
        dialog.setFileMode(QFileDialog.ExistingFile)
        dialog.setDirectory(str(self._preferences.folder(SUBJECT)))
        dialog.fileSelected.connect(lambda chosen: self.open(Path(chosen)))
        dialog.open()

    def open(self, path: Path) -> None:
        """Show an image file, the first image of one that holds several."""
        self._preferences.remember_folder(SUBJECT, path.parent)
        self._panel.set_follow(False)
        self._background.run(partial(_read, path), self._detector.show_frame, self._on_not_read)

    def ask_for_newest(self) -> None:
        """Show the newest frame that was integrated; before there is one, the newest file."""
        if not self._asking:
            self._asking = True
            directory = self._directory() if self._newest_integrated is None else None
            self._link.ask(
                lambda client: _shown(client.image(MAX_SIDE, directory)),
                self._on_image,
                self._on_no_image,
            )

    def use_center(self, row: float, column: float) -> None:
        """Take over a beam centre that the checks have found, in one step to undo."""
        self._calibration.finish_merge()
        self._set_center(row, column, DECIMALS)

    def _directory(self) -> tuple[str, ...]:
        """Return the folder of the images that the calibration is for, the root without one."""
        calibration = self._calibration.calibration
        return () if calibration is None else calibration.directory

    def _on_opened(self) -> None:
        """Draw nothing of the document before over a new one that is not valid."""
        if self._calibration.calibration is None:
            self._detector.forget_calibration()

    def _show_calibration(self) -> None:
        calibration = self._calibration.calibration
        names = [] if calibration is None else [mask.file for mask in calibration.masks]
        masks = [None if name is None else self._masks.mask(name) for name in names]
        problem = ""
        if not self._calibration.is_empty:  # else there is nothing that could be wrong
            problem = next(starmap(_problem_text, self._calibration.problems.items()), "")
        self._detector.set_calibration(calibration, masks, problem)

    def _on_beam_center_moved(self, row: float, column: float) -> None:
        self._set_center(row, column, DRAGGED_DECIMALS, merge=True)

    def _on_beam_center_dropped(self, row: float, column: float) -> None:
        self._on_beam_center_moved(row, column)
        self._calibration.finish_merge()

    def _set_center(self, row: float, column: float, decimals: int, *, merge: bool = False) -> None:
        """Write a beam centre as the document has it: from the bottom, from the left."""
        geometry = self._detector.geometry  # that of what is seen, whatever is typed meanwhile
        if geometry is not None:
            center = [round(geometry.shape[0] - row, decimals), round(column, decimals)]
            self._calibration.set_value(BEAM_CENTER, center, merge=merge)

    def _on_follow_changed(self, follows: bool) -> None:
        self._follows = follows
        if follows:
            self.ask_for_newest()

    def _on_status(self, statistics: Statistics) -> None:
        self._newest_integrated = statistics.newest_image
        if self._follows and statistics.newest_image != self._newest and self._panel.isVisible():
            self._newest = statistics.newest_image
            self.ask_for_newest()

    def _on_image(self, frame: ShownFrame) -> None:
        self._asking = False
        self._detector.show_frame(frame)

    def _on_no_image(self, error: SaxsdogError) -> None:
        self._asking = False
        self._detector.set_problem(str(error))

    def _on_not_read(self, error: FrameError) -> None:
        self._detector.set_problem(str(error))


def _problem_text(path: KeyPath, message: str) -> str:
    return f"{path_text(path)}: {message}"


def _read(path: Path) -> ShownFrame:
    """Read an image, the first one of a file that holds several."""
    try:
        return ShownFrame.of_image(path.name, read_frame(path).image)
    except SeveralImagesError as error:
        name = f"{path.name}, image 0 of {error.n_images}"
        return ShownFrame.of_image(name, read_frame(path, page=0).image)


def _shown(preview: Preview) -> ShownFrame:
    return ShownFrame.of_preview(
        preview.file, array_of(preview), preview.frame_shape, preview.block
    )
