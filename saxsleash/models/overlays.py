"""Lines of equal q, sectors and slices as they lie on the detector."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import SliceSettings
from saxsdog.reduction.abscissas import METRE_PER_MM, q_of
from saxsdog.reduction.channels import Bins, Sector, SliceChannel, Unit
from saxsdog.reduction.geometry import Geometry

Polyline = NDArray[np.float64]
"""Points ``(row, column)`` in pixels, shape ``(points, 2)``; NaN where a line is interrupted."""

POINTS = 720
"""Of a ring: its chords leave a circle of 5000 pixels by 0.05 pixels."""

FAR = 8.0
"""Farther from the detector than so many of its diagonals nothing is drawn."""


@dataclass(frozen=True)
class Rectangle:
    """Rows and columns from 0 at the top left, the ends outside."""

    top: int
    bottom: int
    left: int
    right: int


def angle_of(geometry: Geometry, q: float) -> float | None:
    r"""Scattering angle :math:`2\theta` of a q in nm⁻¹, rad; ``None`` where no photon gets to."""
    sine = q * geometry.wavelength / (4 * math.pi)
    return 2 * math.asin(sine) if 0.0 <= sine <= 1.0 else None


def ring(geometry: Geometry, q: float) -> Polyline:
    """Return where q is scattered to, as a line; empty if it does not meet the detector's plane.

    Exact on a tilted detector too, where it is an ellipse, or a branch of a hyperbola that is
    interrupted where it leaves for infinity.
    """
    angle = angle_of(geometry, q)
    if angle is None:
        return np.empty((0, 2))
    radius, psi = _radius(geometry, angle)
    radius[radius > _far(geometry)] = np.nan
    return _points(geometry, radius, psi) if np.isfinite(radius).any() else np.empty((0, 2))


def band(geometry: Geometry, q_start: float, q_stop: float) -> tuple[Polyline, Polyline]:
    """Outer and inner edge of ``q_start <= q < q_stop`` as closed polygons, to be filled between.

    What lies far away from the detector is drawn nearer, where it is still out of sight. The inner
    one is empty if the band reaches the beam.
    """
    far = _far(geometry)

    def edge(q: float) -> Polyline:
        angle = angle_of(geometry, q)
        radius, psi = _radius(geometry, math.pi if angle is None else angle)
        return _points(geometry, np.minimum(radius, far), psi)

    return edge(q_stop), edge(q_start) if q_start > 0.0 else np.empty((0, 2))


def circle(geometry: Geometry, radius: float) -> Polyline:
    """Return what lies at a distance from the beam centre, m, in the plane of the detector."""
    psi = np.linspace(0.0, 2 * np.pi, POINTS + 1)
    return _points(geometry, np.full(psi.shape, radius), psi)


def bin_ends(geometry: Geometry, bins: Bins) -> list[Polyline]:
    """Return where bins begin and end, as far as the calibration says so."""
    given = (bins.edges[0], bins.edges[-1]) if bins.edges else (bins.start, bins.stop)
    ends = [end for end in given if end]
    if bins.unit is Unit.R:
        return [circle(geometry, end * METRE_PER_MM) for end in ends]
    return [ring(geometry, float(q_of(end, bins.unit, geometry))) for end in ends]


def wedge(geometry: Geometry, sector: Sector) -> Polyline:
    """Return a sector from the beam to where it is out of sight, as a closed polygon."""
    width = (sector.stop - sector.start) % (2 * np.pi) or 2 * np.pi
    n_points = 2 + int(POINTS * width / (2 * np.pi))
    psi = sector.start + np.linspace(0.0, width, n_points)
    arc = _points(geometry, np.full(psi.shape, _far(geometry)), psi)
    center = np.array([geometry.beam_center])
    return np.concatenate((center, arc, center))


def slice_band(cut: SliceSettings, shape: tuple[int, int]) -> Rectangle:
    """Rows or columns that a slice averages over, cut off at the edges of the detector."""
    channel = SliceChannel(
        name="",
        mask=None,
        direction=cut.direction,
        plane=cut.plane,
        position=cut.position,
        margin=cut.margin,
        incident_angle=cut.incident_angle,
    )
    within, (rows, columns) = channel.band(shape), shape
    if channel.direction == "x":
        return Rectangle(within.start, within.stop, 0, columns)
    return Rectangle(0, rows, within.start, within.stop)


def joined(lines: Iterable[Polyline]) -> Polyline:
    """Return several lines as one, interrupted between them."""
    pen_up = np.full((1, 2), np.nan)
    parts = [part for line in lines if line.size for part in (line, pen_up)]
    return np.concatenate(parts) if parts else np.empty((0, 2))


def label_point(line: Polyline, geometry: Geometry) -> tuple[float, float] | None:
    """Choose a point of a ring to write at, ``None`` if none lies on the detector.

    All rings get theirs in about the same direction from the beam, towards the farthest corner,
    where most of them are seen.
    """
    rows, columns = geometry.shape
    row, column = line.T
    inside = np.flatnonzero((row >= 0) & (row <= rows) & (column >= 0) & (column <= columns))
    if not inside.size:
        return None
    center = np.asarray(geometry.beam_center)
    corners = np.array([(0, 0), (0, columns), (rows, 0), (rows, columns)], np.float64) - center
    corner = corners[np.argmax(np.hypot(*corners.T))]
    away = line[inside] - center
    # A beam that hits the ring itself, at q = 0, has no direction.
    length = np.maximum(np.hypot(*away.T), np.finfo(np.float64).tiny)
    best = line[inside[np.argmax(away @ corner / length)]]
    return float(best[0]), float(best[1])


def _radius(geometry: Geometry, angle: float) -> tuple[Polyline, Polyline]:
    r"""Distance from the beam of a scattering angle, m, infinite where it never arrives; azimuth.

    From :math:`\tan 2\theta = r\cos\alpha / (d + r\sin\alpha)` follows
    :math:`r = d\,\sin 2\theta / \cos(2\theta + \alpha)`, beyond 90 degrees as well.
    """
    psi = np.linspace(0.0, 2 * np.pi, POINTS + 1)
    slope_y, slope_x = geometry.tilt_direction
    alpha = np.arcsin(slope_y * np.sin(psi) + slope_x * np.cos(psi))
    nearness = np.cos(angle + alpha)
    radius = np.full(psi.shape, np.inf)
    arrives = nearness > 0.0
    radius[arrives] = geometry.distance * math.sin(angle) / nearness[arrives]
    return radius, psi


def _points(geometry: Geometry, radius: Polyline, psi: Polyline) -> Polyline:
    (row, column), (height, width) = geometry.beam_center, geometry.pixel_size
    return np.column_stack(
        (row + radius * np.sin(psi) / height, column + radius * np.cos(psi) / width)
    )


def _far(geometry: Geometry) -> float:
    """Distance from the beam that is out of sight, m."""
    (rows, columns), (row, column) = geometry.shape, geometry.beam_center
    height, width = geometry.pixel_size
    y = max(abs(row), abs(rows - row)) * height
    x = max(abs(column), abs(columns - column)) * width
    return FAR * math.hypot(y, x)
