"""Detectors that are built of modules: how many, how large and how far apart they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import UsageError


@dataclass(frozen=True)
class Detector:
    """A detector built of equal modules on a regular grid.

    Attributes
    ----------
    name
        What the maker calls it, for example ``Pilatus 1M``.
    modules
        Modules ``(below each other, side by side)``.
    module_shape
        Pixels of one module, ``(rows, columns)``.
    module_gap
        Pixels between neighbours that measure nothing, ``(rows, columns)``.
    pixel_size
        Edges of a pixel, ``(vertical, horizontal)``, m.
    dtype
        Type of the counts in a file: signed types mark pixels by -1 and -2, unsigned types by
        their largest value.
    """

    name: str
    modules: tuple[int, int]
    module_shape: tuple[int, int]
    module_gap: tuple[int, int]
    pixel_size: tuple[float, float]
    dtype: np.dtype[np.int32] | np.dtype[np.uint32]

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels of the whole image, ``(rows, columns)``, gaps included."""
        rows, columns = (
            n * size + (n - 1) * gap
            for n, size, gap in zip(self.modules, self.module_shape, self.module_gap, strict=True)
        )
        return rows, columns

    @property
    def gap_value(self) -> int:
        """What a pixel between the modules holds."""
        return -1 if self.dtype.kind == "i" else int(np.iinfo(self.dtype).max)

    @property
    def dead_value(self) -> int:
        """What a pixel holds that the maker has switched off."""
        return -2 if self.dtype.kind == "i" else self.gap_value

    def gap_mask(self) -> NDArray[np.bool_]:
        """Pixels between the modules, shape ``shape``, ``True`` in a gap."""
        in_row_gap, in_column_gap = (
            np.arange(length) % (size + gap) >= size
            for length, size, gap in zip(
                self.shape, self.module_shape, self.module_gap, strict=True
            )
        )
        return in_row_gap[:, np.newaxis] | in_column_gap[np.newaxis, :]


def _pilatus(name: str, modules: tuple[int, int]) -> Detector:
    return Detector(name, modules, (195, 487), (17, 7), (172e-6, 172e-6), np.dtype(np.int32))


def _pilatus4(name: str, modules: tuple[int, int]) -> Detector:
    return Detector(name, modules, (255, 513), (20, 7), (150e-6, 150e-6), np.dtype(np.uint32))


def _eiger(name: str, modules: tuple[int, int]) -> Detector:
    return Detector(name, modules, (514, 1030), (37, 10), (75e-6, 75e-6), np.dtype(np.uint32))


def _eiger2(name: str, modules: tuple[int, int]) -> Detector:
    return Detector(name, modules, (512, 1028), (38, 12), (75e-6, 75e-6), np.dtype(np.uint32))


# Modules, gaps and pixels as in the makers' data sheets (DECTRIS: PILATUS, PILATUS3, EIGER,
# EIGER2 X); the two generations of Pilatus differ in their electronics only.
_PILATUS_MODULES = {
    "100K": (1, 1),
    "200K": (2, 1),
    "300K": (3, 1),
    "300K-W": (1, 3),
    "900K": (3, 3),
    "1M": (5, 2),
    "2M": (8, 3),
    "6M": (12, 5),
}
_PILATUS4_MODULES = {"260K": (2, 1), "260K-W": (1, 2), "1M": (4, 2), "2M": (6, 3), "4M": (8, 4)}
_EIGER_MODULES = {"500K": (1, 1), "1M": (2, 1), "4M": (4, 2), "9M": (6, 3), "16M": (8, 4)}
_EIGER2_MODULES = _EIGER_MODULES | {"1M-W": (1, 2), "2M-W": (1, 4)}

DETECTORS: dict[str, Detector] = {
    detector.name: detector
    for detector in (
        *(_pilatus(f"Pilatus {size}", modules) for size, modules in _PILATUS_MODULES.items()),
        *(_pilatus(f"Pilatus3 {size}", modules) for size, modules in _PILATUS_MODULES.items()),
        *(_pilatus4(f"Pilatus4 {size}", modules) for size, modules in _PILATUS4_MODULES.items()),
        *(_eiger(f"Eiger {size}", modules) for size, modules in _EIGER_MODULES.items()),
        *(_eiger2(f"Eiger2 {size}", modules) for size, modules in _EIGER2_MODULES.items()),
    )
}
"""Every detector of the table, by name."""


def _plain(name: str) -> str:
    return name.casefold().translate({ord(mark): None for mark in " -_"})


def detector(name: str) -> Detector:
    """Find a detector by name; upper or lower case, spaces and dashes do not matter.

    Raises
    ------
    UsageError
        If no detector has this name; the message lists those that exist.
    """
    for known, candidate in DETECTORS.items():
        if _plain(known) == _plain(name):
            return candidate
    raise UsageError(f"expected one of the detectors {', '.join(DETECTORS)}; got {name!r}")
