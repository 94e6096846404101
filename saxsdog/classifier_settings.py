"""What a calibration says of one classifier, and which of it does not go together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saxsdog.explanations import Problem, path_text
from saxsdog.mask_settings import MaskSettings
from saxsdog.reduction.classifiers import ClassifierKind

OVER_Q = (
    ClassifierKind.MEAN,
    ClassifierKind.PEAK,
    ClassifierKind.GUINIER,
    ClassifierKind.POROD,
)
"""Kinds that need a curve over the scattering vector."""

_OWN_KEYS = {
    "From": (*OVER_Q, ClassifierKind.DIFFERENCE),
    "To": (*OVER_Q, ClassifierKind.DIFFERENCE),
    "Reference": (ClassifierKind.DIFFERENCE,),
    "Saturation": (ClassifierKind.COUNTS,),
    "Plugin": (ClassifierKind.PLUGIN,),
}
"""Keys that mean something to some kinds alone."""


@dataclass(frozen=True)
class ClassifierSettings:
    """One of ``Classifiers``.

    Attributes
    ----------
    name
        What its values are called after.
    kind
        What it computes.
    mask
        Index of the mask whose curve it looks at.
    start, stop
        Which part of the curve, nm⁻¹; ``stop`` itself is outside.
    reference
        Curve to compare with; ``None``: that of the image before.
    saturation
        Counts from which on a pixel is saturated; ``None``: what the header says.
    plugin
        Name of the function of somebody else, empty for none.
    """

    name: str
    kind: ClassifierKind
    mask: int
    start: float
    stop: float
    reference: str | None
    saturation: float | None
    plugin: str


def classifier_of(entry: Mapping[str, Any]) -> ClassifierSettings:
    """Convert an item of ``Classifiers`` in which all defaults are filled in."""
    return ClassifierSettings(
        name=entry["Name"],
        kind=ClassifierKind(entry["Kind"]),
        mask=int(entry["Channel"]),
        start=entry["From"],
        stop=entry["To"],
        reference=entry.get("Reference"),
        saturation=entry.get("Saturation"),
        plugin=entry.get("Plugin", ""),
    )


def classifier_contradictions(
    entries: Sequence[Mapping[str, Any]],
    classifiers: Sequence[ClassifierSettings],
    masks: Sequence[MaskSettings],
) -> Iterator[Problem]:
    """Find what of the classifiers does not go together.

    Parameters
    ----------
    entries
        As they stand in the document.
    classifiers
        The same with all defaults.
    masks
        Whose curves they look at.
    """
    first: dict[tuple[int, str], int] = {}
    for i, (entry, classifier) in enumerate(zip(entries, classifiers, strict=True)):
        same = first.setdefault((classifier.mask, classifier.name), i)
        if same != i:
            yield _problem(
                i,
                "Name",
                f"expected another than Classifiers[{same}].Name for the same channel, "
                f"got {classifier.name!r}",
            )
        yield from _of_one(i, entry, classifier, masks)


def _of_one(
    i: int,
    entry: Mapping[str, Any],
    classifier: ClassifierSettings,
    masks: Sequence[MaskSettings],
) -> Iterator[Problem]:
    kind = classifier.kind
    for key, kinds in _OWN_KEYS.items():
        if key in entry and kind not in kinds:
            yield _problem(i, key, f"expected none with the kind {kind}, got {entry[key]!r}")
    if kind is ClassifierKind.PLUGIN and not classifier.plugin:
        yield _problem(i, "Plugin", "expected the name of one with the kind plugin, got none")
    if not classifier.start < classifier.stop:
        yield _problem(
            i,
            "To",
            f"expected more than From ({classifier.start:g} nm⁻¹), got {classifier.stop:g}",
        )
    if classifier.mask >= len(masks):
        yield _problem(
            i,
            "Channel",
            f"expected the index of one of {len(masks)} masks, got {classifier.mask}",
        )
        return
    mask = masks[classifier.mask]
    over = "azimuth" if mask.phi_mode else "azimuth and q" if mask.cake_bins else ""
    if over and kind in OVER_Q:
        yield _problem(
            i,
            "Channel",
            f"expected a mask that gives a curve over q for the kind {kind}, got "
            f"Masks[{classifier.mask}], which gives one over {over}",
        )
    elif over:
        for key in ("From", "To"):
            if key in entry and kind is ClassifierKind.DIFFERENCE:
                yield _problem(
                    i,
                    key,
                    f"expected none for Masks[{classifier.mask}], which is over {over}, "
                    f"got {entry[key]:g}",
                )


def _problem(i: int, key: str, message: str) -> Problem:
    path = ("Classifiers", i, key)
    return Problem(path_text(path), message, (path,))
