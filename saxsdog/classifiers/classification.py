"""The curves of an image get the numbers that the calibration asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from saxsdog.classifiers.averages import difference, mean
from saxsdog.classifiers.laws import guinier, porod
from saxsdog.classifiers.peaks import peak
from saxsdog.classifiers.pixel_counts import pixel_counts
from saxsdog.classifiers.plugins import Plugin, installed
from saxsdog.io.headers import FrameHeader
from saxsdog.reduction.classifiers import ClassifierKind, ClassifierPlan
from saxsdog.reduction.geometry import Array
from saxsdog.reduction.integrate import Curve

UNKNOWN = np.full((2, 1), np.nan)
"""Intensity and error of a curve that is not there."""


class Classification:
    """Computes the numbers of image after image; for one thread.

    Parameters
    ----------
    plans
        What to compute.

    Attributes
    ----------
    complaints
        What was wrong with functions of somebody else at the last image, by the name of the
        classifier.
    """

    def __init__(self, plans: Sequence[ClassifierPlan]) -> None:
        self._plans = plans
        self.complaints: dict[str, str] = {}
        names = {plan.plugin for plan in plans if plan.kind is ClassifierKind.PLUGIN}
        there = installed() if names else {}
        self._plugins = {
            place: Plugin(there.get(plan.plugin))
            for place, plan in enumerate(plans)
            if plan.kind is ClassifierKind.PLUGIN
        }

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is asked for."""
        return not self._plans

    @property
    def looks_back(self) -> bool:
        """Whether the curves of the image before are needed."""
        kind = ClassifierKind.DIFFERENCE
        return any(plan.kind is kind and plan.reference is None for plan in self._plans)

    def warm_up(self, image: NDArray[np.generic]) -> None:
        """Load the compiled loops, so that the first image is as fast as the others."""
        for plan in self._plans:
            if plan.kind is ClassifierKind.COUNTS:
                for saturation in (None, 1.0):
                    pixel_counts(image, plan.used, saturation)

    def of(
        self,
        curves: Sequence[Curve],
        image: NDArray[np.generic],
        header: FrameHeader,
        previous: Mapping[str, Curve],
    ) -> list[Curve]:
        """Return the curves with their numbers.

        Parameters
        ----------
        curves
            Of the image, as they are written to files.
        image, header
            Its counts, and what its file says of it.
        previous
            The curves of the image before, by channel; none of them where there is no such image.
        """
        self.complaints = {}
        by_name = {curve.channel: curve for curve in curves}
        with np.errstate(all="ignore"):
            for place, plan in enumerate(self._plans):
                curve = by_name[plan.channel]
                if plan.kind is ClassifierKind.PLUGIN:
                    values = self._of_plugin(place, curve, header)
                else:
                    values = _values(plan, curve, image, header, previous.get(plan.channel))
                numbers = {f"{plan.name}.{name}": value for name, value in values.items()}
                classifiers = {**curve.classifiers, **numbers}
                by_name[plan.channel] = replace(curve, classifiers=classifiers)
        return list(by_name.values())

    def _of_plugin(self, place: int, curve: Curve, header: FrameHeader) -> dict[str, float]:
        plugin, plan = self._plugins[place], self._plans[place]
        with np.errstate(all="warn"):  # as numpy does it where nobody says otherwise
            values = plugin.values(curve, header)
        if plugin.complaint:
            self.complaints[plan.name] = f"plug-in {plan.plugin!r}: {plugin.complaint}"
        return values


def _values(
    plan: ClassifierPlan,
    curve: Curve,
    image: NDArray[np.generic],
    header: FrameHeader,
    previous: Curve | None,
) -> dict[str, float]:
    if plan.kind is ClassifierKind.COUNTS:
        saturation = header.count_cutoff if plan.saturation is None else plan.saturation
        return pixel_counts(image, plan.used, saturation)
    intensity, sigma = _part(plan, curve)
    match plan.kind:
        case ClassifierKind.MEAN:
            return mean(intensity, plan.widths)
        case ClassifierKind.PEAK:
            return peak(plan.q, intensity, sigma)
        case ClassifierKind.GUINIER:
            return guinier(plan.q, intensity, sigma)
        case ClassifierKind.POROD:
            return porod(plan.q, intensity, sigma)
    reference = plan.reference
    if reference is None:
        reference = UNKNOWN if previous is None else np.stack(_part(plan, previous))
    return difference(intensity, sigma, reference[0], reference[1])


def _part(plan: ClassifierPlan, curve: Curve) -> tuple[Array, Array]:
    """Return intensity and error in the bins that a classifier looks at."""
    return curve.intensity.ravel()[plan.places], curve.sigma.ravel()[plan.places]
