"""Compare what a result says with what comes out now."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.words import count

Values = NDArray[Any]

DIGITS = 1e-9
"""Relative difference of numbers that count as equal: text has twelve digits, and another
processor may add in another order."""

MOST_TEXT = 40
"""Characters of what is no number that are shown."""


def differing(
    name: str, said: Values, now: Values, sigma: Values | None = None, digits: float = DIGITS
) -> list[str]:
    """Say how numbers differ, a sentence; nothing if they do not.

    Parameters
    ----------
    name
        What they are.
    said, now
        In the result, and made again; any shape.
    sigma
        Their standard errors, by which the difference is judged; as small a part of them as of the
        numbers counts as none.
    digits
        Relative difference that counts as none.
    """
    said, now = np.asarray(said, np.float64), np.asarray(now, np.float64)
    if said.shape != now.shape:
        return [f"{name}: {_shape(said)} in the result, {_shape(now)} now"]
    # Near zero, where a background was subtracted, errors of rounding are as large as before it.
    least = 0.0 if sigma is None or sigma.shape != said.shape else digits * np.nan_to_num(sigma)
    same = np.isclose(said, now, rtol=digits, atol=least, equal_nan=True)
    if same.all():
        return []
    apart = np.where(same, 0.0, np.abs(said - now))
    where = int(np.nanargmax(np.nan_to_num(apart, nan=math.inf)))
    sentence = (
        f"{name}: {count(int((~same).sum()), 'value')} of {said.size} differ, most of all number "
        f"{where + 1}: {said.flat[where]:.9g} in the result, {now.flat[where]:.9g} now"
    )
    if sigma is not None and sigma.shape == said.shape and sigma.flat[where] > 0.0:
        sentence += f", {apart.flat[where] / sigma.flat[where]:.2g} standard errors"
    return [sentence]


def differing_numbers(said: Mapping[str, Any], now: Mapping[str, float]) -> list[str]:
    """Say which named numbers differ, a sentence for each.

    A number that is not known is NaN, ``None`` or no text, or not there.
    """
    found = []
    for name in dict.fromkeys([*said, *now]):
        expected = np.array(now.get(name, math.nan))
        try:
            found += differing(name, np.array(_number(said.get(name))), expected)
        except (ValueError, TypeError, OverflowError):
            found.append(f"{name}: expected a number, got {str(said[name])[:MOST_TEXT]!r}")
    return found


def _number(value: Any) -> float:
    """Read a number as tables have it."""
    return math.nan if value is None or value == "" else float(value)


def _shape(values: Values) -> str:
    return " x ".join(map(str, values.shape)) + " values"
