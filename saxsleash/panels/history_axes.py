"""The axes of the history: when images were taken, and values with short numbers."""

import math
from copy import deepcopy
from enum import StrEnum
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtGui import QFontMetricsF
from PyQt5.QtWidgets import QApplication
from pyqtgraph.graphicsItems.DateAxisItem import HOUR_SPACING, MINUTE_SPACING, SECOND_SPACING

from saxsdog.words import UNKNOWN, moment
from saxsleash.panels.history_marks import (
    FARTHEST,
    logarithmic_marks,
    logarithmic_number,
    number,
    power_of,
    ten_to,
)
from saxsleash.panels.history_points import Array

_LINES_APART = 1.3
_DECADES = math.inf
"""Instead of a distance of marks that are powers of ten."""

_SECONDS = (1, 2, 5, 10, 15, 30)
_HOURS = (1, 2, 3, 6, 12)


class Across(StrEnum):
    """What is drawn from left to right."""

    CLOCK = "Image time"
    SECONDS = "Seconds"
    FRAMES = "Frame number"

    def places(self, times: Array, first: int) -> Array:
        """Return where frames are on the axis, the first of which is number ``first`` from 0."""
        match self:
            case Across.CLOCK:
                return times
            case Across.SECONDS:
                return times - times[0] if times.size else times
            case Across.FRAMES:
                return np.arange(first + 1, first + 1 + times.size, dtype=np.float64)


class AcrossAxis(pg.DateAxisItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """A clock in local time, or plain numbers."""

    def __init__(self) -> None:
        super().__init__(orientation="bottom")
        self.across = Across.CLOCK
        self._is_named = True
        self.enableAutoSIPrefix(False)
        self.zoomLevels = _levels()

    def show_across(self, across: Across) -> None:
        """Show other things from left to right."""
        self.across = across
        self.name_range()
        self.picture = None
        self.update()

    def name_range(self) -> None:
        """Say what the axis shows, with the date: a night has two."""
        match self.across:
            case Across.CLOCK:
                label = f"image time, {_dates(*self.range)}"
            case Across.SECONDS:
                label = "time since the first frame / s"
            case Across.FRAMES:
                label = "frame of the data set, by time"
        if label != self.labelText:
            self.setLabel(label)  # which shows it
            self.showLabel(self._is_named)

    def show_name(self, named: bool) -> None:
        """Show what :meth:`name_range` says, or save the room."""
        self._is_named = named
        self.showLabel(named)

    def tickValues(self, left: float, right: float, size: float) -> Any:
        if self.across is Across.CLOCK:
            return super().tickValues(left, right, size)
        return pg.AxisItem.tickValues(self, left, right, size)

    def tickStrings(self, values: Any, scale: float, spacing: float) -> Any:
        if self.across is Across.CLOCK:
            return super().tickStrings(values, scale, spacing)
        return [number(value, spacing) for value in values]


class ValueAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """Numbers of few digits; they are to be multiplied with :attr:`factor`."""

    def __init__(self) -> None:
        super().__init__(orientation="left")
        self.enableAutoSIPrefix(False)

    @property
    def factor(self) -> str:
        """The power of ten, as it is written; empty where it is 1."""
        power = self._power()
        return ten_to(power) if power else ""

    def tickValues(self, low: float, high: float, size: float) -> Any:
        if not self.logMode:
            return super().tickValues(low, high, size)
        gap = _LINES_APART * self._line() * (high - low) / size
        numbered, lines, step = logarithmic_marks(low, high, gap)
        return [(step or _DECADES, numbered.tolist()), (None, lines.tolist())]

    def tickStrings(self, values: Any, scale: float, spacing: float | None) -> Any:
        if spacing is None:
            return [""] * len(values)
        if self.logMode:
            values = [10.0**value for value in values]
            if spacing == _DECADES:
                return [logarithmic_number(value) for value in values]
        unit = 10.0 ** self._power()
        return [number(value / unit, spacing / unit) for value in values]

    def _line(self) -> float:
        font = self.style["tickFont"] or QApplication.font()
        return float(QFontMetricsF(font).height())

    def _power(self) -> int:
        low, high = self.range
        if not self.logMode:
            return power_of(max(abs(low), abs(high)))
        return power_of(10.0 ** min(high, FARTHEST)) if high - low < 1 else 0


def _levels() -> dict[float, Any]:
    """Return the levels of pyqtgraph with more steps, so that a plot has more than two marks."""
    levels = {spacing: deepcopy(level) for spacing, level in pg.DateAxisItem().zoomLevels.items()}
    for level in levels.values():
        for marks in level.tickSpecs:
            if marks.spacing in (SECOND_SPACING, MINUTE_SPACING) and marks.autoSkip:
                marks.autoSkip = _SECONDS
            elif marks.spacing == HOUR_SPACING:
                marks.autoSkip = _HOURS
    return levels


def _dates(left: float, right: float) -> str:
    days = [moment(seconds, "%d %b %Y").lstrip("0") for seconds in (left, right)]
    if UNKNOWN in days:  # an axis can be dragged to before the first year
        return ""
    return days[0] if days[0] == days[1] else f"{days[0]} – {days[1]}"
