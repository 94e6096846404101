"""Functions of somebody else that compute numbers of a curve; none of them stops the integration.

They are found as entry points, which Python packages announce when they are installed.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from numbers import Real
from typing import Any

from saxsdog.classifiers.descriptions import FAILED
from saxsdog.classifiers.time_limit import OverdueError, time_limit
from saxsdog.io.headers import FrameHeader
from saxsdog.reduction.geometry import Array
from saxsdog.reduction.integrate import Curve

GROUP = "saxsdog.classifiers"
"""Of the entry points."""

Function = Callable[[Curve, FrameHeader], Mapping[str, float]]

MOST_VALUES = 16
"""Of a function: each is a column of the history for all images."""

SECONDS = 2.0
"""For one curve; an image takes some thousandths."""

MOST_OVERDUE = 3
"""Times in a row, after which a function is not called any more."""

_VALUE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_MOST_TEXT = 300


def installed() -> dict[str, EntryPoint]:
    """Return the functions that are installed, by name; nothing of them is imported."""
    return {each.name: each for each in entry_points(group=GROUP)}


def places_of(name: str) -> tuple[str, ...]:
    """Return where the functions of a name are; several if packages do not know of each other."""
    return tuple(sorted({each.value for each in entry_points(group=GROUP, name=name)}))


class Plugin:
    """One function, called for image after image.

    Parameters
    ----------
    entry
        Where it is; ``None`` if it has been removed meanwhile.
    seconds
        That it may take for one curve.

    Attributes
    ----------
    complaint
        What was wrong with the last image; empty if nothing.
    """

    def __init__(self, entry: EntryPoint | None, seconds: float = SECONDS) -> None:
        self.complaint = ""
        self._seconds = seconds
        self._n_overdue = 0
        self._names: dict[str, None] = {}
        self._function: Function | None = None
        self._missing = "is not installed"
        if entry is not None:
            self._load(entry)

    def values(self, curve: Curve, header: FrameHeader) -> dict[str, float]:
        """Return its numbers; NaN where it fails, and ``failed`` 1 instead of 0.

        The names that it gave once are there for all later images.
        """
        self.complaint = self._missing
        numbers: dict[str, float] = {}
        if self._function is not None:
            numbers = self._called(self._function, curve, header)
        self._names |= dict.fromkeys(numbers)
        known = {name: numbers.get(name, math.nan) for name in self._names}
        return known | {FAILED: float(bool(self.complaint))}

    def _load(self, entry: EntryPoint) -> None:
        # Anything may come out of code that is not ours; the curves are made all the same.
        try:
            function = entry.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._missing = f"cannot be imported: {_told(error)}"
            return
        if callable(function):
            self._function, self._missing = function, ""
        else:
            self._missing = f"expected a function, got {type(function).__name__}"

    def _called(self, function: Function, curve: Curve, header: FrameHeader) -> dict[str, float]:
        try:
            with time_limit(self._seconds):
                # What comes back may be code of theirs as well, down to the numbers.
                numbers = self._checked(function(_protected(curve), _copied(header)))
        except OverdueError:
            self._n_overdue += 1
            self.complaint = f"takes longer than {self._seconds:g} s"
            if self._n_overdue == MOST_OVERDUE:
                self._function, self._missing = None, f"{self.complaint}: not called any more"
            return {}
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also what stops tasks and generators, and ends programs
            self.complaint = _told(error)
            return {}
        self._n_overdue = 0
        return numbers

    def _checked(self, answer: Any) -> dict[str, float]:
        """Take the numbers of an answer, and complain of what is none."""
        if not isinstance(answer, Mapping):
            self.complaint = f"expected numbers by name, got {type(answer).__name__}"
            return {}
        if len(self._names.keys() | answer.keys()) > MOST_VALUES:
            self.complaint = f"expected at most {MOST_VALUES} values, got more"
            return {}
        numbers: dict[str, float] = {}
        for name, value in answer.items():
            if not isinstance(name, str) or not _VALUE_NAME.fullmatch(name) or name == FAILED:
                self.complaint = f"expected a word as the name of a value, got {name!r:.80}"
            elif not isinstance(value, Real):
                self.complaint = f"{name}: expected a number, got {type(value).__name__}"
                numbers[name] = math.nan
            else:
                numbers[name] = _as_float(value)
        return numbers


def _as_float(value: Real) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return math.nan


def _told(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # theirs as well
        text = "of which nothing can be told"
    return f"{type(error).__name__}: {text}".splitlines()[0][:_MOST_TEXT]


def _protected(curve: Curve) -> Curve:
    """Return the same curve with arrays that cannot be written to: they go into files."""
    return replace(
        curve,
        q=_read_only(curve.q),
        intensity=_read_only(curve.intensity),
        sigma=_read_only(curve.sigma),
        area=_read_only(curve.area),
        chi=None if curve.chi is None else _read_only(curve.chi),
        classifiers=dict(curve.classifiers),
    )


def _copied(header: FrameHeader) -> FrameHeader:
    """Return the same header with texts of its own: other functions read them as well."""
    return replace(header, fields=dict(header.fields))


def _read_only(values: Array) -> Array:
    view = values.view()
    view.setflags(write=False)
    return view
