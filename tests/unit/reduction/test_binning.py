import math

import numpy as np
import pytest

from saxsdog.reduction.binning import PhiBinning, RadialBinning, SliceBinning
from saxsdog.reduction.channels import Direction
from saxsdog.reduction.geometry import Geometry
from tests.helpers.oracles import (
    a_geometry,
    phi_labels,
    radial_bins,
    radial_labels,
    random_geometry,
)

ROUNDING = 1e-9
"""Nearer to an edge than this, in widths of a bin, either side is right."""

BEHIND = [a_geometry(distance=0.003, tilt=math.radians(tilt)) for tilt in (75, 85, -89)]
GEOMETRIES = [random_geometry(np.random.default_rng(seed)) for seed in range(200, 230)] + BEHIND
WAYS = [(1, 1.0), (2, 0.37), (3, 1.0), (5, 0.1), (8, 2.7)]


def all_labels(binning, geometry):
    return binning.labels(0, geometry.shape[0])


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize(("oversampling", "pixels_per_bin"), WAYS)
def test_bins_are_as_wide_as_the_design_says(geometry, oversampling, pixels_per_bin):
    binning = RadialBinning(geometry, oversampling, pixels_per_bin)
    step, n_bins = radial_bins(geometry, oversampling, pixels_per_bin)
    assert binning.step == pytest.approx(step, rel=1e-12)
    assert binning.n_bins == n_bins
    np.testing.assert_allclose(binning.centers, (np.arange(n_bins) + 0.5) * step, rtol=1e-12)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize(("oversampling", "pixels_per_bin"), WAYS)
def test_sub_pixels_fall_into_the_bin_of_their_q(geometry, oversampling, pixels_per_bin):
    binning = RadialBinning(geometry, oversampling, pixels_per_bin)
    labels = all_labels(binning, geometry)
    expected, to_the_edge = radial_labels(geometry, oversampling, pixels_per_bin)
    clear = to_the_edge > ROUNDING
    assert (labels == expected)[clear].all()
    assert clear.mean() > 0.99
    assert labels.min() >= 0
    assert labels.max() < binning.n_bins


def test_the_largest_q_of_a_detector_behind_the_sample_need_not_be_in_a_corner():
    geometry = BEHIND[1]
    labels = all_labels(RadialBinning(geometry, 1, 0.1), geometry)
    corners = labels[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert labels.max() > corners.max()


@pytest.mark.parametrize("pixels_per_bin", [0.1, 0.25, 0.5, 1.0, 1.5, 3.0])
@pytest.mark.parametrize("edge", [3, 4, 7, 10, 30])
def test_a_largest_q_on_an_edge_of_a_bin_never_leaves_the_bins(edge, pixels_per_bin):
    """Legs of 3 and 4 make the far corner 5 away: a whole number of pixels."""
    geometry = Geometry((3 * edge + 1, 4 * edge + 1), (0.5, 0.5), 0.7, (172e-6, 172e-6), 0.154)
    binning = RadialBinning(geometry, 1, pixels_per_bin)
    labels = all_labels(binning, geometry)
    assert labels.max() < binning.n_bins
    assert binning.n_bins == pytest.approx(5 * edge / pixels_per_bin + 1, abs=1)


def test_labels_of_some_rows_are_those_of_the_whole_detector():
    geometry = a_geometry()
    for binning in (
        RadialBinning(geometry, 3, 0.7),
        PhiBinning(geometry, 3, 90, 1.0, 9.0),
        SliceBinning(geometry.shape, Direction.X),
        SliceBinning(geometry.shape, Direction.Y),
    ):
        n = binning.oversampling
        whole = all_labels(binning, geometry)
        assert (binning.labels(5, 11) == whole[5 * n : 11 * n]).all()
        assert whole.shape == (37 * n, 41 * n)


@pytest.mark.parametrize("geometry", [a_geometry(), a_geometry(tilt=math.radians(-38))])
@pytest.mark.parametrize(("oversampling", "n_bins"), [(1, 360), (3, 7), (5, 90), (8, 1)])
def test_sub_pixels_fall_into_the_sector_of_their_azimuth(geometry, oversampling, n_bins):
    ring = (2.3, 9.7)
    binning = PhiBinning(geometry, oversampling, n_bins, *ring)
    expected, to_the_edge = phi_labels(geometry, oversampling, n_bins, *ring)
    clear = to_the_edge > ROUNDING
    assert (all_labels(binning, geometry) == expected)[clear].all()
    assert clear.mean() > 0.99
    assert (expected < 0).any()


def test_sectors_are_centred_between_minus_pi_and_pi():
    binning = PhiBinning(a_geometry(), 1, 4, 1.0, 2.0)
    np.testing.assert_allclose(binning.centers, np.radians([-135, -45, 45, 135]))


def test_the_azimuth_pi_itself_is_in_the_last_sector():
    geometry = Geometry((9, 9), (4.5, 4.5), 1.0, (1e-4, 1e-4), 0.1)
    labels = all_labels(PhiBinning(geometry, 1, 8, 0.0, 100.0), geometry)
    assert labels[4, 0] == 7


def test_columns_are_counted_from_the_left_and_rows_from_the_bottom():
    x, y = (SliceBinning((2, 3), direction).labels(0, 2) for direction in Direction)
    assert x.tolist() == [[0, 1, 2], [0, 1, 2]]
    assert y.tolist() == [[1, 1, 1], [0, 0, 0]]


def test_a_single_pixel_hit_by_the_beam_has_one_bin():
    geometry = Geometry((1, 1), (0.5, 0.5), 1.0, (1e-4, 1e-4), 0.1)
    binning = RadialBinning(geometry, 1, 1.0)
    assert binning.n_bins == 1
    assert np.isfinite(binning.step)
