"""Where the rings of well-known powders lie."""

from dataclasses import dataclass

from saxsdog.refinement.calibrants import CALIBRANTS


@dataclass(frozen=True)
class RingPreset:
    """A powder and the q of its rings, nm⁻¹, ascending."""

    name: str
    qs: tuple[float, ...]


PRESETS = tuple(RingPreset(known.name, known.qs) for known in CALIBRANTS)
