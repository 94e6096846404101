"""The same integration by other programs."""

import importlib.util
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.geometry import Geometry

PYFAI_METHODS = {
    "pyFAI, no splitting, histogram": ("no", "histogram", "cython"),
    "pyFAI, no splitting, CSC": ("no", "csc", "cython"),
    "pyFAI, bounding box, CSC": ("bbox", "csc", "cython"),
    "pyFAI, full splitting, CSR": ("full", "csr", "cython"),
    "pyFAI, full splitting, CSC": ("full", "csc", "cython"),
}
"""Its usual method, and the fastest on a processor with and without splitting of pixels."""

SPLITTING = tuple(name for name in PYFAI_METHODS if "no splitting" not in name)


def pyfai_is_here() -> bool:
    """Tell whether pyFAI is installed."""
    return importlib.util.find_spec("pyFAI") is not None


def limit_to_one_thread() -> None:
    """Keep OpenMP programs to one thread; works before they are imported only."""
    os.environ["OMP_NUM_THREADS"] = "1"


def pyfai_works(
    image: NDArray[np.int32], mask: NDArray[np.bool_], geometry: Geometry, n_bins: int
) -> dict[str, Callable[[], object]]:
    """Integration by pyFAI, by name of the method, with Poisson error and bad pixels."""
    with _quiet():
        from pyFAI.detectors import Detector
        from pyFAI.integrator.azimuthal import AzimuthalIntegrator
    height, width = geometry.pixel_size
    row, column = geometry.beam_center
    integrator = AzimuthalIntegrator(
        detector=Detector(height, width, max_shape=geometry.shape),
        wavelength=geometry.wavelength * 1e-9,
    )
    integrator.setFit2D(
        directDist=geometry.distance * 1e3,
        centerX=column,
        centerY=row,
        tilt=np.rad2deg(geometry.tilt),
        tiltPlanRotation=-np.rad2deg(geometry.tilt_rotation),
        pixelX=width * 1e6,
        pixelY=height * 1e6,
    )
    as_bytes = mask.astype(np.int8)

    def work(method: tuple[str, str, str]) -> Callable[[], object]:
        def integrate() -> object:
            with _quiet():
                return integrator.integrate1d(
                    image,
                    n_bins,
                    unit="q_nm^-1",
                    mask=as_bytes,
                    method=method,
                    error_model="poisson",
                    correctSolidAngle=False,
                    dummy=-1,
                    delta_dummy=1.5,
                )

        return integrate

    return {name: work(method) for name, method in PYFAI_METHODS.items()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep remarks on missing graphics cards out of the table."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
