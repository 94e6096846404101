"""Axes of plots whose places come from a scale."""

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PyQt5.QtGui import QFontMetricsF

from saxsdog.words import moment
from saxsleash.models.scales import Scale, Ticks

_UPRIGHT = 1.6
"""How much closer labels may lie that stand one above the other."""


AXIS_CHARACTERS = 10
"""Width of an upright axis with its name."""


class ScaleAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis that writes values where a :class:`~saxsleash.models.scales.Scale` places them."""

    _names: tuple[str, ...] = ()  # asked for before there is more than the class

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.setStyle(maxTextLevel=0)
        self.enableAutoSIPrefix(False)
        self.value_scale = Scale()

    def set_names(self, *names: str) -> None:
        """Write beside the axis what it is: the first of these names for which there is room.

        Of the last one it is taken that there is.
        """
        self._names = names
        self._write_name()

    def resizeEvent(self, ev: Any = None) -> None:
        self._write_name()
        super().resizeEvent(ev)

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

    def _write_name(self) -> None:
        if not self._names or self.label is None:  # pyqtgraph still lays out what is closed
            return
        size, font = self.size(), QFontMetricsF(self.label.font())
        room = size.height() if self.orientation in ("left", "right") else size.width()
        fitting = (name for name in self._names if font.horizontalAdvance(name) <= room)
        name = next(fitting, self._names[-1])
        if name != self.labelText:
            self.setLabel(name)


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
    return moment(time, "%H:%M:%S")
