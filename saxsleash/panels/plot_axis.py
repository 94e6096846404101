"""Axes of plots whose places come from a scale."""

from collections.abc import Sequence
from datetime import datetime

import pyqtgraph as pg

from saxsleash.models.scales import Scale, Ticks

_UPRIGHT = 1.6
"""How much closer labels may lie that stand one above the other."""


class ScaleAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis that writes values where a :class:`~saxsleash.models.scales.Scale` places them."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.setStyle(maxTextLevel=0)
        self.enableAutoSIPrefix(False)
        self.value_scale = Scale()

    def set_value_scale(self, scale: Scale) -> None:
        """Write the values of another scale from now on."""
        if scale != self.value_scale:
            self.value_scale = scale
            self.picture = None  # what it had drawn
            self.update()

    # The names of the next two are those that pyqtgraph calls.
    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N803
        low, high = sorted((minVal, maxVal))
        upright = self.orientation in ("left", "right")
        return self.value_scale.ticks(low, high, size * (_UPRIGHT if upright else 1.0))

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return self.value_scale.labels(values, spacing)


class RowAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis of rows, the newest at 0 and each older one 1 below, by number or by time."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.setStyle(maxTextLevel=0)
        self.enableAutoSIPrefix(False)
        self._times: list[float | None] | None = None

    def set_times(self, times: list[float | None] | None) -> None:
        """Write these times, the oldest first, or with ``None`` how many rows back."""
        if times != self._times:
            self._times = times
            self.picture = None
            self.update()

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self._times is None:
            return [
                f"{-value:.0f}" if value <= 0 and value == int(value) else "" for value in values
            ]
        rows = [len(self._times) - 1 + round(value) for value in values]
        return [_clock(self._times[row]) if 0 <= row < len(self._times) else "" for row in rows]


def _clock(time: float | None) -> str:
    if time is None:
        return ""
    return datetime.fromtimestamp(time).astimezone().strftime("%H:%M:%S")
