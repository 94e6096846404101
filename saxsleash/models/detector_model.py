"""The frame on view and the calibration that is laid over it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QObject, pyqtSignal

from saxsdog.calibration import Calibration
from saxsdog.inspection.center import Finding, Samples, find_center, samples_of
from saxsdog.inspection.counts import Flags
from saxsdog.reduction import geometry as reciprocal
from saxsdog.reduction.geometry import Geometry
from saxsleash.models import checks
from saxsleash.models.checks import Check, NamedMask
from saxsleash.models.ring_presets import PRESETS
from saxsleash.models.shown_frame import ShownFrame


@dataclass(frozen=True)
class Readout:
    """What is known of a point of the detector.

    Attributes
    ----------
    row, column
        The point in pixels, 0 at the outer edge of the first pixel, rows from the top.
    row_from_bottom
        The same row as FIT2D and ``BeamCenter`` count it; ``None`` without frame and calibration.
    counts
        Of the pixel, or the mean of its block; ``None`` where nothing was counted.
    q, two_theta, chi
        nm⁻¹, rad, rad; ``None`` without a calibration.
    masked
        Whether the chosen mask leaves the pixel out; ``None`` without one.
    """

    row: float
    column: float
    row_from_bottom: float | None
    counts: float | None
    q: float | None
    two_theta: float | None
    chi: float | None
    masked: bool | None


@dataclass(frozen=True, eq=False)
class FoundPoints:
    """Points that a refinement has found on rings, pixels from the outer edges of the first."""

    rows: NDArray[np.float64]
    columns: NDArray[np.float64]


class DetectorModel(QObject):
    """Holds one frame, one calibration with its masks, and what to draw of them."""

    frame_changed = pyqtSignal()
    """Another frame, or a problem with one."""

    calibration_changed = pyqtSignal()
    """Another calibration, mask, or choice of rings: what lies over the frame."""

    checks_changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frame: ShownFrame | None = None
        self._problem = ""
        self._calibration: Calibration | None = None
        self._masks: tuple[NamedMask, ...] = ()
        self._chosen = 0
        self._stale = False
        self._document_problem = ""
        self._rings = PRESETS[0].qs
        self._ring_name = PRESETS[0].name
        self._points: tuple[FoundPoints, FoundPoints] | None = None
        self._checks: tuple[Check, ...] | None = None
        self._frame_checks: tuple[Check, Check] | None = None
        self._samples: Samples | None = None

    @property
    def frame(self) -> ShownFrame | None:
        """The frame on view."""
        return self._frame

    @property
    def problem(self) -> str:
        """Why the newest frame is not on view, else empty."""
        return self._problem

    def show_frame(self, frame: ShownFrame | None) -> None:
        """Put a frame on view, or none."""
        self._frame, self._problem = frame, ""
        self._points = None
        self._forget_answers()
        self.frame_changed.emit()
        self.checks_changed.emit()

    def set_problem(self, text: str) -> None:
        """Tell that a newer frame cannot be read; the last one stays on view."""
        self._problem = text
        self._checks = None
        self.frame_changed.emit()
        self.checks_changed.emit()

    @property
    def calibration(self) -> Calibration | None:
        """The last one that was valid."""
        return self._calibration

    @property
    def geometry(self) -> Geometry | None:
        """That of the last valid calibration."""
        return None if self._calibration is None else self._calibration.geometry

    @property
    def stale(self) -> bool:
        """Whether the document has become invalid since."""
        return self._stale

    @property
    def shape(self) -> tuple[int, int] | None:
        """``(rows, columns)`` of the frame, else of the calibration."""
        if self._frame is not None:
            return self._frame.shape
        return None if self._calibration is None else self._calibration.geometry.shape

    def set_calibration(
        self,
        calibration: Calibration | None,
        masks: Sequence[Flags | None] = (),
        problem: str = "",
    ) -> None:
        """Lay a calibration over the frame.

        Parameters
        ----------
        calibration
            ``None`` if the document is not valid at the moment: what was drawn stays, marked.
        masks
            For each of the calibration's masks its pixels; ``None`` where nothing is masked, or
            the file was not read.
        problem
            What is wrong with the document.
        """
        if calibration is None:
            self._stale = self._calibration is not None
            self._document_problem = problem or ("The document is not valid" if self._stale else "")
        else:
            if self.geometry is None or self.geometry.shape != calibration.geometry.shape:
                self._forget_answers()
            self._calibration = calibration
            self._set_masks(checks.named_masks(calibration, masks))
            self._stale, self._document_problem = False, ""
        self._checks = None
        self.calibration_changed.emit()
        self.checks_changed.emit()

    def forget_calibration(self) -> None:
        """Take all of a calibration away, as for a new document."""
        self._calibration, self._stale, self._document_problem = None, False, ""
        self._set_masks(())
        self._checks = None
        self.calibration_changed.emit()
        self.checks_changed.emit()

    @property
    def masks(self) -> tuple[NamedMask, ...]:
        """Those of the calibration, in its order."""
        return self._masks

    @property
    def chosen_mask(self) -> int:
        """Index of the mask that is drawn."""
        return self._chosen

    def choose_mask(self, index: int) -> None:
        """Draw another mask."""
        if index != self._chosen and 0 <= index < max(len(self._masks), 1):
            self._chosen = index
            self._samples = None
            self._checks = None
            self.calibration_changed.emit()
            self.checks_changed.emit()

    @property
    def mask(self) -> Flags | None:
        """Pixels of the chosen mask, if there are any."""
        return self._masks[self._chosen].pixels if self._chosen < len(self._masks) else None

    @property
    def rings(self) -> tuple[float, ...]:
        """Where rings are drawn, nm⁻¹."""
        return self._rings

    @property
    def ring_name(self) -> str:
        """What the rings belong to, empty without rings."""
        return self._ring_name

    def set_rings(self, qs: Iterable[float], name: str) -> None:
        """Draw rings at other q, nm⁻¹."""
        self._rings, self._ring_name = tuple(qs), name
        self.calibration_changed.emit()

    @property
    def points(self) -> tuple[FoundPoints, FoundPoints] | None:
        """What a refinement has found on the frame: points on rings, and those beside them."""
        return self._points

    def set_points(self, used: FoundPoints | None, outliers: FoundPoints | None) -> None:
        """Mark what a refinement has found, or nothing."""
        points = None if used is None or outliers is None else (used, outliers)
        if points is not self._points:
            self._points = points
            self.calibration_changed.emit()

    def readout(self, row: float, column: float) -> Readout:
        """Tell all about a point, in pixels from the outer edges of the first."""
        geometry, shape, mask = self.geometry, self.shape, self.mask
        masked = None
        if mask is not None and 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
            masked = bool(mask[int(row), int(column)])
        angle = None if geometry is None else float(reciprocal.two_theta(geometry, row, column))
        return Readout(
            row=row,
            column=column,
            row_from_bottom=None if shape is None else shape[0] - row,
            counts=None if self._frame is None else self._frame.counts_at(row, column),
            q=None
            if angle is None or geometry is None
            else 4 * math.pi / geometry.wavelength * math.sin(angle / 2),
            two_theta=angle,
            chi=None if geometry is None else float(reciprocal.chi(geometry, row, column)),
            masked=masked,
        )

    @property
    def checks(self) -> tuple[Check, ...]:
        """Whether calibration and frame fit together; some milliseconds after a change."""
        if self._checks is None:
            self._checks = self._answers()
        return self._checks

    def find_center(self) -> Finding | None:
        """Look for a centre that the frame is more even around."""
        frame, geometry = self._frame, self.geometry
        if frame is None or geometry is None or frame.shape != geometry.shape:
            return None
        if self._samples is None:
            mask = self.mask
            fits = mask is not None and mask.shape == frame.shape
            small = frame.overview
            self._samples = samples_of(
                small.pixels, small.gaps, mask if fits else None, small.block
            )
        return find_center(self._samples, geometry)

    @property
    def better_center(self) -> tuple[float, float] | None:
        """The beam centre to be taken over, ``(row, column)``, if the checks have found one.

        None for a document that is not valid: what was found belongs to the one before.
        """
        if self._stale:
            return None
        return next((check.center for check in self.checks if check.center is not None), None)

    def _answers(self) -> tuple[Check, ...]:
        geometry = self.geometry
        shape = None if geometry is None else geometry.shape
        if self._frame_checks is None:  # the costly ones, which do not depend on the beam centre
            self._frame_checks = (
                checks.check_masks(self._masks, shape, self._frame),
                checks.check_gaps(self._masks, self._frame),
            )
        return (
            checks.check_document(self._calibration, self._document_problem),
            checks.check_image(self._frame, self._problem, shape),
            *self._frame_checks,
            checks.check_beam(geometry),
            checks.check_center(self.find_center(), geometry),
        )

    def _set_masks(self, masks: tuple[NamedMask, ...]) -> None:
        """Keep what is known of masks that stay: a beam centre that is dragged leaves them."""
        if len(masks) == len(self._masks) and all(
            old.is_same(new) for old, new in zip(self._masks, masks, strict=True)
        ):
            return
        self._masks = masks
        self._chosen = min(self._chosen, max(len(masks) - 1, 0))
        self._forget_answers()

    def _forget_answers(self) -> None:
        """Drop what was worked out from frame and masks."""
        self._samples = None
        self._frame_checks = None
        self._checks = None
