"""Rings of any width, in any of the units that people use."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from saxsdog.compiled import compiled
from saxsdog.reduction.abscissas import METRE_PER_MM, from_q, q_of
from saxsdog.reduction.binning import (
    NO_BIN,
    Labels,
    maxima,
    sine_of_theta,
    sub_pixel_offsets,
)
from saxsdog.reduction.channels import Bins, Spacing, Unit
from saxsdog.reduction.geometry import Array, Geometry

JUST_BEYOND = 1.0 + 1e-12
"""The end of the detector itself lies in the last bin, whatever rounding makes of it."""


def ends_of(bins: Bins, geometry: Geometry, oversampling: int) -> tuple[float, float]:
    """Lowest and highest border in the unit of the bins, those of the detector where none is given.

    The highest d of a detector is infinite.
    """
    if bins.edges:
        return bins.edges[0], bins.edges[-1]
    start, stop = bins.start, bins.stop
    if start is not None and stop is not None:
        return start, stop
    q_max, r_max = maxima(geometry, oversampling)
    if bins.unit is Unit.D:
        lowest = from_q(q_max * JUST_BEYOND, bins.unit, geometry)
        return lowest if start is None else start, np.inf if stop is None else stop
    if stop is None:
        most = r_max / METRE_PER_MM if bins.unit is Unit.R else from_q(q_max, bins.unit, geometry)
        stop = most * JUST_BEYOND
    return 0.0 if start is None else start, stop


@dataclass(frozen=True)
class EdgeBinning:
    """Rings between the edges of ``bins``; a lower edge belongs to its bin, the highest to none.

    Of d it is the upper edge that does: bins are sorted by the scattering angle.
    """

    geometry: Geometry
    oversampling: int
    bins: Bins

    @cached_property
    def edges(self) -> Array:
        """Borders of the bins in their unit, ascending, shape ``(bins + 1,)``."""
        if self.bins.edges:
            return np.array(self.bins.edges)
        start, stop = ends_of(self.bins, self.geometry, self.oversampling)
        spaced = np.geomspace if self.bins.spacing is Spacing.LOGARITHMIC else np.linspace
        return np.asarray(spaced(start, stop, self.bins.number + 1))

    @property
    def n_bins(self) -> int:
        return self.bins.n_bins

    @property
    def centers(self) -> Array:
        """Middle of each bin in their unit; in the middle of the logarithms where these divide."""
        lower, upper = self.edges[:-1], self.edges[1:]
        if self.bins.spacing is Spacing.LOGARITHMIC and not self.bins.edges:
            return np.asarray(np.sqrt(lower * upper))
        return np.asarray((lower + upper) / 2)

    @property
    def q(self) -> Array:
        """Length of the scattering vector in the middle of each bin, nm⁻¹."""
        return q_of(self.centers, self.bins.unit, self.geometry)

    @property
    def widths(self) -> Array:
        """Of the bins in q, nm⁻¹."""
        return np.abs(np.diff(q_of(self.edges, self.bins.unit, self.geometry)))

    def labels(self, start: int, stop: int) -> Labels:
        y, x = sub_pixel_offsets(self.geometry, self.oversampling, start, stop)
        geometry = self.geometry
        if self.bins.unit is Unit.R:
            squares = np.sign(self.edges) * (self.edges * METRE_PER_MM) ** 2
            return _labels_by_distance(y, x, squares)
        sines = q_of(self.edges, self.bins.unit, geometry) * geometry.wavelength / (4 * np.pi)
        downwards = self.bins.unit is Unit.D
        tilt = geometry.tilt_direction
        if not downwards:
            return _labels_by_angle(y, x, *tilt, geometry.distance, sines)
        labels = _labels_by_angle(y, x, *tilt, geometry.distance, sines[::-1].copy())
        return np.where(labels == NO_BIN, labels, np.int32(self.n_bins - 1) - labels)


@compiled
def _bin_of(value: float, edges: Array, guess: int) -> int:
    """Find the bin of a value, -1 outside of all; at once where the guess or a neighbour is right.

    The sub-pixels of a row go through the bins one after the other.
    """
    n_bins = edges.size - 1
    if not edges[0] <= value < edges[n_bins]:
        return NO_BIN
    for k in (guess, guess + 1, guess - 1):
        if 0 <= k < n_bins and edges[k] <= value < edges[k + 1]:
            return k
    return int(np.searchsorted(edges, value, side="right")) - 1


@compiled
def _labels_by_angle(
    y: Array, x: Array, slope_y: float, slope_x: float, distance: float, sines: Array
) -> Labels:
    labels = np.empty((y.size, x.size), dtype=np.int32)
    for i in range(y.size):
        guess = 0
        for j in range(x.size):
            guess = _bin_of(sine_of_theta(y[i], x[j], slope_y, slope_x, distance), sines, guess)
            labels[i, j] = guess
    return labels


@compiled
def _labels_by_distance(y: Array, x: Array, squares: Array) -> Labels:
    labels = np.empty((y.size, x.size), dtype=np.int32)
    for i in range(y.size):
        guess = 0
        for j in range(x.size):
            guess = _bin_of(y[i] * y[i] + x[j] * x[j], squares, guess)
            labels[i, j] = guess
    return labels
