"""The newest curves, those that were picked, those before them and those to compare with."""

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QObject, pyqtSignal

from saxsdog.reduction.intensity import COUNTS
from saxsleash.models.presentation import Abscissa, Points

Array = NDArray[np.float64]

MOST_RECENT = 200
"""So many curves of each channel are remembered, unless another number is set."""

CAKE = "Cake"
"""Kind of a channel whose file is a picture."""

MOST_REFERENCES = 8
"""More curves than these nobody tells apart in one plot."""


@dataclass(frozen=True, eq=False)
class ShownCurve:
    """A curve of one channel and one image.

    Attributes
    ----------
    channel
        Its name, for example ``R0``.
    kind
        ``Radial``, ``Phi``, ``Slice`` or ``Cake``, of which the server tells the mean over azimuth;
        as in :class:`saxsdog.protocol.messages.Graph`.
    label
        Name of the first column as in the curve file: over what the curve runs.
    image
        File name of the image.
    time
        When it was taken, seconds since the epoch; ``None`` if nobody knows.
    q, intensity, sigma
        Of equal shape; NaN in empty bins; q in nm⁻¹, or what the label says.
    parameters
        Integral parameters by name; empty where the channel has none.
    file
        Where the server has it, as it is told; empty if nobody has said so.
    unit
        Of the intensity, as its calibration says it; empty if nobody has said so.
    """

    channel: str
    kind: str
    label: str
    image: str
    time: float | None
    q: Array
    intensity: Array
    sigma: Array
    parameters: Mapping[str, float] = field(default_factory=dict)
    file: str = ""
    unit: str = COUNTS

    @property
    def abscissa(self) -> Abscissa:
        """Over what the curve runs."""
        return Abscissa.of(self.label)

    @property
    def points(self) -> Points:
        """Return the numbers of the curve."""
        return Points(self.q, self.intensity, self.sigma)

    def is_like(self, other: "ShownCurve") -> bool:
        """Tell whether both have the same axes, so that one table or picture can hold them."""
        same_q = self.q is other.q or np.array_equal(self.q, other.q)
        return same_q and self.unit == other.unit

    @property
    def correlation_length(self) -> float:
        r""":math:`\pi I_1 / I_2` in nm; NaN if it is not known."""
        if "correlation_length" in self.parameters:
            return self.parameters["correlation_length"]
        first, second = (self.parameters.get(name, math.nan) for name in ("I1", "I2"))
        return math.pi * first / second if second else math.nan


@dataclass(frozen=True, eq=False)
class Reference:
    """Curves of one image that were kept to compare others with."""

    name: str
    curves: tuple[ShownCurve, ...]

    def of(self, channel: str) -> ShownCurve | None:
        """Return the curve of a channel, if there is one."""
        return next((curve for curve in self.curves if curve.channel == channel), None)


