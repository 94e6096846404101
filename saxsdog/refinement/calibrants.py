"""Powders whose rings tell where a detector stands, with the source of every number."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import UsageError

Array = NDArray[np.float64]

ORDERS = 20
HIGHEST_INDEX = 6
MOST_RINGS = 30
LARGEST_SPACING = 1e4
"""nm; no ring of a larger one leaves the beamstop."""


@dataclass(frozen=True)
class Calibrant:
    """A powder.

    Attributes
    ----------
    name
        For people.
    spacings
        Of its lattice planes, nm, descending; those that give the same ring stand here once.
    source
        Where the numbers come from.
    aliases
        Other names, in small letters.
    nominal
        Whether the numbers are those of a usual preparation and nobody has certified them.
    """

    name: str
    spacings: tuple[float, ...]
    source: str
    aliases: tuple[str, ...] = ()
    nominal: bool = False

    @property
    def qs(self) -> tuple[float, ...]:
        """Where the rings lie, nm⁻¹, ascending."""
        return tuple(2 * math.pi / spacing for spacing in self.spacings)

    def two_thetas(self, wavelength: float) -> Array:
        """Scattering angles of the rings that a wavelength (nm) can reach, rad, ascending."""
        sines = wavelength / (2 * np.array(self.spacings))
        return np.asarray(2 * np.arcsin(sines[sines < 1.0]))


def _spacings(qs: Iterable[float]) -> tuple[float, ...]:
    """Turn q into spacings; the first of them, those at the same q once."""
    return tuple(2 * math.pi / q for q in sorted({round(q, 9) for q in qs})[:MOST_RINGS])


def _lamellar(spacing: float) -> tuple[float, ...]:
    return tuple(spacing / n for n in range(1, ORDERS + 1))


Rule = Callable[[int, int, int], bool]
"""Which reflections of a lattice are not extinct: International Tables for Crystallography A."""


def _primitive(_h: int, _k: int, _l: int) -> bool:
    return True


def _face_centred(h: int, k: int, l: int) -> bool:  # noqa: E741 - as crystallographers write it
    return h % 2 == k % 2 == l % 2


def _diamond(h: int, k: int, l: int) -> bool:  # noqa: E741
    return _face_centred(h, k, l) and (h % 2 == 1 or (h + k + l) % 4 == 0)


def _cubic(edge: float, rule: Rule) -> tuple[float, ...]:
    indices = product(range(HIGHEST_INDEX + 1), repeat=3)
    return _spacings(
        2 * math.pi / edge * math.hypot(*hkl) for hkl in indices if any(hkl) and rule(*hkl)
    )


def _corundum(a: float, c: float) -> tuple[float, ...]:
    """Return the spacings of space group R-3c, hexagonal axes.

    Reflections obey -h + k + l = 3n, and those with h = 0, k = 0 or h = -k have an even l as well:
    International Tables for Crystallography A, group 167.
    """
    span = range(-HIGHEST_INDEX, HIGHEST_INDEX + 1)
    seen = (
        (h, k, m)
        for h, k, m in product(span, span, range(3 * HIGHEST_INDEX + 1))
        if any((h, k, m)) and (-h + k + m) % 3 == 0 and not (h * k * (h + k) == 0 and m % 2)
    )
    return _spacings(
        2 * math.pi * math.sqrt(4 / 3 * (h * h + h * k + k * k) / a**2 + (m / c) ** 2)
        for h, k, m in seen
    )


SILVER_BEHENATE = Calibrant(
    "Silver behenate",
    _lamellar(5.838),
    "lamellar spacing 5.838 nm: T. C. Huang, H. Toraya, T. N. Blanton, Y. Wu, J. Appl. Cryst. 26, "
    "180 (1993), doi:10.1107/S0021889892009762",
    ("agbh", "agbeh", "silverbehenate"),
)

CALIBRANTS = (
    SILVER_BEHENATE,
    Calibrant(
        "LaB₆",
        _cubic(0.4156826, _primitive),
        "edge 0.4156826 nm: NIST Standard Reference Material 660c",
        ("lab6", "lanthanumhexaboride"),
    ),
    Calibrant(
        "Corundum",
        _corundum(0.4759355, 1.299231),
        "a 0.4759355 nm, c 1.299231 nm: NIST Standard Reference Material 676a, certificate of 2015",
        ("al2o3", "alumina"),
    ),
    Calibrant(
        "Silicon",
        _cubic(0.5431144, _diamond),
        "edge 0.5431144 nm: NIST Standard Reference Material 640f",
        ("si",),
    ),
    Calibrant(
        "Ceria",
        _cubic(0.5411651, _face_centred),
        "edge 0.5411651 nm: NIST Standard Reference Material 674b",
        ("ceo2", "ceriumdioxide"),
    ),
    Calibrant(
        "Cholesteryl palmitate",
        _lamellar(5.25),
        "lamellar spacing 5.25 nm, nominal: we know of no published measurement, and it depends on "
        "the preparation; give your own in a file",
        ("cholesterolpalmitate",),
        nominal=True,
    ),
    Calibrant(
        "Tetradecanol",
        _lamellar(3.9681),
        "lamellar spacing 3.9681 nm: G. W. Brindley, Clays and Clay Minerals 29, 67 (1981)",
        ("tetradecan1ol", "c14h30o"),
    ),
    Calibrant(
        "Sodium chloride",
        _cubic(0.56401, _face_centred),
        "edge 0.56401 nm: D. Walker et al., American Mineralogist 89, 204 (2004)",
        ("nacl", "halite"),
    ),
    Calibrant(
        "Gold",
        _cubic(0.40782, _face_centred),
        "edge 0.40782 nm: A. Maeland, T. B. Flanagan, Can. J. Phys. 42, 2364 (1964)",
        ("au",),
    ),
)
"""Every calibrant that has a name, the most usual first."""


def calibrant(name: str) -> Calibrant:
    """Find a calibrant by name; case, spaces and dashes do not matter.

    Raises
    ------
    UsageError
        If none has this name; the message lists those that exist.
    """
    wanted = _plain(name)
    for known in CALIBRANTS:
        if wanted in (_plain(known.name), *known.aliases):
            return known
    names = ", ".join(known.name for known in CALIBRANTS)
    raise UsageError(f"expected one of the calibrants {names}; got {name!r}")


def calibrant_of(name: str, text: str) -> Calibrant:
    """Read a list of spacings: one in Ångström at the start of each line, ``#`` begins a remark.

    Parameters
    ----------
    name
        What to call it, for example the name of the file.
    text
        What the file holds. Lists of pyFAI (``.D``) are of this form.

    Raises
    ------
    UsageError
        If a line does not begin with a spacing, or there is none.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = re.split(r"[\s,;]+", line.partition("#")[0].strip(), maxsplit=1)
        if not words[0]:
            continue
        try:
            spacing = 0.1 * float(words[0])
        except ValueError:
            spacing = math.nan
        if not 0.0 < spacing < LARGEST_SPACING:
            raise UsageError(
                f"{name}, line {number}: expected a spacing in Angstrom, got {words[0][:40]!r}"
            )
        found.append(spacing)
    if not found:
        raise UsageError(f"{name}: expected spacings in Angstrom, one a line, got none")
    return Calibrant(name, _spacings(2 * math.pi / spacing for spacing in found), f"file {name}")


def _plain(name: str) -> str:
    return name.casefold().translate({ord(mark): None for mark in " -_"} | {ord("₆"): "6"})
