"""Rings cut by azimuth: only some sectors of them, or each divided around the circle."""

from dataclasses import dataclass

import numpy as np

from saxsdog.compiled import compiled
from saxsdog.reduction.binning import NO_BIN, Labels, RadialBinning, sub_pixel_offsets
from saxsdog.reduction.channels import Sector
from saxsdog.reduction.edge_binning import EdgeBinning
from saxsdog.reduction.geometry import Array

Rings = RadialBinning | EdgeBinning


@dataclass(frozen=True)
class SectorBinning:
    """Parts of rings: bin k of ring n in the azimuth m is ``m * n_rings + n``.

    In this order the pixels that lie across two rings keep neighbouring bins, which are summed
    fast; across two azimuths lie few.

    Attributes
    ----------
    rings
        What is cut.
    sectors
        What lies in none of them is in no bin; empty: nothing is left out.
    n_azimuths
        Equal parts of the full circle, from -pi to pi; 1 does not divide it.
    """

    rings: Rings
    sectors: tuple[Sector, ...]
    n_azimuths: int = 1

    @property
    def oversampling(self) -> int:
        return self.rings.oversampling

    @property
    def n_bins(self) -> int:
        return self.rings.n_bins * self.n_azimuths

    @property
    def azimuths(self) -> Array:
        """Middle of each part of the circle, rad."""
        step = 2 * np.pi / self.n_azimuths
        return np.asarray((np.arange(self.n_azimuths) + 0.5) * step - np.pi)

    def labels(self, start: int, stop: int) -> Labels:
        labels = self.rings.labels(start, stop)
        y, x = sub_pixel_offsets(self.rings.geometry, self.oversampling, start, stop)
        starts = np.array([sector.start for sector in self.sectors])
        stops = np.array([sector.stop for sector in self.sectors])
        _cut(labels, y, x, starts, stops, self.n_azimuths, self.rings.n_bins)
        return labels


@compiled
def _cut(
    labels: Labels,
    y: Array,
    x: Array,
    starts: Array,
    stops: Array,
    n_azimuths: int,
    n_rings: int,
) -> None:
    """Take the labels of whole rings to those of their parts, in place."""
    for i in range(y.size):
        for j in range(x.size):
            if labels[i, j] == NO_BIN:
                continue
            chi = np.arctan2(y[i], x[j])
            inside = starts.size == 0
            for k in range(starts.size):
                # Compared with the borders themselves: two sectors that meet share no azimuth.
                if starts[k] < stops[k]:
                    inside |= starts[k] <= chi < stops[k]
                else:
                    inside |= chi >= starts[k] or chi < stops[k]
            if not inside:
                labels[i, j] = NO_BIN
            elif n_azimuths > 1:
                place = int((chi + np.pi) / (2 * np.pi) * n_azimuths)
                labels[i, j] += min(place, n_azimuths - 1) * n_rings