class CurvesModel(QObject):
    """What the plot of curves shows.

    What is shown is the image that was picked, else what was there when the display was paused,
    else the newest. Images that come meanwhile are remembered all the same.
    """

    changed = pyqtSignal()
    references_changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest: tuple[ShownCurve, ...] = ()
        self._pinned: tuple[ShownCurve, ...] | None = None
        self._held: tuple[ShownCurve, ...] | None = None
        self._held_recent: dict[str, list[ShownCurve]] = {}
        self._missed = 0
        self._channels: list[str] = []
        self._length = MOST_RECENT
        self._recent: dict[str, deque[ShownCurve]] = {}
        self._references: list[Reference] = []
        self._divisor: str | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels in the order in which they came."""
        return tuple(self._channels)

    @property
    def curves(self) -> tuple[ShownCurve, ...]:
        """What is shown now: one curve for each channel."""
        if self._pinned is not None:
            return self._pinned
        return self._newest if self._held is None else self._held

    @property
    def image(self) -> str | None:
        """File name of the image whose curves are shown."""
        return self.curves[0].image if self.curves else None

    @property
    def is_pinned(self) -> bool:
        """Whether an image is shown that the user picked."""
        return self._pinned is not None

    @property
    def is_paused(self) -> bool:
        """Whether the display stands still."""
        return self._held is not None

    @property
    def length(self) -> int:
        """How many curves of each channel are remembered."""
        return self._length

    @property
    def missed(self) -> int:
        """How many images came since the display was paused."""
        return self._missed

    def show(self, curves: Sequence[ShownCurve]) -> None:
        """Take the curves of the newest image."""
        if not curves:
            return
        again = bool(self._newest) and _same_image(self._newest[0], curves[0])
        self._newest = tuple(self._remember(curve, again=again) for curve in curves)
        if self.is_paused and not again:
            self._missed += 1
        self.changed.emit()

    def pin(self, curves: Sequence[ShownCurve]) -> None:
        """Show the curves of an image that was picked, until :meth:`unpin`."""
        self._pinned = tuple(curves)
        self._name_channels(curves)
        self.changed.emit()

    def unpin(self) -> None:
        """Show the newest curves again, also if the display was paused."""
        if self._pinned is not None:
            self._pinned = None
            self._go_on()
            self.changed.emit()

    def pause(self, paused: bool) -> None:
        """Let the display stand still, or go on with what came meanwhile."""
        if paused == self.is_paused:
            return
        if paused:
            self._held = self._newest
            self._held_recent = {name: list(ring) for name, ring in self._recent.items()}
        else:
            self._go_on()
        self.changed.emit()

    def recent(self, channel: str) -> list[ShownCurve]:
        """Return the last curves of a channel, the oldest first."""
        if self.is_paused:
            return self._held_recent.get(channel, [])
        return list(self._recent.get(channel, ()))

    def remember(self, length: int) -> None:
        """Set how many curves of each channel are remembered."""
        if length < 1:
            raise ValueError(f"expected to remember 1 curve or more, got {length}")
        self._length = length
        self._recent = {name: deque(ring, length) for name, ring in self._recent.items()}
        self.changed.emit()

    def clear(self) -> None:
        """Forget what came from a queue; the references stay, to compare the next one with."""
        self._newest, self._pinned = (), None
        self._channels.clear()
        self._recent.clear()
        self._go_on()
        self.changed.emit()

    @property
    def references(self) -> tuple[Reference, ...]:
        """What was kept to compare with, the oldest first."""
        return tuple(self._references)

    @property
    def can_freeze(self) -> bool:
        """Whether there is something to keep, and room for it."""
        return bool(self.curves) and len(self._references) < MOST_REFERENCES

    @property
    def divisor(self) -> Reference | None:
        """The reference by which curves are divided."""
        return next((one for one in self._references if one.name == self._divisor), None)

    def freeze(self) -> Reference | None:
        """Keep what is shown as a reference, named after its image; ``None`` without room."""
        if not self.can_freeze:
            return None
        name = self._free_name(PurePosixPath(self.curves[0].image).stem)
        reference = Reference(name, tuple(_of_its_own(curve) for curve in self.curves))
        self._references.append(reference)
        self._divisor = name
        self.references_changed.emit()
        return reference

    def rename_reference(self, name: str, new_name: str) -> None:
        """Give a reference another name; nothing happens if that is empty."""
        position = self._position(name)
        new_name = new_name.strip()
        if position is None or not new_name or new_name == name:
            return
        new_name = self._free_name(new_name)
        self._references[position] = replace(self._references[position], name=new_name)
        if self._divisor == name:
            self._divisor = new_name
        self.references_changed.emit()

    def divide_by(self, name: str) -> None:
        """Choose the reference by which curves are divided."""
        if self._position(name) is not None and name != self._divisor:
            self._divisor = name
            self.references_changed.emit()

    def remove_reference(self, name: str) -> None:
        """Forget a reference."""
        position = self._position(name)
        if position is None:
            return
        del self._references[position]
        if self._divisor == name:
            self._divisor = self._references[-1].name if self._references else None
        self.references_changed.emit()

    def remove_references(self) -> None:
        """Forget all references."""
        if self._references:
            self._references.clear()
            self._divisor = None
            self.references_changed.emit()

    def _remember(self, curve: ShownCurve, *, again: bool) -> ShownCurve:
        self._name_channels((curve,))
        ring = self._recent.setdefault(curve.channel, deque(maxlen=self._length))
        kept = _of_its_own(curve, ring[-1].q if ring else None)
        if again and ring:
            ring[-1] = kept
        else:
            ring.append(kept)
        return kept

    def _name_channels(self, curves: Iterable[ShownCurve]) -> None:
        for curve in curves:
            if curve.channel not in self._channels:
                self._channels.append(curve.channel)

    def _go_on(self) -> None:
        self._held = None
        self._held_recent = {}
        self._missed = 0

    def _position(self, name: str) -> int | None:
        names = [reference.name for reference in self._references]
        return names.index(name) if name in names else None

    def _free_name(self, wanted: str) -> str:
        taken = {reference.name for reference in self._references}
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted} ({number})", number + 1
        return name


def _same_image(one: ShownCurve, other: ShownCurve) -> bool:
    return one.image == other.image and one.time == other.time


def _of_its_own(curve: ShownCurve, q: Array | None = None) -> ShownCurve:
    """Copy the numbers, else a view keeps the whole message; share the axis with its like."""
    if q is None or not np.array_equal(q, curve.q):
        q = curve.q.copy()
    return replace(curve, q=q, intensity=curve.intensity.copy(), sigma=curve.sigma.copy())
