"""Scales of axes: from values to where they are drawn and back, with their ticks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ticks = list[tuple[float, list[float]]]
"""Levels of ticks, the strongest first: their distance, and where they are drawn."""

DECADES_BELOW_LARGEST = 6
"""How far below the largest value a symmetric logarithm may go before it is linear."""

SMALL_SHARE = 5.0
"""Percentile of the sizes below which a symmetric logarithm is linear."""

_FARTHEST = 300.0
"""Decades beyond which nothing is drawn: a view may reach farther while its scale changes."""

_FEW_DECADES = 0.7
_CROWDED = 1.6
_PIXELS_PER_TICK = 55.0
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-3, 1e5
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class ScaleKind(StrEnum):
    """How values lie along an axis."""

    LINEAR = "linear"
    LOG = "log"
    SYMLOG = "symlog"


@dataclass(frozen=True)
class Scale:
    r"""Where values are drawn along an axis.

    On a symmetric logarithm :math:`\operatorname{arsinh}(v / 2t) / \ln 10`: far from 0 that is
    :math:`\pm\log_{10}|v / t|`, between -t and t about linear.

    Attributes
    ----------
    kind
        Linear, logarithmic or symmetric logarithm.
    threshold
        The t of the symmetric logarithm, in the unit of the values; a power of ten.
    """

    kind: ScaleKind = ScaleKind.LINEAR
    threshold: float = 1.0

    def forward(self, values: Array) -> Array:
        """Return where values are drawn; NaN where the scale has no place for them."""
        match self.kind:
            case ScaleKind.LINEAR:
                # Around the largest numbers there is no room for an axis.
                beyond = np.abs(values) > 10.0**_FARTHEST
                return np.where(beyond, np.nan, values) if beyond.any() else values
            case ScaleKind.LOG:
                placed = np.full(values.shape, np.nan)
                np.log10(values, out=placed, where=values > 0)
                return placed
            case ScaleKind.SYMLOG:
                with np.errstate(over="ignore"):
                    shares = values / (2 * self.threshold)
                farthest = 10.0**_FARTHEST
                return np.asarray(np.arcsinh(np.clip(shares, -farthest, farthest)) / np.log(10))

    def inverse(self, placed: Array) -> Array:
        """Return the values that are drawn at these places."""
        match self.kind:
            case ScaleKind.LINEAR:
                return placed
            case ScaleKind.LOG:
                return np.asarray(10.0 ** np.clip(placed, -_FARTHEST, _FARTHEST))
            case ScaleKind.SYMLOG:
                near = np.clip(placed, -_FARTHEST / 2, _FARTHEST / 2)
                with np.errstate(over="ignore"):  # infinite where no number lies
                    return np.asarray(2 * self.threshold * np.sinh(near * np.log(10)))

    def ticks(self, low: float, high: float, pixels: float) -> Ticks:
        """Return ticks between two places that lie so many pixels apart.

        The first level is to be labelled, the second is not.
        """
        if self.kind is not ScaleKind.LINEAR:
            low, high = max(low, -_FARTHEST / 2), min(high, _FARTHEST / 2)
        if not high > low or pixels <= 0:
            return []
        if self.kind is ScaleKind.SYMLOG:
            return self._symmetric_ticks(low, high, pixels)
        few = max(pixels / _PIXELS_PER_TICK, 2.0)
        if self.kind is ScaleKind.LOG:
            if high - low > _FEW_DECADES:
                return _log_ticks(low, high, few)
            return self._round_values(low, high, few)
        if not 10.0**-_FARTHEST < high - low < np.inf:
            return []
        step = _round_step((high - low) / few)
        majors, minors = (_multiples(distance, low, high) for distance in (step, step / 5))
        return [(step, majors), (step / 5, _without(minors, majors, step))]

    def labels(self, places: Sequence[float], distance: float) -> list[str]:
        """Return the values at the places of ticks as text."""
        values = self.inverse(np.asarray(places, dtype=np.float64))
        if self.kind is ScaleKind.LINEAR:
            return _decimals(values, distance)
        return [number_text(float(value)) for value in values]

    def _round_values(self, low: float, high: float, few: float) -> Ticks:
        """Ticks at round values, for a logarithmic axis with less than a decade."""
        smallest, largest = 10.0**low, 10.0**high
        if not largest > smallest:  # closer than numbers can be told apart
            return []
        step = _round_step((largest - smallest) / few)
        levels: Ticks = []
        for distance in (step, step / 5):
            values = np.array(_multiples(distance, smallest, largest))
            levels.append((distance, np.log10(values[values > 0]).tolist()))
        (_, majors), (distance, minors) = levels
        return [levels[0], (distance, _without(minors, majors))]

    def _symmetric_ticks(self, low: float, high: float, pixels: float) -> Ticks:
        # In units of the threshold: the values themselves may be too large for a number.
        shares = Scale(ScaleKind.SYMLOG)
        largest = np.abs(shares.inverse(np.array([low, high]))).max()
        top = max(int(np.ceil(np.log10(max(largest, 1.0)))), 1)
        stride = max(round((high - low) * _PIXELS_PER_TICK * 0.7 / pixels + 0.5), 1)
        decades = 10.0 ** np.arange(0, top + 1, stride)
        between = (10.0 ** np.arange(0, top)[:, None] * np.arange(2, 10)).ravel()
        if stride > 1:
            between = 10.0 ** np.arange(0, top + 1)
        levels: Ticks = []
        for sizes in (decades, between):
            places = shares.forward(np.concatenate([-sizes[::-1], [0.0], sizes]))
            levels.append((1.0, places[(places >= low) & (places <= high)].tolist()))
        (_, majors), (distance, minors) = levels
        return [levels[0], (distance, _without(minors, majors))]


def threshold_for(values: Array, former: float | None = None) -> float:
    """Return below which size a symmetric logarithm of these values should be linear.

    Parameters
    ----------
    values
        What is to be drawn; what is not finite does not count.
    former
        The threshold of the drawing before; kept while it still is about right, so that an axis
        does not jump between two drawings.
    """
    sizes = np.abs(values[np.isfinite(values)])
    sizes = sizes[sizes > 0]
    if sizes.size == 0:
        return former or 1.0
    small = max(np.percentile(sizes, SMALL_SHARE), sizes.max() / 10.0**DECADES_BELOW_LARGEST)
    if former is not None and former / 10 <= small <= former * 100:
        return former
    return float(10.0 ** np.clip(np.floor(np.log10(small)), -_FARTHEST, _FARTHEST))


def number_text(value: float) -> str:
    """Return a round number as people write it: 0.2, 50 or 2·10⁶; nothing for what is endless."""
    if value == 0:
        return "0"
    if not np.isfinite(value):
        return ""
    if _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        return f"{value:.5g}"
    digits, _, power = f"{value:.3e}".partition("e")
    digits = digits.rstrip("0").rstrip(".")
    power = str(int(power)).translate(_SUPERSCRIPTS)
    if digits in ("1", "-1"):
        return f"{digits[:-1]}10{power}"
    return f"{digits}·10{power}"


def _decimals(values: Array, distance: float) -> list[str]:
    if values.size == 0:
        return []
    largest = float(np.abs(values).max())
    if largest >= _LARGEST_PLAIN or 0 < largest < _SMALLEST_PLAIN:
        return [number_text(0.0 if abs(v) < distance / 10 else float(v)) for v in values]
    places = max(0, int(np.ceil(-np.log10(distance) - 1e-9)))
    return [f"{0.0 if abs(value) < distance / 10 else value:.{places}f}" for value in values]


def _log_ticks(low: float, high: float, few: float) -> Ticks:
    first, last = int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9))
    decades = high - low
    stride = max(int(np.ceil(decades / few)), 1)
    majors = [float(power) for power in range(first, last + 1) if power % stride == 0]
    everything = np.arange(int(np.floor(low)), int(np.ceil(high)))
    between = (everything[:, None] + np.log10(np.arange(2, 10))).ravel()
    if stride > 1:
        between = everything.astype(np.float64)
    elif decades * 3 <= few * _CROWDED:
        halves = (everything[:, None] + np.log10([2.0, 5.0])).ravel()
        majors = sorted([*majors, *halves[(halves >= low) & (halves <= high)].tolist()])
    minors = between[(between >= low) & (between <= high)].tolist()
    return [(1.0, majors), (1.0, _without(minors, majors))]


def _without(places: list[float], others: list[float], unit: float = 1.0) -> list[float]:
    """Leave out what is drawn already: two faint lines on each other are not faint."""
    taken = {round(place / unit, 9) for place in others}
    return [place for place in places if round(place / unit, 9) not in taken]


def _round_step(least: float) -> float:
    power = 10.0 ** np.floor(np.log10(least))
    for factor in (1.0, 2.0, 5.0):
        if factor * power >= least * (1 - 1e-9):
            return float(factor * power)
    return float(10 * power)


def _multiples(step: float, low: float, high: float) -> list[float]:
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(value) for value in np.arange(first, last + 1) * step]
