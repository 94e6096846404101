"""Lines of equal q lie where the geometry, asked point by point, says that q is scattered to."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.calibration import SliceSettings
from saxsdog.reduction.channels import Bins, Direction, Plane, Sector, Unit
from saxsdog.reduction.geometry import Geometry, q
from saxsleash.models import overlays

SAXS = Geometry(
    shape=(1043, 981),
    beam_center=(238.318, 422.322),
    distance=0.8297,
    pixel_size=(172e-6, 172e-6),
    wavelength=0.154987,
)
FITTED_RADII = (127.73, 256.61, 385.10, 514.55, 644.67, 776.32)
"""Pixels; the first six rings of silver behenate, fitted on a measured image."""

geometries = st.builds(
    Geometry,
    shape=st.just((600, 400)),
    beam_center=st.tuples(st.floats(-200, 800), st.floats(-200, 600)),
    distance=st.floats(0.05, 3.0),
    pixel_size=st.tuples(st.floats(50e-6, 200e-6), st.floats(50e-6, 200e-6)),
    wavelength=st.floats(0.05, 0.2),
    tilt=st.floats(-1.2, 1.2),
    tilt_rotation=st.floats(-4.0, 4.0),
)


@pytest.mark.parametrize(("order", "radius"), list(enumerate(FITTED_RADII, 1)))
def test_rings_of_silver_behenate_have_the_radii_that_were_measured(order, radius):
    line = overlays.ring(SAXS, 2 * math.pi * order / 5.838)
    radii = np.hypot(*(line - SAXS.beam_center).T)
    assert radii == pytest.approx(radius, abs=0.6)


@given(geometries, st.floats(0.01, 60.0))
def test_every_point_of_a_ring_has_its_q(geometry, wanted):
    line = overlays.ring(geometry, wanted)
    points = line[np.isfinite(line).all(axis=1)]
    assert q(geometry, points[:, 0], points[:, 1]) == pytest.approx(wanted, rel=1e-6)


def test_a_ring_beyond_the_largest_q_is_empty():
    assert overlays.ring(SAXS, 4 * math.pi / SAXS.wavelength * 1.001).size == 0


def test_a_ring_of_backscattering_is_empty_on_an_upright_detector():
    assert overlays.ring(SAXS, 4 * math.pi / SAXS.wavelength * math.sin(math.radians(50))).size == 0


def test_a_ring_that_a_tilt_opens_is_interrupted_and_not_closed_over_the_detector():
    tilted = Geometry(
        (1000, 1000), (500.0, 500.0), 0.1, (172e-6, 172e-6), 0.1, tilt=math.radians(60)
    )
    line = overlays.ring(tilted, 4 * math.pi / 0.1 * math.sin(math.radians(20)))
    assert np.isnan(line).any()
    assert np.isfinite(line).any()


@pytest.mark.parametrize(
    ("bins", "qs"),
    [
        (Bins(Unit.Q, start=1.0, stop=2.0), [1.0, 2.0]),
        (Bins(Unit.Q, stop=2.0), [2.0]),
        (Bins(Unit.Q, start=0.0), []),
        (Bins(Unit.Q_PER_ANGSTROM, edges=(0.1, 0.15, 0.2)), [1.0, 2.0]),
        (Bins(Unit.D, start=math.pi, stop=2 * math.pi), [2.0, 1.0]),
    ],
)
def test_the_ends_of_bins_lie_at_their_q(bins, qs):
    lines = overlays.bin_ends(SAXS, bins)
    assert len(lines) == len(qs)
    for line, wanted in zip(lines, qs, strict=True):
        assert q(SAXS, *line.T) == pytest.approx(wanted)


def test_bins_of_distances_end_on_circles():
    (line,) = overlays.bin_ends(SAXS, Bins(Unit.R, stop=17.2))
    assert np.hypot(*(line - SAXS.beam_center).T) == pytest.approx(100.0)


@pytest.mark.parametrize("ends", [(-20, 20), (170, -170), (0, 0), (90, -90)])
def test_a_wedge_begins_and_ends_at_the_beam_and_reaches_out_of_sight(ends):
    start, stop = map(math.radians, ends)
    wedge = overlays.wedge(SAXS, Sector(start, stop))
    assert wedge[0] == pytest.approx(SAXS.beam_center)
    assert wedge[-1] == pytest.approx(SAXS.beam_center)
    arc = wedge[1:-1] - SAXS.beam_center
    assert np.hypot(*arc.T).min() > math.hypot(*SAXS.shape)
    turned = np.unwrap(np.arctan2(*arc.T))
    assert (np.diff(turned) > 0).all()
    assert turned[-1] - turned[0] == pytest.approx((stop - start) % (2 * math.pi) or 2 * math.pi)


def test_a_band_holds_what_lies_between_its_edges():
    outer, inner = overlays.band(SAXS, 1.0, 2.0)
    assert q(SAXS, *outer.T) == pytest.approx(2.0)
    assert q(SAXS, *inner.T) == pytest.approx(1.0)
    assert outer[0] == pytest.approx(outer[-1])


def test_a_band_from_zero_has_no_hole():
    _, inner = overlays.band(SAXS, 0.0, 2.0)
    assert inner.size == 0


def test_a_band_without_end_reaches_beyond_the_detector():
    outer, _ = overlays.band(SAXS, 1.0, 1e6)
    rows, columns = SAXS.shape
    assert outer.min() < -rows
    assert outer.max() > 2 * max(rows, columns)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        # Rows N - p - m to N - p + m, columns p - 1 - m to p - 1 + m, both counted from 0.
        (Direction.X, (1043 - 100 - 2, 1043 - 100 + 3, 0, 981)),
        (Direction.Y, (0, 1043, 100 - 1 - 2, 100 - 1 + 3)),
    ],
)
def test_a_slice_lies_where_its_pixels_are_averaged(direction, expected):
    cut = SliceSettings(direction, Plane.IN_PLANE, 100, 2, 0.0, None)
    area = overlays.slice_band(cut, SAXS.shape)
    assert (area.top, area.bottom, area.left, area.right) == expected


def test_labels_lie_on_their_ring_on_the_detector_towards_the_farthest_corner():
    line = overlays.ring(SAXS, 3.0)
    row, column = overlays.label_point(line, SAXS)
    assert q(SAXS, row, column) == pytest.approx(3.0)
    assert row > SAXS.beam_center[0]
    assert column > SAXS.beam_center[1]


def test_a_ring_beside_the_detector_has_no_label():
    assert overlays.label_point(overlays.ring(SAXS, 20.0), SAXS) is None


def test_joined_lines_are_interrupted_between_each_other():
    both = overlays.joined([np.ones((2, 2)), np.empty((0, 2)), np.zeros((3, 2))])
    assert np.isnan(both[:, 0]).tolist() == [False, False, True, False, False, False, True]


def test_nothing_joined_is_an_empty_line():
    assert overlays.joined([]).shape == (0, 2)
