"""The numbers of the reduction once more, slowly, by other formulas or by another program."""

import math
from functools import cache

import numpy as np
from pyFAI.detectors import Detector
from pyFAI.integrator.azimuthal import AzimuthalIntegrator

from saxsdog.reduction.channels import RadialChannel
from saxsdog.reduction.geometry import Geometry
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan

PIXEL = 172e-6
WIDE_OPEN = (0.0, 1e6)
"""A range of q that holds everything."""


def a_geometry(shape=(37, 41), **changed):
    """A small tilted detector with rectangular pixels, where no number is round."""
    fields = {
        "shape": shape,
        "beam_center": (11.317, 17.743),
        "distance": 0.0713,
        "pixel_size": (PIXEL, 1.37 * PIXEL),
        "wavelength": 0.1234,
        "tilt": math.radians(13.7),
        "tilt_rotation": math.radians(31.9),
    }
    return Geometry(**(fields | changed))


def random_geometry(rng, largest_tilt=40.0, shape=None):
    """Any detector: beam inside or outside, square or rectangular pixels, tilted to any side."""
    rows, columns = shape or rng.integers(3, 40, 2).tolist()
    return Geometry(
        shape=(rows, columns),
        beam_center=(rng.uniform(-rows, 2 * rows), rng.uniform(-columns, 2 * columns)),
        distance=rng.uniform(0.02, 3.0),
        pixel_size=(rng.uniform(50e-6, 400e-6), rng.uniform(50e-6, 400e-6)),
        wavelength=rng.uniform(0.05, 0.2),
        tilt=math.radians(rng.uniform(-largest_tilt, largest_tilt)),
        tilt_rotation=rng.uniform(-math.pi, math.pi),
    )


@cache
def pyfai(geometry):
    """The same detector in pyFAI."""
    height, width = geometry.pixel_size
    detector = Detector(height, width, max_shape=geometry.shape)
    integrator = AzimuthalIntegrator(detector=detector, wavelength=geometry.wavelength * 1e-9)
    integrator.setFit2D(
        directDist=geometry.distance * 1e3,
        centerX=geometry.beam_center[1],
        centerY=geometry.beam_center[0],
        tilt=math.degrees(geometry.tilt),
        tiltPlanRotation=-math.degrees(geometry.tilt_rotation),
        pixelX=width * 1e6,
        pixelY=height * 1e6,
    )
    return integrator


def sub_pixel_positions(geometry, oversampling):
    """y and x of all sub-pixel centres from the beam, m; shape ``(rows * n, columns * n)``."""
    n = oversampling
    row = (np.arange(geometry.shape[0] * n) + 0.5) / n
    column = (np.arange(geometry.shape[1] * n) + 0.5) / n
    y = (row - geometry.beam_center[0]) * geometry.pixel_size[0]
    x = (column - geometry.beam_center[1]) * geometry.pixel_size[1]
    y, x = np.meshgrid(y, x, indexing="ij")
    return y, x


def q_by_the_design(geometry, y, x):
    """q of points at (y, x) m from the beam, by the formula of the design, with its angles."""
    r, psi = np.hypot(x, y), np.arctan2(y, x)
    alpha = np.arcsin(np.sin(geometry.tilt) * np.sin(psi + geometry.tilt_rotation + np.pi / 2))
    two_theta = np.arctan2(r * np.cos(alpha), geometry.distance + r * np.sin(alpha))
    return 4 * np.pi * np.sin(two_theta / 2) / geometry.wavelength


def radial_bins(geometry, oversampling, pixels_per_bin):
    """Width of a bin and number of bins, from all the sub-pixels."""
    y, x = sub_pixel_positions(geometry, oversampling)
    q_max = q_by_the_design(geometry, y, x).max()
    step = q_max / (np.hypot(x, y).max() / geometry.pixel_size[0]) * pixels_per_bin
    return step, math.floor(q_max / step) + 1


def radial_labels(geometry, oversampling, pixels_per_bin):
    """Bin of every sub-pixel, and its distance to the nearest edge in widths of a bin."""
    y, x = sub_pixel_positions(geometry, oversampling)
    step, _ = radial_bins(geometry, oversampling, pixels_per_bin)
    place = q_by_the_design(geometry, y, x) / step
    return np.floor(place).astype(int), np.abs(place - np.rint(place))


def phi_labels(geometry, oversampling, n_bins, q_start, q_stop):
    """Sector of every sub-pixel, -1 outside of the ring, and its distance to the nearest edge."""
    y, x = sub_pixel_positions(geometry, oversampling)
    q = q_by_the_design(geometry, y, x)
    place = (np.arctan2(y, x) + np.pi) / (2 * np.pi) * n_bins
    labels = np.minimum(np.floor(place).astype(int), n_bins - 1)
    inside = (q_start <= q) & (q < q_stop)
    to_the_ring = np.minimum(np.abs(q / q_start - 1), np.abs(q / q_stop - 1))
    to_the_edge = np.minimum(np.abs(place - np.rint(place)), to_the_ring)
    return np.where(inside, labels, -1), to_the_edge


def shares(labels, n_bins, oversampling, mask=None):
    """Number of sub-pixels of every pixel in every bin, shape ``(bins, pixels)``, dense."""
    n = oversampling
    rows, columns = (size // n for size in labels.shape)
    counted = np.zeros((n_bins, rows * columns), dtype=np.int64)
    pixel = np.arange(rows * columns).reshape(rows, columns)
    pixel = np.repeat(np.repeat(pixel, n, axis=0), n, axis=1)
    inside = labels >= 0
    np.add.at(counted, (labels[inside], pixel[inside]), 1)
    if mask is not None:
        counted[:, mask.ravel()] = 0
    return counted


def radial_plan(geometry, *, oversampling=3, pixels_per_bin=1.0, mask=None, **options):
    """A plan of a single curve over q."""
    channel = RadialChannel("R0", mask, oversampling, pixels_per_bin, *WIDE_OPEN)
    return make_plan(geometry, [channel], **options)


def only_curve(image, plan):
    """The curve of a plan that has one."""
    (curve,) = integrate(image, plan)
    return curve
