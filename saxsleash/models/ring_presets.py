"""Where the rings of well-known powders lie."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

SILVER_BEHENATE_SPACING = 5.838
"""nm. T. C. Huang, H. Toraya, T. N. Blanton, Y. Wu, J. Appl. Cryst. 26, 180 (1993),
doi:10.1107/S0021889892009762."""

LAB6_EDGE = 0.4156826
"""nm; NIST Standard Reference Material 660c."""

CORUNDUM_CELL = (0.4759355, 1.299231)
"""a and c, nm; NIST Standard Reference Material 676a, certificate of 2015."""

ORDERS = 20
HIGHEST_INDEX = 6
MOST_RINGS = 30


@dataclass(frozen=True)
class RingPreset:
    """A powder and the q of its rings, nm⁻¹, ascending."""

    name: str
    qs: tuple[float, ...]


def _lamellar(spacing: float) -> tuple[float, ...]:
    return tuple(2 * math.pi * n / spacing for n in range(1, ORDERS + 1))


def _cubic(edge: float) -> tuple[float, ...]:
    """Return the rings of a primitive cubic lattice, none of which is extinct."""
    indices = product(range(HIGHEST_INDEX + 1), repeat=3)
    return _rings(2 * math.pi / edge * math.hypot(*hkl) for hkl in indices if any(hkl))


def _corundum(a: float, c: float) -> tuple[float, ...]:
    """Return the rings of space group R-3c, hexagonal axes.

    Reflections obey -h + k + l = 3n, and those with h = 0, k = 0 or h = -k have an even l as well:
    International Tables for Crystallography A, group 167.
    """
    span = range(-HIGHEST_INDEX, HIGHEST_INDEX + 1)
    seen = (
        (h, k, m)
        for h, k, m in product(span, span, range(3 * HIGHEST_INDEX + 1))
        if any((h, k, m)) and (-h + k + m) % 3 == 0 and not (h * k * (h + k) == 0 and m % 2)
    )
    return _rings(
        2 * math.pi * math.sqrt(4 / 3 * (h * h + h * k + k * k) / a**2 + (m / c) ** 2)
        for h, k, m in seen
    )


def _rings(qs: Iterable[float]) -> tuple[float, ...]:
    """Return the first of them, those at the same q once."""
    return tuple(sorted({round(q, 9) for q in qs})[:MOST_RINGS])


PRESETS = (
    RingPreset("Silver behenate", _lamellar(SILVER_BEHENATE_SPACING)),
    RingPreset("LaB₆", _cubic(LAB6_EDGE)),
    RingPreset("Corundum", _corundum(*CORUNDUM_CELL)),
)
