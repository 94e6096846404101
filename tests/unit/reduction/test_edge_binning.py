import math

import numpy as np
import pytest

from saxsdog.reduction.abscissas import from_q, q_of
from saxsdog.reduction.binning import RadialBinning
from saxsdog.reduction.channels import Bins, Spacing, Unit
from saxsdog.reduction.edge_binning import EdgeBinning, ends_of
from tests.helpers.oracles import a_geometry, q_by_the_design, sub_pixel_positions

GEOMETRIES = {
    "tilted": a_geometry(),
    "flat": a_geometry(tilt=0.0),
    "beam outside": a_geometry(beam_center=(-31.61, 17.37)),
    "behind the sample": a_geometry(distance=0.0031, tilt=math.radians(84.0)),
}
CHOICES = {
    "q": Bins(Unit.Q, number=50),
    "a part of q": Bins(Unit.Q, number=7, start=3.1, stop=9.7),
    "q in Å⁻¹": Bins(Unit.Q_PER_ANGSTROM, number=33, start=0.1),
    "angle": Bins(Unit.TWO_THETA, number=41),
    "d": Bins(Unit.D, number=29, stop=3.0),
    "d by ratio": Bins(Unit.D, Spacing.LOGARITHMIC, number=29, stop=3.0),
    "distance": Bins(Unit.R, number=37, start=1.0),
    "logarithmic": Bins(Unit.Q, Spacing.LOGARITHMIC, number=50, start=0.5),
    "edges": Bins(Unit.Q, edges=(0.0, 0.7, 1.1, 4.9, 5.0, 30.0)),
    "a single bin": Bins(Unit.TWO_THETA, edges=(1.0, 8.0)),
    "finer than a pixel": Bins(Unit.Q, number=2000),
}


def values(geometry, oversampling, unit):
    """The abscissa of every sub-pixel, by the formulas of the design."""
    y, x = sub_pixel_positions(geometry, oversampling)
    q = q_by_the_design(geometry, y, x)
    match unit:
        case Unit.Q:
            return q
        case Unit.Q_PER_ANGSTROM:
            return q / 10
        case Unit.TWO_THETA:
            return np.degrees(2 * np.arcsin(q * geometry.wavelength / (4 * np.pi)))
        case Unit.D:
            return 2 * np.pi / q
        case Unit.R:
            return np.hypot(y, x) * 1e3


def all_labels(binning):
    return binning.labels(0, binning.geometry.shape[0])


@pytest.mark.parametrize("oversampling", [1, 3])
@pytest.mark.parametrize("bins", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_sub_pixels_fall_between_the_edges_around_them(geometry, bins, oversampling):
    binning = EdgeBinning(geometry, oversampling, bins)
    edges = binning.edges
    assert edges.shape == (binning.n_bins + 1,)
    x = values(geometry, oversampling, bins.unit)
    place = np.searchsorted(edges, x, side="right") - 1
    expected = np.where((place >= 0) & (place < binning.n_bins), place, -1)
    near = np.clip(place, 0, binning.n_bins - 1)
    clear = np.minimum(abs(x - edges[near]), abs(x - edges[near + 1])) > 1e-10 * edges[-1]
    labels = all_labels(binning)
    assert (labels == expected)[clear].all()
    assert clear.mean() > 0.99


@pytest.mark.parametrize("oversampling", [1, 2])
@pytest.mark.parametrize("unit", [Unit.Q, Unit.Q_PER_ANGSTROM, Unit.TWO_THETA, Unit.R])
@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_bins_without_ends_hold_the_whole_detector(geometry, unit, oversampling):
    labels = all_labels(EdgeBinning(geometry, oversampling, Bins(unit, number=13)))
    assert labels.min() >= 0
    assert labels.max() == 12


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_bins_of_d_begin_at_the_smallest_on_the_detector(geometry):
    labels = all_labels(EdgeBinning(geometry, 1, Bins(Unit.D, number=13, stop=1e6)))
    assert labels.min() == 0
    assert labels.max() <= 12


def test_the_usual_bins_can_be_asked_for_by_their_ends():
    geometry = a_geometry()
    usual = RadialBinning(geometry, 3, 0.7)
    stop = usual.n_bins * usual.step
    same = EdgeBinning(geometry, 3, Bins(Unit.Q, number=usual.n_bins, start=0.0, stop=stop))
    np.testing.assert_allclose(same.centers, usual.centers, rtol=1e-12)
    np.testing.assert_allclose(same.widths, usual.step, rtol=1e-9)
    assert (all_labels(same) == usual.labels(0, 37)).mean() > 0.999


def test_labels_of_some_rows_are_those_of_the_whole_detector():
    binning = EdgeBinning(a_geometry(), 3, CHOICES["logarithmic"])
    assert (binning.labels(5, 11) == all_labels(binning)[15:33]).all()


def test_logarithmic_bins_have_equal_ratios_and_lie_around_their_middles():
    binning = EdgeBinning(a_geometry(), 1, CHOICES["logarithmic"])
    ratios = binning.edges[1:] / binning.edges[:-1]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-12)
    np.testing.assert_allclose(binning.centers / binning.edges[:-1], math.sqrt(ratios[0]))


@pytest.mark.parametrize("unit", Unit)
def test_widths_in_q_add_up_to_the_range(unit):
    bins = Bins(unit, number=17, start=1.0, stop=2.0)
    binning = EdgeBinning(a_geometry(), 1, bins)
    ends = q_of([1.0, 2.0], unit, a_geometry())
    assert binning.widths.sum() == pytest.approx(abs(ends[1] - ends[0]))
    assert (binning.widths > 0).all()
    assert (min(ends) < binning.q).all()
    assert (binning.q < max(ends)).all()


@pytest.mark.parametrize("unit", [unit for unit in Unit if unit is not Unit.R])
def test_units_are_converted_there_and_back(unit):
    for q in (0.01, 1.0, 12.3):
        assert q_of(from_q(q, unit, a_geometry()), unit, a_geometry()) == pytest.approx(q)


def test_the_first_ring_of_silver_behenate_in_every_unit():
    geometry = a_geometry(tilt=0.0, wavelength=0.154, distance=1.0)
    q = 2 * np.pi / 5.838
    angle = 2 * math.asin(0.154 / (2 * 5.838))
    assert q_of(5.838, Unit.D, geometry) == pytest.approx(q)
    assert q_of(q / 10, Unit.Q_PER_ANGSTROM, geometry) == pytest.approx(q)
    assert q_of(math.degrees(angle), Unit.TWO_THETA, geometry) == pytest.approx(q)
    assert q_of(1e3 * math.tan(angle), Unit.R, geometry) == pytest.approx(q)


def test_no_distance_follows_from_q():
    with pytest.raises(ValueError, match="does not follow"):
        from_q(1.0, Unit.R, a_geometry())


def test_the_d_of_no_angle_is_infinite():
    assert from_q(0.0, Unit.D, a_geometry()) == math.inf
    assert ends_of(Bins(Unit.D), a_geometry(), 1)[1] == math.inf
