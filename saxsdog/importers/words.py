"""Numbers and units in the texts of other programs."""

import re
from dataclasses import dataclass

from saxsdog.errors import CalibrationError

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d{1,4})?", re.ASCII)
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Unit:
    """A unit that a number may have.

    Attributes
    ----------
    name
        For messages.
    beginnings
        How the words for it begin, in small letters: ``deg`` stands for degrees as well.
    """

    name: str
    beginnings: tuple[str, ...]


MM = Unit("mm", ("mm", "millimet"))
DEGREE = Unit("degrees", ("deg", "°"))
ANGSTROM = Unit("Angstrom", ("a", "å"))
PIXEL = Unit("pixels", ("pix", "px"))
KEV = Unit("keV", ("kev",))


def shown(text: str) -> str:
    """Quote a text for a message: no control characters, not too long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def number(text: str, what: str, unit: Unit | None = None) -> float:
    """Parse one number, behind which its unit may stand.

    Raises
    ------
    CalibrationError
        If there is something else, with ``what`` in the message.
    """
    match = _NUMBER.match(text.strip())
    rest = text.strip()[match.end() :] if match else ""
    if match is None or not _is_unit(rest, unit):
        expected = f"a number in {unit.name}" if unit else "a number"
        raise CalibrationError(f"{what}: expected {expected}, got {shown(text.strip())}")
    return as_float(match.group())


def _is_unit(rest: str, unit: Unit | None) -> bool:
    bare = rest.strip(" \t()[],")
    if unit is None or not bare:
        return not bare
    return not rest[0].isdigit() and bare.casefold().startswith(unit.beginnings)


def number_words(text: str) -> list[str]:
    """Find the numbers in a text, as they stand there."""
    return _NUMBER.findall(text)


def unit_words(text: str) -> list[str]:
    """Find the words of a text that are no part of a number, in small letters."""
    return [word.casefold() for word in _WORD.findall(_NUMBER.sub(" ", text))]


def as_float(word: str) -> float:
    """Convert a number as Fortran, too, would write it (``1.0D+03``)."""
    return float(word.translate({ord("d"): "e", ord("D"): "e"}))
