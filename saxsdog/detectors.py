"""Common detectors: how many pixels they have, how large, and with which gaps between modules."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import UsageError


@dataclass(frozen=True)
class Detector:
    """A detector built of equal modules on a regular grid; one module where there are no gaps.

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
    dtype: np.dtype[np.int32] | np.dtype[np.uint32] | np.dtype[np.uint16]

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels of the whole image, ``(rows, columns)``, gaps included."""
        rows, columns = (
            n * size + (n - 1) * gap
            for n, size, gap in zip(self.modules, self.module_shape, self.module_gap, strict=True)
        )
        return rows, columns

    @property
    def gaps(self) -> str:
        """Rows and columns between the modules, in words; empty where there are none."""
        words = []
        for one, n, gap in zip(("row", "column"), self.modules, self.module_gap, strict=True):
            if n > 1:
                words.append(f"{n - 1} x {gap} {one}s")
        return ", ".join(words)

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


def _jungfrau(name: str, modules: tuple[int, int]) -> Detector:
    return Detector(name, modules, (514, 1030), (36, 8), (75e-6, 75e-6), np.dtype(np.int32))


def _medipix(name: str, chips: tuple[int, int]) -> Detector:
    """Make a detector of chips of the Medipix family, whose wide pixels between them are gaps."""
    return Detector(name, chips, (256, 256), (4, 4), (55e-6, 55e-6), np.dtype(np.uint32))


def _whole(name: str, shape: tuple[int, int], pixel_size: float) -> Detector:
    """Make a detector without gaps and with square pixels, for example a CCD behind a taper."""
    return Detector(name, (1, 1), shape, (0, 0), (pixel_size, pixel_size), np.dtype(np.uint16))


# Modules, gaps and pixels as in the makers' data sheets (DECTRIS: PILATUS, PILATUS3, EIGER,
# EIGER2 X); the two generations of Pilatus differ in their electronics only.
_PILATUS_MODULES = {
    "100K": (1, 1),
    "200K": (2, 1),
    "300K": (3, 1),
    "300K-W": (1, 3),
    "900K": (3, 3),
    "900K-W": (1, 9),
    "1M": (5, 2),
    "2M": (8, 3),
    "6M": (12, 5),
}
_PILATUS4_MODULES = {"260K": (2, 1), "260K-W": (1, 2), "1M": (4, 2), "2M": (6, 3), "4M": (8, 4)}
_EIGER_MODULES = {"500K": (1, 1), "1M": (2, 1), "4M": (4, 2), "9M": (6, 3), "16M": (8, 4)}
_EIGER2_MODULES = _EIGER_MODULES | {"1M-W": (1, 2), "2M-W": (1, 4)}
_JUNGFRAU_MODULES = {"1M": (2, 1), "4M": (4, 2)}
_LAMBDA_CHIPS = {
    "60K": (1, 1),
    "250K": (2, 2),
    "750K": (2, 6),
    "2M": (6, 6),
    "7.5M": (10, 10),
    "10M": (10, 18),
}
_MAXIPIX_CHIPS = {"1x1": (1, 1), "2x2": (2, 2), "5x1": (1, 5)}
# Pixels of images that are not binned; the sizes of those of Rayonix are the edge of the face over
# their number.
_WHOLE = {
    "Rayonix SX165": ((4096, 4096), 39.5e-6),
    "Rayonix SX200": ((4096, 4096), 48e-6),
    "Rayonix LX170-HS": ((1920, 3840), 44.2708e-6),
    "Rayonix MX170-HS": ((3840, 3840), 44.2708e-6),
    "Rayonix LX255-HS": ((1920, 5760), 44.2708e-6),
    "Rayonix MX225": ((3072, 3072), 73.242e-6),
    "Rayonix MX225-HS": ((2880, 2880), 78.125e-6),
    "Rayonix MX300": ((4096, 4096), 73.242e-6),
    "Rayonix MX300-HS": ((3840, 3840), 78.125e-6),
    "Rayonix MX325": ((4096, 4096), 79.346e-6),
    "Rayonix MX340-HS": ((3840, 3840), 88.5417e-6),
    "Rayonix MX425-HS": ((9600, 9600), 44.2708e-6),
    "Rayonix SX30-HS": ((1920, 1920), 15.625e-6),
    "Rayonix SX85-HS": ((1920, 1920), 44.2708e-6),
    "Mar 345": ((3450, 3450), 100e-6),
    "Mar 555": ((3072, 2560), 139e-6),
    "ADSC Q4": ((2304, 2304), 51e-6),
    "ADSC Q210": ((4096, 4096), 51e-6),
    "ADSC Q270": ((4168, 4168), 51e-6),
    "ADSC Q315": ((6144, 6144), 51e-6),
    "ADSC HF-130K": ((256, 512), 150e-6),
    "ADSC HF-262K": ((512, 512), 150e-6),
    "ADSC HF-1M": ((1024, 1024), 150e-6),
    "ADSC HF-2.4M": ((1536, 1536), 150e-6),
    "ADSC HF-4M": ((2048, 2048), 150e-6),
    "ADSC HF-9.4M": ((3072, 3072), 150e-6),
    "Perkin Elmer": ((2048, 2048), 200e-6),
    "Dexela 2923": ((3888, 3072), 75e-6),
    "Titan": ((2048, 2048), 60e-6),
    "FReLoN": ((2048, 2048), 50e-6),
    "Fairchild": ((4096, 4096), 15e-6),
    "Apex2": ((1024, 1024), 120e-6),
}

DETECTORS: dict[str, Detector] = {
    detector.name: detector
    for detector in (
        *(_pilatus(f"Pilatus {size}", modules) for size, modules in _PILATUS_MODULES.items()),
        *(_pilatus(f"Pilatus3 {size}", modules) for size, modules in _PILATUS_MODULES.items()),
        *(_pilatus4(f"Pilatus4 {size}", modules) for size, modules in _PILATUS4_MODULES.items()),
        *(_eiger(f"Eiger {size}", modules) for size, modules in _EIGER_MODULES.items()),
        Detector("Eiger2 250K", (1, 1), (512, 512), (38, 12), (75e-6, 75e-6), np.dtype(np.uint32)),
        *(_eiger2(f"Eiger2 {size}", modules) for size, modules in _EIGER2_MODULES.items()),
        *(_jungfrau(f"Jungfrau {size}", modules) for size, modules in _JUNGFRAU_MODULES.items()),
        *(_medipix(f"Lambda {size}", chips) for size, chips in _LAMBDA_CHIPS.items()),
        *(_medipix(f"Maxipix {size}", chips) for size, chips in _MAXIPIX_CHIPS.items()),
        *(_whole(name, shape, pixel_size) for name, (shape, pixel_size) in _WHOLE.items()),
    )
}
"""Every detector of the table, by name."""

_OTHER_NAMES = {
    "perkin": "Perkin Elmer",
    "maxipix": "Maxipix 1x1",
    "lambda7m5": "Lambda 7.5M",
    "hf130k": "ADSC HF-130K",
    "hf262k": "ADSC HF-262K",
    "hf1m": "ADSC HF-1M",
    "hf2m": "ADSC HF-2.4M",
    "hf4m": "ADSC HF-4M",
    "hf9m": "ADSC HF-9.4M",
    "rayonixlx170": "Rayonix LX170-HS",
    "rayonixlx255": "Rayonix LX255-HS",
    "rayonixmx170": "Rayonix MX170-HS",
}
"""What pyFAI calls them, without case and marks."""

_NOT_IN_NAMES = re.compile(
    r"dectris|bruker|cdte|(?<=\d)[\s_-]+(?:x|xe|r|s)(?=[\s_-])", re.IGNORECASE
)
"""Maker, material and series, which change neither the number nor the size of the pixels."""

_MARKS = re.compile(r"[\s_.-]+")


def _plain(name: str) -> str:
    return _MARKS.sub("", _NOT_IN_NAMES.sub("", name)).casefold()


def detector(name: str) -> Detector:
    """Find a detector by name; upper or lower case, spaces and dashes do not matter.

    Neither do maker, series and sensor: ``Dectris Eiger2 X CdTe 1M-W`` is ``Eiger2 1M-W``.

    Raises
    ------
    UsageError
        If no detector has this name; the message lists those that exist.
    """
    wanted = _OTHER_NAMES.get(_plain(name), name)
    for known, candidate in DETECTORS.items():
        if _plain(known) == _plain(wanted):
            return candidate
    raise UsageError(f"expected one of the detectors {', '.join(DETECTORS)}; got {name!r}")


def detector_table() -> str:
    """Return name, rows and columns, pixel size and gaps of all detectors, a line for each."""
    lines = [f"{'detector':18} {'pixels':>13} {'µm':>9}  gaps"]
    for known in DETECTORS.values():
        rows, columns = known.shape
        edge = f"{1e6 * known.pixel_size[0]:.6g}"
        lines.append(
            f"{known.name:18} {f'{rows} x {columns}':>13} {edge:>9}  {known.gaps}".rstrip()
        )
    return "\n".join(lines)
