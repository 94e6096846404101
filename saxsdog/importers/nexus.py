r"""NeXus: masters of Eiger detectors, NXmx, and other HDF5 files that describe a detector.

Two ways lead to a geometry. The plain one is ``beam_center_x``, ``beam_center_y`` and
``detector_distance`` of the detector, which know no tilt. The other is the module's
``fast_pixel_direction`` and ``slow_pixel_direction`` with the chain of transformations that they
depend on. It gives two unit vectors :math:`f, s` and the outer corner *o* of the first pixel in the
laboratory, whose z runs along the beam. The beam hits the detector *a* along the rows and *b* down
the columns from there, where :math:`o + a f + b s` has no x and no y; its z is the distance, and
:math:`(s_z, f_z)` the depth that :mod:`saxsdog.importers.plane` makes a tilt of. That is exact for
any flat detector with orthogonal axes. Where both ways are there the transformations count, and a
difference is said.

References
----------
NeXus definitions (NXdetector, NXdetector_module, NXtransformations, NXmx),
https://manual.nexusformat.org; DECTRIS, "EIGER2 SIMPLON API Reference".
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from saxsdog.errors import CalibrationError, FrameError
from saxsdog.importers.findings import NOTHING, UM_PER_M, Facts, Findings, findings
from saxsdog.importers.hdf5_tree import LENGTHS, Quantity, Tree, opened
from saxsdog.importers.nexus_axes import FAST, SLOW, axes_of, rotations_in
from saxsdog.importers.plane import tilt_of
from saxsdog.io.hdf5 import is_hdf5

NAME, TITLE = "nexus", "NeXus or Eiger HDF5"
MM_PER_M, ANGSTROM_PER_M = 1e3, 1e10
ANGSTROM_KEV = 12.398419843
"""Wavelength times energy, hc/e of the SI."""

_ENERGIES = {"ev": 1e-3, "kev": 1.0}
_PIXELS = ("", "pixel", "pixels", "px")
_WAVELENGTHS = (
    "instrument/beam/incident_wavelength",
    "sample/beam/incident_wavelength",
    "instrument/monochromator/wavelength",
    "instrument/beam/wavelength",
)
_PHOTON_ENERGIES = (
    "instrument/beam/incident_energy",
    "sample/beam/incident_energy",
    "instrument/monochromator/energy",
    "instrument/detector/detectorSpecific/photon_energy",
)
_SQUARE = 1e-6
"""Cosine between two axes of a detector that are orthogonal up to rounding."""

_SAME_PIXEL, _SAME_DISTANCE = 1.0, 1e-3
"""Up to which beam centres, pixels, and distances, relative, are meant to be the same."""


@dataclass(frozen=True)
class _Placed:
    """Where the beam hits: pixels from the first edges, distance in m, and depth per metre."""

    row: float
    column: float
    distance: float
    slope: tuple[float, float] = (0.0, 0.0)
    cosine: float = 1.0


def recognizes(head: bytes) -> bool:
    """Whether a file is HDF5, by its first bytes."""
    return is_hdf5(head)


def _whole(rows: float, columns: float) -> tuple[int, int] | None:
    """Take two numbers of pixels, if that is what they are."""
    if not all(float(number).is_integer() and number > 0 for number in (rows, columns)):
        return None
    return int(rows), int(columns)


def read(path: Path, asked: Facts = NOTHING, fallback: Facts = NOTHING) -> Findings:
    """Read what a file says of its first detector; never a step into another file.

    Parameters
    ----------
    path
        An HDF5 file, for example the master of an Eiger.
    asked, fallback
        What is known beside the file; the first is trusted more than the file, the other less.

    Raises
    ------
    CalibrationError
        If it is no HDF5 file, has no detector, or the detector cannot be one of ours.
    """
    try:
        with opened(path) as tree:
            return _Reader(tree).findings(asked, fallback)
    except FrameError as error:
        raise CalibrationError(str(error)) from error


class _Reader:
    """Takes one file apart, and notes what is to be said of it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._remarks: list[str] = []
        self._entry = self._only("NXentry", "", "entry")
        self._detector = self._only(
            "NXdetector", self._only("NXinstrument", self._entry, "instrument"), "detector"
        )
        self._modules = tree.of_class("NXdetector_module", self._detector)

    def findings(self, asked: Facts, fallback: Facts) -> Findings:
        """Put together what the file says."""
        facts = Facts(self._image_size(), self._pixel_size(), self._wavelength())
        known = asked.or_else(facts).or_else(fallback)
        placed, plain = self._transformed(known), self._plain(known)
        if placed is not None and plain is not None:
            self._compare(placed, plain)
        place = placed or plain
        center = None
        if place is None:
            self._remarks.append("the beam centre is not there, or it needs the pixel size")
        elif known.image_size is not None:
            center = known.image_size[0] - place.row, place.column
        distance = self._distance() if place is None else place.distance
        return findings(
            NAME,
            facts=facts,
            beam_center=center,
            distance_mm=None if distance is None else MM_PER_M * distance,
            tilt=tilt_of(*place.slope, place.cosine) if place else None,
            remarks=tuple(dict.fromkeys(self._remarks)),
        )

    def _only(self, kind: str, folder: str, usual: str) -> str:
        """Path of the first group of a class, or of a usual name where nobody says classes."""
        found = self._tree.of_class(kind, folder)
        if len(found) > 1:
            self._remarks.append(f"{', '.join(found)}: the first {kind} is taken")
        for place in (*found, f"{folder}/{usual}"):
            if self._tree.has_group(place):
                return place
        raise CalibrationError(f"expected a group {kind} in {folder or '/'}, there is none")

    def _field(self, *path: str) -> Quantity | None:
        """Read a field whose values are above 0; zeros stand where nobody filled in the form."""
        found = self._tree.field("/".join(path))
        if found is None or not bool(np.all((found.values > 0) & np.isfinite(found.values))):
            return None
        return self._steady(found)

    def _steady(self, found: Quantity) -> Quantity:
        if np.ptp(found.values) > 0:
            self._remarks.append(f"{found.path} has several values: the first is taken")
        return found

    # ------------------------------------------------------------------ plain fields

    def _image_size(self) -> tuple[int, int] | None:
        specific = f"{self._detector}/detectorSpecific"
        rows = self._field(specific, "y_pixels_in_detector")
        columns = self._field(specific, "x_pixels_in_detector")
        if rows is not None and columns is not None:
            return _whole(rows.first, columns.first)
        for place in (
            f"{specific}/pixel_mask",
            f"{self._detector}/pixel_mask",
            f"{self._entry}/data/data",
            f"{self._detector}/data",
        ):
            shape = self._tree.shape(place)
            if shape is not None and len(shape) >= 2:
                return shape[-2], shape[-1]
        sizes = [self._tree.field(f"{module}/data_size") for module in self._modules]
        if len(sizes) == 1 and sizes[0] is not None and sizes[0].values.size >= 2:
            return _whole(*sizes[0].values[-2:])
        return None

    def _pixel_size(self) -> tuple[float, float] | None:
        height, width = self._edge("y", SLOW), self._edge("x", FAST)
        return None if height is None or width is None else (height, width)

    def _edge(self, axis: str, step: str) -> float | None:
        found = self._field(self._detector, f"{axis}_pixel_size")
        for module in self._modules[:1] if found is None else ():
            found = self._field(module, step)
        return None if found is None else UM_PER_M * found.times(LENGTHS, "m")

    def _wavelength(self) -> float | None:
        for path in _WAVELENGTHS:
            found = self._field(self._entry, path)
            if found is not None:
                return ANGSTROM_PER_M * found.times(LENGTHS, "angstrom")
        for path in _PHOTON_ENERGIES:
            found = self._field(self._entry, path)
            if found is not None:
                return ANGSTROM_KEV / found.times(_ENERGIES, "ev")
        return None

    def _distance(self) -> float | None:
        found = self._field(self._detector, "detector_distance") or self._field(
            self._detector, "distance"
        )
        return None if found is None else found.times(LENGTHS, "m")

    def _plain(self, known: Facts) -> _Placed | None:
        height, width = known.pixel_size or (None, None)
        row, column = self._center("beam_center_y", height), self._center("beam_center_x", width)
        distance = self._distance()
        if distance is None or row is None or column is None:
            return None
        return _Placed(row, column, distance)

    def _center(self, name: str, edge: float | None) -> float | None:
        """Pixels from the outer edge of the first; a length is divided by the pixel size."""
        found = self._tree.field(f"{self._detector}/{name}")
        if found is None:
            return None
        self._steady(found)
        if found.unit in _PIXELS:
            return found.first
        return None if edge is None else UM_PER_M * found.times(LENGTHS, "m") / edge

    # ------------------------------------------------------------------ transformations

    def _transformed(self, known: Facts) -> _Placed | None:
        """Follow the transformations of the first module; ``None`` where they say no place."""
        axes = axes_of(self._tree, self._modules[0], self._remarks) if self._modules else None
        if axes is None:
            self._remarks += [
                f"{each.path}, {each.first:g} {each.unit}, turns the detector, but there are no "
                "directions of pixels: not carried over"
                for each in rotations_in(self._tree, f"{self._detector}/transformations")
            ]
            return None
        if len(self._modules) > 1:
            self._remarks.append(
                f"{len(self._modules)} modules: all count as one plane, that of the first"
            )
        slant = float(axes.fast @ axes.slow)
        if abs(slant) > _SQUARE:
            raise CalibrationError(
                "expected a detector with orthogonal axes, got fast and slow directions with "
                f"{math.degrees(math.acos(slant)):.6g} degrees between them"
            )
        cosine = abs(float(np.cross(axes.fast, axes.slow)[2]))
        if cosine < _SQUARE:
            raise CalibrationError("expected a detector that the beam hits, it lies along the beam")
        across = np.stack([axes.fast[:2], axes.slow[:2]], axis=1)
        right, down = np.linalg.solve(across, -axes.corner[:2])
        distance = float(axes.corner[2] + right * axes.fast[2] + down * axes.slow[2])
        if known.pixel_size is None:
            return None
        if distance <= 0:
            self._remarks.append(
                f"the transformations put the detector at {distance:g} m: they are left out"
            )
            return None
        first_row, first_column = self._origin(self._modules[0])
        height, width = known.pixel_size
        return _Placed(
            first_row + UM_PER_M * float(down) / height,
            first_column + UM_PER_M * float(right) / width,
            distance,
            (float(axes.slow[2]), float(axes.fast[2])),
            cosine,
        )

    def _origin(self, module: str) -> tuple[float, float]:
        """Row and column of the first pixel of a module in the whole image."""
        found = self._tree.field(f"{module}/data_origin")
        if found is None or found.values.size < 2:
            return 0.0, 0.0
        return float(found.values[-2]), float(found.values[-1])

    def _compare(self, placed: _Placed, plain: _Placed) -> None:
        apart = math.hypot(placed.row - plain.row, placed.column - plain.column)
        if apart > _SAME_PIXEL or abs(placed.distance / plain.distance - 1) > _SAME_DISTANCE:
            both = (
                f"row {each.row:.2f}, column {each.column:.2f}, {MM_PER_M * each.distance:.6g} mm"
                for each in (plain, placed)
            )
            self._remarks.append(
                f"beam centre and distance are {', but by the transformations '.join(both)}: "
                "the transformations are taken"
            )
