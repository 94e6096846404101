"""Where the marks of an axis are, and what is written at them."""

import math
from collections.abc import Iterable

import numpy as np

from saxsleash.panels.history_points import Array

SHORT = (1e-2, 1e4)
"""Values between these are written as they are."""

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MANTISSAS = (tuple(range(1, 10)), (1, 2, 5), (1, 3), (1,))
_STEPS = (1, 2, 5)
_DECADES = (2, 3, 5, 10, 20, 50, 100)
FARTHEST = 300
"""Logarithm of the largest number that is marked; a mouse can drag an axis beyond all floats."""

_FEW = 3
"""Evenly spaced numbers, below which others say more."""

_MOST_LINES = 60
"""Marks without numbers, above which they would be a grey area."""


def power_of(largest: float) -> int:
    """Return the power of ten, a multiple of 3, that makes long numbers short."""
    if largest == 0 or SHORT[0] <= largest < SHORT[1]:
        return 0
    return 3 * math.floor(math.log10(largest) / 3)


def ten_to(power: int) -> str:
    """Write a power of ten."""
    return f"10{str(power).translate(_SUPERSCRIPT)}"


def number(value: float, spacing: float) -> str:
    """Write a number with no more digits than its distance to the next one needs."""
    digits = max(0, math.ceil(-math.log10(spacing) - 1e-9)) if spacing > 0 else 0
    return f"{value:,.{digits}f}"


def logarithmic_number(value: float) -> str:
    """Write a mark of an axis of several decades: ``0.1``, ``200``, ``2·10⁶``."""
    if SHORT[0] <= value < SHORT[1]:
        return f"{value:g}"
    power = math.floor(math.log10(value) + 1e-9)
    mantissa = round(value / 10.0**power)
    return ten_to(power) if mantissa == 1 else f"{mantissa}·{ten_to(power)}"


def logarithmic_marks(low: float, high: float, gap: float) -> tuple[Array, Array, float | None]:
    """Choose marks of an axis from ``10**low`` to ``10**high``.

    Parameters
    ----------
    low, high
        The ends of the axis, as decimal logarithms.
    gap
        The least distance of two numbers, in the same.

    Returns
    -------
    numbered, lines
        Logarithms of the marks with numbers, and of those without.
    step
        What the numbers are multiples of, within a decade; else ``None``.
    """
    low, high = max(low, -FARTHEST), min(high, FARTHEST)
    if high - low < 1:
        step = _even_step(low, high, gap)
        first, last = math.ceil(10.0**low / step), math.floor(10.0**high / step)
        if last - first + 1 >= _FEW:
            return np.log10(step * np.arange(max(first, 1), last + 1)), np.empty(0), step
    decades = np.arange(math.floor(low), math.ceil(high) + 1, dtype=np.float64)
    sets = (_within(marks, low, high) for marks in _sets(decades))
    numbered = next((marks for marks in sets if not _is_crowded(marks, gap)), decades[:0])
    lines = _within(_every(decades, _MANTISSAS[0]), low, high)
    step_of_tens = None if high - low >= 1 else 10.0 ** math.floor(low)
    return numbered, lines if lines.size <= _MOST_LINES else np.empty(0), step_of_tens


def _sets(decades: Array) -> Iterable[Array]:
    """Give sets of marks, dense ones first."""
    for mantissas in _MANTISSAS:
        yield _every(decades, mantissas)
    for step in _DECADES:
        yield decades[decades % step == 0]


def _every(decades: Array, mantissas: tuple[int, ...]) -> Array:
    marks: Array = np.add.outer(decades, np.log10(mantissas)).ravel()
    return marks


def _within(marks: Array, low: float, high: float) -> Array:
    return marks[(marks >= low) & (marks <= high)]


def _is_crowded(marks: Array, gap: float) -> bool:
    return bool((np.diff(marks) < gap).any())


def _even_step(low: float, high: float, gap: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten; numbers stand closest at the upper end."""
    least = 10.0**high * (1 - 10.0**-gap)
    power = 10.0 ** math.floor(math.log10(least))
    return next((step * power for step in _STEPS if step * power >= least), 10 * power)
