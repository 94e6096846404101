"""In which unit intensities come: as curve files write it, and as people read it."""

import re
from collections.abc import Collection

COUNTS = "counts/pixel"
"""Unit of intensities that are not normalised."""

ARBITRARY = "a.u."
"""Unit of normalised intensities of which the calibration names none."""

COUNTS_LABEL = "Intensity (Count/Pixel)"
"""What curve files of the original call it."""

_LABEL = re.compile(r"\s*Intensity\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
_COUNTS = re.compile(r"\s*counts?\s*/\s*pixel\s*", re.IGNORECASE)

_ONE_OVER = re.compile(r"1\s*/\s*([^\W\d_]+)")
_POWER = re.compile(r"(?:\^|\*\*|(?<=[^\W\d_])(?=-\d))(-?\d+)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = {raised: lowered for lowered, raised in _RAISED.items()}
_RAISED_NUMBER = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def label_of(unit: str) -> str:
    """Return the name of the column of intensities; without a unit they are arbitrary."""
    return f"Intensity ({unit or ARBITRARY})"


def unit_of(label: str) -> str:
    """Return the unit that the name of a column says, empty if it says none.

    One unit is written in many ways, here in one: cm⁻¹ for ``1/cm``, ``cm^-1`` or ``cm-1``, and
    counts as we call them whether we or the original wrote the label.
    """
    found = _LABEL.fullmatch(label)
    if found is None:
        return ""
    unit = found[1].strip()
    if _COUNTS.fullmatch(unit):
        return COUNTS
    if inverse := _ONE_OVER.fullmatch(unit):
        return f"{inverse[1]}⁻¹"
    return _POWER.sub(lambda power: power[1].translate(_RAISED), unit)


def in_ascii(unit: str) -> str:
    """Write powers in letters that every program reads: ``nm^-1`` for nm⁻¹."""
    return _RAISED_NUMBER.sub(lambda found: f"^{found[0].translate(_LOWERED)}", unit)


def times(unit: str, other: str) -> str:
    """Return the unit of an intensity times something else, empty if nobody knows it."""
    if not unit or not other:
        return unit
    is_clear = unit == COUNTS or "/" not in unit
    return f"{unit} {other}" if is_clear else f"({unit}) {other}"


def axis_text(quantity: str, units: Collection[str]) -> str:
    """Return the label of an axis for values in some units; several are not taken for one."""
    if len(units) != 1:
        return f"{quantity}, in different units"
    (unit,) = units
    if not unit:
        return quantity
    return f"{quantity} / ({unit})" if re.search(r"[\s/]", unit) else f"{quantity} / {unit}"
