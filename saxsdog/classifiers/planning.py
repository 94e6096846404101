"""What a calibration asks for, on the bins and pixels of its curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from saxsdog.classifier_settings import ClassifierSettings
from saxsdog.classifiers.peaks import LEAST_BINS
from saxsdog.classifiers.plugins import installed, places_of
from saxsdog.classifiers.straight_lines import LEAST_POINTS
from saxsdog.errors import CalibrationError
from saxsdog.reduction.classifiers import ClassifierKind, ClassifierPlan
from saxsdog.reduction.plan import ChannelPlan
from saxsdog.reduction.scaling import Background

Mask = NDArray[np.bool_]

_LEAST = {
    ClassifierKind.MEAN: 1,
    ClassifierKind.PEAK: LEAST_BINS,
    ClassifierKind.GUINIER: LEAST_POINTS,
    ClassifierKind.POROD: LEAST_POINTS,
    ClassifierKind.DIFFERENCE: 1,
}
"""Bins that each kind needs."""


def plan_classifiers(
    classifiers: Sequence[ClassifierSettings],
    channels: Sequence[ChannelPlan],
    masks: Sequence[Mask | None],
    references: Mapping[int, Background],
) -> tuple[ClassifierPlan, ...]:
    """Return the plan of those classifiers whose channels are computed.

    Parameters
    ----------
    classifiers
        Of the calibration.
    channels
        That are computed.
    masks
        Of the calibration, ``True`` leaves a pixel out.
    references
        Curves to compare with, on the bins of their channels, by the place of the classifier.

    Raises
    ------
    CalibrationError
        If there are too few bins between the ends, or a plug-in is not installed.
    """
    by_name = {channel.name: channel for channel in channels}
    return tuple(
        _planned(i, each, channel, masks[each.mask], references.get(i))
        for i, each in enumerate(classifiers)
        if (channel := by_name.get(f"R{each.mask}")) is not None
    )


def _planned(
    i: int,
    classifier: ClassifierSettings,
    channel: ChannelPlan,
    mask: Mask | None,
    reference: Background | None,
) -> ClassifierPlan:
    kind = classifier.kind
    if kind is ClassifierKind.PLUGIN:
        _check_installed(i, classifier.plugin)
    places, q = _window(classifier, channel)
    least = _LEAST.get(kind, 0)
    if places.size < least:
        raise CalibrationError(
            f"Classifiers[{i}].To: expected at least {least} bins of {channel.name} from "
            f"{classifier.start:g} nm⁻¹ to there for the kind {kind}, got {places.size}"
        )
    curves = None
    if reference is not None:
        curves = np.stack([reference.intensity[places], reference.sigma[places]])
    return ClassifierPlan(
        name=classifier.name,
        kind=kind,
        channel=channel.name,
        places=places,
        q=q,
        widths=np.broadcast_to(channel.step, channel.q.shape)[places % channel.q.size],
        reference=curves,
        used=None if mask is None or kind is not ClassifierKind.COUNTS else ~mask.ravel(),
        saturation=classifier.saturation,
        plugin=classifier.plugin,
    )


def _window(
    classifier: ClassifierSettings, channel: ChannelPlan
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the bins to look at, by ascending q, and their abscissa."""
    if channel.kind != "Radial":
        n_azimuths = 1 if channel.chi is None else channel.chi.size
        return np.arange(channel.q.size * n_azimuths), np.tile(channel.q, n_azimuths)
    q = channel.scattering
    places = np.flatnonzero((classifier.start <= q) & (q < classifier.stop))
    places = places[np.argsort(q[places], kind="stable")]  # with bins of d they descend
    return places, q[places]


def _check_installed(i: int, name: str) -> None:
    known = installed()
    if name not in known:
        there = ", ".join(map(repr, sorted(known))) or "none"
        raise CalibrationError(
            f"Classifiers[{i}].Plugin: expected one that is installed ({there}), got {name!r}"
        )
    places = places_of(name)
    if len(places) > 1:
        raise CalibrationError(
            f"Classifiers[{i}].Plugin: expected one function with the name {name!r}, "
            f"got {' and '.join(places)}"
        )
