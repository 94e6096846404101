"""The geometry from the rings of the frame on view, in the background."""

from functools import partial

import numpy as np
from PyQt5.QtCore import QObject

from saxsdog.inspection.counts import Flags
from saxsdog.reduction.geometry import Geometry
from saxsdog.refinement.calibrants import Calibrant
from saxsdog.refinement.document import refined_document
from saxsdog.refinement.errors import RefinementError
from saxsdog.refinement.result import Refinement
from saxsleash.background import Background
from saxsleash.dialogs.refinement import RefinementDialog
from saxsleash.main_window import MainWindow
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.detector_model import DetectorModel, FoundPoints
from saxsleash.models.shown_frame import ShownFrame
from saxsleash.panels.detector_panel import DetectorPanel

WHAT = "refinement of the geometry"
"""What undo takes back."""


class Refinements(QObject):
    """Opens the dialog, has the work done in another thread, and takes the result over.

    A result is of the frame and the calibration that it began with: what comes after others have
    taken their place is dropped.
    """

    def __init__(
        self,
        window: MainWindow,
        panel: DetectorPanel,
        detector: DetectorModel,
        calibration: CalibrationModel,
        background: Background,
    ) -> None:
        super().__init__(window)
        self._detector = detector
        self._calibration = calibration
        self._background = background
        self._run = 0
        self._frame: ShownFrame | None = None
        self._found: Refinement | None = None
        self.dialog = RefinementDialog(window)
        panel.refine_wanted.connect(self.show)
        self.dialog.wanted.connect(self.refine)
        self.dialog.use_wanted.connect(self.use)
        self.dialog.finished.connect(self._on_closed)
        detector.frame_changed.connect(self._on_frame_changed)
        detector.calibration_changed.connect(self._check)

    def show(self) -> None:
        """Show the dialog, with the powder whose rings are drawn."""
        self.dialog.choose_calibrant(self._detector.ring_name)
        self._check()
        self.dialog.show()
        self.dialog.activateWindow()

    def refine(self, calibrant: Calibrant, tilt: bool, masked: bool) -> None:
        """Begin to refine what is on view."""
        frame, geometry = self._detector.frame, self._detector.geometry
        if frame is None or geometry is None or self._why_not():
            return
        self._forget()
        self._frame = frame
        mask = self._detector.mask if masked else None
        self.dialog.show_busy()
        self._background.run(
            partial(_refined, frame, geometry, calibrant, mask, tilt),
            partial(self._on_refined, self._run),
            partial(self._on_failed, self._run),
        )

    def use(self) -> None:
        """Write the result into the calibration, in one step to undo."""
        if self._found is not None and self._calibration.calibration is not None:
            self._calibration.finish_merge()
            document = refined_document(self._calibration.document, self._found)
            self._calibration.replace(document, WHAT)

    def _on_refined(self, run: int, found: Refinement) -> None:
        if run != self._run:
            return
        self._found = found
        points, used = found.points, found.used
        self._detector.set_points(
            FoundPoints(points.row[used], points.column[used]),
            FoundPoints(points.row[~used], points.column[~used]),
        )
        self.dialog.show_result(found)
        self._check()

    def _on_failed(self, run: int, error: Exception) -> None:
        if run == self._run:
            self.dialog.show_failed(f"Not refined: {error}")

    def _on_frame_changed(self) -> None:
        if self._frame is not None and self._detector.frame is not self._frame:
            self._forget()
            self.dialog.forget()
        self._check()

    def _on_closed(self) -> None:
        self._forget()
        self.dialog.forget()

    def _forget(self) -> None:
        """Drop the result, and that of what still runs."""
        self._run += 1
        self._frame = self._found = None
        self._detector.set_points(None, None)

    def _check(self) -> None:
        if why := self._why_not():
            if self._found is None:
                self.dialog.set_possible(False, why)
            self.dialog.use.setEnabled(False)
        else:
            self.dialog.set_possible(True)
            self.dialog.use.setEnabled(self._found is not None)

    def _why_not(self) -> str:
        frame, geometry = self._detector.frame, self._detector.geometry
        if frame is None:
            return "Show an image of the powder first"
        if geometry is None or self._detector.stale:
            return "The calibration must be valid: the search starts from it"
        if frame.shape != geometry.shape:
            return "Image and calibration must have the same size"
        return ""


def _refined(
    frame: ShownFrame, geometry: Geometry, calibrant: Calibrant, mask: Flags | None, tilt: bool
) -> Refinement:
    from saxsdog.refinement.blocks import refine_blocks  # SciPy: in this thread, when it is needed

    pixels = frame.pixels
    if frame.flagged is not None:
        pixels = np.where(frame.flagged, np.nan, pixels.astype(np.float64))
    if mask is not None and mask.shape != frame.shape:
        raise RefinementError(f"expected a mask of {frame.shape} pixels, got {mask.shape}")
    return refine_blocks(pixels, frame.block, geometry, calibrant, mask=mask, tilt=tilt)
