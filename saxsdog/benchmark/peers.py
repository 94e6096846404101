"""The same work by other programs, each in processes of its own."""

import importlib.util
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.benchmark.frames import copies_of
from saxsdog.benchmark.timing import timed_each
from saxsdog.reduction.geometry import Geometry, pixel_centers, q

HOW_TO_INSTALL = "pyFAI is not installed; to measure it as well: pip install 'saxsdog[bench]'"

Method = tuple[str, str, str]

PYFAI_METHODS: dict[str, Method] = {
    "pyFAI, no splitting, histogram": ("no", "histogram", "cython"),
    "pyFAI, no splitting, CSC": ("no", "csc", "cython"),
    "pyFAI, bounding box, CSC": ("bbox", "csc", "cython"),
    "pyFAI, full splitting, CSR": ("full", "csr", "cython"),
    "pyFAI, full splitting, CSC": ("full", "csc", "cython"),
}
"""Its usual method, and the fastest on a processor with and without splitting of pixels."""


PYFAI_CAKE_METHODS: dict[str, Method] = {
    "pyFAI integrate2d, no splitting, CSR": ("no", "csr", "cython"),
    "pyFAI integrate2d, bounding box, CSR": ("bbox", "csr", "cython"),
}


def pyfai_is_here() -> bool:
    """Tell whether pyFAI is installed."""
    return importlib.util.find_spec("pyFAI") is not None


class PyFai:
    """Integration by pyFAI with Poisson error, mask and bad pixels, on one thread.

    For a process of its own: it imports what we do without, and limits its threads.
    """

    def __init__(self, mask: NDArray[np.bool_], geometry: Geometry, n_bins: int) -> None:
        os.environ["OMP_NUM_THREADS"] = "1"  # works before the import only
        logging.disable(logging.WARNING)  # its remarks on missing graphics cards
        from pyFAI.detectors import Detector
        from pyFAI.integrator.azimuthal import AzimuthalIntegrator

        height, width = geometry.pixel_size
        row, column = geometry.beam_center
        self._integrator = AzimuthalIntegrator(
            detector=Detector(height, width, max_shape=geometry.shape),
            wavelength=geometry.wavelength * 1e-9,
        )
        self._integrator.setFit2D(
            directDist=geometry.distance * 1e3,
            centerX=column,
            centerY=row,
            tilt=np.rad2deg(geometry.tilt),
            tiltPlanRotation=-np.rad2deg(geometry.tilt_rotation),
            pixelX=width * 1e6,
            pixelY=height * 1e6,
        )
        self._mask = mask.astype(np.int8)
        self._n_bins = n_bins

    def __call__(self, image: NDArray[Any], method: Method) -> Any:
        return self._integrator.integrate1d(
            image,
            self._n_bins,
            unit="q_nm^-1",
            mask=self._mask,
            method=method,
            error_model="poisson",
            correctSolidAngle=False,
            dummy=-1,
            delta_dummy=0.5,
        )

    def cake(self, image: NDArray[Any], azimuths: int, method: Method) -> Any:
        """Integrate over azimuth and q."""
        return self._integrator.integrate2d(
            image,
            self._n_bins,
            azimuths,
            unit="q_nm^-1",
            mask=self._mask,
            method=method,
            error_model="poisson",
            correctSolidAngle=False,
            dummy=-1,
            delta_dummy=0.5,
        )


def time_pyfai(
    image: NDArray[np.int32], mask: NDArray[np.bool_], geometry: Geometry, n_bins: int
) -> Callable[[str], float]:
    """Return what integrates frames in memory by a method and says how long each took, s."""
    integrate = PyFai(mask, geometry, n_bins)
    frames = copies_of(image)
    return lambda name: timed_each(lambda frame: integrate(frame, PYFAI_METHODS[name]), frames)()


def time_pyfai_cake(
    image: NDArray[np.int32], mask: NDArray[np.bool_], geometry: Geometry, size: tuple[int, int]
) -> Callable[[str], float]:
    """Do the same for cakes of so many rings and azimuths."""
    n_bins, azimuths = size
    pyfai = PyFai(mask, geometry, n_bins)
    frames = copies_of(image)

    def measure(name: str) -> float:
        method = PYFAI_CAKE_METHODS[name]
        return timed_each(lambda frame: pyfai.cake(frame, azimuths, method), frames)()

    return measure


class PyFaiPipeline:
    """Image files become curve files by fabio, pyFAI and :func:`numpy.savetxt`."""

    def __init__(
        self,
        mask: NDArray[np.bool_],
        geometry: Geometry,
        n_bins: int,
        method: Method,
        folder: Path,
    ) -> None:
        import fabio

        self._open = fabio.open
        self._integrate = PyFai(mask, geometry, n_bins)
        self._method = method
        self._folder = folder

    def __call__(self, *files: Path) -> None:
        for file in files:
            curve = self._integrate(self._open(file).data, self._method)
            table = np.column_stack([curve.radial, curve.intensity, curve.sigma])
            np.savetxt(self._folder / f"{file.stem}.dat", table)


class NumpyPipeline:
    """What one writes on an afternoon: tifffile, :func:`numpy.bincount`, :func:`numpy.savetxt`.

    Each pixel belongs to one bin; bad pixels are left out by the mask alone.
    """

    def __init__(
        self, mask: NDArray[np.bool_], geometry: Geometry, n_bins: int, folder: Path
    ) -> None:
        import tifffile

        self._read = tifffile.imread
        at = q(geometry, *pixel_centers(geometry))
        edges = np.linspace(0.0, at.max(), n_bins + 1)
        bins = np.clip(np.digitize(at, edges) - 1, 0, n_bins - 1)
        self._bins = np.where(mask, n_bins, bins).ravel()  # the last bin is thrown away
        self._area = np.bincount(self._bins, minlength=n_bins + 1)[:-1]
        self._q = (edges[1:] + edges[:-1]) / 2
        self._folder = folder

    def __call__(self, *files: Path) -> None:
        for file in files:
            image = self._read(file).ravel()
            total = np.bincount(self._bins, weights=image, minlength=self._area.size + 1)[:-1]
            with np.errstate(invalid="ignore", divide="ignore"):
                intensity = total / self._area
                sigma = np.sqrt(intensity / self._area)
            table = np.column_stack([self._q, intensity, sigma])
            np.savetxt(self._folder / f"{file.stem}.dat", table)
