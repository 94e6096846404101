"""What is done to the curves of each image, beyond the plan.

They are normalised, freed from a background, and classified.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import Calibration
from saxsdog.classifiers.classification import Classification
from saxsdog.curves.backgrounds import Curves, MeanBackground
from saxsdog.curves.image_values import ImageValues
from saxsdog.curves.previous_image import PreviousImage
from saxsdog.image_names import file_of, split
from saxsdog.io.images import Caution, Frame, FrameReader
from saxsdog.io.status import Fingerprint
from saxsdog.reduction.integrate import Curve, integrate
from saxsdog.reduction.plan import Plan
from saxsdog.reduction.scaling import UNSCALED, Background, Scaling
from saxsdog.scale_settings import BackgroundSettings, Normalization

_NOTHING = Normalization(None, {}, None, 1.0, "")


@dataclass(frozen=True)
class TreatmentRule:
    """What the calibration asks for; small enough to pass around."""

    normalization: Normalization | None = None
    background: BackgroundSettings | None = None

    @classmethod
    def of(cls, calibration: Calibration) -> Self:
        """Return what a calibration asks for."""
        return cls(calibration.normalization, calibration.background)


NO_TREATMENT = TreatmentRule()


class Treatment:
    """Integrates images as the calibration asks; for one thread.

    Parameters
    ----------
    rule
        Of the calibration.
    plan
        By which backgrounds are integrated.
    caution
        What must be reckoned with when files are read.
    page
        Which image of files that hold several, where the name does not say it.
    """

    def __init__(
        self, rule: TreatmentRule, plan: Plan, caution: Caution, page: int | None = None
    ) -> None:
        self._plan = plan
        self._normalization = rule.normalization or _NOTHING
        self._background = rule.background
        self._is_nothing = rule.normalization is None and rule.background is None
        self._values = ImageValues(
            self._normalization.constants, self._normalization.log, caution.roots
        )
        marked = plan.bad_pixels.pixel_mask
        self._reader = FrameReader(plan.shape, caution, without_marked=marked)
        self._mean = None
        if rule.background is not None and rule.background.frames:
            pattern, last = rule.background.frames, rule.background.last
            self._mean = MeanBackground(pattern, last, self._curves_of)
        self._page = page
        self._classification = Classification(plan.classifiers)
        self._previous: PreviousImage | None = None
        if self._classification.looks_back:
            self._previous = PreviousImage(self._curves_before)

    @property
    def complaints(self) -> Mapping[str, str]:
        """What was wrong with functions of somebody else at the last image, by classifier."""
        return self._classification.complaints

    def warm_up(self, image: NDArray[np.generic]) -> None:
        """Load the compiled loops that images of this type need."""
        self._classification.warm_up(image)

    def integrate(self, image: Path, frame: Frame) -> list[Curve]:
        """Return the curves of an image.

        Raises
        ------
        FrameError
            As from :func:`integrate`, and if a value, a row of the log or a background is missing.
        """
        curves = self._integrated(frame, self._scaling(image, frame))
        if self._classification.is_nothing:
            return curves
        previous: Mapping[str, Curve] = {}
        if self._previous is not None:
            previous = self._previous.of(image)
            self._previous.keep(image, curves, frame.fingerprint)
        return self._classification.of(curves, frame.image, frame.header, previous)

    def _integrated(self, frame: Frame, scaling: Scaling) -> list[Curve]:
        header = frame.header
        cutoff = header.count_cutoff if self._plan.bad_pixels.count_cutoff else None
        return integrate(frame.image, self._plan, scaling, exposure=header.exposure, cutoff=cutoff)

    def _scaling(self, image: Path, frame: Frame) -> Scaling:
        if self._is_nothing:
            return UNSCALED
        values = self._values_of(image, frame)
        factor = self._normalization.factor_of(values)
        if self._background is None:
            return Scaling(factor)
        if self._mean is not None and self._mean.is_one(image):
            return Scaling(factor, background_scale=0.0)
        backgrounds: Curves = {}
        if self._mean is not None:
            backgrounds = self._mean.of(image, frame.fingerprint.mtime_ns)
        return Scaling(factor, backgrounds, self._background.scale_of(values))

    def _values_of(self, image: Path, frame: Frame) -> Mapping[str, float]:
        formulas = [self._normalization.divide_by]
        if self._background is not None:
            formulas.append(self._background.scale)
        names = [name for formula in formulas if formula for name in formula.names]
        return self._values.of(names, image, frame.header)

    def _curves_before(self, image: Path) -> tuple[list[Curve], Fingerprint]:
        """Integrate an image that another one is compared with."""
        page = split(image.name)[1]
        frame = self._reader.read(file_of(image), page=self._page if page is None else page)
        curves = self._integrated(frame, self._scaling(image, frame))
        if page is None:
            self._reader.close()
        return curves, frame.fingerprint

    def _curves_of(self, image: Path) -> Curves:
        """Integrate an image that shows the background."""
        frame = self._reader.read(image)
        curves = self._integrated(frame, self._scaling(image, frame))
        self._reader.close()
        return {curve.channel: Background(curve.intensity, curve.sigma) for curve in curves}
