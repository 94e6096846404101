"""How the panel of curves draws: what the user chose."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from saxsleash.models.presentation import Presentation, QUnit
from saxsleash.models.scales import ScaleKind

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class View(StrEnum):
    """Which picture of the curves is shown."""

    CURVES = "curves"
    WATERFALL = "waterfall"
    HEAT_MAP = "heat-map"


@dataclass(frozen=True)
class PlotOptions:
    """Everything that can be chosen of a drawing.

    Attributes
    ----------
    view
        Curves, waterfall or heat map.
    one_each
        Whether each channel has a plot of its own.
    presentation, unit, x_scale, y_scale
        What lies along the axes.
    bands, points
        Whether errors are shown, and points instead of a line.
    channel
        Which channel a waterfall or a heat map shows; empty for the first one.
    waterfall_length, heat_map_length
        How many of the last curves they show.
    step_percent
        How far a curve of a waterfall lies above the one before: percent of a decade, or of the
        height of the newest curve where the axis is linear.
    rows_by_time
        Whether the rows of a heat map are named by the time of the image.
    """

    view: View = View.CURVES
    one_each: bool = False
    presentation: Presentation = Presentation.INTENSITY
    unit: QUnit = QUnit.INVERSE_NM
    x_scale: ScaleKind = ScaleKind.LINEAR
    y_scale: ScaleKind = ScaleKind.LOG
    bands: bool = True
    points: bool = False
    channel: str = ""
    waterfall_length: int = 20
    heat_map_length: int = 200
    step_percent: int = 15
    rows_by_time: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that can be stored."""
        return {
            name: str(value) if isinstance(value, StrEnum) else value
            for name, value in asdict(self).items()
        }

    def updated(self, stored: Mapping[str, Any]) -> "PlotOptions":
        """Return these options with what was stored; what is not understood stays as it is."""
        changes: dict[str, Any] = {}
        for field in fields(self):
            present = getattr(self, field.name)
            if field.name in stored:
                changes[field.name] = _like(present, stored[field.name])
        return replace(self, **changes)


def _like(present: Any, stored: Any) -> Any:
    """Return what was stored as the type of what is there; settings files hold only text."""
    if isinstance(present, bool):
        return _TRUTHS.get(str(stored).lower(), present)
    if isinstance(present, str) and not isinstance(stored, str):
        return present
    try:
        return type(present)(stored)
    except (TypeError, ValueError, OverflowError):
        return present
