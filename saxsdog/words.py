"""Numbers and times as people say them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

BARS = "▁▂▃▄▅▆▇█"
UNKNOWN = "unknown"
"""In place of a time that no calendar has; the header of an image may say anything."""

_UNITS = (("s", 60), ("min", 60), ("h", 24))


def printable(text: str) -> str:
    """Escape what a terminal would obey instead of showing: names of files come from anywhere."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def count(number: int, noun: str) -> str:
    """Return for example ``1 image`` or ``2 images``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """Return for example ``0.4 s``, ``3 s``, ``2 min`` or ``5 days``."""
    if 0 <= seconds < 1:
        return f"{seconds:.1f} s"
    number = max(seconds, 0.0)
    for unit, factor in _UNITS:
        if number < factor:
            return f"{int(number)} {unit}"
        number /= factor
    return count(int(number), "day")


def ago(seconds: float | None) -> str:
    """Return for example ``3 s ago``."""
    return "never" if seconds is None else f"{duration(seconds)} ago"


def reasons(numbers: Mapping[str, int]) -> str:
    """Return for example ``3 truncated, 1 wrong-shape``: the most frequent first."""
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number} {reason}" for reason, number in ordered)


def folder(parts: Sequence[str]) -> str:
    """Return a folder below the root of the server as one text."""
    return "/".join(part for part in parts if part != ".") or "the root of the server"


def sparkline(values: Sequence[int]) -> str:
    """Draw numbers as bars, the largest as the highest; empty if all are 0."""
    largest = max(values, default=0)
    if largest <= 0:
        return ""
    return "".join(BARS[-(-value * (len(BARS) - 1) // largest)] for value in values)


def moment(seconds: float, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return a time since the epoch as date and time of day where we are.

    Parameters
    ----------
    seconds
        Of a clock, or of the header of an image: any number, NaN as well.
    pattern
        As ``strftime`` takes it.
    """
    when = local_time(seconds)
    return UNKNOWN if when is None else when.strftime(pattern)


def local_time(seconds: float) -> datetime | None:
    """Return a time since the epoch in the zone of this computer, ``None`` if there is none such.

    Years end at 9999, and NaN is no time.
    """
    try:
        return datetime.fromtimestamp(seconds).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
